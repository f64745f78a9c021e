"""LastPrices: the price and the quote of a symbol at a moment, and what nobody may see before it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np

from avwap_cli.exchange.instants import Instant
from avwap_cli.exchange.tape.days import usd
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market.sessions import session_on_or_after
from avwap_cli.market.splits import Split

LARGEST_DENOMINATOR = 10_000
FINEST_PRICE = Decimal("0.0001")

Quote = tuple[Decimal | None, Decimal | None]


def share_ratio(split: Split) -> Decimal:
    """New shares for an old one: 3.0 -> 3, 0.3333333333 -> a third to all digits."""
    ratio = Fraction(split.ratio).limit_denominator(LARGEST_DENOMINATOR)
    return Decimal(ratio.numerator) / ratio.denominator


class LastPrices:
    """What a tape shows of its symbols; remembers the answers of one moment.

    In all calls `session` is the last one that began (04:00) at or before `at`.
    """

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._at: Instant = -1
        self._prices: dict[str, Decimal | None] = {}
        self._quotes: dict[str, Quote] = {}
        self._splits: dict[str, list[Split]] = {}
        for split in tape.splits:
            self._splits.setdefault(split.symbol, []).append(split)

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
        close = self._tape.close_before(symbol, session)
        if close is None:
            return None
        price = usd(close)
        for split in self._splits.get(symbol, ()):
            first = session_on_or_after(split.ex_date)
            if first <= session and not self._traded(symbol, first, session):
                price = (price / share_ratio(split)).quantize(FINEST_PRICE)
        return price

    def _forget_before(self, at: Instant) -> None:
        if at != self._at:
            self._at = at
            self._prices.clear()
            self._quotes.clear()

    def _price(self, symbol: str, session: date, at: Instant) -> Decimal | None:
        day = self._tape.day(symbol, session)
        if day is not None:
            row = int(np.searchsorted(day.prints.at, at, side="right")) - 1
            if row >= 0:
                return usd(int(day.prints.price[row]))
        return self.close_before(symbol, session)

    def _quote(self, symbol: str, session: date, at: Instant) -> Quote:
        day = self._tape.day(symbol, session)
        row = -1 if day is None else int(np.searchsorted(day.quotes.at, at, side="right")) - 1
        if day is None or row < 0:
            return None, None
        bid, ask = int(day.quotes.bid[row]), int(day.quotes.ask[row])
        return usd(bid) if bid else None, usd(ask) if ask else None

    def _traded(self, symbol: str, first: date, before: date) -> bool:
        """Whether the symbol has a bar in first..before, `before` excluded."""
        return (
            first < before
            and len(self._tape.history([symbol], first, before - timedelta(days=1))) > 0
        )
