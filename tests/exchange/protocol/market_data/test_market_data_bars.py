"""Bars over REST: values, windows, pages, adjustments, feeds and refusals."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from data_context import TODAY, ask, at, context_of, daily_table, get, no, small_tape

from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market import sessions
from avwap_cli.market.splits import Split

BARS = "/v2/stocks/bars"
TAPE = small_tape()


@pytest.fixture
def noon() -> RouteContext:
    return context_of(TAPE, f"{TODAY} 12:00")


def test_daily_bars_are_the_tapes_with_midnight_in_new_york(noon: RouteContext) -> None:
    answer = get(noon, BARS, symbols="AAPL", timeframe="1Day", start="2026-11-09", end="2026-11-10")
    assert answer["next_page_token"] is None
    first, second = answer["bars"]["AAPL"]
    assert first["t"] == "2026-11-09T05:00:00Z"
    assert (first["o"], first["h"], first["l"], first["c"]) == (189.05, 191.9, 188.1, 190.0)
    assert first["v"] == 1_000_000
    assert first["n"] == 10_000
    assert first["vw"] == pytest.approx((191.9 + 188.1 + 190.0) / 3, abs=1e-6)
    assert second["c"] == 190.95


def test_daily_bar_before_the_change_of_clocks_is_at_four(noon: RouteContext) -> None:
    tape = Tape(daily_table({"AAPL": 100.0}, date(2026, 10, 26), date(2026, 11, 9)))
    context = context_of(tape, "2026-11-20 12:00")
    answer = get(context, BARS, symbols="AAPL", timeframe="1Day", start="2026-10-26")
    assert answer["bars"]["AAPL"][0]["t"] == "2026-10-26T04:00:00Z"
    assert answer["bars"]["AAPL"][-1]["t"] == "2026-11-09T05:00:00Z"


def test_todays_bar_grows_and_ends_as_the_tapes(noon: RouteContext) -> None:
    def today(now: str) -> dict[str, float] | None:
        context = context_of(TAPE, f"{TODAY} {now}")
        answer = get(context, BARS, symbols="AAPL", timeframe="1D", start=TODAY)
        return answer["bars"].get("AAPL", [None])[0]

    assert today("09:30:59") is None
    first, later, last = today("09:31"), today("12:00"), today("16:00")
    assert first is not None
    assert later is not None
    assert last is not None
    over = today("20:00")
    assert over is not None
    assert first["v"] < later["v"] < last["v"] == over["v"] == 1_000_000
    assert first["h"] <= later["h"] <= last["h"]
    assert {k: last[k] for k in "ohlcvn"} == {k: over[k] for k in "ohlcvn"}


def test_minutes_fold_into_longer_bars(noon: RouteContext) -> None:
    def bars(frame: str) -> list[dict[str, float]]:
        answer = get(
            noon, BARS, symbols="SPY", timeframe=frame, start="2026-11-20", end="2026-11-20"
        )
        rows: list[dict[str, float]] = answer["bars"]["SPY"]
        return rows

    minutes, fives, hours = bars("1Min"), bars("5T"), bars("1Hour")
    (day,) = bars("1Day")
    assert (len(minutes), len(fives), len(hours)) == (390, 78, 7)
    assert hours[0]["t"] == "2026-11-20T14:00:00Z"
    assert hours[1]["t"] == "2026-11-20T15:00:00Z"
    assert fives[1]["t"] == "2026-11-20T14:35:00Z"
    for some in (minutes, fives, hours):
        assert some[0]["o"] == day["o"]
        assert some[-1]["c"] == day["c"]
        assert max(b["h"] for b in some) == day["h"]
        assert min(b["l"] for b in some) == day["l"]
        assert sum(b["v"] for b in some) == day["v"]
    assert fives[0]["n"] == sum(b["n"] for b in minutes[:5])


def test_weeks_and_months_begin_on_monday_and_on_the_first() -> None:
    context = context_of(TAPE, "2026-12-09 12:00")
    days = get(context, BARS, symbols="SPY", timeframe="1Day", start="2026-11-01")["bars"]["SPY"]
    weeks = get(context, BARS, symbols="SPY", timeframe="1Week", start="2026-11-01")["bars"]["SPY"]
    months = get(context, BARS, symbols="SPY", timeframe="1M", start="2026-11-01")["bars"]["SPY"]
    assert [w["t"][:10] for w in weeks] == [
        "2026-11-09",
        "2026-11-16",
        "2026-11-23",
        "2026-11-30",
        "2026-12-07",
    ]
    assert [m["t"][:10] for m in months] == ["2026-11-01", "2026-12-01"]
    assert weeks[0]["v"] == 5_000_000
    assert weeks[0]["o"] == days[0]["o"]
    assert weeks[0]["c"] == days[4]["c"]
    assert sum(m["v"] for m in months) == sum(d["v"] for d in days)
    year = get(context, BARS, symbols="SPY", timeframe="12Month", start="2026-01-01")["bars"]["SPY"]
    assert [y["t"] for y in year] == ["2026-01-01T05:00:00Z"]


@pytest.mark.parametrize("frame", ["1Min", "1Day", "1Week", "30Min"])
@pytest.mark.parametrize("sort", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_pages_join_to_the_whole(noon: RouteContext, frame: str, sort: str, limit: int) -> None:
    query = {"symbols": "SPY,AAPL", "timeframe": frame, "start": "2026-11-19T15:00:00Z"}
    query |= {"sort": sort, "end": "2026-11-20T15:20:00Z"}
    if frame in {"1Day", "1Week"}:
        query["start"] = "2026-11-01"
    whole = get(noon, BARS, limit=10_000, **query)["bars"]
    joined: dict[str, list[object]] = {}
    token: str | None = None
    for _ in range(2000):
        page = get(noon, BARS, limit=limit, page_token=token, **query)
        assert 0 < sum(map(len, page["bars"].values())) <= limit
        for symbol, rows in page["bars"].items():
            joined.setdefault(symbol, []).extend(rows)
        token = page["next_page_token"]
        if token is None:
            break
    assert joined == whole
    assert list(joined) == ["AAPL", "SPY"]
    times = [row["t"] for row in whole["AAPL"]]
    assert times == sorted(times, reverse=sort == "desc")


def test_limit_counts_over_all_symbols_and_defaults_to_a_thousand(noon: RouteContext) -> None:
    query = {"symbols": "AAPL,SPY", "timeframe": "1Min", "start": "2026-11-16"}
    page = get(noon, BARS, **query)
    assert {s: len(rows) for s, rows in page["bars"].items()} == {"AAPL": 1000}
    assert page["next_page_token"] is not None


def test_start_and_end_are_inclusive_and_default_to_today(noon: RouteContext) -> None:
    query = {"symbols": "AAPL", "timeframe": "1Min"}
    edge = get(
        noon, BARS, start="2026-11-20T15:00:00Z", end="2026-11-20T15:02:00.000000000Z", **query
    )
    assert [b["t"] for b in edge["bars"]["AAPL"]] == [
        "2026-11-20T15:00:00Z",
        "2026-11-20T15:01:00Z",
        "2026-11-20T15:02:00Z",
    ]
    today = get(noon, BARS, **query)["bars"]["AAPL"]
    assert (today[0]["t"], today[-1]["t"]) == ("2026-11-23T14:30:00Z", "2026-11-23T16:59:00Z")
    assert get(noon, BARS, start="2026-11-21", end="2026-11-22", **query) == {
        "bars": {},
        "next_page_token": None,
    }


def test_splits_adjust_only_bars_before_them_and_only_once_they_happened() -> None:
    tape = small_tape([Split("AAPL", date(2026, 11, 20), 4.0)])

    def bar(now: str, day: str, **query: str) -> dict[str, float]:
        context = context_of(tape, now)
        answer = get(
            context, BARS, symbols="AAPL", start=day, end=day, **{"timeframe": "1Day", **query}
        )
        row: dict[str, float] = answer["bars"]["AAPL"][0]
        return row

    raw = bar("2026-11-23 12:00", "2026-11-19")
    for word in ("split", "all", "dividend,split", "spin-off,all"):
        cut = bar("2026-11-23 12:00", "2026-11-19", adjustment=word)
        assert cut["c"] == pytest.approx(raw["c"] / 4, abs=1e-6)
        assert cut["vw"] == pytest.approx(raw["vw"] / 4, abs=1e-6)
        assert cut["v"] == raw["v"] * 4
    assert bar("2026-11-23 12:00", "2026-11-19", adjustment="dividend") == raw
    assert bar("2026-11-19 21:00", "2026-11-19", adjustment="all") == raw
    after = bar("2026-11-23 12:00", "2026-11-20", adjustment="all")
    assert after == bar("2026-11-23 12:00", "2026-11-20")
    minute = bar("2026-11-23 12:00", "2026-11-19", timeframe="1Min")
    split = bar("2026-11-23 12:00", "2026-11-19", timeframe="1Min", adjustment="split")
    assert split["o"] == pytest.approx(minute["o"] / 4, abs=1e-6)
    assert split["v"] == minute["v"] * 4


def test_iex_sees_a_fortieth_of_the_shares(noon: RouteContext) -> None:
    query = {"symbols": "AAPL", "timeframe": "1Min", "start": "2026-11-20", "end": "2026-11-20"}
    sip = get(noon, BARS, feed="sip", **query)["bars"]["AAPL"]
    iex = {b["t"]: b for b in get(noon, BARS, feed="iex", **query)["bars"]["AAPL"]}
    for bar in sip:
        shares = int(np.rint(bar["v"] * 0.025))
        if shares == 0:
            assert bar["t"] not in iex
        else:
            assert iex[bar["t"]] == {**bar, "v": shares, "n": 1}
    day = {**query, "timeframe": "1Day"}
    assert get(noon, BARS, feed="iex", **day)["bars"]["AAPL"][0]["v"] == 25_000
    assert get(noon, BARS, feed="otc", **day)["bars"] == {}


def test_basic_plan_sees_no_sip_of_the_last_quarter_hour() -> None:
    context = context_of(TAPE, f"{TODAY} 12:00", "basic")
    query = {"symbols": "AAPL", "timeframe": "1Min", "start": "2026-11-23T14:30:00Z"}
    refusal = (
        403,
        {
            "code": 42210000,
            "message": "subscription does not permit querying recent SIP data",
        },
    )
    assert no(context, BARS, end="2026-11-23T16:45:00.000000001Z", **query) == refusal
    assert no(context, BARS, end="2026-11-23", feed="sip", **query) == refusal
    assert no(context, "/v2/stocks/bars/latest", symbols="AAPL", feed="sip") == refusal
    allowed = get(context, BARS, end="2026-11-23T16:45:00Z", **query)["bars"]["AAPL"]
    assert allowed[-1]["t"] == "2026-11-23T16:44:00Z"
    assert get(context, BARS, **query)["bars"]["AAPL"] == allowed
    iex = get(context, BARS, feed="iex", **query)["bars"]["AAPL"]
    assert iex[-1]["t"] == "2026-11-23T16:59:00Z"
    day = get(context, BARS, symbols="AAPL", timeframe="1Day", start=TODAY)["bars"]["AAPL"]
    assert day[0]["v"] == sum(b["v"] for b in allowed)


def test_symbols_unknown_are_absent_and_malformed_are_refused(noon: RouteContext) -> None:
    day = {"timeframe": "1Day", "start": "2026-11-20", "end": "2026-11-20"}
    known = get(noon, BARS, symbols="ZZZZ,aapl,BRK.B,AAPL", **day)["bars"]
    assert list(known) == ["AAPL", "BRK.B"]
    assert no(noon, BARS, symbols="AAPL,BRK/B", **day) == (
        400,
        {"message": "invalid symbol: BRK/B"},
    )
    assert no(noon, BARS, **day) == (400, {"message": "symbols is required"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeframe", "1Minute"),
        ("timeframe", "60Min"),
        ("timeframe", "24Hour"),
        ("timeframe", "2Day"),
        ("timeframe", "5Month"),
        ("timeframe", "Day"),
        ("limit", "0"),
        ("limit", "10001"),
        ("limit", "ten"),
        ("feed", "delayed_sip"),
        ("sort", "up"),
        ("adjustment", "both"),
        ("page_token", "nonsense"),
        ("page_token", "QUFQTHwxRA=="),
        ("start", "yesterday"),
        ("asof", "soon"),
        ("currency", "EUR"),
    ],
)
def test_malformed_values_are_refused(noon: RouteContext, name: str, value: str) -> None:
    query = {"symbols": "AAPL", "timeframe": "1Day", "start": "2026-11-20", name: value}
    assert no(noon, BARS, **query) == (400, {"message": f"invalid {name}: {value}"})


def test_windows_that_make_no_sense(noon: RouteContext) -> None:
    query = {"symbols": "AAPL", "timeframe": "1Day"}
    status, document = no(noon, BARS, start="2026-11-20", end="2026-11-19", **query)
    assert (status, document["message"]) == (400, "end should not be before start")
    assert ask(noon, BARS, **{**query, "timeframe": ""}).status == 400
    far = get(noon, BARS, start="1800-01-01", end="2400-01-01", asof="-", **query)
    assert len(far["bars"]["AAPL"]) == 11


def test_tokens_do_not_fit_another_request(noon: RouteContext) -> None:
    query = {"symbols": "AAPL", "start": "2026-11-20", "limit": 1}
    token = get(noon, BARS, timeframe="1Min", **query)["next_page_token"]
    assert ask(noon, BARS, timeframe="5Min", page_token=token, **query).status == 400


def test_one_symbol_has_its_own_path(noon: RouteContext) -> None:
    query = {"timeframe": "1Day", "start": "2026-11-19", "end": "2026-11-20", "currency": "USD"}
    many = get(noon, BARS, symbols="BRK.B", **query)
    assert get(noon, "/v2/stocks/BRK.B/bars", **query) == {
        "bars": many["bars"]["BRK.B"],
        "symbol": "BRK.B",
        "next_page_token": None,
        "currency": "USD",
    }
    none = get(noon, "/v2/stocks/ZZZZ/bars", **query)
    assert none["bars"] == []


def test_latest_bar_is_the_last_finished_minute(noon: RouteContext) -> None:
    latest = get(noon, "/v2/stocks/bars/latest", symbols="AAPL,ZZZZ")
    assert list(latest["bars"]) == ["AAPL"]
    assert latest["bars"]["AAPL"]["t"] == "2026-11-23T16:59:00Z"
    delayed = get(noon, "/v2/stocks/AAPL/bars/latest", feed="delayed_sip")
    assert delayed["bar"]["t"] == "2026-11-23T16:44:00Z"
    monday = context_of(TAPE, f"{TODAY} 08:00")
    before = get(monday, "/v2/stocks/AAPL/bars/latest", feed="sip")
    assert before["bar"]["t"] == "2026-11-20T20:59:00Z"
    assert no(noon, "/v2/stocks/ZZZZ/bars/latest")[0] == 404


def test_sixty_thousand_daily_bars_come_in_six_pages() -> None:
    names = [f"S{i:03d}".translate(str.maketrans("0123456789", "ABCDEFGHIJ")) for i in range(500)]
    days = sessions.last_sessions(TODAY, 121)
    tape = Tape(daily_table(dict.fromkeys(names, 50.0), days[0], TODAY))
    context = context_of(tape, at(f"{days[-1]} 03:00"))
    query = {"symbols": ",".join(names), "timeframe": "1Day", "start": days[0]}
    rows, pages, token = 0, 0, None
    while True:
        page = get(context, BARS, limit=10_000, adjustment="all", page_token=token, **query)
        rows, pages = rows + sum(map(len, page["bars"].values())), pages + 1
        token = page["next_page_token"]
        if token is None:
            break
    assert (rows, pages) == (60_000, 6)
