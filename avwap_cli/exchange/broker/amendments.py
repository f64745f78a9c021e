"""Amendments: canceling and replacing orders, which both take their time.

A cancel or a change is only noted when it is asked for; the order stays at work until it
takes effect, and what it fills until then counts.  A new order takes over with the shares
asked for less those that the old one has filled; if that one is over before, or its stop has
been elected, the new one is rejected.
"""

from __future__ import annotations

from dataclasses import replace

from avwap_cli.exchange.broker import groups
from avwap_cli.exchange.broker.arrivals import enter, expiry, first_status
from avwap_cli.exchange.broker.books import Books, Succession
from avwap_cli.exchange.broker.events import EventName
from avwap_cli.exchange.broker.orders import ZERO, Order, OrderRequest, OrderType, Status
from avwap_cli.exchange.broker.rules import account_refusals
from avwap_cli.exchange.broker.schedule import Due, Kind
from avwap_cli.exchange.faults import FaultKind
from avwap_cli.exchange.instants import SECOND, Instant, Phase, hours, order_session
from avwap_cli.exchange.refusals import Refusal
from avwap_cli.market.sessions import next_session

UNCANCELABLE = frozenset({Status.PENDING_CANCEL, Status.PENDING_REPLACE})


def cancel(books: Books, order: Order) -> None:
    """Note the wish to cancel an order, or cancel it at once.

    Raises:
        Refusal: it is over, being replaced, or being canceled already.
    """
    if not order.open or order.status in UNCANCELABLE:
        raise account_refusals.already(order.status)
    due = _cancel_at(books, order)
    if due is None:
        groups.end(books, order, Status.CANCELED)
        return
    books.log(EventName.PENDING_CANCEL, books.put(replace(order, status=Status.PENDING_CANCEL)))
    books.schedule.add(Due(due, Kind.CANCEL, order.id))


def cancel_all(books: Books) -> list[tuple[str, Refusal | None]]:
    """Note the wish to cancel each open order, but for those that are to be canceled already."""
    results: list[tuple[str, Refusal | None]] = []
    for order in books.open_orders():
        if order.status is Status.PENDING_CANCEL:
            continue
        refusal = None
        try:
            if books.orders[order.id].open:
                cancel(books, books.orders[order.id])
        except Refusal as raised:
            refusal = raised
        results.append((order.id, refusal))
    return results


def take_cancel(books: Books, order: Order) -> None:
    """A cancel takes effect."""
    if order.open:
        groups.end(books, order, Status.CANCELED)


def replace_order(books: Books, old: Order, revised: OrderRequest) -> Order:
    """Note the wish to replace an order by what has passed all checks; the new order."""
    new = _successor(books, old, revised)
    books.note_succession(old.id, Succession(new.id, old.status, old.filled_qty))
    books.log(EventName.PENDING_REPLACE, books.put(replace(old, status=Status.PENDING_REPLACE)))
    enter(books, (new,))
    books.schedule.add(Due(books.effect_at(), Kind.REPLACE, new.id))
    return new


def take_over(books: Books, new: Order) -> None:
    """A change takes effect, or is rejected."""
    succession = books.successions.get(new.replaces or "")
    if succession is None or succession.new_id != new.id:
        return
    old = books.orders[new.replaces or ""]
    filled_since = old.filled_qty - succession.filled_qty
    qty = None if new.qty is None else new.qty - filled_since
    fault = books.faults.draw({FaultKind.REJECT_AFTER_ACCEPT}, "replace", new.symbol, books.now)
    overtaken = old.elected and not new.elected
    if fault is not None or not new.open or overtaken or (qty is not None and qty <= 0):
        groups.keep_in_place(books, old)
        return
    books.end_succession(old.id)
    is_live = old.id in books.live
    if new.status is not Status.PENDING_CANCEL:
        resting = Status.HELD if succession.resting is Status.HELD else Status.NEW
        new = replace(new, status=resting)
    old, new = groups.move_in(books, old, replace(new, qty=qty, hwm=old.hwm))
    old = replace(old, status=Status.REPLACED, replaced_at=books.now, replaced_by=new.id)
    old, new = books.put(old), books.put(new)
    books.log(EventName.REPLACED, old)
    if is_live:
        books.work(new.id, books.now)
        new = books.orders[new.id]
    if new.status is not Status.PENDING_CANCEL:
        books.log(EventName.HELD if new.status is Status.HELD else EventName.NEW, new)


def _cancel_at(books: Books, order: Order) -> Instant | None:
    """When a cancel asked for now takes effect; None = at once."""
    fault = books.faults.draw({FaultKind.STUCK_CANCEL}, "cancel", order.symbol, books.now)
    following = hours(next_session(books.session))
    if fault is not None:
        if fault.value is not None:
            return books.now + round(float(fault.value) * SECOND)
        times = hours(books.session)
        return times.open if books.now < times.open else following.open
    phase = hours(books.session).phase(books.now)
    is_closed = phase is Phase.CLOSED or (phase is Phase.AFTER and not order.extended_hours)
    if is_closed and books.settings.cancel_while_closed == "pending":
        return following.pre_open
    if is_closed or order.status is Status.ACCEPTED:
        return None
    return books.effect_at()


def _successor(books: Books, old: Order, revised: OrderRequest) -> Order:
    """The new order, with the shares that the old one has not filled yet."""
    stays_elected = old.elected and revised.stop_price in {None, old.stop_price}
    keeps_limit = stays_elected and old.type is not OrderType.STOP_LIMIT
    stamp = books.stamp()
    new = replace(
        old,
        seq=len(books.orders) + 1,
        id=books.ids.next("order"),
        client_order_id=revised.client_order_id or books.ids.next("client"),
        status=first_status(books),
        tif=revised.tif,
        session=order_session(books.now, old.extended_hours),
        created_at=stamp,
        updated_at=stamp,
        submitted_at=stamp,
        qty=None if revised.qty is None else revised.qty - old.filled_qty,
        filled_qty=ZERO,
        filled_avg_price=None,
        filled_at=None,
        limit_price=old.limit_price if keeps_limit else revised.limit_price,
        stop_price=revised.stop_price or old.stop_price,
        trail_price=revised.trail_price,
        trail_percent=revised.trail_percent,
        elected=stays_elected,
        leg_ids=(),
        replaces=old.id,
    )
    return replace(new, expires_at=expiry(books, new))
