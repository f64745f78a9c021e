"""Indicators over matrices of bars, as TA-Lib computes them.

All work on (T, N) matrices aligned at the bottom (see `market.panel`): column j has
its first bar at row `first[j]`, rows above are NaN.  A recursion walks the rows once
for all symbols together; a window is a sum of shifted slices, so that no running
sum gathers error and each column's result depends on that column alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avwap_cli.market.bars import Floats

Ints = NDArray[np.int64]


def sma_at(x: Floats, n: int, back: int = 0) -> Floats:
    """(N,) mean of the n rows that end `back` rows before the last; NaN if there are fewer."""
    end = len(x) - back
    if end < n:
        return np.full(x.shape[1], np.nan)
    total: Floats = x[end - n].copy()
    for row in range(end - n + 1, end):
        total += x[row]
    return total / n


def rolling_sum(x: Floats, n: int, rows: int) -> Floats:
    """(rows, N) sums of n rows ending at each of the last `rows` rows."""
    padded = _last(x, rows + n - 1)
    total = padded[:rows].copy()
    for shift in range(1, n):
        total += padded[shift : shift + rows]
    return total


def rolling_mean(x: Floats, n: int, rows: int) -> Floats:
    """(rows, N) means of n rows ending at each of the last `rows` rows."""
    return rolling_sum(x, n, rows) / n


def rel_change(new: Floats, old: Floats) -> Floats:
    """(new - old) / |old|, a fraction."""
    with np.errstate(divide="ignore", invalid="ignore"):
        change: Floats = (new - old) / np.abs(old)
    return change


def true_range(high: Floats, low: Floats, close: Floats, first: Ints) -> Floats:
    """(T, N) max(H-L, |H-C(t-1)|, |L-C(t-1)|); the first bar's is H-L."""
    tr = np.empty_like(high)
    tr[0] = high[0] - low[0]
    for row in range(1, len(tr)):
        np.maximum(high[row], close[row - 1], out=tr[row])
        tr[row] -= np.minimum(low[row], close[row - 1])
    columns = np.flatnonzero((first > 0) & (first < len(tr)))
    tr[first[columns], columns] = high[first[columns], columns] - low[first[columns], columns]
    return tr


def ema(x: Floats, n: int, first: Ints, rows: int) -> Floats:
    """(rows, N) exponential mean with factor 2/(n+1), seeded with the mean of the first n."""
    return _smooth(x, n, first, 2.0 / (n + 1), rows)


def rsi(close: Floats, n: int, first: Ints, rows: int) -> Floats:
    """(rows, N) Wilder's RSI in 0..100; 0 where nothing moved (TA-Lib's convention)."""
    depth, width = close.shape
    gain, loss = (_Smoothing(first + 1, n, 1.0 / n, 1.0 / n) for _ in range(2))
    change, up = np.empty(width), np.empty(width)
    share = np.empty((rows, width))
    with np.errstate(divide="ignore", invalid="ignore"):
        for row in range(1, depth):
            np.subtract(close[row], close[row - 1], out=change)
            np.maximum(change, 0.0, out=up)
            np.subtract(up, change, out=change)  # what it fell, where it fell
            gain.push(row, up)
            loss.push(row, change)
            if row >= depth - rows:
                total = gain.value + loss.value
                share[row - depth + rows] = np.where(total == 0, 0.0, 100.0 * gain.value / total)
    return _since(share, first + n, depth)


def atr(tr: Floats, n: int, first: Ints, rows: int) -> Floats:
    """(rows, N) Wilder's average true range in price units; the first bar's is not used."""
    return _smooth(tr, n, first + 1, 1.0 / n, rows)


