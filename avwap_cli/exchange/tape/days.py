"""One symbol's day on the tape: minute bars, prints and quotes as arrays.

Prices are whole numbers of 1/10,000 USD (the finest price increment of a US stock), so
that they compare exactly and become Decimals without noise.  Times are instants.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

SCALE = 10_000


def usd(price: int) -> Decimal:
    """A tape price as USD: 1902500 -> 190.25."""
    return Decimal(int(price)).scaleb(-4)


def ticks(price: Decimal) -> int:
    """USD as a tape price.

    Raises:
        ValueError: finer than 1/10,000 USD.
    """
    scaled = price.scaleb(4)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{price} is finer than 1/{SCALE} USD")
    return whole


@dataclass(frozen=True, slots=True)
class Minutes:
    """(n,) arrays, ascending in start; a minute without a trade is absent.

    Attributes:
        start: first instant of the minute.
        open, high, low, close: tape prices.
        volume: shares.
        trades: number of prints.
        turnover: sum of price times shares over the minute's prints (tape price x shares).
    """

    start: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    trades: Ints
    turnover: Ints


@dataclass(frozen=True, slots=True)
class Prints:
    """(m,) arrays, ascending in time: every trade of the day.

    Attributes:
        at: instant of the trade, inside its minute.
        price: tape price.
        size: shares.
    """

    at: Ints
    price: Ints
    size: Ints


@dataclass(frozen=True, slots=True)
class Quotes:
    """(k,) arrays, ascending in time: best bid and ask from 04:00 to the end of after-hours.

    Attributes:
        at: from this instant until the next row's.
        bid, ask: tape prices; 0 = that side is empty.
        bid_size, ask_size: shares.
    """

    at: Ints
    bid: Ints
    ask: Ints
    bid_size: Ints
    ask_size: Ints


@dataclass(frozen=True, slots=True)
class SymbolDay:
    """Everything that happens to one symbol in one session.

    Attributes:
        symbol, session: whose, and when.
        minutes: of the whole extended day; regular minutes lie in open <= start < close.
        prints: what the minutes were folded from.
        quotes: around the prints, and before the open and after the close without prints.
        halts: (start, end) instants without prints and quotes' changes; end exclusive.
    """

    symbol: str
    session: date
    minutes: Minutes
    prints: Prints
    quotes: Quotes
    halts: tuple[tuple[int, int], ...] = ()
