"""Auctions: opening and closing price of each session."""

from __future__ import annotations

from data_context import TODAY, context_of, get, no, small_tape

TAPE = small_tape()
PATH = "/v2/stocks/auctions"


def test_opening_and_closing_prices_are_the_daily_bars() -> None:
    noon = context_of(TAPE, f"{TODAY} 12:00")
    days = get(noon, PATH, symbols="AAPL,SPY", start="2026-11-19", end="2026-11-23")["auctions"]
    bars = get(noon, "/v2/stocks/bars", symbols="AAPL", timeframe="1Day", start="2026-11-19")
    assert [d["d"] for d in days["AAPL"]] == ["2026-11-19", "2026-11-20", "2026-11-23"]
    for day, bar in zip(days["AAPL"], bars["bars"]["AAPL"], strict=True):
        assert [(a["c"], a["p"], a["x"]) for a in day["o"]] == [
            ("O", bar["o"], "Q"),
            ("Q", bar["o"], "Q"),
        ]
    closed, today = days["AAPL"][1], days["AAPL"][2]
    assert {a["p"] for a in closed["c"]} == {bars["bars"]["AAPL"][1]["c"]}
    assert [a["c"] for a in closed["c"]] == ["6", "M"]
    assert today["c"] == []
    assert {d["o"][0]["x"] for d in days["SPY"]} == {"A"}


def test_sessions_are_the_points_that_pages_count() -> None:
    noon = context_of(TAPE, f"{TODAY} 12:00")
    query = {"start": "2026-11-16", "sort": "desc", "limit": 4}
    page = get(noon, "/v2/stocks/AAPL/auctions", **query)
    assert [d["d"] for d in page["auctions"]] == [
        "2026-11-23",
        "2026-11-20",
        "2026-11-19",
        "2026-11-18",
    ]
    rest = get(noon, "/v2/stocks/AAPL/auctions", page_token=page["next_page_token"], **query)
    assert [d["d"] for d in rest["auctions"]] == ["2026-11-17", "2026-11-16"]
    assert rest["next_page_token"] is None


def test_only_sip_has_auctions_and_basic_waits_for_them() -> None:
    noon = context_of(TAPE, f"{TODAY} 12:00", "basic")
    query = {"symbols": "AAPL", "start": "2026-11-20"}
    assert no(noon, PATH, feed="iex", **query) == (400, {"message": "invalid feed: iex"})
    assert len(get(noon, PATH, **query)["auctions"]["AAPL"]) == 2
    early = context_of(TAPE, f"{TODAY} 09:40", "basic")
    assert len(get(early, PATH, **query)["auctions"]["AAPL"]) == 1
