"""Trails: the stop that follows the best price since the order went to work.

Prices are whole tape prices, and so is the stop: a sale's is rounded down and a purchase's
up, which changes no comparison with a print.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TypeVar

import numpy as np

from avwap_cli.exchange.broker.orders import Order, Side
from avwap_cli.exchange.tape.days import Ints

MILLIONTHS = 10**6

Price = TypeVar("Price", int, Ints)


def stop_under(order: Order, mark: Price) -> Price:
    """The stop that belongs to a water mark, or to each of an array of them."""
    if order.trail_price is not None:
        gap = int(order.trail_price.scaleb(4).to_integral_value(ROUND_CEILING))
        return mark - order.side.opposite.sign * gap
    share = int((order.trail_percent or Decimal(0)) * MILLIONTHS)
    whole = 100 * MILLIONTHS
    if order.side is Side.SELL:
        return mark * (whole - share) // whole
    return -(-mark * (whole + share) // whole)


def first_reached(order: Order, mark: int, prices: Ints) -> int | None:
    """The first row of (n,) prices that reaches the stop behind it; None if none does."""
    if order.side is Side.SELL:
        marks = np.maximum.accumulate(np.maximum(prices, mark))
        reached = prices <= stop_under(order, marks)
    else:
        marks = np.minimum.accumulate(np.minimum(prices, mark))
        reached = prices >= stop_under(order, marks)
    return first_true(reached)


def moved(order: Order, mark: int, prices: Ints) -> int:
    """The water mark after these prices."""
    if len(prices) == 0:
        return mark
    best = prices.max() if order.side is Side.SELL else prices.min()
    return max(mark, int(best)) if order.side is Side.SELL else min(mark, int(best))


def first_true(rows: np.typing.NDArray[np.bool_]) -> int | None:
    """The first true row; None if none is."""
    if len(rows) == 0:
        return None
    row = int(rows.argmax())
    return row if rows[row] else None
