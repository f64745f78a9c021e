"""Events: what the books did, in order; the broker's trade updates are made from them.

Cash that comes in or goes out is a transfer: it moves no order, so it is none of the events.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from avwap_cli.exchange.broker.orders import Order
from avwap_cli.exchange.instants import Instant


class EventName(StrEnum):
    """Alpaca's names of trade updates."""

    PENDING_NEW = "pending_new"
    ACCEPTED = "accepted"
    NEW = "new"
    HELD = "held"
    FILL = "fill"
    PARTIAL_FILL = "partial_fill"
    PENDING_CANCEL = "pending_cancel"
    CANCELED = "canceled"
    PENDING_REPLACE = "pending_replace"
    REPLACED = "replaced"
    REPLACE_REJECTED = "order_replace_rejected"
    CANCEL_REJECTED = "order_cancel_rejected"
    EXPIRED = "expired"
    REJECTED = "rejected"
    DONE_FOR_DAY = "done_for_day"


@dataclass(frozen=True, slots=True)
class Event:
    """One step of one order.

    Attributes:
        seq: 1, 2, ... over all orders.
        at: when.
        order: the order after the step.
        execution_id: UUID text made from the seed.
        price, qty: of a fill: USD a share, and shares of this fill alone.
        position_qty: signed shares held after a fill.
    """

    seq: int
    at: Instant
    name: EventName
    order: Order
    execution_id: str
    price: Decimal | None = None
    qty: Decimal | None = None
    position_qty: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Cash that came into the account or went out of it.

    Attributes:
        id: UUID text made from the seed.
        amount: USD; negative = out.
    """

    at: Instant
    id: str
    amount: Decimal
