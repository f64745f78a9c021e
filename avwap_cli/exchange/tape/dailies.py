"""Daily bars on the tape: rounded to tape prices and found by symbol and session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from avwap_cli.exchange.tape.days import SCALE, tape_prices
from avwap_cli.exchange.tape.paths import DayBar
from avwap_cli.market.bars import BarTable
from avwap_cli.market.sessions import is_session

MOST_USD = 1e8  # a price beyond is none; it keeps sums of prices times shares in range
MOST_SHARES = 1e12


def cleaned(table: BarTable) -> BarTable:
    """The rows that can be traded, in tape prices and whole shares.

    Rows without four positive prices and those on days without a session are left out.  Where
    high and low do not hold open and close they are widened; no volume counts as 0.

    Raises:
        InputError: a row lies outside of the exchange calendar.
    """
    prices = np.stack([table.open, table.high, table.low, table.close])
    with np.errstate(invalid="ignore"):
        usable = ((prices > 0) & (prices <= MOST_USD)).all(axis=0)
    days, place = np.unique(table.session.astype("datetime64[D]"), return_inverse=True)
    open_days = np.array([is_session(day) for day in days.tolist()], dtype=np.bool_)
    usable &= open_days[place]
    table, prices = table.take(usable), tape_prices(prices[:, usable]) / SCALE
    shares = np.nan_to_num(table.volume, nan=0.0, posinf=0.0, neginf=0.0)
    table = replace(
        table,
        open=prices[0],
        high=prices.max(axis=0),
        low=prices.min(axis=0),
        close=prices[3],
        volume=np.rint(np.clip(shares, 0, MOST_SHARES)),
    )
    return table.only([table.symbols[i] for i in np.unique(table.symbol)])


class Dailies:
    """A cleaned table, with its rows in the order of symbol and session as well.

    Attributes:
        table: sorted by (session, symbol); every symbol has a row.
        sessions: those with a row, ascending.
    """

    def __init__(self, table: BarTable) -> None:
        self.table = table
        self.sessions: tuple[date, ...] = tuple(np.unique(table.session).tolist())
        self._place = {symbol: i for i, symbol in enumerate(table.symbols)}
        self._rows = np.argsort(table.symbol, kind="stable")
        self._days = table.session[self._rows]
        self._starts = np.searchsorted(
            table.symbol[self._rows], np.arange(len(table.symbols) + 1)
        ).tolist()

    def bar(self, symbol: str, session: date) -> DayBar | None:
        """The bar of that session; None where there is none."""
        end = self._end(symbol, session)
        if end is None or self._days[end - 1] != np.datetime64(session):
            return None
        return self._bar(end - 1)

    def before(self, symbol: str, session: date) -> tuple[date, DayBar] | None:
        """The last bar before that session, and its session; None without one."""
        end = self._end(symbol, date.fromordinal(session.toordinal() - 1))
        if end is None:
            return None
        day: date = self._days[end - 1].item()
        return day, self._bar(end - 1)

    def span(self, symbol: str) -> tuple[date, date] | None:
        """First and last session of the symbol; None for one that is not on the tape."""
        i = self._place.get(symbol)
        if i is None:
            return None
        first, last = self._days[[self._starts[i], self._starts[i + 1] - 1]].tolist()
        return first, last

    def between(self, symbols: Sequence[str] | None, first: date, last: date) -> BarTable:
        """The rows of first..last; of all symbols for None, else of those asked for and known."""
        one, other = np.datetime64(first), np.datetime64(last)
        if symbols is None:
            begin = int(np.searchsorted(self.table.session, one))
            end = int(np.searchsorted(self.table.session, other, side="right"))
            return self.table.take(slice(begin, max(begin, end)))
        names = sorted({symbol for symbol in symbols if symbol in self._place})
        parts = [np.empty(0, dtype=np.intp)]
        for name in names:
            i = self._place[name]
            begin, end = self._starts[i], self._starts[i + 1]
            low = begin + int(np.searchsorted(self._days[begin:end], one))
            high = begin + int(np.searchsorted(self._days[begin:end], other, side="right"))
            parts.append(self._rows[low:high])
        return self.table.take(np.sort(np.concatenate(parts))).only(names)

    def _end(self, symbol: str, session: date) -> int | None:
        """One past the place of the symbol's last row up to that session; None without one."""
        i = self._place.get(symbol)
        if i is None:
            return None
        begin, end = self._starts[i], self._starts[i + 1]
        day = np.datetime64(session)
        found = begin + int(np.searchsorted(self._days[begin:end], day, side="right"))
        return found if found > begin else None

    def _bar(self, place: int) -> DayBar:
        table, row = self.table, self._rows[place]
        values = (table.open[row], table.high[row], table.low[row], table.close[row])
        o, h, low, c = (round(float(price) * SCALE) for price in values)
        return DayBar(o, h, low, c, int(table.volume[row]))
