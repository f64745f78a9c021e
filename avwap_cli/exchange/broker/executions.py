"""Executions: what an order does where it meets the tape."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

from avwap_cli.exchange.broker import groups, halts, matching
from avwap_cli.exchange.broker.books import Books
from avwap_cli.exchange.broker.matching import Fill
from avwap_cli.exchange.broker.orders import FINEST_SHARE, ZERO, Order, Status, Tif
from avwap_cli.exchange.broker.rules.order_rules import is_fractional
from avwap_cli.exchange.broker.triggers import Trigger, waiting
from avwap_cli.exchange.faults import FaultKind

FINEST_AVERAGE = Decimal("0.000001")
BRIEF = {Tif.IOC: Status.CANCELED, Tif.FOK: Status.CANCELED, Tif.OPG: Status.EXPIRED}
PENDING = frozenset({Status.PENDING_CANCEL, Status.PENDING_REPLACE})


def triggered(books: Books, order_id: str, trigger: Trigger) -> None:
    """Elect and fill the order at a trigger, as far as it goes, and look for the next one."""
    if halts.begins(books, books.orders[order_id].symbol):
        return
    order = _trade(books, books.orders[order_id], trigger)
    if order.open and order.tif in BRIEF:
        groups.end(books, order, BRIEF[order.tif])
    elif order.open:
        books.look(order_id, books.now)


def _trade(books: Books, order: Order, trigger: Trigger) -> Order:
    """The order after the trigger."""
    day = books.halted_days.day(order.symbol, books.session)
    if day is None:
        raise ValueError(f"{order.symbol} has no prints in {books.session}")
    seen = matching.sight(order, day, trigger)
    if waiting(order):
        order = groups.elected(books, books.put(matching.elected(order)))
    at_most = _most(books, order)
    if at_most is not None and at_most <= 0:
        groups.end(books, order, Status.CANCELED)
        return books.orders[order.id]
    left = matching.shares_of(seen, books.settings) - books.taken(order.symbol, trigger)
    fill = matching.match(order, seen, books.settings, left, at_most, books.fill_count(order.id))
    if fill is not None and fill.qty > 0:
        books.take(order.symbol, trigger, _fill(books, order, fill))
    return books.orders[order.id]


def _fill(books: Books, order: Order, fill: Fill) -> Decimal:
    """Book a fill, and what follows from it for the group; the shares that it had."""
    if order.notional is not None and fill.is_last:
        order = replace(order, qty=order.filled_qty + fill.qty)
    fault = books.faults.draw({FaultKind.PARTIAL_THEN_CANCEL}, "fill", order.symbol, books.now)
    if fault is not None:
        fill = replace(fill, qty=_half(order, fill.qty))
    order = books.book_fill(_after(books, order, fill), fill.qty, fill.price)
    groups.filled(books, order, fill.qty)
    if order.open and (fault is not None or _most(books, order) == 0):
        groups.end(books, books.orders[order.id], Status.CANCELED)
    return fill.qty


def _after(books: Books, order: Order, fill: Fill) -> Order:
    """The order after a fill."""
    filled = order.filled_qty + fill.qty
    paid = order.filled_qty * (order.filled_avg_price or ZERO) + fill.qty * fill.price
    average = (paid / filled).quantize(FINEST_AVERAGE, ROUND_HALF_EVEN)
    if filled == order.qty:
        status = Status.FILLED
    else:
        status = order.status if order.status in PENDING else Status.PARTIALLY_FILLED
    return replace(
        order,
        filled_qty=filled,
        filled_avg_price=average,
        status=status,
        filled_at=books.now,
    )


def _most(books: Books, order: Order) -> Decimal | None:
    """The shares that the order may close; None where it opens.

    What is sold is never more than what is held, even after a split that left the order's
    shares as they were.
    """
    held = books.account.positions.get(order.symbol)
    if held is not None and held.closing_side is order.side:
        return abs(held.qty)
    return ZERO if order.intent.closes else None


def _half(order: Order, qty: Decimal) -> Decimal:
    if is_fractional(order.qty, order.notional):
        return max((qty / 2).quantize(FINEST_SHARE, ROUND_DOWN), FINEST_SHARE)
    return min(max(Decimal(int(qty / 2)), Decimal(1)), qty)
