"""Triggers: the next row of the tape at which an order may trade or a stop is elected.

Found in the day's arrays by whole numbers alone, so that an order costs nothing until the
market reaches it.  Regular orders look at the prints of regular hours, those for extended
hours also at the quotes around them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np

from avwap_cli.exchange.broker.orders import Order, OrderType, Side, Tif
from avwap_cli.exchange.broker.trails import first_reached, first_true
from avwap_cli.exchange.instants import Hours, Instant
from avwap_cli.exchange.tape.days import Ints, SymbolDay, ticks

STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})
AT_ONCE = frozenset({Tif.IOC, Tif.FOK})


@dataclass(frozen=True, slots=True)
class Trigger:
    """One row of a symbol's day.

    Attributes:
        at: when; of the closing cross it is the close, later than the print.
        row: of the prints, or of the quotes where `quoted`.
    """

    at: Instant
    row: int
    quoted: bool = False


def waiting(order: Order) -> bool:
    """Whether it is a stop that has not been elected yet."""
    return order.type in STOPS and not order.elected


def next_trigger(order: Order, day: SymbolDay, times: Hours, after: Instant) -> Trigger | None:
    """The first trigger strictly after that instant; None if the day has none left."""
    printed = _printed(order, day, times, after)
    if not order.extended_hours:
        return printed
    quoted = _quoted(order, day, times, after)
    if printed is None or quoted is None:
        return printed or quoted
    return min(printed, quoted, key=lambda trigger: trigger.at)


def regular_rows(day: SymbolDay, times: Hours) -> tuple[int, int]:
    """Begin and end of the prints in regular hours."""
    begin, end = np.searchsorted(day.prints.at, (times.open, times.close))
    return int(begin), int(end)


def _printed(order: Order, day: SymbolDay, times: Hours, after: Instant) -> Trigger | None:
    first, end = regular_rows(day, times)
    if order.tif is Tif.CLS:
        return _closing_cross(day, times, after, end - 1 if end > first else None)
    begin = max(first, int(np.searchsorted(day.prints.at, after, side="right")))
    if begin >= end:
        return None
    if order.tif is Tif.OPG:
        row = 0 if begin == first else None
    else:
        row = _first_row(order, day.prints.price[begin:end])
    return None if row is None else Trigger(int(day.prints.at[begin + row]), begin + row)


def _closing_cross(day: SymbolDay, times: Hours, after: Instant, row: int | None) -> Trigger | None:
    """The close, at the price of the last regular print; None while the symbol is halted."""
    if row is None or after >= times.close:
        return None
    if any(start <= times.close < end for start, end in day.halts):
        return None
    return Trigger(times.close, row)


def _first_row(order: Order, prices: Ints) -> int | None:
    """The first of (n >= 1,) print prices that concerns the order."""
    if order.tif in AT_ONCE:
        return 0
    if waiting(order):
        if order.type is OrderType.TRAILING_STOP:
            mark = int(prices[0]) if order.hwm is None else ticks(order.hwm)
            return first_reached(order, mark, prices)
        return _reaching(order.side.opposite, order.stop_price or Decimal(0), prices)
    if order.limit_price is None:
        return 0
    return _reaching(order.side, order.limit_price, prices)


def _reaching(side: Side, price: Decimal, prices: Ints) -> int | None:
    """The first price that a purchase (sale) limited to `price` could have."""
    if side is Side.BUY:
        return first_true(prices <= int(price.scaleb(4).to_integral_value(ROUND_FLOOR)))
    return first_true(prices >= int(price.scaleb(4).to_integral_value(ROUND_CEILING)))


def _quoted(order: Order, day: SymbolDay, times: Hours, after: Instant) -> Trigger | None:
    quotes = day.quotes
    far, size = (
        (quotes.ask, quotes.ask_size) if order.side is Side.BUY else (quotes.bid, quotes.bid_size)
    )
    bounds = np.searchsorted(quotes.at, (times.open, times.close))
    begin = int(np.searchsorted(quotes.at, after, side="right"))
    price = order.limit_price or Decimal(0)
    for first, end in ((0, int(bounds[0])), (int(bounds[1]), len(far))):
        rows = slice(max(first, begin), end)
        there = (far[rows] > 0) & (size[rows] > 0)
        row = _reaching(order.side, price, np.where(there, far[rows], _never(order.side)))
        if row is not None:
            return Trigger(int(quotes.at[rows.start + row]), rows.start + row, quoted=True)
    return None


def _never(side: Side) -> int:
    return int(np.iinfo(np.int64).max) if side is Side.BUY else -1
