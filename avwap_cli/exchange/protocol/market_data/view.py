"""The view: the tape as one feed shows it at one moment; nothing later can be reached.

Every market data answer is made of a view.  A minute is seen once it is over, prints and
quotes at their instant, and a session's daily bar grows minute by minute until the end of
after-hours trading.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import TypeVar

import numpy as np

from avwap_cli.exchange.instants import MINUTE, Hours, Instant, day_of, hours
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.market_data.bar_columns import (
    Bars,
    adjusted,
    daily_bars,
    joined,
    midnight,
    minute_bars,
    thinned,
    usual_trades,
)
from avwap_cli.exchange.tape.days import Ints, Minutes, Prints, Quotes, SymbolDay
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market import sessions
from avwap_cli.market.splits import Split

IEX_SHARE = 0.025

DayColumns = TypeVar("DayColumns", Minutes, Quotes)
Rows = TypeVar("Rows")


@dataclass(frozen=True, slots=True)
class Trades:
    """The prints of one session that a feed shows, (m,) each.

    Attributes:
        number: 1, 2, ... over all prints of the session, those that the feed lacks included.
    """

    prints: Prints
    number: Ints


@dataclass(frozen=True, slots=True)
class FeedView:
    """The tape up to and including `horizon`.

    Attributes:
        day: reads one symbol's session of the tape.
        share_frac: part of the trading that is seen, 1 = all.
    """

    tape: Tape
    day: Callable[[str, date], SymbolDay | None]
    horizon: Instant
    share_frac: float = 1.0

    @property
    def today(self) -> date:
        """The day of the horizon in New York."""
        return day_of(self.horizon)

    def sessions(self, start: Instant, end: Instant) -> tuple[date, ...]:
        """The tape's sessions from start's to end's day, none after today; ascending."""
        last = min(day_of(end), self.today)
        days: tuple[date, ...] = self.tape.sessions
        return days[bisect_left(days, day_of(start)) : bisect_right(days, last)]

    def minutes(self, symbol: str, session: date, after: Instant = 0) -> Bars | None:
        """The minutes of that session finished after `after`, None if there are none."""
        bars = self._minutes(symbol, session, after)
        if bars is None:
            return None
        bars = thinned(bars, self.share_frac)
        return bars if len(bars) else None

    def trades(self, symbol: str, session: date, after: Instant = 0) -> Trades | None:
        """The prints of that session later than `after`, None if there are none."""
        day = self.day(symbol, session)
        if day is None:
            return None
        rows = self._rows(day.prints.at, after)
        size = np.rint(day.prints.size[rows] * self.share_frac).astype(np.int64)
        seen = size > 0
        number = np.arange(rows.start + 1, rows.stop + 1)[seen]
        if not len(number):
            return None
        return Trades(
            Prints(day.prints.at[rows][seen], day.prints.price[rows][seen], size[seen]), number
        )

    def quotes(self, symbol: str, session: date, after: Instant = 0) -> Quotes | None:
        """The quotes of that session later than `after`, None if there are none."""
        day = self.day(symbol, session)
        if day is None:
            return None
        rows = self._rows(day.quotes.at, after)
        return None if rows.start >= rows.stop else taken(day.quotes, rows)

    def daily(
        self, symbols: Sequence[str], first: date, last: date, adjust: bool
    ) -> Iterator[tuple[str, Bars]]:
        """Daily bars from first to last, the session under way included as far as it got.

        Args:
            symbols: sorted; unknown ones give nothing.
            adjust: on today's basis, else as traded.
        """
        known = [s for s in symbols if self._knows(s)]
        if not known:
            return
        table = self.tape.history(known, first, min(last, self._finished()))
        bars, starts = daily_bars(table)
        rows = {
            name: slice(begin, end)
            for name, begin, end in zip(table.symbols, starts[:-1], starts[1:], strict=True)
        }
        under_way = self._under_way(first, last)
        splits = self.splits() if adjust else {}
        for symbol in known:
            mine = bars.take(rows.get(symbol, slice(0)))
            partial = self._partial(symbol, under_way) if under_way else None
            if partial is not None:
                mine = joined((mine, partial))
            mine = adjusted(mine, splits.get(symbol, ()))
            mine = thinned(mine, self.share_frac)
            if len(mine):
                yield symbol, mine

    def splits(self) -> dict[str, list[Split]]:
        """The splits that have taken effect, at 04:00 of their first session, by symbol."""
        found: dict[str, list[Split]] = {}
        for split in self.tape.splits:
            if hours(split.first_session).pre_open <= self.horizon:
                found.setdefault(split.symbol, []).append(split)
        return found

    def latest(self, symbol: str, rows: Callable[[str, date], Rows | None]) -> Rows | None:
        """The rows of the last session that has some, by one of this view's readers."""
        if not self._knows(symbol):
            return None
        for session in reversed(self.sessions(midnight(self.tape.sessions[0]), self.horizon)):
            found = rows(symbol, session)
            if found is not None:
                return found
        return None

    def _knows(self, symbol: str) -> bool:
        at = bisect_left(self.tape.symbols, symbol)
        return at < len(self.tape.symbols) and self.tape.symbols[at] == symbol

    def _rows(self, at: Ints, after: Instant, known_after: Instant = 0) -> slice:
        """The rows later than `after` that are known; each becomes so `known_after` its instant."""
        horizon = self.horizon - known_after
        low, high = np.searchsorted(at, (after - known_after, horizon), side="right").tolist()
        return slice(low, max(low, high))

    def _minutes(self, symbol: str, session: date, after: Instant = 0) -> Bars | None:
        day = self.day(symbol, session)
        if day is None:
            return None
        rows = self._rows(day.minutes.start, after, known_after=MINUTE)
        return minute_bars(taken(day.minutes, rows))

    def _finished(self) -> date:
        """The last session that is over, after-hours trading included."""
        session = sessions.session_on_or_before(self.today)
        over = hours(session).after_close <= self.horizon
        return session if over else sessions.previous_session(session)

    def _under_way(self, first: date, last: date) -> Hours | None:
        """Today's hours, if it is a session of first..last that is not over."""
        if not (first <= self.today <= last and sessions.is_session(self.today)):
            return None
        today = hours(self.today)
        return today if self.horizon < today.after_close else None

    def _partial(self, symbol: str, today: Hours) -> Bars | None:
        """Today's daily bar so far: prices of regular minutes, volume of all."""
        bars = self._minutes(symbol, today.session)
        if bars is None:
            return None
        return session_bar(bars, today)