def adx(high: Floats, low: Floats, n: int, first: Ints, rows: int) -> Floats:
    """(rows, N) Wilder's ADX in 0..100.

    1. Directional moves up and down of each bar, only the larger and only if positive.
    2. Moves are summed over n-1 bars, then decay by 1/n per bar (the true range that
       would divide both sums cancels in the next step).
    3. DX = 100 |up - down| / (up + down).
    4. ADX is Wilder's mean of DX, seeded with n of them; where DX is undefined (no
       movement) it counts 0 in the seed and leaves a later ADX as it was.
    """
    depth, width = high.shape
    ups, downs = (_Smoothing(first + 1, n - 1, 1.0 / n, 1.0 / n) for _ in range(2))
    mean = _Smoothing(first + n, n, 1.0 / n, 1.0 / n)
    up, down = np.empty(width), np.empty(width)
    rises, falls = np.empty(width, dtype=bool), np.empty(width, dtype=bool)
    y = np.empty((rows, width))
    with np.errstate(divide="ignore", invalid="ignore"):
        for row in range(1, depth):
            np.subtract(high[row], high[row - 1], out=up)
            np.subtract(low[row - 1], low[row], out=down)
            np.maximum(up, 0.0, out=up)
            np.maximum(down, 0.0, out=down)
            np.greater(up, down, out=rises)
            np.greater(down, up, out=falls)
            up *= rises
            down *= falls
            ups.push(row, up)
            downs.push(row, down)
            np.subtract(ups.value, downs.value, out=up)
            np.abs(up, out=up)
            np.add(ups.value, downs.value, out=down)
            up /= down
            up *= 100.0
            np.equal(down, 0.0, out=rises)
            if rises.any():
                seeded = row >= first + 2 * n
                up[rises] = np.where(seeded[rises], mean.value[rises], 0.0)
            mean.push(row, up)
            if row >= depth - rows:
                y[row - depth + rows] = mean.value
    return _since(y, first + 2 * n - 1, depth)


def bollinger(close: Floats, n: int, deviations: float, rows: int) -> tuple[Floats, Floats]:
    """Width and pct_b of the last `rows` rows, each (rows, N).

    width = (upper - lower) / middle; pct_b = (C - lower) / (upper - lower), 0.5 when flat.
    The deviation is the population's, taken about the window's own mean.
    """
    padded = _last(close, rows + n - 1)
    middle = rolling_mean(close, n, rows)
    square = np.zeros_like(middle)
    for shift in range(n):
        step = padded[shift : shift + rows] - middle
        step *= step
        square += step
    half = deviations * np.sqrt(square / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        width = 2.0 * half / middle
        pct_b = (_last(close, rows) - middle + half) / (2.0 * half)
    pct_b[half == 0] = 0.5
    return width, pct_b


def _last(x: Floats, rows: int) -> Floats:
    """The last `rows` rows, NaN rows on top where there are fewer."""
    missing = rows - len(x)
    if missing <= 0:
        return x[len(x) - rows :]
    return np.concatenate([np.full((missing, x.shape[1]), np.nan), x])


class _Smoothing:
    """y(i) = (1 - f) * y(i-1) + f * x(i) for N columns, one row at a time.

    Each column sums its first `seed` rows from row `start`, weighs the sum, and smooths
    from there on.  Rows are pushed one by one so that all intermediate numbers stay in
    the processor's cache.

    Attributes:
        value: (N,) y after the last row pushed; a bare sum while a column is seeding.
    """

    def __init__(self, start: Ints, seed: int, weight: float, factor: float) -> None:
        self.value = np.where(start <= 1, 0.0, np.nan)
        self._weight, self._factor = weight, factor
        self._keep, self._take = np.ones(len(start)), np.ones(len(start))
        self._part = np.empty(len(start))
        self._begins, self._seeded = _grouped(start - 1), _grouped(start + seed - 1)

    def push(self, row: int, x: Floats) -> None:
        """Take row `row`; x is overwritten by nobody."""
        self.value *= self._keep
        np.multiply(x, self._take, out=self._part)
        self.value += self._part
        if row in self._begins:
            self.value[self._begins[row]] = 0.0
        if row in self._seeded:
            columns = self._seeded[row]
            self.value[columns] *= self._weight
            self._keep[columns] = 1.0 - self._factor
            self._take[columns] = self._factor


def _smooth(x: Floats, n: int, start: Ints, factor: float, rows: int) -> Floats:
    """The last `rows` rows of x smoothed, seeded with the mean of n rows from `start`."""
    smoothing = _Smoothing(start, n, 1.0 / n, factor)
    y = np.empty((rows, x.shape[1]))
    for row in range(len(x)):
        smoothing.push(row, x[row])
        if row >= len(x) - rows:
            y[row - len(x) + rows] = smoothing.value
    return _since(y, start + n - 1, len(x))


def _since(y: Floats, first: Ints, depth: int) -> Floats:
    """y, the last rows of `depth`, undefined above row `first` of each column."""
    row = np.arange(depth - len(y), depth)[:, None]
    y[row < first] = np.nan
    return y


def _grouped(rows: Ints) -> dict[int, NDArray[np.intp]]:
    """Row -> the columns that have it."""
    order = np.argsort(rows, kind="stable")
    names, first = np.unique(rows[order], return_index=True)
    parts = np.split(order, first[1:])
    return {int(row): part for row, part in zip(names, parts, strict=bool(len(names)))}
