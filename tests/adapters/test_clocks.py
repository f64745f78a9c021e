"""Clocks: aware, in New York time; a named time stands still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from avwap_cli.adapters import clocks
from avwap_cli.adapters.clocks import FixedClock, SystemClock, parse_now
from avwap_cli.errors import UsageError
from avwap_cli.market.sessions import EASTERN
from avwap_cli.ports import Clock


def test_the_system_clock_is_aware_and_right() -> None:
    clock: Clock = SystemClock()
    now = clock.now()
    assert now.tzinfo is EASTERN
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_fixed_clock_moves_only_by_what_is_slept(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(clocks.time, "sleep", slept.append)
    clock: Clock = FixedClock(datetime(2024, 3, 7, 20, tzinfo=EASTERN))
    assert clock.now() == clock.now()
    clock.sleep(90)
    assert clock.now() == datetime(2024, 3, 7, 20, 1, 30, tzinfo=EASTERN)
    assert slept == [90]


@pytest.mark.parametrize(
    "text",
    ["2024-03-07T20:15", "2024-03-07 20:15:00", "2024-03-08T01:15Z", "2024-03-08T10:15+09:00"],
)
def test_parse_now_reads_new_york_time_or_an_offset(text: str) -> None:
    assert parse_now(text) == datetime(2024, 3, 7, 20, 15, tzinfo=EASTERN)
    assert parse_now(text).tzinfo is EASTERN


@pytest.mark.parametrize(
    "text",
    ["", "now", "2024-03-07", "20:15", "2024-02-30T10:00", "0001-01-01T00:00Z", "9999-12-31T23:59"],
)
def test_parse_now_refuses_what_is_no_time(text: str) -> None:
    with pytest.raises(UsageError):
        parse_now(text)
