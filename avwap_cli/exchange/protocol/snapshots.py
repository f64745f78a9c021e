"""Snapshots: the books as a document, to look at and to compare."""

from __future__ import annotations

from avwap_cli.exchange.broker.orders import Order
from avwap_cli.exchange.broker.venue import Venue
from avwap_cli.exchange.decimals import decimal_text, decimal_text_or_none
from avwap_cli.exchange.instants import rfc3339_eastern


def book_snapshot(venue: Venue) -> dict[str, object]:
    """Time, account, positions, orders and counts; numbers are decimal texts."""
    money = venue.balances()
    return {
        "now": rfc3339_eastern(venue.now),
        "account": {
            "number": venue.account_number,
            "cash": decimal_text(money.cash),
            "equity": decimal_text(money.equity),
            "last_equity": decimal_text(venue.last_equity),
            "buying_power": decimal_text(money.buying_power),
            "realized": decimal_text(venue.realized),
        },
        "positions": [
            {
                "symbol": held.symbol,
                "qty": decimal_text(held.qty),
                "avg_entry_price": decimal_text(held.avg_entry_price),
                "price": decimal_text_or_none(venue.price(held.symbol)),
            }
            for held in venue.positions()
        ],
        "orders": [_order(order) for order in venue.orders()],
        "counts": {
            "events": len(venue.events),
            "fills": len(venue.fills),
            "orders": len(venue.orders()),
            "open_orders": len(venue.open_orders()),
            "transfers": len(venue.transfers),
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
        "qty": decimal_text_or_none(order.qty),
        "notional": decimal_text_or_none(order.notional),
        "filled_qty": decimal_text(order.filled_qty),
        "filled_avg_price": decimal_text_or_none(order.filled_avg_price),
        "limit_price": decimal_text_or_none(order.limit_price),
        "stop_price": decimal_text_or_none(order.stop_price),
        "parent_id": order.parent_id,
        "replaced_by": order.replaced_by,
    }
