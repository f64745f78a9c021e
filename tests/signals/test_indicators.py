"""Indicators against TA-Lib, over every symbol of the S&P file and over made-up bars."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.panel import Panel, build_panel
from avwap_cli.signals import indicators
from avwap_cli.signals.columns import Columns

SESSIONS = 250


def panel_of(table: BarTable, rows: int) -> Panel:
    return build_panel(table, np.unique(table.session)[-rows:])


@pytest.fixture(scope="module")
def sp500(real_data: Path) -> Panel:
    """The last sessions of the S&P file; the last day was taken during the session."""
    columns = ["symbol", "date", "open", "high", "low", "close", "volume"]
    table = pq.read_table(real_data / "bars" / "sp500_daily_2021_2026.parquet", columns=columns)
    values = [table[c].to_numpy().astype(float) for c in columns[2:]]
    days = table["date"].to_numpy().astype("datetime64[D]")
    return panel_of(bar_table(table["symbol"].to_pylist(), days, *values), SESSIONS)


def bars_of(panel: Panel, column: int) -> tuple[np.ndarray, ...]:
    rows = slice(panel.first[column], None)
    parts = (panel.high, panel.low, panel.close)
    return tuple(np.ascontiguousarray(x[rows, column]) for x in parts)


ORACLES: dict[str, tuple[Callable[[Columns], np.ndarray], Callable[..., np.ndarray], float]] = {
    "rsi": (lambda c: c._rsi, lambda h, low, c: talib.RSI(c, 14), 1e-9),
    "atr": (lambda c: c._atr, lambda h, low, c: talib.ATR(h, low, c, 14), 1e-9),
    "adx": (lambda c: c._adx, lambda h, low, c: talib.ADX(h, low, c, 14), 1e-6),
    "ema8": (lambda c: c._ema_fast, lambda h, low, c: talib.EMA(c, 8), 1e-9),
    "ema21": (lambda c: c._ema_slow, lambda h, low, c: talib.EMA(c, 21), 1e-9),
}


@pytest.mark.parametrize("name", ORACLES)
def test_indicators_are_those_of_talib_for_every_symbol(sp500: Panel, name: str) -> None:
    mine, oracle, tolerance = ORACLES[name]
    matrix = mine(Columns(sp500, SESSIONS, 0))
    compared = 0
    for column in range(sp500.width):
        expected = oracle(*bars_of(sp500, column))
        seen = matrix[sp500.first[column] :, column]
        np.testing.assert_allclose(
            seen, expected, rtol=tolerance, atol=tolerance, err_msg=sp500.symbols[column]
        )
        compared += 1
    assert compared >= 500


def test_bollinger_is_that_of_talib_for_every_symbol(sp500: Panel) -> None:
    width, pct_b = indicators.bollinger(sp500.close, 20, 2.0, SESSIONS)
    for column in range(sp500.width):
        close = bars_of(sp500, column)[2]
        upper, middle, lower = talib.BBANDS(close, 20, 2, 2, 0)
        first = sp500.first[column]
        np.testing.assert_allclose(
            width[first:, column], (upper - lower) / middle, rtol=1e-9, atol=1e-9
        )
        band = np.where(upper > lower, upper - lower, np.nan)
        expected = np.where(upper == lower, 0.5, (close - lower) / band)
        np.testing.assert_allclose(pct_b[first:, column], expected, rtol=1e-9, atol=1e-9)


@st.composite
def walks(draw: st.DrawFn) -> tuple[int, int, float]:
    return draw(st.integers(0, 2**32 - 1)), draw(st.integers(1, 90)), draw(st.floats(0.0, 0.2))


@given(walks())
@settings(max_examples=60, deadline=None)
def test_short_flat_and_wild_series_match_talib_bar_by_bar(walk: tuple[int, int, float]) -> None:
    seed, bars, wild = walk
    rng = np.random.default_rng(seed)
    close = 50 * np.exp(np.cumsum(rng.normal(0, wild, bars) * (rng.random(bars) < 0.7)))
    high = close * (1 + wild * rng.random(bars))
    low = close * (1 - wild * rng.random(bars) * 0.9)
    days = np.datetime64("2024-01-01") + np.arange(bars)
    volume = np.full(bars, 1e6)
    window = np.datetime64("2024-01-01") + np.arange(-30, bars)
    panel = build_panel(bar_table(["A"] * bars, days, close, high, low, close, volume), window)
    for name, (mine, oracle, tolerance) in ORACLES.items():
        expected = oracle(high, low, close) if bars > 1 else np.full(1, np.nan)
        seen = mine(Columns(panel, panel.depth, 0))[30:, 0]
        np.testing.assert_allclose(seen, expected, rtol=tolerance, atol=tolerance, err_msg=name)


def test_a_hole_in_one_symbol_does_not_shift_its_indicators() -> None:
    """n sessions are n bars of the symbol: a name that misses a session counts its own bars."""
    rng = np.random.default_rng(7)
    close = 40 + np.cumsum(rng.normal(0, 0.5, 80))
    days = np.datetime64("2024-01-01") + np.arange(81)
    gone = 40
    own = np.delete(days, gone)
    names = ["A"] * 80 + ["B"] * 81
    both = np.concatenate([close, np.linspace(10, 20, 81)])
    table = bar_table(
        names, np.concatenate([own, days]), both, both + 1, both - 1, both, both * 0 + 5
    )
    panel = build_panel(table, days)
    np.testing.assert_allclose(
        indicators.rsi(panel.close, 14, panel.first, 80)[:, 0], talib.RSI(close, 14), rtol=1e-12
    )
    assert list(panel.bars) == [80, 81]
    assert panel.session[-1].tolist() == [80, 80]


def test_a_window_longer_than_the_history_is_undefined() -> None:
    x = np.arange(10.0)[:, None]
    assert np.isnan(indicators.sma_at(x, 11)[0])
    assert indicators.sma_at(x, 10)[0] == 4.5
    assert indicators.sma_at(x, 3, back=2)[0] == 6.0
    assert np.isnan(indicators.rolling_mean(x, 4, 10)[:3, 0]).all()
    assert indicators.rolling_mean(x, 4, 10)[3:, 0].tolist() == [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]


def test_true_range_takes_gaps_and_starts_with_the_first_bar() -> None:
    nan = np.nan
    high = np.array([[nan], [11.0], [15.0], [9.0]])
    low = np.array([[nan], [9.0], [14.0], [8.0]])
    close = np.array([[nan], [10.0], [14.5], [8.5]])
    tr = indicators.true_range(high, low, close, np.array([1]))
    assert np.isnan(tr[0, 0])
    assert tr[1:, 0].tolist() == [2.0, 5.0, 6.5]
