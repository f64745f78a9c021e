"""Amendments: canceling and replacing orders, which both take their time.

A cancel or a change is only noted when it is asked for; the order stays at work until it
takes effect, and what it fills until then counts.  A new order takes over with the shares
asked for less those that the old one has filled; if that one is over before, or its stop has
been elected, the new one is rejected.
"""

from __future__ import annotations

from dataclasses import replace

from avwap_cli.exchange.book import groups
from avwap_cli.exchange.book.agenda import Due, Kind
from avwap_cli.exchange.book.arrivals import enter, expiry, first_status
from avwap_cli.exchange.book.events import EventName
from avwap_cli.exchange.book.orders import ZERO, Order, OrderRequest, OrderType, Status
from avwap_cli.exchange.book.pit import Pit, Succession
from avwap_cli.exchange.book.rules import refusals
from avwap_cli.exchange.faults import FaultKind
from avwap_cli.exchange.instants import SECOND, Instant, Phase, hours, order_session
from avwap_cli.market.sessions import next_session

UNCANCELABLE = frozenset({Status.PENDING_CANCEL, Status.PENDING_REPLACE})


def cancel(pit: Pit, order: Order) -> None:
    """Note the wish to cancel an order, or cancel it at once.

    Raises:
        Refusal: it is over, being replaced, or being canceled already.
    """
    if not order.open or order.status in UNCANCELABLE:
        raise refusals.already(order.status)
    due = _cancel_at(pit, order)
    if due is None:
        groups.end(pit, order, Status.CANCELED)
        return
    pit.log(EventName.PENDING_CANCEL, pit.put(replace(order, status=Status.PENDING_CANCEL)))
    pit.agenda.add(Due(due, Kind.CANCEL, order.id))


def cancel_all(pit: Pit) -> list[tuple[str, refusals.Refusal | None]]:
    """Note the wish to cancel each open order, but for those that are to be canceled already."""
    results: list[tuple[str, refusals.Refusal | None]] = []
    for order in pit.open_orders():
        if order.status is Status.PENDING_CANCEL:
            continue
        refusal = None
        try:
            if pit.orders[order.id].open:
                cancel(pit, pit.orders[order.id])
        except refusals.Refusal as raised:
            refusal = raised
        results.append((order.id, refusal))
    return results


def take_cancel(pit: Pit, order: Order) -> None:
    """A cancel takes effect."""
    if order.open:
        groups.end(pit, order, Status.CANCELED)


def replace_order(pit: Pit, old: Order, revised: OrderRequest) -> Order:
    """Note the wish to replace an order by what has passed all checks; the new order."""
    new = _successor(pit, old, revised)
    pit.successions[old.id] = Succession(new.id, old.status, old.filled_qty)
    pit.log(EventName.PENDING_REPLACE, pit.put(replace(old, status=Status.PENDING_REPLACE)))
    enter(pit, (new,))
    pit.agenda.add(Due(pit.effect_at(), Kind.REPLACE, new.id))
    return new


def take_over(pit: Pit, new: Order) -> None:
    """A change takes effect, or is rejected."""
    succession = pit.successions.get(new.replaces or "")
    if succession is None or succession.new_id != new.id:
        return
    old = pit.orders[new.replaces or ""]
    filled_since = old.filled_qty - succession.filled_qty
    qty = None if new.qty is None else new.qty - filled_since
    fault = pit.faults.draw({FaultKind.REJECT_AFTER_ACCEPT}, "replace", new.symbol, pit.now)
    overtaken = old.elected and not new.elected
    if fault is not None or not new.open or overtaken or (qty is not None and qty <= 0):
        groups.keep_in_place(pit, old)
        return
    del pit.successions[old.id]
    is_live = old.id in pit.live
    if new.status is not Status.PENDING_CANCEL:
        resting = Status.HELD if succession.resting is Status.HELD else Status.NEW
        new = replace(new, status=resting)
    old, new = groups.move_in(pit, old, replace(new, qty=qty, hwm=old.hwm))
    old = replace(old, status=Status.REPLACED, replaced_at=pit.now, replaced_by=new.id)
    old, new = pit.put(old), pit.put(new)
    pit.log(EventName.REPLACED, old)
    if is_live:
        pit.work(new.id, pit.now)
        new = pit.orders[new.id]
    if new.status is not Status.PENDING_CANCEL:
        pit.log(EventName.HELD if new.status is Status.HELD else EventName.NEW, new)


def _cancel_at(pit: Pit, order: Order) -> Instant | None:
    """When a cancel asked for now takes effect; None = at once."""
    fault = pit.faults.draw({FaultKind.STUCK_CANCEL}, "cancel", order.symbol, pit.now)
    following = hours(next_session(pit.session))
    if fault is not None:
        if fault.value is not None:
            return pit.now + round(float(fault.value) * SECOND)
        times = hours(pit.session)
        return times.open if pit.now < times.open else following.open
    phase = hours(pit.session).phase(pit.now)
    is_closed = phase is Phase.CLOSED or (phase is Phase.AFTER and not order.extended_hours)
    if is_closed and pit.settings.cancel_while_closed == "pending":
        return following.pre_open
    if is_closed or order.status is Status.ACCEPTED:
        return None
    return pit.effect_at()


def _successor(pit: Pit, old: Order, revised: OrderRequest) -> Order:
    """The new order, with the shares that the old one has not filled yet."""
    stays_elected = old.elected and revised.stop_price in {None, old.stop_price}
    keeps_limit = stays_elected and old.type is not OrderType.STOP_LIMIT
    new = replace(
        old,
        seq=len(pit.orders) + 1,
        id=pit.ids.next("order"),
        client_order_id=revised.client_order_id or pit.ids.next("client"),
        status=first_status(pit),
        tif=revised.tif,
        session=order_session(pit.now, old.extended_hours),
        created_at=pit.now,
        updated_at=pit.now,
        submitted_at=pit.now,
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
    return replace(new, expires_at=expiry(pit, new))
