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

from avwap_cli.exchange.broker.books import Books
from avwap_cli.exchange.broker.events import EventName
from avwap_cli.exchange.broker.orders import Order, OrderClass, OrderRequest, Role, Status
from avwap_cli.exchange.broker.rules import risk
from avwap_cli.exchange.broker.rules.prices import check_leg_sides
from avwap_cli.exchange.broker.rules.reservations import BookView

ENTRIES = frozenset({OrderClass.BRACKET, OrderClass.OTO})
_EVENTS = {
    Status.CANCELED: EventName.CANCELED,
    Status.EXPIRED: EventName.EXPIRED,
    Status.REJECTED: EventName.REJECTED,
}


def end(books: Books, order: Order, status: Status) -> None:
    """End an open order as canceled, expired or rejected, and those that end with it."""
    _finish(books, order, status)
    shared = Status.EXPIRED if status is Status.EXPIRED else Status.CANCELED
    for other in _bound(books, order):
        if other.open:
            _finish(books, other, shared)


def filled(books: Books, order: Order, qty: Decimal) -> None:
    """Carry a fill of `qty` shares, already booked, over to the order's group."""
    partners = [other for other in _partners(books, order) if other.open]
    if order.open:
        for partner in partners:
            _shrink(books, partner, qty)
        return
    keep_in_place(books, order)
    for partner in partners:
        _finish(books, partner, Status.CANCELED)
    if is_entry(order):
        for leg in legs(books, order):
            _release(books, leg)


def elected(books: Books, order: Order) -> Order:
    """Put a held stop, just elected, to work in place of the profit order."""
    if order.status is Status.HELD:
        order = books.put(replace(order, status=Status.NEW))
        books.log(EventName.NEW, order)
    for partner in _partners(books, order):
        if partner.open:
            _finish(books, partner, Status.CANCELED)
    return order


def watch_stop(books: Books, parent: Order) -> None:
    """Let the stop of an OCO that has become new look out for its price."""
    if parent.order_class is OrderClass.OCO:
        for leg in legs(books, parent):
            if leg.open:
                books.work(leg.id, books.now)


def keep_in_place(books: Books, old: Order) -> None:
    """The old order stays, or has ended by itself: reject the one that was to replace it."""
    succession = books.end_succession(old.id)
    new = None if succession is None else books.orders[succession.new_id]
    if succession is None or new is None:
        return
    if new.open:
        rejected = books.put(replace(new, status=Status.REJECTED, failed_at=books.now))
        books.log(EventName.REPLACE_REJECTED, rejected)
    if old.status is Status.PENDING_REPLACE:
        held = succession.resting is Status.HELD and not old.elected
        by_fills = Status.PARTIALLY_FILLED if old.filled_qty else Status.NEW
        books.put(replace(old, status=Status.HELD if held else by_fills))


def move_in(books: Books, old: Order, new: Order) -> tuple[Order, Order]:
    """Give the old order's place in its group to the new one; both as they are to be put.

    So do those that are to replace its legs: when they were made, the old order was the parent.
    """
    for leg in legs(books, old):
        succession = books.successions.get(leg.id)
        heirs = () if succession is None else (books.orders[succession.new_id],)
        for order in (leg, *heirs):
            books.relink(replace(order, parent_id=new.id))
    if old.parent_id is not None:
        parent = books.orders[old.parent_id]
        ids = tuple(new.id if leg_id == old.id else leg_id for leg_id in parent.leg_ids)
        books.relink(replace(parent, leg_ids=ids))
    return replace(old, leg_ids=()), replace(new, leg_ids=old.leg_ids)


def check_replaced(books: Books, old: Order, revised: OrderRequest, view: BookView) -> None:
    """Refuse a change of one order of a group that would set it at odds with the others.

    A profit lies beyond its stop, as asked for last; an entry's limit at least a cent before
    its exits.

    Raises:
        Refusal: as at submission.
    """
    exits = {_role(leg): _latest(books, leg) for leg in _exits(books, old)}
    profit, stop = exits.get(Role.TAKE_PROFIT), exits.get(Role.STOP_LOSS)
    if is_entry(old):
        whole = replace(
            revised,
            order_class=old.order_class,
            take_profit=None if profit is None else profit.limit_price,
            stop_loss=None if stop is None else stop.stop_price,
        )
        if revised.limit_price is not None and revised.limit_price != old.limit_price:
            risk.check_leg_distances(whole, view)
        return
    if profit is None or stop is None:
        return
    is_profit = _role(old) is Role.TAKE_PROFIT
    limit = revised.limit_price if is_profit else profit.limit_price
    price = stop.stop_price if is_profit else revised.stop_price
    if limit is not None and price is not None:
        check_leg_sides(limit, price, old.side)


def legs(books: Books, order: Order) -> tuple[Order, ...]:
    """The order's legs, take profit first."""
    return tuple(books.orders[leg_id] for leg_id in order.leg_ids)


def is_entry(order: Order) -> bool:
    """Whether exits wait for this order."""
    return order.order_class in ENTRIES and order.parent_id is None


def _finish(books: Books, order: Order, status: Status) -> None:
    now = books.now
    ended = replace(
        order,
        status=status,
        canceled_at=now if status is Status.CANCELED else None,
        expired_at=now if status is Status.EXPIRED else None,
        failed_at=now if status is Status.REJECTED else None,
    )
    ended = books.put(ended)
    books.log(_EVENTS[status], ended)
    keep_in_place(books, ended)


def _bound(books: Books, order: Order) -> Sequence[Order]:
    """The orders that end when this one ends without being filled."""
    return legs(books, order) if is_entry(order) else _partners(books, order)


def _partners(books: Books, order: Order) -> Sequence[Order]:
    """The other exit, if there are two."""
    if order.order_class is OrderClass.OCO:
        parent = order if order.parent_id is None else books.orders[order.parent_id]
        both: Sequence[Order] = (parent, *legs(books, parent))
    elif order.parent_id is not None:
        both = legs(books, books.orders[order.parent_id])
    else:
        return ()
    return [other for other in both if other.id != order.id]


def _exits(books: Books, order: Order) -> Sequence[Order]:
    """Both exits of the order's group, or the one there is, itself among them."""
    if is_entry(order):
        return legs(books, order)
    partners = _partners(books, order)
    return (order, *partners) if partners else ()


def _role(leg: Order) -> Role:
    """What an exit is for; the parent of an OCO is its profit."""
    return leg.role or Role.TAKE_PROFIT


def _latest(books: Books, order: Order) -> Order:
    """The order that is to replace it, if there is one, else the order itself."""
    succession = books.successions.get(order.id)
    return order if succession is None else books.orders[succession.new_id]


def _shrink(books: Books, partner: Order, qty: Decimal) -> None:
    """Take shares off an exit, and off the order that is to replace it."""
    succession = books.successions.get(partner.id)
    heir = None if succession is None else books.orders[succession.new_id]
    for order in (partner, heir):
        if order is not None and order.open and order.qty is not None:
            books.put(replace(order, qty=order.qty - qty))


def _release(books: Books, leg: Order) -> None:
    """Let a leg go to work after its entry; of two exits the stop stays held, but looks out."""
    if not leg.open:
        return
    alone = len(books.orders[leg.parent_id or ""].leg_ids) == 1
    if alone or leg.role is Role.TAKE_PROFIT:
        if leg.status is Status.HELD:
            leg = books.put(replace(leg, status=Status.NEW))
            books.log(EventName.NEW, leg)
        elif succession := books.successions.get(leg.id):
            books.note_succession(leg.id, replace(succession, resting=Status.NEW))
    books.work(leg.id, books.now)
