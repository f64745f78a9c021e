"""Day tables: which columns, which order, and sums worked out by hand."""

from __future__ import annotations

import re
from dataclasses import replace

from made_reports import made_report

from avwap_cli.review.pages import day_tables

HELD = made_report(1).held[0]
COST = made_report(1).slippages[0]
MINUS = "\N{MINUS SIGN}"


def rows(page: str) -> list[list[str]]:
    """The cells of each row, headings first."""
    lines = re.findall(r"<tr>(.*?)</tr>", page, re.S)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line) for line in lines]


def cells(page: str) -> dict[str, str]:
    """Heading -> cell, of a table of one row."""
    heads, row = rows(page)
    return dict(zip(heads, row, strict=True))


def test_a_position_s_way_to_stop_and_target_is_of_its_last_price() -> None:
    found = cells(day_tables.held_table([replace(HELD, last=100.0, stop=95.0, target=110.0)]))
    assert (found["away"], found["to go"]) == ("5.0%", "10.0%")
    assert (found["sessions"], found["R so far"], found["P&amp;L USD"]) == (
        "0 of 20", "+0.31", "+33.39",
    )  # fmt: skip


def test_what_a_narrow_screen_shows_of_a_position_is_its_result_and_its_stop() -> None:
    heads = rows(day_tables.held_table([HELD]))[0]
    assert heads[:4] == ["symbol", "P&amp;L USD", "R so far", "stop"]


def test_a_position_without_a_last_price_is_named_and_has_no_way() -> None:
    bare = replace(HELD, symbol="KO", last=None, last_at="", max_hold_sessions=None)
    page = day_tables.held_table([HELD, bare])
    first, second = (dict(zip(rows(page)[0], row, strict=True)) for row in rows(page)[1:])
    assert first["away"] == "3.1%"
    assert (second["last"], second["away"], second["sessions"]) == ("", "", "0")
    assert "Last prices: the close. No last price is known of KO." in page
    assert day_tables.held_table([]) == ""


def test_the_newest_round_trips_come_first_and_the_oldest_of_many_are_counted() -> None:
    trades = [{"symbol": f"S{n}", "pnl_usd": float(n)} for n in range(53)]
    page = day_tables.trades_table(trades)
    assert [row[0] for row in rows(page)[1:]] == [f"S{n}" for n in range(52, 2, -1)]
    assert "3 older round trips are in trades.jsonl." in page
    assert "older" not in day_tables.trades_table(trades[:50])


def test_the_cost_of_all_orders_is_their_sum_over_what_was_decided() -> None:
    # 100 at 50 cost 10, 10 at 100 gained 22: -12 of 6,000 are -20 basis points
    one = replace(COST, shares=100, decision=50.0, cost_usd=10.0)
    two = replace(COST, shares=10, decision=100.0, cost_usd=-22.0)
    unknown = replace(COST, shares=9, decision=77.0, cost_usd=None)
    page = day_tables.slippage_table([one, two, unknown])
    assert f"Cost in all {MINUS}12.00 USD, {MINUS}20.0 basis points" in page
    assert len(rows(page)) == 4
    assert "basis points of what" not in day_tables.slippage_table([unknown])
    assert day_tables.slippage_table([]) == ""


def test_documents_of_the_day_become_tables_and_empty_ones_nothing() -> None:
    report = made_report(1)
    assert cells(day_tables.entries_table(report.entries))["filled"] == "126"
    assert cells(day_tables.exits_table(report.exits))["decided at"] == "71.75"
    denied = {"symbol": "KO", "gate": "max_open", "measured": "<8>", "threshold": "< 8"}
    assert cells(day_tables.denied_table([denied]))["measured"] == "&lt;8&gt;"
    unfilled = {"symbol": "KO", "reason": "time_exit", "shares": 1200}
    assert cells(day_tables.unfilled_table({"unfilled": [unfilled]}))["shares"] == "1,200"
    makers = (
        day_tables.entries_table, day_tables.exits_table, day_tables.unfilled_table,
    )  # fmt: skip
    assert [make({}) for make in makers] == [""] * 3
    assert day_tables.denied_table([]) == ""
