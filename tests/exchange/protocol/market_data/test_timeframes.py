"""Timeframes: their texts, and where their bars begin."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from data_context import at

from avwap_cli.exchange.instants import MINUTE
from avwap_cli.exchange.protocol.market_data.bar_columns import Bars, midnight
from avwap_cli.exchange.protocol.market_data.timeframes import timeframe
from avwap_cli.market import sessions


def bars(t: list[int]) -> Bars:
    n = np.arange(1, len(t) + 1)
    price = n.astype(float)
    times = np.array(t, dtype=np.int64)
    return Bars(times, price, price + 0.5, price - 0.5, price + 0.1, n * 10, n, price)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("1Min", "1T"), ("59T", "59T"), ("23Hour", "23H"), ("1Day", "1D"), ("1W", "1W"), ("6M", "6M")],
)
def test_texts(text, shown):
    assert str(timeframe(text)) == shown


@pytest.mark.parametrize(
    "text",
    ["", "Min", "0Min", "60Min", "24Hour", "2Day", "5Month", "1min", "01Min", "1Min ", "\u0661Min"],
)
def test_texts_of_none(text):
    assert timeframe(text) is None


def test_minutes_begin_with_the_hour_and_hours_with_midnight():
    start = at("2026-11-23 09:30")
    minutes = bars([start + i * MINUTE for i in range(90)])
    folded = timeframe("7Min").fold(minutes)
    assert folded.t[:6].tolist() == [
        at(f"2026-11-23 {m}") for m in ("09:28", "09:35", "09:42", "09:49", "09:56", "10:00")
    ]
    hours = timeframe("4Hour").fold(minutes)
    assert hours.t.tolist() == [at("2026-11-23 08:00")]
    assert (hours.open[0], hours.close[0]) == (1.0, 90.1)
    assert (hours.high[0], hours.low[0]) == (90.5, 0.5)
    assert hours.volume[0] == minutes.volume.sum()
    weights = minutes.volume / minutes.volume.sum()
    assert hours.vwap[0] == pytest.approx((minutes.vwap * weights).sum())


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("1Week", [date(2026, 9, 28), date(2026, 10, 5)]),
        ("1Month", [date(2026, 9, 1), date(2026, 10, 1)]),
        ("3Month", [date(2026, 7, 1), date(2026, 10, 1)]),
        ("12Month", [date(2026, 1, 1)]),
    ],
)
def test_weeks_begin_on_monday_and_months_with_the_year(text, starts):
    days = sessions.sessions_between(date(2026, 9, 29), date(2026, 10, 7))
    folded = timeframe(text).fold(bars([midnight(day) for day in days]))
    assert folded.t.tolist() == [midnight(day) for day in starts]
    assert folded.volume.sum() == sum(range(10, 10 * len(days) + 1, 10))


def test_a_bar_never_ends_after_the_day_that_is_looked_at():
    for text in ("1Day", "1Week", "1Month", "12Month"):
        frame = timeframe(text)
        day = date(2026, 1, 1)
        assert frame.last_day(day) >= day
        assert frame.sessions >= 1
