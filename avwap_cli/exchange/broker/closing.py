"""Closing: the orders that close a position, or a part of it."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from avwap_cli.exchange.broker.matching import FINEST_SHARE
from avwap_cli.exchange.broker.orders import OrderRequest, OrderType, Tif
from avwap_cli.exchange.broker.positions import Position


def closing_request(
    position: Position, qty: Decimal | None, percentage: Decimal | None
) -> OrderRequest:
    """A DAY market order for all of a position, for so many shares, or for a part of it.

    Args:
        percentage: 0 to 100; of whole shares held short only whole ones are bought back.
    """
    held = abs(position.qty)
    wanted = held if qty is None else qty
    if percentage is not None:
        step = FINEST_SHARE if position.qty > 0 else Decimal(1)
        wanted = (held * percentage / 100).quantize(step, ROUND_DOWN)
    return OrderRequest(
        symbol=position.symbol,
        side=position.closing_side,
        type=OrderType.MARKET,
        tif=Tif.DAY,
        qty=wanted,
    )
