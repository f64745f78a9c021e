"""Snapshots: the books as a document, to look at and to compare."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from avwap_cli.exchange.broker.orders import Order
from avwap_cli.exchange.instants import rfc3339_eastern
from avwap_cli.exchange.refusals import plain

if TYPE_CHECKING:
    from avwap_cli.exchange.broker.venue import Venue


def snapshot(venue: Venue) -> dict[str, object]:
    """Time, account, positions, orders and counts; numbers are decimal texts."""
    money = venue.balances()
    return {
        "now": rfc3339_eastern(venue.now),
        "account": {
            "number": venue.account_number,
            "cash": plain(money.cash),
            "equity": plain(money.equity),
            "last_equity": plain(venue.last_equity),
            "buying_power": plain(money.buying_power),
            "realized": plain(venue.realized),
        },
        "positions": [
            {
                "symbol": held.symbol,
                "qty": plain(held.qty),
                "avg_entry_price": plain(held.avg_entry_price),
                "price": _text(venue.price(held.symbol)),
            }
            for held in venue.positions()
        ],
        "orders": [_order(order) for order in venue.orders()],
        "counts": {
            "events": len(venue.events),
            "fills": len(venue.fills()),
            "orders": len(venue.orders()),
            "open_orders": len(venue.open_orders()),
            "transfers": len(venue.transfers()),
        },
    }


def _order(order: Order) -> dict[str, object]:
    return {
        "id": order.id,
        "client_order_id": order.client_order_id,
        "symbol": order.symbol,
        "side": order.side.value,
        "type": order.type.value,
        "time_in_force": order.tif.value,
        "order_class": order.order_class.value,
        "status": order.status.value,
        "qty": _text(order.qty),
        "notional": _text(order.notional),
        "filled_qty": plain(order.filled_qty),
        "filled_avg_price": _text(order.filled_avg_price),
        "limit_price": _text(order.limit_price),
        "stop_price": _text(order.stop_price),
        "parent_id": order.parent_id,
        "replaced_by": order.replaced_by,
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
