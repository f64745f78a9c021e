"""Arrivals: a request becomes orders in the books, and reaches the venue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal

from avwap_cli.exchange.broker import groups
from avwap_cli.exchange.broker.books import Books
from avwap_cli.exchange.broker.events import EventName
from avwap_cli.exchange.broker.orders import (
    Order,
    OrderClass,
    OrderRequest,
    OrderType,
    PositionIntent,
    Role,
    Side,
    Status,
    Tif,
)
from avwap_cli.exchange.broker.schedule import Due, Kind
from avwap_cli.exchange.faults import FaultKind
from avwap_cli.exchange.instants import (
    Instant,
    Phase,
    at_clock,
    day_of,
    hours,
    order_session,
)

LIFE_DAYS = 90
LIFE_ENDS = time(16, 15)
_CLOSING = {Side.BUY: PositionIntent.BUY_TO_CLOSE, Side.SELL: PositionIntent.SELL_TO_CLOSE}
_EVENTS = {
    Status.PENDING_NEW: EventName.PENDING_NEW,
    Status.ACCEPTED: EventName.ACCEPTED,
    Status.HELD: EventName.HELD,
}


def submit(books: Books, request: OrderRequest, intent: PositionIntent, asset_id: str) -> Order:
    """Take an order that has passed all checks into the books, its legs with it."""
    parent = _parent(books, request, intent, asset_id)
    legs = _legs(books, request, parent)
    parent = replace(parent, leg_ids=tuple(leg.id for leg in legs))
    enter(books, (parent, *legs))
    due = max(books.effect_at(), hours(parent.session).pre_open)
    books.schedule.add(Due(due, Kind.ARRIVAL, parent.id))
    return parent


def enter(books: Books, orders: Sequence[Order]) -> None:
    """Take new orders into the books, with their events and the end of their lives."""
    for order in orders:
        books.add(order)
    for order in orders:
        books.log(_EVENTS[order.status], order)
        if order.tif is Tif.GTC and order.expires_at is not None:
            books.schedule.add(Due(order.expires_at, Kind.GTC_EXPIRY, order.id))


def arrive(books: Books, order: Order) -> None:
    """An order reaches the venue: from now on it may trade."""
    if not order.open:
        return
    fault = books.faults.draw({FaultKind.REJECT_AFTER_ACCEPT}, "new", order.symbol, books.now)
    if fault is not None:
        groups.end(books, order, Status.REJECTED)
        return
    books.work(order.id, books.now)
    order = books.orders[order.id]
    if order.status in {Status.ACCEPTED, Status.PENDING_NEW}:
        order = books.put(replace(order, status=Status.NEW))
        books.log(EventName.NEW, order)
    groups.watch_stop(books, order)


def first_status(books: Books) -> Status:
    """What an order sent now shows in its answer."""
    regular = hours(books.session).phase(books.now) is Phase.REGULAR
    return Status.PENDING_NEW if regular else Status.ACCEPTED


def expiry(books: Books, order: Order) -> Instant:
    """When a life of that time in force, begun now, ends."""
    if order.tif is Tif.GTC:
        last = day_of(books.now) + timedelta(days=LIFE_DAYS)
        return at_clock(last, LIFE_ENDS)
    times = hours(order.session)
    return times.after_close if order.extended_hours else times.close


def _parent(books: Books, request: OrderRequest, intent: PositionIntent, asset_id: str) -> Order:
    number, stamp = len(books.orders) + 1, books.stamp()
    is_oco = request.order_class is OrderClass.OCO
    order = Order(
        seq=number,
        id=books.ids.next("order"),
        client_order_id=request.client_order_id or books.ids.next("client"),
        asset_id=asset_id,
        symbol=request.symbol,
        side=request.side,
        type=request.type,
        tif=request.tif,
        order_class=request.order_class,
        intent=intent,
        status=first_status(books),
        session=order_session(books.now, request.extended_hours),
        created_at=stamp,
        updated_at=stamp,
        submitted_at=stamp,
        qty=request.qty,
        notional=request.notional,
        limit_price=request.take_profit if is_oco else request.limit_price,
        stop_price=request.stop_price,
        trail_price=request.trail_price,
        trail_percent=request.trail_percent,
        extended_hours=request.extended_hours,
    )
    return replace(order, expires_at=expiry(books, order))


def _legs(books: Books, request: OrderRequest, parent: Order) -> tuple[Order, ...]:
    """The legs of a complex order, take profit first."""
    if request.order_class is OrderClass.SIMPLE:
        return ()
    is_oco = request.order_class is OrderClass.OCO
    made: list[Order] = []
    if request.take_profit is not None and not is_oco:
        made.append(_leg(books, parent, 1, Role.TAKE_PROFIT, request.take_profit, None))
    if request.stop_loss is not None:
        number = len(made) + 1
        limit, stop = request.stop_loss_limit, request.stop_loss
        made.append(_leg(books, parent, number, Role.STOP_LOSS, limit, stop))
    return tuple(made)


def _leg(
    books: Books,
    parent: Order,
    number: int,
    role: Role,
    limit: Decimal | None,
    stop: Decimal | None,
) -> Order:
    if role is Role.TAKE_PROFIT:
        order_type = OrderType.LIMIT
    else:
        order_type = OrderType.STOP if limit is None else OrderType.STOP_LIMIT
    is_exit = parent.order_class is OrderClass.OCO
    stamp = books.stamp()
    side = parent.side if is_exit else parent.side.opposite
    return replace(
        parent,
        seq=parent.seq + number,
        id=books.ids.next("order"),
        client_order_id=books.ids.next("client"),
        side=side,
        type=order_type,
        intent=_CLOSING[side],
        status=Status.HELD,
        created_at=stamp,
        updated_at=stamp,
        submitted_at=stamp,
        limit_price=limit,
        stop_price=stop,
        parent_id=parent.id,
        role=role,
    )
