"""Groups: what happens to the other orders of a bracket, an OCO or an OTO.

* The exits of a bracket or an OTO wait (`held`) until the entry is completely filled; if the
  entry ends before that, they end with it.
* Of two exits the profit limit is at work and the stop is held, though watched.  What the
  profit fills, the stop loses; a stop that is elected goes to work and cancels the profit.
* When one exit ends, whatever the way, so does the other.

The parent of an OCO is its profit limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from avwap_cli.exchange.book.events import EventName
from avwap_cli.exchange.book.orders import Order, OrderClass, Role, Status
from avwap_cli.exchange.book.pit import Pit

ENTRIES = frozenset({OrderClass.BRACKET, OrderClass.OTO})
_EVENTS = {
    Status.CANCELED: EventName.CANCELED,
    Status.EXPIRED: EventName.EXPIRED,
    Status.REJECTED: EventName.REJECTED,
}


def end(pit: Pit, order: Order, status: Status) -> None:
    """End an open order as canceled, expired or rejected, and those that end with it."""
    _finish(pit, order, status)
    shared = Status.EXPIRED if status is Status.EXPIRED else Status.CANCELED
    for other in _bound(pit, order):
        if other.open:
            _finish(pit, other, shared)


def filled(pit: Pit, order: Order, qty: Decimal) -> None:
    """Carry a fill of `qty` shares, already booked, over to the order's group."""
    partners = [other for other in _partners(pit, order) if other.open]
    if order.open:
        for partner in partners:
            _shrink(pit, partner, qty)
        return
    keep_in_place(pit, order)
    for partner in partners:
        _finish(pit, partner, Status.CANCELED)
    if is_entry(order):
        for leg in legs(pit, order):
            _release(pit, leg)


def elected(pit: Pit, order: Order) -> Order:
    """Put a held stop, just elected, to work in place of the profit order."""
    if order.status is Status.HELD:
        order = pit.put(replace(order, status=Status.NEW))
        pit.log(EventName.NEW, order)
    for partner in _partners(pit, order):
        if partner.open:
            _finish(pit, partner, Status.CANCELED)
    return order


def watch_stop(pit: Pit, parent: Order) -> None:
    """Let the stop of an OCO that has become new look out for its price."""
    if parent.order_class is OrderClass.OCO:
        for leg in legs(pit, parent):
            if leg.open:
                pit.work(leg.id, pit.now)


def keep_in_place(pit: Pit, old: Order) -> None:
    """The old order stays, or has ended by itself: reject the one that was to replace it."""
    succession = pit.successions.pop(old.id, None)
    new = None if succession is None else pit.orders[succession.new_id]
    if succession is None or new is None:
        return
    if new.open:
        rejected = pit.put(replace(new, status=Status.REJECTED, failed_at=pit.now))
        pit.log(EventName.REPLACE_REJECTED, rejected)
    if old.status is Status.PENDING_REPLACE:
        held = succession.resting is Status.HELD and not old.elected
        by_fills = Status.PARTIALLY_FILLED if old.filled_qty else Status.NEW
        pit.put(replace(old, status=Status.HELD if held else by_fills))


def move_in(pit: Pit, old: Order, new: Order) -> tuple[Order, Order]:
    """Give the old order's place in its group to the new one; nothing is put into the books."""
    for leg in legs(pit, old):
        pit.orders[leg.id] = replace(leg, parent_id=new.id)
    if old.parent_id is not None:
        parent = pit.orders[old.parent_id]
        ids = tuple(new.id if leg_id == old.id else leg_id for leg_id in parent.leg_ids)
        pit.orders[parent.id] = replace(parent, leg_ids=ids)
    return replace(old, leg_ids=()), replace(new, leg_ids=old.leg_ids)


def legs(pit: Pit, order: Order) -> tuple[Order, ...]:
    """The order's legs, take profit first."""
    return tuple(pit.orders[leg_id] for leg_id in order.leg_ids)


def is_entry(order: Order) -> bool:
    """Whether exits wait for this order."""
    return order.order_class in ENTRIES and order.parent_id is None


def _finish(pit: Pit, order: Order, status: Status) -> None:
    now = pit.now
    ended = replace(
        order,
        status=status,
        canceled_at=now if status is Status.CANCELED else None,
        expired_at=now if status is Status.EXPIRED else None,
        failed_at=now if status is Status.REJECTED else None,
    )
    ended = pit.put(ended)
    pit.log(_EVENTS[status], ended)
    keep_in_place(pit, ended)


def _bound(pit: Pit, order: Order) -> Sequence[Order]:
    """The orders that end when this one ends without being filled."""
    return legs(pit, order) if is_entry(order) else _partners(pit, order)


def _partners(pit: Pit, order: Order) -> Sequence[Order]:
    """The other exit, if there are two."""
    if order.order_class is OrderClass.OCO:
        parent = order if order.parent_id is None else pit.orders[order.parent_id]
        both: Sequence[Order] = (parent, *legs(pit, parent))
    elif order.parent_id is not None:
        both = legs(pit, pit.orders[order.parent_id])
    else:
        return ()
    return [other for other in both if other.id != order.id]


def _shrink(pit: Pit, partner: Order, qty: Decimal) -> None:
    """Take shares off an exit, and off the order that is to replace it."""
    succession = pit.successions.get(partner.id)
    heir = None if succession is None else pit.orders[succession.new_id]
    for order in (partner, heir):
        if order is not None and order.open and order.qty is not None:
            pit.put(replace(order, qty=order.qty - qty))


def _release(pit: Pit, leg: Order) -> None:
    """Let a leg go to work after its entry; of two exits the stop stays held, but looks out."""
    if not leg.open:
        return
    alone = len(pit.orders[leg.parent_id or ""].leg_ids) == 1
    if alone or leg.role is Role.TAKE_PROFIT:
        if leg.status is Status.HELD:
            leg = pit.put(replace(leg, status=Status.NEW))
            pit.log(EventName.NEW, leg)
        elif succession := pit.successions.get(leg.id):
            pit.successions[leg.id] = replace(succession, resting=Status.NEW)
    pit.work(leg.id, pit.now)
