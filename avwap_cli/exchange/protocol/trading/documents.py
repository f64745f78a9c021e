"""Documents: the records of the books as the JSON that Alpaca answers with.

Money and quantities are decimal texts, times are RFC 3339 in UTC, and what is not known is
null, never absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from avwap_cli.exchange.broker.assets import Asset
from avwap_cli.exchange.broker.events import Event, EventName, Transfer
from avwap_cli.exchange.broker.orders import Order
from avwap_cli.exchange.instants import Instant, eastern, rfc3339
from avwap_cli.exchange.refusals import plain

Document = dict[str, object]

EQUITY = "us_equity"

number = plain  # decimal texts are the same in documents and in refusals


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
        "notional": _number(order.notional),
        "qty": _number(order.qty),
        "filled_qty": number(order.filled_qty),
        "filled_avg_price": _number(order.filled_avg_price),
        "order_class": order.order_class.value,
        "order_type": order.type.value,
        "type": order.type.value,
        "side": order.side.value,
        "time_in_force": order.tif.value,
        "limit_price": _number(order.limit_price),
        "stop_price": _number(order.stop_price),
        "status": order.status.value,
        "extended_hours": order.extended_hours,
        "legs": None if legs is None else [order_document(leg) for leg in legs],
        "trail_percent": _number(order.trail_percent),
        "trail_price": _number(order.trail_price),
        "hwm": _number(order.hwm),
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
        "shortable": asset.shortable,
        "borrow_status": _borrow_status(asset),
        "fractionable": asset.fractionable,
        "margin_requirement_long": "30",
        "margin_requirement_short": "30",
        "attributes": [],
    }
    if legacy_borrow_flag:
        document["easy_to_borrow"] = asset.borrow == "easy_to_borrow"
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
        "activity_type": "FILL",
        "transaction_time": rfc3339(event.at),
        "type": "fill" if event.name is EventName.FILL else "partial_fill",
        "price": number(event.price),
        "qty": number(event.qty),
        "side": order.side.value,
        "symbol": order.symbol,
        "leaves_qty": number(order.remaining),
        "order_id": order.id,
        "cum_qty": number(order.filled_qty),
        "order_status": order.status.value,
    }


def transfer_document(transfer: Transfer) -> Document:
    """The account activity of cash that came in (CSD) or went out (CSW)."""
    return {
        "id": activity_id(transfer.at, transfer.id),
        "activity_type": "CSD" if transfer.amount > 0 else "CSW",
        "date": f"{eastern(transfer.at):%Y-%m-%d}",
        "created_at": rfc3339(transfer.at),
        "net_amount": number(transfer.amount),
        "currency": "USD",
        "description": "",
        "status": "executed",
    }


def activity_id(at: Instant, uuid: str) -> str:
    """`20261002093000123::<uuid>`: New York time to the millisecond, and a UUID."""
    return f"{eastern(at):%Y%m%d%H%M%S%f}"[:17] + f"::{uuid}"


def _borrow_status(asset: Asset) -> str:
    return "easy_to_borrow" if asset.borrow == "easy_to_borrow" else "hard_to_borrow"


def _number(value: Decimal | None) -> str | None:
    return None if value is None else number(value)


def _time(at: Instant | None) -> str | None:
    return None if at is None else rfc3339(at)
