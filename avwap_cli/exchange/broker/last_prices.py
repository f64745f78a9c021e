"""LastPrices: the price and the quote of a symbol at a moment, and what nobody may see before it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np

from avwap_cli.exchange.broker.halted_days import HaltedDays
from avwap_cli.exchange.instants import Instant, hours
from avwap_cli.exchange.tape.days import usd
from avwap_cli.exchange.tape.tapes import Tape

Quote = tuple[Decimal | None, Decimal | None]


class LastPrices:
    """What the halted days of a tape show of its symbols; remembers the answers of one moment.

    In all calls `session` is the last one that began (04:00) at or before `at`.
    """

    def __init__(self, tape: Tape, days: HaltedDays) -> None:
        self._tape = tape
        self._days = days
        self._at: Instant = -1
        self._prices: dict[str, Decimal | None] = {}
        self._quotes: dict[str, Quote] = {}

    def price(self, symbol: str, session: date, at: Instant) -> Decimal | None:
        """The last print, or before the session's first one the last close; None without any."""
        self._forget_before(at)
        if symbol not in self._prices:
            self._prices[symbol] = self._price(symbol, session, at)
        return self._prices[symbol]

    def quote(self, symbol: str, session: date, at: Instant) -> Quote:
        """Bid and ask, each None where that side is empty."""
        self._forget_before(at)
        if symbol not in self._quotes:
            self._quotes[symbol] = self._quote(symbol, session, at)
        return self._quotes[symbol]

    def close_before(self, symbol: str, session: date) -> Decimal | None:
        """The last close before that session, on that session's split basis."""
        close = self._tape.previous_close(symbol, session)
        return None if close is None else usd(close)

    def regular(self, symbol: str, session: date, at: Instant) -> Decimal | None:
        """As `price`, but of prints in regular hours alone."""
        day = self._days.day(symbol, session)
        if day is not None:
            times = hours(session)
            first, end = np.searchsorted(day.prints.at, (times.open, min(at + 1, times.close)))
            if first < end:
                return usd(int(day.prints.price[end - 1]))
        return self.close_before(symbol, session)

    def forget(self) -> None:
        """Look at the tape again, of which something has been taken or given back."""
        self._prices.clear()
        self._quotes.clear()

    def _forget_before(self, at: Instant) -> None:
        if at != self._at:
            self._at = at
            self.forget()

    def _price(self, symbol: str, session: date, at: Instant) -> Decimal | None:
        day = self._days.day(symbol, session)
        if day is not None:
            row = int(np.searchsorted(day.prints.at, at, side="right")) - 1
            if row >= 0:
                return usd(int(day.prints.price[row]))
        return self.close_before(symbol, session)

    def _quote(self, symbol: str, session: date, at: Instant) -> Quote:
        day = self._days.day(symbol, session)
        row = -1 if day is None else int(np.searchsorted(day.quotes.at, at, side="right")) - 1
        if day is None or row < 0:
            return None, None
        bid, ask = int(day.quotes.bid[row]), int(day.quotes.ask[row])
        return usd(bid) if bid else None, usd(ask) if ask else None
