"""Columns: the measurements that strategies are written in.

A strategy names columns at t, or some bars before t, and never indexes a matrix
itself.  Asked for one row, the columns are those of a scan; asked for many, each row
plays t in turn, which is how references and rates are measured with the same code.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from avwap_cli.market.bars import Floats
from avwap_cli.market.panel import Panel
from avwap_cli.signals import indicators

RSI_N = ATR_N = ADX_N = 14
EMA_FAST_N, EMA_SLOW_N = 8, 21
BAND_N, BAND_DEVIATIONS = 20, 2.0
VOLUME_N = 20


class Columns:
    """Columns of one panel; every method gives (rows, N), the last row being t.

    Args:
        panel: the bars, sealed at t.
        rows: how many sessions play t, 1 for a scan.
        lookback: the most bars before t that any caller will ask for.
    """

    def __init__(self, panel: Panel, rows: int, lookback: int) -> None:
        self.panel = panel
        self.rows = rows
        self._lookback = lookback
        self._depth = min(rows + lookback, panel.depth)

    def close(self, back: int = 0) -> Floats:
        """Close in USD."""
        return self._cut(self.panel.close, back)

    def low(self) -> Floats:
        """Low in USD."""
        return self._cut(self.panel.low, 0)

    def rsi(self, back: int = 0) -> Floats:
        """Wilder's RSI(14), 0..100."""
        return self._cut(self._rsi, back)

    def adx(self, back: int = 0) -> Floats:
        """Wilder's ADX(14), 0..100."""
        return self._cut(self._adx, back)

    def atr(self) -> Floats:
        """Wilder's ATR(14) in USD."""
        return self._cut(self._atr, 0)

    def atr_frac(self) -> Floats:
        """ATR / C."""
        return self.atr() / self.close()

    def ema_fast(self) -> Floats:
        """EMA(8) of the close."""
        return self._cut(self._ema_fast, 0)

    def ema_slow(self) -> Floats:
        """EMA(21) of the close."""
        return self._cut(self._ema_slow, 0)

    def pct_b(self, back: int = 0) -> Floats:
        """Place of the close in the Bollinger band, 0 at the lower, 1 at the upper."""
        return self._cut(self._bands[1], back)

    def width(self, back: int = 0) -> Floats:
        """Width of the Bollinger band over its middle."""
        return self._cut(self._bands[0], back)

    def width_mean(self, n: int, back: int = 0) -> Floats:
        """Mean of the width over the n bars that end `back` bars before t."""
        return self._cut(indicators.rolling_mean(self._bands[0], n, self.rows + back), back)

    def change(self, n: int) -> Floats:
        """rel_change(C, n), a fraction."""
        return indicators.rel_change(self.close(), self.close(n))

    def volume_ratio(self) -> Floats:
        """V / SMA20(V)."""
        mean = indicators.rolling_mean(self.panel.volume, VOLUME_N, self.rows)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio: Floats = self._cut(self.panel.volume, 0) / mean
        return ratio

    @cached_property
    def true_range(self) -> Floats:
        """(T, N) true range in USD."""
        p = self.panel
        return indicators.true_range(p.high, p.low, p.close, p.first)

    def _cut(self, x: Floats, back: int) -> Floats:
        """The rows that play t, moved up by `back`; NaN rows where the panel has none.

        Raises:
            ValueError: a strategy reaches further back than it declares.
        """
        if back > self._lookback and len(x) < self.panel.depth:
            raise ValueError(f"{back} bars before t asked for, {self._lookback} declared")
        end = len(x) - back
        start = end - self.rows
        if start >= 0:
            return x[start:end]
        missing = np.full((min(-start, self.rows), x.shape[1]), np.nan)
        return np.concatenate([missing, x[: max(end, 0)]])

    @cached_property
    def _rsi(self) -> Floats:
        return indicators.rsi(self.panel.close, RSI_N, self.panel.first, self._depth)

    @cached_property
    def _adx(self) -> Floats:
        p = self.panel
        return indicators.adx(p.high, p.low, ADX_N, p.first, self._depth)

    @cached_property
    def _atr(self) -> Floats:
        return indicators.atr(self.true_range, ATR_N, self.panel.first, self._depth)

    @cached_property
    def _ema_fast(self) -> Floats:
        return indicators.ema(self.panel.close, EMA_FAST_N, self.panel.first, self._depth)

    @cached_property
    def _ema_slow(self) -> Floats:
        return indicators.ema(self.panel.close, EMA_SLOW_N, self.panel.first, self._depth)

    @cached_property
    def _bands(self) -> tuple[Floats, Floats]:
        return indicators.bollinger(self.panel.close, BAND_N, BAND_DEVIATIONS, self._depth)