def feed_view(context: RouteContext, feed: str, horizon: Instant) -> FeedView:
    """What a feed shows up to that moment."""
    return FeedView(context.tape, context.day, horizon, IEX_SHARE if feed == "iex" else 1.0)


def taken(columns: DayColumns, rows: slice) -> DayColumns:
    """Some rows of a record of columns."""
    kind = type(columns)
    return kind(*(getattr(columns, field.name)[rows] for field in fields(columns)))


def session_bar(minutes: Bars, day: Hours) -> Bars | None:
    """One session's daily bar of its minutes; None before the first regular one is over."""
    bars = running_session_bars(minutes, day)
    return bars.take(slice(-1, None)) if len(bars) else None


def running_session_bars(minutes: Bars, day: Hours) -> Bars:
    """(n,) the daily bar as it stood after each minute, from the first regular one on.

    Prices are those of regular minutes, volume that of all.
    """
    regular = (minutes.t >= day.open) & (minutes.t < day.close)
    since = slice(int(np.argmax(regular)), None) if regular.any() else slice(0, 0)
    last_regular = np.maximum.accumulate(np.where(regular, np.arange(len(regular)), 0))[since]
    volume = np.cumsum(minutes.volume)[since]
    turnover = np.cumsum(minutes.vwap * minutes.volume)[since]
    return Bars(
        np.full(len(volume), midnight(day.session), dtype=np.int64),
        np.full(len(volume), minutes.open[since][:1]),
        np.maximum.accumulate(np.where(regular, minutes.high, -np.inf))[since],
        np.minimum.accumulate(np.where(regular, minutes.low, np.inf))[since],
        minutes.close[last_regular],
        volume,
        usual_trades(volume),
        turnover / np.maximum(volume, 1),
    )
