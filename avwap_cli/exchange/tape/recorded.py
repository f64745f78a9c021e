"""Recorded minutes: real minute bars on the tape, by symbol and session.

They are used as they are: in tape prices and whole shares, extended hours included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from avwap_cli.exchange.instants import DAY, MINUTE, Hours, hours
from avwap_cli.exchange.tape.dailies import MOST_SHARES, MOST_USD
from avwap_cli.exchange.tape.days import SCALE, Ints, tape_prices
from avwap_cli.exchange.tape.folding import Columns, printed
from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.market.sessions import is_session

Halted = Mapping[str, Sequence[tuple[int, int]]]

_BEHIND = 5 * 60 * MINUTE  # New York is 4 or 5 hours behind UTC; nobody trades past 23:00
_DAYS = 2**20  # more than there are day numbers


class Recorded:
    """The minutes of a table that can be traded.

    Left out are rows without positive prices, without a share, outside of 04:00 to the end
    of after-hours, on days without a session, inside of a halt, the later ones of equal
    minutes, and the whole day of a symbol that has no regular minute.  Where high and low
    do not hold open and close they are widened.

    Args:
        table: sorted by (symbol, start).
        halted: symbol -> (start, end) instants without trading, end exclusive.

    Raises:
        InputError: a minute lies outside of the exchange calendar.
    """

    def __init__(self, table: MinuteTable, halted: Halted) -> None:
        prices = np.stack([table.open, table.high, table.low, table.close])
        with np.errstate(invalid="ignore"):
            usable = ((prices > 0) & (prices <= MOST_USD)).all(axis=0)
            usable &= (np.rint(table.volume) >= 1) & (table.volume <= MOST_SHARES)
        start = table.start.astype("datetime64[ns]").astype(np.int64)
        day = (start - _BEHIND) // DAY
        usable, regular = _in_hours(start, day, usable)
        usable &= ~_in_halts(table, start, halted)
        key = table.symbol.astype(np.int64) * _DAYS + day
        usable &= np.isin(key, np.unique(key[usable & regular]))
        rows = np.flatnonzero(usable)
        same = (table.symbol[rows[1:]] == table.symbol[rows[:-1]]) & (np.diff(start[rows]) == 0)
        rows = rows[np.append(True, ~same)[: len(rows)]]
        fixed = tape_prices(prices[:, rows])
        self._columns = Columns(
            start[rows],
            fixed[0],
            fixed.max(axis=0),
            fixed.min(axis=0),
            fixed[3],
            np.rint(table.volume[rows]).astype(np.int64),
        )
        self._regular = regular[rows]
        self._keys, self._begins = np.unique(key[rows], return_index=True)
        self._ends = np.append(self._begins[1:], len(rows))
        self._place = {symbol: i for i, symbol in enumerate(table.symbols)}
        self._symbols = np.asarray(table.symbols, dtype=np.str_)

    def day(self, symbol: str, session: date) -> Columns | None:
        """The minutes of that session; None where none was recorded."""
        code = self._place.get(symbol)
        if code is None:
            return None
        key = code * _DAYS + int(np.datetime64(session).astype(np.int64))
        i = int(np.searchsorted(self._keys, key))
        if i == len(self._keys) or self._keys[i] != key:
            return None
        return self._columns.take(slice(int(self._begins[i]), int(self._ends[i])))

    def daily(self) -> BarTable:
        """The bar that each recorded day folds into, with its volume-weighted price."""
        bars, regular = self._columns, np.flatnonzero(self._regular)
        if len(regular) == 0:
            none = np.empty(0)
            return bar_table([], none.astype("datetime64[D]"), none, none, none, none, none)
        first = np.searchsorted(regular, self._begins)
        last = np.append(first[1:], len(regular)) - 1
        volume = np.add.reduceat(bars.volume, self._begins).astype(np.float64)
        turnover = np.add.reduceat(printed(bars)[0].turnover, self._begins)
        return bar_table(
            self._symbols[self._keys // _DAYS],
            (self._keys % _DAYS).astype("datetime64[D]"),
            bars.open[regular[first]] / SCALE,
            np.maximum.reduceat(bars.high[regular], first) / SCALE,
            np.minimum.reduceat(bars.low[regular], first) / SCALE,
            bars.close[regular[last]] / SCALE,
            volume,
            turnover / volume / SCALE,
        )


def _in_hours(
    start: Ints, day: Ints, usable: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which usable rows lie in extended hours, and which rows in regular ones."""
    days, place = np.unique(day[usable], return_inverse=True)
    dates = days.astype("datetime64[D]").tolist()
    known = [hours(day) if is_session(day) else None for day in dates]
    inside, regular = np.zeros(len(start), np.bool_), np.zeros(len(start), np.bool_)
    at = start[usable]
    edges = np.array([_edges(found) for found in known], dtype=np.int64).reshape(-1, 4)[place]
    inside[usable] = (at >= edges[:, 0]) & (at < edges[:, 3])
    regular[usable] = (at >= edges[:, 1]) & (at < edges[:, 2])
    return inside, regular


def _edges(found: Hours | None) -> tuple[int, int, int, int]:
    if found is None:
        return 0, 0, 0, 0
    return found.pre_open, found.open, found.close, found.after_close


def _in_halts(table: MinuteTable, start: Ints, halted: Halted) -> NDArray[np.bool_]:
    """Which rows overlap a halt of their symbol."""
    found = np.zeros(len(start), dtype=np.bool_)
    for code, symbol in enumerate(table.symbols):
        for begin, end in halted.get(symbol, ()):
            found |= (table.symbol == code) & (start < end) & (start + MINUTE > begin)
    return found
