"""Quotes, trades and bars of the running session, as decided on.  USD, aware times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """The best bid and offer of one symbol.

    Attributes:
        bid, ask: None where that side is empty.
        feed: sip, delayed_sip or iex.
    """

    symbol: str
    bid: Decimal | None
    ask: Decimal | None
    at: datetime
    feed: str

    @property
    def is_finite(self) -> bool:
        """Whether each side that is there is a number."""
        return all(side is None or side.is_finite() for side in (self.bid, self.ask))

    @property
    def two_sided(self) -> bool:
        """Whether both sides are there and not crossed."""
        return self.bid is not None and self.ask is not None and 0 < self.bid <= self.ask

    @property
    def mid(self) -> Decimal | None:
        """Halfway between the sides; None unless both are there."""
        if self.bid is None or self.ask is None or not self.two_sided:
            return None
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True)
class LastTrade:
    """The last trade of one symbol."""

    symbol: str
    price: Decimal
    at: datetime
    feed: str


@dataclass(frozen=True, slots=True)
class PriceBar:
    """One bar of one symbol; it covers `start` to `start + length`.

    `volume` in shares of the feed that it is from.
    """

    symbol: str
    start: datetime
    length: timedelta
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int

    @property
    def end(self) -> datetime:
        """When it is closed."""
        return self.start + self.length
