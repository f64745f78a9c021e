"""Notices: one line for a person, all fields for the log's file."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from avwap_cli.adapters.alerts.log_notices import LogNotifier
from avwap_cli.trading.facts import Notice

NOTICE = Notice(
    datetime(2024, 3, 8, 15, tzinfo=UTC),
    date(2024, 3, 8),
    "unprotected",
    "KO",
    "no stop",
    page=True,
)


@pytest.mark.parametrize(
    ("notice", "level", "text"),
    [
        (NOTICE, logging.ERROR, "unprotected: no stop"),
        (replace(NOTICE, page=False), logging.WARNING, "unprotected: no stop"),
        (replace(NOTICE, text="bought 5", begins=False), logging.WARNING, "unprotected: bought 5"),
    ],
)
def test_what_pages_is_an_error_and_all_else_a_warning(
    caplog: pytest.LogCaptureFixture, notice: Notice, level: int, text: str
) -> None:
    with caplog.at_level(logging.INFO, "avwap_cli"):
        LogNotifier().tell(notice)
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (level, text)
    assert record.data == {  # type: ignore[attr-defined]
        "session": "2024-03-08",
        "kind": "unprotected",
        "key": "KO",
        "page": notice.page,
        "begins": notice.begins,
    }


def test_a_text_with_percent_signs_is_told_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    LogNotifier().tell(replace(NOTICE, text="fell 7.5 % %s %d"))
    assert caplog.records[0].getMessage() == "unprotected: fell 7.5 % %s %d"
