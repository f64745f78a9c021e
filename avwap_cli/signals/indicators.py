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
Seeds = dict[int, tuple[NDArray[np.intp], Floats]]


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
    before = close[:-1]
    np.subtract(np.maximum(high[1:], before), np.minimum(low[1:], before), out=tr[1:])
    columns = np.flatnonzero((first > 0) & (first < len(tr)))
    tr[first[columns], columns] = high[first[columns], columns] - low[first[columns], columns]
    return tr


def ema(x: Floats, n: int, first: Ints) -> Floats:
    """(T, N) exponential mean with factor 2/(n+1), seeded with the mean of the first n."""
    return _smooth(x, n, first, 2.0 / (n + 1))


def wilder(x: Floats, n: int, start: Ints) -> Floats:
    """(T, N) Wilder's mean, factor 1/n, seeded with the mean of n rows from row `start`."""
    return _smooth(x, n, start, 1.0 / n)


def rsi(close: Floats, n: int, first: Ints) -> Floats:
    """(T, N) Wilder's RSI in 0..100; 0 where nothing moved (TA-Lib's convention)."""
    change = np.empty_like(close)
    change[0] = np.nan
    np.subtract(close[1:], close[:-1], out=change[1:])
    gain = wilder(np.maximum(change, 0.0), n, first + 1)
    np.negative(change, out=change)
    loss = wilder(np.maximum(change, 0.0, out=change), n, first + 1)
    loss += gain
    with np.errstate(divide="ignore", invalid="ignore"):
        np.divide(gain, loss, out=gain)
    gain *= 100.0
    gain[loss == 0] = 0.0
    return gain


def atr(tr: Floats, n: int, first: Ints) -> Floats:
    """(T, N) Wilder's average true range in price units; the first bar's range is not used."""
    return wilder(tr, n, first + 1)


def adx(high: Floats, low: Floats, n: int, first: Ints) -> Floats:
    """(T, N) Wilder's ADX in 0..100.

    1. Directional moves up and down of each bar, only the larger and only if positive.
    2. Moves are summed over n-1 bars, then decay by 1/n per bar (the true range that
       would divide both sums cancels in the next step).
    3. DX = 100 |up - down| / (up + down).
    4. ADX is Wilder's mean of DX, seeded with n of them; where DX is undefined (no
       movement) it counts 0 in the seed and leaves a later ADX as it was.
    """
    up, down = np.empty_like(high), np.empty_like(high)
    up[0] = down[0] = np.nan
    np.subtract(high[1:], high[:-1], out=up[1:])
    np.subtract(low[:-1], low[1:], out=down[1:])
    rises = up > down
    falls = down > up
    np.maximum(up, 0.0, out=up)
    np.maximum(down, 0.0, out=down)
    up *= rises
    down *= falls
    up = _decayed_sum(up, n, first)
    down = _decayed_sum(down, n, first)
    total = up + down
    np.subtract(up, down, out=up)
    np.abs(up, out=up)
    with np.errstate(divide="ignore", invalid="ignore"):
        np.divide(up, total, out=up)
    up *= 100.0
    return _smooth(up, n, first + n, 1.0 / n, undefined=total == 0)


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


def _seeds(x: Floats, n: int, start: Ints) -> Seeds:
    """Sums of the n rows from `start`, each column's at the row where its last one stands.

    Returns:
        row -> (columns, their sums); columns whose n rows do not fit are in none.
    """
    columns = np.flatnonzero(start + n <= len(x))
    columns = columns[np.argsort(start[columns], kind="stable")]
    begin = start[columns]
    total = x[begin, columns]
    for shift in range(1, n):
        total += x[begin + shift, columns]
    rows, first = np.unique(begin, return_index=True)
    parts = zip(np.split(columns, first[1:]), np.split(total, first[1:]), strict=True)
    return {int(row) + n - 1: part for row, part in zip(rows, parts, strict=bool(len(rows)))}


def _smooth(
    x: Floats,
    n: int,
    start: Ints,
    factor: float,
    undefined: NDArray[np.bool_] | None = None,
) -> Floats:
    """y(i) = y(i-1) + factor * (x(i) - y(i-1)), seeded with the mean of n rows from `start`.

    Where `undefined`, x counts 0 in the seed and leaves y as it was after it.
    """
    if undefined is not None and not undefined.any():
        undefined = None
    basis = x if undefined is None else np.where(undefined, 0.0, x)
    seeds = _seeds(basis, n, start)
    begin = min(seeds, default=len(x))
    y = np.empty_like(x)
    y[:begin] = np.nan
    state = np.full(x.shape[1], np.nan)
    step = np.empty_like(state)
    for row in range(begin, len(x)):
        np.subtract(x[row], state, out=step)
        step *= factor
        if undefined is not None:
            step[undefined[row]] = 0.0
        state += step
        if row in seeds:
            columns, total = seeds[row]
            state[columns] = total / n
        y[row] = state
    return y


def _decayed_sum(x: Floats, n: int, first: Ints) -> Floats:
    """s(i) = s(i-1) * (1 - 1/n) + x(i), begun with the sum of the n-1 bars after the first."""
    seeds = _seeds(x, n - 1, first + 1)
    begin = min(seeds, default=len(x))
    s = np.empty_like(x)
    s[:begin] = np.nan
    state = np.full(x.shape[1], np.nan)
    keep = 1.0 - 1.0 / n
    for row in range(begin, len(x)):
        state *= keep
        state += x[row]
        if row in seeds:
            columns, total = seeds[row]
            state[columns] = total
        s[row] = state
    return s
