"""Snapshots: a map of symbols with five parts each."""

from __future__ import annotations

from datetime import date

from data_context import TODAY, context_of, get, no, small_tape

from avwap_cli.market.splits import Split

TAPE = small_tape()


def test_parts_agree_with_the_other_endpoints() -> None:
    noon = context_of(TAPE, f"{TODAY} 12:00")
    found = get(noon, "/v2/stocks/snapshots", symbols="SPY,AAPL,ZZZZ")
    assert list(found) == ["AAPL", "SPY"]
    mine = found["AAPL"]
    query = {"symbols": "AAPL"}
    assert mine["latestTrade"] == get(noon, "/v2/stocks/trades/latest", **query)["trades"]["AAPL"]
    assert mine["latestQuote"] == get(noon, "/v2/stocks/quotes/latest", **query)["quotes"]["AAPL"]
    assert mine["minuteBar"] == get(noon, "/v2/stocks/bars/latest", **query)["bars"]["AAPL"]
    days = get(noon, "/v2/stocks/bars", timeframe="1Day", start="2026-11-20", **query)
    assert [mine["prevDailyBar"], mine["dailyBar"]] == days["bars"]["AAPL"]
    assert get(noon, "/v2/stocks/AAPL/snapshot") == {**mine, "symbol": "AAPL"}


def test_before_the_open_the_daily_bar_is_the_previous_session() -> None:
    early = context_of(TAPE, f"{TODAY} 09:00")
    mine = get(early, "/v2/stocks/snapshots", symbols="AAPL")["AAPL"]
    assert mine["dailyBar"]["t"] == "2026-11-20T05:00:00Z"
    assert mine["prevDailyBar"]["t"] == "2026-11-19T05:00:00Z"
    assert mine["latestQuote"]["t"] == "2026-11-23T14:00:00Z"


def test_parts_that_do_not_exist_yet_are_absent() -> None:
    first = context_of(TAPE, "2026-11-09 09:00")
    assert set(get(first, "/v2/stocks/snapshots", symbols="AAPL")["AAPL"]) == {"latestQuote"}
    before = context_of(TAPE, "2026-11-06 12:00")
    assert get(before, "/v2/stocks/snapshots", symbols="AAPL") == {}
    assert no(before, "/v2/stocks/AAPL/snapshot") == (
        404,
        {"message": "no snapshot found for AAPL"},
    )


def test_snapshots_are_never_adjusted() -> None:
    tape = small_tape([Split("AAPL", TODAY, 4.0)])
    noon, plain = context_of(tape, f"{TODAY} 12:00"), context_of(TAPE, f"{TODAY} 12:00")
    before = get(noon, "/v2/stocks/snapshots", symbols="AAPL")["AAPL"]["prevDailyBar"]
    assert before == get(plain, "/v2/stocks/snapshots", symbols="AAPL")["AAPL"]["prevDailyBar"]
    assert before["t"][:10] == date(2026, 11, 20).isoformat()
