"""Minute charts: the day of what was traded, its entries and exits where they filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import traded_days as day
from held_positions import MON, TUE, D, bar
from memory_ledger import MemoryLedger

from avwap_cli.review.charts import Chart, Tone
from avwap_cli.review.open_positions import LastPrice, open_positions
from avwap_cli.review.past_facts import facts_until
from avwap_cli.review.session_charts import session_charts, traded_on
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.quotes import PriceBar


def book(session: object = TUE) -> Book:
    return fold(facts_until(MemoryLedger(*day.FACTS).facts(), session))  # type: ignore[arg-type]


def minutes(symbol: str, count: int = 390) -> list[PriceBar]:
    first = bar(MON, "09:30", "100")
    return [
        replace(first, symbol=symbol, start=first.start + timedelta(minutes=n), high=D(100 + n))
        for n in range(count)
    ]


def charts(*symbols: str) -> Sequence[Chart]:
    return session_charts(book(), MON, {symbol: minutes(symbol) for symbol in symbols})


def test_a_chart_for_each_symbol_that_was_traded_and_has_minutes() -> None:
    assert traded_on(book(), MON) == ("ABC", "JKL", "XYZ")
    assert traded_on(book(), TUE) == ("XYZ",)
    assert [chart.name for chart in charts("ABC", "XYZ", "GHI")] == ["minutes-ABC", "minutes-XYZ"]


def test_candles_stand_at_new_yorks_minutes() -> None:
    chart = charts("ABC")[0]
    assert len(chart.candles) == 390
    assert (chart.candles[0].at, chart.candles[-1].at) == ("2024-03-04T09:30", "2024-03-04T15:59")
    assert (chart.candles[7].high, chart.candles[7].volume) == (107.0, 100.0)


def test_fills_are_marked_in_their_minute_purchases_below_and_sales_above() -> None:
    marks = [(m.at[-5:], m.text, m.tone, m.above) for m in charts("ABC")[0].marks]
    assert marks == [
        ("09:50", "bought 60 at 100.00", Tone.ENTRY, False),
        ("09:51", "bought 40 at 100.05", Tone.ENTRY, False),
        ("11:00", "sold 50 at 105.00 (trim_r1)", Tone.EXIT, True),
        ("14:00", "sold 50 at 100.00 (stop_loss)", Tone.EXIT, True),
    ]
    short = charts("XYZ")[0].marks
    assert [(m.text, m.tone, m.above) for m in short] == [("sold 50 at 40.00", Tone.ENTRY, True)]


def test_a_fill_between_the_bars_stands_at_the_one_before_it() -> None:
    gone = [one for one in minutes("ABC") if f"{one.start:%H:%M}" not in ("09:50", "09:51")]
    marks = session_charts(book(), MON, {"ABC": gone})[0].marks
    assert [m.at[-5:] for m in marks] == ["09:49", "11:00", "14:00"]
    assert marks[0].text == "bought 100 at 100.02"


def test_levels_are_the_positions_own() -> None:
    levels = [(one.name, one.tone, one.price) for one in charts("ABC")[0].levels]
    assert levels == [
        ("entry", Tone.ENTRY, 100.02),
        ("stop", Tone.STOP, 100.01),
        ("R1", Tone.TARGET, 105.0),
        ("R2", Tone.TARGET, 110.0),
    ]


def test_a_past_session_is_seen_as_it_was() -> None:
    held = {row.symbol: row for row in open_positions(book(MON), MON, {})}
    assert sorted(held) == ["JKL", "XYZ"], "XYZ was covered the day after"
    assert [p.symbol for p in book(TUE).open] == ["JKL"]
    assert [c.session for c in book(MON).closes] == [MON]
    assert (held["JKL"].stop, held["JKL"].last, held["JKL"].r) == (95.0, None, None)


def test_open_positions_tell_r_by_what_was_at_risk() -> None:
    prices = {
        "JKL": LastPrice(D("104"), "16:00 ET"),  # 30 at 101, stop of the plan 95
        "XYZ": LastPrice(D("41"), "16:00 ET"),  # 50 short at 40, stop 2.5 x 0.8 above
    }
    held = {row.symbol: row for row in open_positions(book(MON), MON, prices)}
    assert (held["JKL"].pnl_usd, held["JKL"].r) == (90.0, 0.5)
    assert (held["XYZ"].pnl_usd, held["XYZ"].r) == (-50.0, -0.5)
    assert (held["JKL"].target, held["JKL"].last_at) == (105.0, "16:00 ET")
    assert (held["JKL"].held_sessions, held["JKL"].max_hold_sessions) == (0, 20)
