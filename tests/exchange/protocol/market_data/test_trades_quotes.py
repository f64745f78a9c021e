"""Trades and quotes over REST."""

from __future__ import annotations

from typing import Any

import pytest
from data_context import TODAY, at, context_of, get, no, small_tape

from avwap_cli.exchange.instants import hours
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.market import sessions

TAPE = small_tape()
DAY = sessions.previous_session(TODAY)


@pytest.fixture
def noon() -> RouteContext:
    return context_of(TAPE, f"{TODAY} 12:00")


def test_trades_are_the_tapes_prints(noon: RouteContext) -> None:
    rows = get(noon, "/v2/stocks/trades", symbols="AAPL", start=DAY, end=DAY, limit=10_000)
    trades = rows["trades"]["AAPL"]
    day = TAPE.day("AAPL", DAY)
    assert day is not None
    assert len(trades) == len(day.prints.at)
    assert trades[0] == {
        "t": "2026-11-20T14:30:00Z",
        "x": "Q",
        "p": day.prints.price[0] / 10_000,
        "s": day.prints.size[0],
        "c": ["@", "O"],
        "i": 1,
        "z": "C",
    }
    assert sum(t["s"] for t in trades) == 1_000_000
    assert [t["i"] for t in trades] == list(range(1, len(trades) + 1))
    assert trades[1]["c"] == ["@"]


def test_iex_shows_some_of_the_same_trades(noon: RouteContext) -> None:
    query = {"symbols": "AAPL", "start": DAY, "end": DAY, "limit": 10_000}
    sip = {t["i"]: t for t in get(noon, "/v2/stocks/trades", **query)["trades"]["AAPL"]}
    iex = get(noon, "/v2/stocks/trades", feed="iex", **query)["trades"]["AAPL"]
    assert 0 < len(iex) <= len(sip)
    for trade in iex:
        full = sip[trade["i"]]
        assert trade == {**full, "x": "V", "s": round(full["s"] * 0.025)}


def test_quotes_are_the_tapes_from_four_on(noon: RouteContext) -> None:
    query = {"symbols": "BRK.B", "start": DAY, "end": DAY, "limit": 10_000}
    quotes = get(noon, "/v2/stocks/quotes", **query)["quotes"]["BRK.B"]
    day = TAPE.day("BRK.B", DAY)
    assert day is not None
    assert len(quotes) == len(day.quotes.at)
    assert quotes[0]["t"] == "2026-11-20T09:00:00Z"
    assert quotes[0]["bp"] == day.quotes.bid[0] / 10_000
    assert all(q["bp"] < q["ap"] for q in quotes)
    assert {(q["ax"], q["bx"], q["z"], *q["c"]) for q in quotes} == {("Q", "Q", "C", "R")}


@pytest.mark.parametrize("name", ["trades", "quotes"])
@pytest.mark.parametrize("sort", ["asc", "desc"])
def test_pages_of_ticks_join_to_the_whole(noon: RouteContext, name: str, sort: str) -> None:
    query: dict[str, Any] = {"symbols": "SPY,AAPL", "sort": sort}
    query |= {"start": "2026-11-20T20:30:00Z", "end": "2026-11-23T14:40:00Z"}
    whole = get(noon, f"/v2/stocks/{name}", limit=10_000, **query)[name]
    joined: dict[str, list[object]] = {}
    token = None
    while True:
        page = get(noon, f"/v2/stocks/{name}", limit=37, page_token=token, **query)
        for symbol, rows in page[name].items():
            joined.setdefault(symbol, []).extend(rows)
        token = page["next_page_token"]
        if token is None:
            break
    assert joined == whole
    assert len(whole) == 2


def test_nothing_after_now_and_nothing_outside_of_the_window(noon: RouteContext) -> None:
    query = {"symbols": "AAPL", "start": f"{TODAY}", "end": "2026-12-31", "limit": 10_000}
    trades = get(noon, "/v2/stocks/trades", **query)["trades"]["AAPL"]
    assert "2026-11-23T16:59:00Z" <= trades[-1]["t"] <= "2026-11-23T17:00:00Z"
    some = get(
        noon,
        "/v2/stocks/AAPL/trades",
        start="2026-11-23T15:00:00Z",
        end="2026-11-23T15:00:59Z",
    )
    assert some["symbol"] == "AAPL"
    assert {t["t"][:16] for t in some["trades"]} == {"2026-11-23T15:00"}


def test_latest_trade_and_quote(noon: RouteContext) -> None:
    day = TAPE.day("AAPL", TODAY)
    assert day is not None
    row = int((day.prints.at <= noon.now).sum()) - 1
    trade = get(noon, "/v2/stocks/trades/latest", symbols="AAPL,ZZZZ")["trades"]["AAPL"]
    assert (trade["p"], trade["i"]) == (day.prints.price[row] / 10_000, row + 1)
    assert get(noon, "/v2/stocks/AAPL/trades/latest")["trade"] == trade
    quote = get(noon, "/v2/stocks/quotes/latest", symbols="AAPL")["quotes"]["AAPL"]
    assert quote["bp"] < trade["p"] < quote["ap"]
    assert get(noon, "/v2/stocks/AAPL/quotes/latest")["quote"] == quote
    assert no(noon, "/v2/stocks/ZZZZ/quotes/latest") == (
        404,
        {"message": "no quote found for ZZZZ"},
    )


def test_latest_feed_defaults_to_the_best_of_the_plan() -> None:
    basic = context_of(TAPE, f"{TODAY} 12:00", "basic")
    trade = get(basic, "/v2/stocks/trades/latest", symbols="AAPL")["trades"]["AAPL"]
    assert trade["x"] == "V"
    delayed = get(basic, "/v2/stocks/trades/latest", symbols="AAPL", feed="delayed_sip")
    assert delayed["trades"]["AAPL"]["x"] == "Q"
    assert delayed["trades"]["AAPL"]["t"] <= "2026-11-23T16:45:00Z"
    assert no(basic, "/v2/stocks/quotes/latest", symbols="AAPL", feed="sip")[0] == 403
    assert get(basic, "/v2/stocks/quotes/latest", symbols="AAPL", feed="overnight") == {
        "quotes": {}
    }


def test_before_the_open_quotes_move_and_trades_do_not() -> None:
    early = context_of(TAPE, f"{TODAY} 09:00")
    quote = get(early, "/v2/stocks/quotes/latest", symbols="AAPL")["quotes"]["AAPL"]
    trade = get(early, "/v2/stocks/trades/latest", symbols="AAPL")["trades"]["AAPL"]
    assert quote["t"] == "2026-11-23T14:00:00Z"
    assert trade["t"].startswith("2026-11-20T20:59")
    assert at(f"{TODAY} 09:30") == hours(TODAY).open


def test_an_ordered_halt_stops_prices_over_rest() -> None:
    context = context_of(small_tape(), f"{TODAY} 10:00")
    context.venue.halt("AAPL", at(f"{TODAY} 11:00"))
    context.venue.step_to(at(f"{TODAY} 10:30"))
    for name in ("trades", "quotes"):
        latest = get(context, f"/v2/stocks/{name}/latest", symbols="AAPL,SPY")[name]
        assert latest["AAPL"]["t"] < "2026-11-23T15:00:00Z" < latest["SPY"]["t"]
    bars = get(context, "/v2/stocks/AAPL/bars", timeframe="1Min", start=TODAY)["bars"]
    assert bars[-1]["t"] < "2026-11-23T15:00:00Z"
    snapshot = get(context, "/v2/stocks/AAPL/snapshot")
    assert snapshot["dailyBar"]["c"] == bars[-1]["c"]
