"""Corporate actions: splits by process date."""

from __future__ import annotations

from datetime import date

import pytest
from data_context import TODAY, context_of, get, no, small_tape

from avwap_cli.market.splits import Split

PATH = "/v1/corporate-actions"
SPLITS = (
    Split("AAPL", date(2026, 11, 16), 4.0),
    Split("BRK.B", date(2026, 11, 16), 1.5),
    Split("SPY", TODAY, 0.1),
    Split("AAPL", date(2026, 12, 4), 2.0),
)
CONTEXT = context_of(small_tape(SPLITS), f"{TODAY} 12:00")


def test_today_is_the_default() -> None:
    found = get(CONTEXT, PATH)
    assert found["next_page_token"] is None
    groups = found["corporate_actions"]
    assert list(groups) == ["reverse_splits"], "groups without a row are left out"
    (split,) = groups["reverse_splits"]
    assert (split["symbol"], split["new_rate"], split["old_rate"]) == ("SPY", 1, 10)
    assert split["ex_date"] == split["process_date"] == "2026-11-23"


def test_filters_by_date_symbol_and_type() -> None:
    query = {"start": "2026-11-01", "end": "2026-12-31"}
    forward = get(CONTEXT, PATH, types="forward_split", **query)["corporate_actions"]
    assert list(forward) == ["forward_splits"]
    rows = forward["forward_splits"]
    assert [(r["symbol"], r["new_rate"], r["old_rate"]) for r in rows] == [
        ("AAPL", 4, 1),
        ("BRK.B", 3, 2),
    ]
    one = get(CONTEXT, PATH, symbols="BRK.B", **query)["corporate_actions"]
    assert [r["symbol"] for group in one.values() for r in group] == ["BRK.B"]
    again = get(CONTEXT, PATH, ids=rows[0]["id"])["corporate_actions"]["forward_splits"]
    assert again == rows[:1]
    by_cusip = get(CONTEXT, PATH, cusips=rows[1]["cusip"], **query)["corporate_actions"]
    assert by_cusip["forward_splits"] == rows[1:]
    assert get(CONTEXT, PATH, types="cash_dividend", **query)["corporate_actions"] == {}


def test_a_split_is_known_ten_days_ahead() -> None:
    later = context_of(small_tape(SPLITS), "2026-11-24 12:00")
    query = {"start": "2026-12-01", "end": "2026-12-31"}
    assert get(CONTEXT, PATH, **query)["corporate_actions"] == {}
    assert len(get(later, PATH, **query)["corporate_actions"]["forward_splits"]) == 1


@pytest.mark.parametrize("sort", ["asc", "desc"])
def test_pages_follow_the_process_date(sort: str) -> None:
    query = {"start": "2026-11-01", "end": "2026-12-31", "sort": sort}
    seen: list[tuple[str, str]] = []
    token = None
    while True:
        page = get(CONTEXT, PATH, limit=1, page_token=token, **query)
        rows = [r for group in page["corporate_actions"].values() for r in group]
        assert len(rows) == 1
        seen += [(r["process_date"], r["symbol"]) for r in rows]
        token = page["next_page_token"]
        if token is None:
            break
    whole = [("2026-11-16", "AAPL"), ("2026-11-16", "BRK.B"), ("2026-11-23", "SPY")]
    assert seen == (whole if sort == "asc" else whole[::-1])


def test_malformed_values() -> None:
    assert no(CONTEXT, PATH, types="merger") == (400, {"message": "invalid types: merger"})
    assert no(CONTEXT, PATH, limit=1001)[0] == 400
    assert no(CONTEXT, PATH, start="then")[0] == 400
    assert no(CONTEXT, PATH, page_token="QUFQTHwxRA==")[0] == 400
