"""Minutes and prints: a minute becomes up to four prints, and minutes fold into a day.

A minute bar says neither when nor in which order its prices were traded.  On the tape they
are traded at fixed offsets: the open, the extreme against the minute's direction (the low
of a rising minute, the high of a falling one), the other extreme, the close.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from avwap_cli.exchange.instants import MINUTE, SECOND, Hours
from avwap_cli.exchange.tape.days import Ints, Minutes, Prints

Number = TypeVar("Number", np.int64, np.float64)

OFFSETS = np.array([0, 20, 40, 59], dtype=np.int64) * SECOND
SHARES = np.array([0.3, 0.2, 0.2, 0.3])  # of the minute's volume, over the prints it has


@dataclass(frozen=True, slots=True)
class Columns:
    """Minute bars without prints yet: (n,) arrays, ascending in start; see `days.Minutes`."""

    start: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints

    def take(self, rows: slice) -> Columns:
        """These rows, without copying."""
        return Columns(
            self.start[rows],
            self.open[rows],
            self.high[rows],
            self.low[rows],
            self.close[rows],
            self.volume[rows],
        )


def printed(bars: Columns) -> tuple[Minutes, Prints]:
    """The prints of these minutes, and the minutes with what only prints tell.

    1. Prices in the order of trading: open, low, high, close; high first where the minute falls.
    2. An extreme that the open or the close already trades gets no print of its own; a
       minute of one price is one print.
    3. Each print gets a share of the volume, at least one share as far as they reach.
    """
    rising = bars.close >= bars.open
    first = np.where(rising, bars.low, bars.high)
    second = np.where(rising, bars.high, bars.low)
    price = np.stack([bars.open, first, second, bars.close], axis=1)
    used = np.empty(price.shape, dtype=np.bool_)
    used[:, 0] = True
    used[:, 1] = first != bars.open
    used[:, 2] = second != bars.close
    used[:, 3] = bars.high > bars.low
    size = _sizes(bars.volume, used)
    turnover = (price.astype(np.float64) * size).sum(axis=1)
    minutes = Minutes(
        bars.start,
        bars.open,
        bars.high,
        bars.low,
        bars.close,
        bars.volume,
        used.sum(axis=1),
        turnover,
    )
    at = bars.start[:, np.newaxis] + OFFSETS
    return minutes, Prints(at[used], price[used], size[used])


def minutes_of(prints: Prints) -> Minutes:
    """The minutes that these prints fold into."""
    start = prints.at // MINUTE * MINUTE
    first = np.flatnonzero(np.diff(start, prepend=-1))
    last = (np.append(first[1:], len(start)) - 1)[: len(first)]
    price, size = prints.price, prints.size
    return Minutes(
        start[first],
        price[first],
        _over(np.maximum, price, first),
        _over(np.minimum, price, first),
        price[last],
        _over(np.add, size, first),
        last - first + 1,
        _over(np.add, price.astype(np.float64) * size, first),
    )


def _over(function: np.ufunc, values: NDArray[Number], first: NDArray[np.intp]) -> NDArray[Number]:
    return function.reduceat(values, first) if len(first) else values[:0]


def _sizes(volume: Ints, used: NDArray[np.bool_]) -> Ints:
    """(n, 4) shares of each print, adding up to the volume; 0 where a print is not used."""
    rank = np.cumsum(used, axis=1)
    count = rank[:, -1]
    one_each = used & (rank <= volume[:, np.newaxis])
    rest = np.maximum(volume - count, 0)
    weight = used * SHARES
    upto = np.cumsum(weight, axis=1)
    whole = upto[:, -1:]
    part = np.floor(upto * (rest[:, np.newaxis] / whole)).astype(np.int64)
    part = np.where(upto >= whole, rest[:, np.newaxis], part)
    return np.asarray(np.diff(part, axis=1, prepend=0) + one_each)


def fold(minutes: Minutes | Columns, hours: Hours) -> tuple[int, int, int, int, int] | None:
    """The daily bar of one session's minutes: open, high, low, close, volume.

    Prices are of the regular minutes, the volume of all.  None without a regular minute.
    """
    begin, end = np.searchsorted(minutes.start, (hours.open, hours.close))
    if begin == end:
        return None
    return (
        int(minutes.open[begin]),
        int(minutes.high[begin:end].max()),
        int(minutes.low[begin:end].min()),
        int(minutes.close[end - 1]),
        int(minutes.volume.sum()),
    )
