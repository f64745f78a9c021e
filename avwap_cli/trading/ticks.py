"""Ticks: the steps in which a price may be written on an order.

Whole cents from one dollar up, hundredths of a cent below it (Rule 612 of Regulation NMS);
the broker refuses anything finer.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from avwap_cli.trading.orders import Side

_FROM_A_DOLLAR, _BELOW = Decimal("0.01"), Decimal("0.0001")


def tick(price: Decimal) -> Decimal:
    """The step in USD at that price.

    Raises:
        ValueError: it is not a positive, finite price.
    """
    if not price.is_finite() or price <= 0:
        raise ValueError(f"{price} is not a price")
    return _FROM_A_DOLLAR if price >= 1 else _BELOW


def rounded_tighter(price: Decimal, direction: int) -> Decimal:
    """A stop of that direction's position on its tick: a long's up, a short's down.

    A target is tighter when it is nearer to the entry, so it takes the other direction:
    `rounded_tighter(target, -position.direction)`.

    Raises:
        ValueError: as `tick`.
    """
    return _rounded(price, ROUND_CEILING if direction > 0 else ROUND_FLOOR)


def rounded_limit(price: Decimal, side: Side) -> Decimal:
    """A limit on its tick, never worse than asked: a purchase's down, a sale's up.

    Raises:
        ValueError: as `tick`.
    """
    return _rounded(price, ROUND_FLOOR if side is Side.BUY else ROUND_CEILING)


def _rounded(price: Decimal, rounding: str) -> Decimal:
    step = tick(price)
    return max(price.quantize(step, rounding=rounding), step)
