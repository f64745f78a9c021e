"""Executions: what an order does where it meets the tape."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

from avwap_cli.exchange.book import groups, matching
from avwap_cli.exchange.book.events import EventName
from avwap_cli.exchange.book.halts import halted_until
from avwap_cli.exchange.book.matching import FINEST_SHARE, Fill
from avwap_cli.exchange.book.orders import ZERO, Order, Status, Tif
from avwap_cli.exchange.book.pit import Pit
from avwap_cli.exchange.book.positions import apply_fill
from avwap_cli.exchange.book.rules.order_rules import is_fractional
from avwap_cli.exchange.book.touches import Touch, waiting
from avwap_cli.exchange.faults import FaultKind

FINEST_AVERAGE = Decimal("0.000001")
BRIEF = {Tif.IOC: Status.CANCELED, Tif.FOK: Status.CANCELED, Tif.OPG: Status.EXPIRED}
PENDING = frozenset({Status.PENDING_CANCEL, Status.PENDING_REPLACE})


def touched(pit: Pit, order_id: str, touch: Touch) -> None:
    """Elect and fill the order at a touch, as far as it goes, and look for the next one."""
    until = halted_until(pit, pit.orders[order_id].symbol)
    if until is not None:
        pit.look(order_id, until - 1)
        return
    order = _trade(pit, pit.orders[order_id], touch)
    if order.open and order.tif in BRIEF:
        groups.end(pit, order, BRIEF[order.tif])
    elif order.open:
        pit.look(order_id, pit.now)


def _trade(pit: Pit, order: Order, touch: Touch) -> Order:
    """The order after the touch."""
    day = pit.tape.day(order.symbol, pit.session)
    if day is None:
        raise ValueError(f"{order.symbol} has no prints in {pit.session}")
    seen = matching.sight(order, day, touch)
    if waiting(order):
        order = groups.elected(pit, pit.put(matching.elected(order)))
    at_most = _most(pit, order)
    if at_most is not None and at_most <= 0:
        groups.end(pit, order, Status.CANCELED)
        return pit.orders[order.id]
    fill = matching.match(order, seen, pit.settings, at_most, pit.fill_count[order.id])
    if fill is not None and fill.qty > 0:
        _fill(pit, order, fill)
    return pit.orders[order.id]


def _fill(pit: Pit, order: Order, fill: Fill) -> None:
    if order.notional is not None:
        order = replace(order, qty=fill.qty)
    fault = pit.faults.draw({FaultKind.PARTIAL_THEN_CANCEL}, "fill", order.symbol, pit.now)
    if fault is not None:
        fill = replace(fill, qty=_half(order, fill.qty))
    order = _booked(pit, order, fill)
    groups.filled(pit, order, fill.qty)
    if order.open and (fault is not None or _most(pit, order) == 0):
        groups.end(pit, pit.orders[order.id], Status.CANCELED)


def _booked(pit: Pit, order: Order, fill: Fill) -> Order:
    """Book a fill: order, position, cash and event."""
    symbol = order.symbol
    held, realized = apply_fill(
        pit.positions.get(symbol),
        order.side,
        fill.qty,
        fill.price,
        symbol=symbol,
        lastday_price=pit.marks.close_before(symbol, pit.session) or ZERO,
    )
    order = pit.put(_after(pit, order, fill))
    if held is None:
        pit.positions.pop(symbol, None)
    else:
        pit.positions[symbol] = held
    pit.cash -= order.side.sign * fill.qty * fill.price
    pit.realized += realized
    name = EventName.PARTIAL_FILL if order.open else EventName.FILL
    pit.log(name, order, fill.price, fill.qty, ZERO if held is None else held.qty)
    return order


def _after(pit: Pit, order: Order, fill: Fill) -> Order:
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
        filled_at=pit.now,
    )


def _most(pit: Pit, order: Order) -> Decimal | None:
    """The shares that the order may close; None where it opens.

    What is sold is never more than what is held, even after a split that left the order's
    shares as they were.
    """
    held = pit.positions.get(order.symbol)
    if held is not None and held.closing_side is order.side:
        return abs(held.qty)
    return ZERO if order.intent.endswith("_to_close") else None


def _half(order: Order, qty: Decimal) -> Decimal:
    if is_fractional(order.qty, order.notional):
        return max((qty / 2).quantize(FINEST_SHARE, ROUND_DOWN), FINEST_SHARE)
    return min(max(Decimal(int(qty / 2)), Decimal(1)), qty)
