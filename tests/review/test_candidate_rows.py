"""Candidate rows: one judge of what can be read, for the status page as for the report."""

from __future__ import annotations

from typing import Any

import pytest

from avwap_cli.review.candidate_rows import in_short, readable
from avwap_cli.review.scan_documents import is_number, plain, rows_of

GOOD: dict[str, Any] = {
    "rank": 1, "symbol": "BRK.B", "strategy": "avwap", "direction": "long", "entry": 10.5,
    "stop": None, "score": 0.5, "metadata": {},
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"rank": None}, {"rank": 1.5}, {"rank": True}, {"rank": 10**400}, {"symbol": "../etc"},
        {"symbol": 7}, {"strategy": None}, {"direction": "up"}, {"metadata": None},
        {"entry": "10"}, {"stop": True}, {"r1": float("nan")}, {"r2": 1e12},
    ],
)  # fmt: skip
def test_what_one_page_cannot_read_no_page_shows(change: dict[str, Any]) -> None:
    scan = {"candidates": [GOOD, {**GOOD, **change}]}
    assert readable(scan) == ([GOOD], 1)
    rows, said = in_short(scan)
    assert [row["symbol"] for row in rows] == ["BRK.B"]
    assert said == ("1 of the candidates in scan.json are not readable and not shown",)


def test_a_line_has_the_fields_of_the_status_page_and_none_for_what_is_absent() -> None:
    rows, said = in_short({"candidates": [{**GOOD, "sector": "Financials"}]})
    assert said == ()
    assert rows == (
        {
            "rank": 1, "symbol": "BRK.B", "strategy": "avwap", "direction": "long",
            "entry": 10.5, "stop": None, "r1": None, "score": 0.5,
        },
    )  # fmt: skip
    assert in_short(None) == in_short({"candidates": "none"}) == ((), ())


@pytest.mark.parametrize(
    "value", [True, "3", None, float("nan"), float("-inf"), 10**12, -(10**400)]
)
def test_what_is_no_number_is_shown_as_text_or_not_at_all(value: object) -> None:
    assert not is_number(value)
    shown = plain(value)
    assert shown is value or shown == str(value)


def test_rows_are_the_objects_of_a_list() -> None:
    assert rows_of({"orders": [{"id": 1}, 7, None, {"id": 2}]}, "orders") == [{"id": 1}, {"id": 2}]
    assert rows_of({"orders": {"id": 1}}, "orders") == rows_of({}, "orders") == []
