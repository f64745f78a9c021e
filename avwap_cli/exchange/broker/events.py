"""Events: what the books did, in order; the broker's trade updates are made from them.

Cash that comes in or goes out is a transfer: it moves no order, so it is none of the events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar, overload

from avwap_cli.exchange.broker.orders import Order
from avwap_cli.exchange.instants import Instant

Entry = TypeVar("Entry")


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
    EXPIRED = "expired"
    REJECTED = "rejected"


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


class Log(Sequence[Entry]):
    """What happened so far, in order; it grows at its end and nowhere else."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def append(self, entry: Entry) -> None:
        """Write what happened now."""
        self._entries.append(entry)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __reversed__(self) -> Iterator[Entry]:
        return reversed(self._entries)

    @overload
    def __getitem__(self, place: int) -> Entry: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Entry]: ...

    def __getitem__(self, place: int | slice) -> Entry | Sequence[Entry]:
        return self._entries[place]
