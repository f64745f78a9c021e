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

from avwap_cli.exchange.decimals import ARITHMETIC
from avwap_cli.market.bars import Floats

Ints = NDArray[np.int64]

SCALE = 10_000
DOLLAR = SCALE
CENT = SCALE // 100
NEAR = 1e-6  # a price of a dollar and more that is this close to a cent (relative) is one


def usd(price: int) -> Decimal:
    """A tape price as USD: 1902500 -> 190.25."""
    return Decimal(int(price)).scaleb(-4, ARITHMETIC)


def ticks(price: Decimal) -> int:
    """USD as a tape price.

    Raises:
        ValueError: finer than 1/10,000 USD.
    """
    scaled = price.scaleb(4, ARITHMETIC)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{price} is finer than 1/{SCALE} USD")
    return whole


def tape_prices(prices: Floats) -> Ints:
    """USD as tape prices of the same shape: the nearest one, at least 0.0001.

    From one dollar up a price within a millionth of a whole cent is that cent: adjusting
    for splits and back leaves such noise.
    """
    exact = np.rint(prices * SCALE)
    cents = np.rint(prices * 100) * CENT
    near = (exact >= DOLLAR) & (np.abs(prices * SCALE - cents) <= NEAR * cents)
    return np.maximum(np.where(near, cents, exact), 1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Minutes:
    """(n,) arrays, ascending in start; a minute without a trade is absent.

    Attributes:
        start: first instant of the minute.
        open, high, low, close: tape prices.
        volume: shares.
        trades: number of prints.
        turnover: sum of price times shares over the minute's prints (tape price x shares), as
            floats: a dear share in a heavy minute passes the largest int64.
    """

    start: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    trades: Ints
    turnover: Floats


@dataclass(frozen=True, slots=True)
class Prints:
    """(m,) arrays, ascending in time: every trade of the day.

    Attributes:
        at: instant of the trade, inside its minute.
        price: tape price.
        size: shares; 0 only where a minute has fewer shares than prices.
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
