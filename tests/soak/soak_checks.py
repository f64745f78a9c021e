"""Checks: what must hold of a soaked session, told by the exchange's own log of events.

The log is walked event by event: which orders are open, what is held, how long it stood
unprotected, how many entries a plan had.  None of it asks the program's own reckoning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from soak_worlds import NAMES

from avwap_cli.exchange.broker.events import Event
from avwap_cli.exchange.broker.orders import Order, OrderClass, Side
from avwap_cli.exchange.broker.venue import Venue
from avwap_cli.exchange.instants import eastern
from avwap_cli.trading.books import Book
from avwap_cli.trading.facts import Facts, Notice
from avwap_cli.trading.intents import Leg, Role, role_of
from avwap_cli.trading.order_records import OrderState

ZERO = Decimal(0)
BARE_S = 60.0
LOOK_S = 25.0  # one more look of a quiet program, and the seconds of its pass
ACCOUNT_WIDE = ("broker",)

Span = tuple[datetime, datetime]


@dataclass
class Walk:
    """The books of the exchange, rebuilt from a session's beginning event by event.

    Attributes:
        bare: symbol -> since when less than all of it has been covered.
        spans: (symbol, from, to) without full protection.
        faults: what must never be.
    """

    orders: dict[str, Order]
    held: dict[str, Decimal]
    bare: dict[str, datetime] = field(default_factory=dict)
    spans: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    entered: dict[Role, str] = field(default_factory=dict)

    @classmethod
    def begun(cls, venue: Venue) -> Walk:
        walk = cls(
            {o.id: o for o in venue.open_orders()}, {p.symbol: p.qty for p in venue.positions()}
        )
        for symbol in NAMES:
            walk._weigh(symbol, eastern(venue.now))
        return walk

    def take(self, event: Event) -> None:
        order, at = event.order, eastern(event.at)
        before = self.held.get(order.symbol, ZERO)
        if event.position_qty is not None:
            self.held[order.symbol] = event.position_qty
        self.orders[order.id] = order
        if order.symbol not in NAMES:
            return
        self._judge(order, before, at)
        self._weigh(order.symbol, at)

    def end(self, at: datetime) -> None:
        for symbol, since in self.bare.items():
            self.spans.append((symbol, since, at))
        self.bare.clear()

    def _judge(self, order: Order, before: Decimal, at: datetime) -> None:
        found = role_of(order.client_order_id)
        if found is None:
            return
        role, after = found[0], self.held.get(order.symbol, ZERO)
        if role.leg.reduces and after * before < 0:
            self.faults.append(f"{at} {order.client_order_id} opened the other side: {after}")
        if role.leg.reduces and after * role.direction < 0 and after != before:
            self.faults.append(f"{at} {order.client_order_id} traded on the wrong side: {after}")
        if role.leg is Leg.ENTRY and (order.open or order.filled_qty):
            first = self.entered.setdefault(role, order.client_order_id)
            other = next((o for o in self.orders.values() if o.client_order_id == first), None)
            if first != order.client_order_id:
                if other is None or other.open or other.filled_qty:
                    self.faults.append(f"{at} {order.client_order_id} is a second entry: {first}")
                self.entered[role] = order.client_order_id

    def _weigh(self, symbol: str, at: datetime) -> None:
        held = self.held.get(symbol, ZERO)
        closing = Side.SELL if held > 0 else Side.BUY
        covered = sum(
            (_left(o) for o in self.orders.values() if o.symbol == symbol and o.side is closing),
            ZERO,
        )
        if covered >= abs(held):
            since = self.bare.pop(symbol, None)
            if since is not None and since < at:
                self.spans.append((symbol, since, at))
        else:
            self.bare.setdefault(symbol, at)


def _left(order: Order) -> Decimal:
    if not order.open or order.qty is None or order.order_class is not OrderClass.SIMPLE:
        return ZERO
    return order.qty - order.filled_qty


def walked(events: Iterable[Event], walk: Walk, until: datetime) -> Walk:
    """The walk after those events."""
    for event in events:
        walk.take(event)
    walk.end(until)
    return walk


def unwatched(walk: Walk, notices: Sequence[Notice], blind: Sequence[Span]) -> Iterator[str]:
    """Positions that stood unprotected for longer than allowed, and nobody was woken."""
    for symbol, start, end in walk.spans:
        told = [*_pages(symbol, notices, end), *blind]
        bare_s = (end - start).total_seconds() - _overlap_s((start, end), told)
        if bare_s > BARE_S + LOOK_S:
            yield (
                f"{symbol} stood unprotected for {bare_s:.0f} s without a page, "
                f"{start:%m-%d %H:%M:%S} to {end:%H:%M:%S}"
            )


def _pages(symbol: str, notices: Sequence[Notice], end: datetime) -> Iterator[Span]:
    begun: dict[str, datetime] = {}
    for notice in notices:
        if not notice.key.endswith(f".{symbol}") and notice.kind not in ACCOUNT_WIDE:
            continue
        if notice.begins and notice.page:
            begun.setdefault(notice.key, notice.at)
        elif notice.key in begun:
            yield begun.pop(notice.key), notice.at
    for at in begun.values():
        yield at, max(end, at)


def _overlap_s(span: Span, others: Iterable[Span]) -> float:
    """Seconds of a span that lie in any of the others."""
    start, end = span
    covered, upto = timedelta(0), start
    for other_start, other_end in sorted(others):
        first, last = max(other_start, upto), min(other_end, end)
        if first < last:
            covered += last - first
            upto = last
    return covered.total_seconds()


def disagreements(book: Book, facts: Facts, venue: Venue) -> Iterator[str]:
    """Where ledger and exchange tell different things of positions, orders or fills."""
    there = {p.symbol: p.qty for p in venue.positions()}
    for symbol in NAMES:
        here, held = book.held(symbol), there.get(symbol, ZERO)
        if here != held:
            yield f"{symbol}: {here} shares in the ledger, {held} at the exchange"
    ours = {o.client_order_id: o for o in venue.orders() if role_of(o.client_order_id)}
    for key, order in ours.items():
        record = book.orders.get(key)
        if record is None:
            yield f"the ledger does not know {key}"
        elif record.filled != order.filled_qty:
            yield f"{key}: {record.filled} filled in the ledger, {order.filled_qty} at the exchange"
        elif (record.state is OrderState.OPEN) != order.open:
            yield f"{key}: {record.state} in the ledger, {order.status} at the exchange"
    for key, record in book.orders.items():
        if key not in ours and record.state in (OrderState.OPEN, OrderState.FINAL):
            yield f"the exchange does not know {key}"
    yield from _values(facts, venue, ours)


def _values(facts: Facts, venue: Venue, ours: Mapping[str, Order]) -> Iterator[str]:
    there: dict[str, Decimal] = {}
    for event in venue.fills:
        key = event.order.client_order_id
        if key in ours and event.price is not None and event.qty is not None:
            there[key] = there.get(key, ZERO) + event.price * event.qty
    here: dict[str, Decimal] = {}
    for fill in {f.id: f for f in facts.fills}.values():
        here[fill.client_id] = here.get(fill.client_id, ZERO) + fill.price * fill.shares
    for key, value in there.items():
        if here.get(key, ZERO) != value:
            yield f"{key}: fills of {here.get(key, ZERO)} USD in the ledger, {value} at the exchange"
