"""Documents: the records of the books as the JSON that Alpaca answers with.

Money and quantities are decimal texts, times are RFC 3339 in UTC, and what is not known is
null, never absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from avwap_cli.exchange.broker.assets import Asset, Borrow
from avwap_cli.exchange.broker.events import Event, EventName, Transfer
from avwap_cli.exchange.broker.orders import Order
from avwap_cli.exchange.decimals import decimal_text, decimal_text_or_none, money_text
from avwap_cli.exchange.instants import Instant, eastern, rfc3339
from avwap_cli.exchange.protocol.answers import Document

EQUITY = "us_equity"
FILL = "FILL"


def order_document(order: Order, legs: Sequence[Order] | None = None) -> Document:
    """An order; `legs` None writes null (a simple order, or a list that is not nested)."""
    document: Document = {
        "id": order.id,
        "client_order_id": order.client_order_id,
        "created_at": rfc3339(order.created_at),
        "updated_at": rfc3339(order.updated_at),
        "submitted_at": rfc3339(order.submitted_at),
        "filled_at": _time(order.filled_at),
        "expired_at": _time(order.expired_at),
        "expires_at": _time(order.expires_at),
        "canceled_at": _time(order.canceled_at),
        "failed_at": _time(order.failed_at),
        "replaced_at": _time(order.replaced_at),
        "replaced_by": order.replaced_by,
        "replaces": order.replaces,
        "asset_id": order.asset_id,
        "symbol": order.symbol,
        "asset_class": EQUITY,
        "notional": decimal_text_or_none(order.notional),
        "qty": decimal_text_or_none(order.qty),
        "filled_qty": decimal_text(order.filled_qty),
        "filled_avg_price": _average(order.filled_avg_price),
        "order_class": order.order_class.value,
        "order_type": order.type.value,
        "type": order.type.value,
        "side": order.side.value,
        "time_in_force": order.tif.value,
        "limit_price": decimal_text_or_none(order.limit_price),
        "stop_price": decimal_text_or_none(order.stop_price),
        "status": order.status.value,
        "extended_hours": order.extended_hours,
        "legs": None if legs is None else [order_document(leg) for leg in legs],
        "trail_percent": decimal_text_or_none(order.trail_percent),
        "trail_price": decimal_text_or_none(order.trail_price),
        "hwm": decimal_text_or_none(order.hwm),
        "subtag": None,
        "source": None,
        "position_intent": order.intent.value,
    }
    if order.expires_at is None:  # the one time that Alpaca leaves out instead of writing null
        del document["expires_at"]
    return document


def asset_document(asset: Asset, legacy_borrow_flag: bool) -> Document:
    """An asset, with the retired `easy_to_borrow` beside `borrow_status` if wanted."""
    document: Document = {
        "id": asset.id,
        "class": EQUITY,
        "exchange": asset.exchange,
        "symbol": asset.symbol,
        "name": asset.name,
        "status": "active" if asset.active else "inactive",
        "tradable": asset.tradable,
        "marginable": asset.marginable,
        "shortable": asset.shortable and asset.active,
        "borrow_status": _borrow_status(asset),
        "fractionable": asset.fractionable,
        "margin_requirement_long": "30",
        "margin_requirement_short": "30",
        "attributes": [],
    }
    if legacy_borrow_flag:
        document["easy_to_borrow"] = asset.borrow is Borrow.EASY and asset.active
    return document


def fill_document(event: Event) -> Document:
    """The account activity of one fill.

    Its id begins with New York's local time, unlike all other times.
    """
    order = event.order
    if event.price is None or event.qty is None:
        raise ValueError(f"event {event.seq} ({event.name}) is not a fill")
    return {
        "id": activity_id(event.at, event.execution_id),
        "activity_type": FILL,
        "transaction_time": rfc3339(event.at),
        "type": "fill" if event.name is EventName.FILL else "partial_fill",
        "price": decimal_text(event.price),
        "qty": decimal_text(event.qty),
        "side": order.side.value,
        "symbol": order.symbol,
        "leaves_qty": decimal_text(order.remaining),
        "order_id": order.id,
        "cum_qty": decimal_text(order.filled_qty),
        "order_status": order.status.value,
    }


def transfer_document(transfer: Transfer) -> Document:
    """The account activity of cash that came in (CSD) or went out (CSW)."""
    return {
        "id": activity_id(transfer.at, transfer.id),
        "activity_type": transfer_type(transfer),
        "date": f"{eastern(transfer.at):%Y-%m-%d}",
        "created_at": rfc3339(transfer.at),
        "net_amount": decimal_text(transfer.amount),
        "currency": "USD",
        "description": "",
        "status": "executed",
    }


def transfer_type(transfer: Transfer) -> str:
    """`CSD` of cash that came in, else `CSW`."""
    return "CSD" if transfer.amount > 0 else "CSW"


def activity_id(at: Instant, uuid: str) -> str:
    """`20261002093000123::<uuid>`: New York time to the millisecond, and a UUID."""
    return f"{eastern(at):%Y%m%d%H%M%S%f}"[:17] + f"::{uuid}"


def _borrow_status(asset: Asset) -> str:
    return Borrow.EASY if asset.borrow is Borrow.EASY and asset.active else Borrow.HARD


def _average(price: Decimal | None) -> str | None:
    return None if price is None else money_text(price)


def _time(at: Instant | None) -> str | None:
    return None if at is None else rfc3339(at)
