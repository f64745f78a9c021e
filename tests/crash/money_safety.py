"""Money safety: what must hold at the end, read from the exchange's own books.

The exchange's events, orders and positions are the oracle; the ledger's fold is what is
judged by them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from avwap_cli.trading.books import Book
from avwap_cli.trading.order_records import OrderState

FINAL = {"filled", "canceled", "expired", "replaced", "rejected"}
ZERO = Decimal(0)


def violations(venue: Any, book: Book) -> list[str]:
    """Every rule that is broken now, in words; the market is open and all is quiet."""
    return [
        *one_order_each(venue),
        *one_entry_each(venue),
        *sides(venue),
        *same_orders(venue, book),
        *same_positions(venue, book),
        *protected(venue, book),
        *same_profit(venue, book),
    ]


def part(order: Any, number: int) -> str:
    """A part of our client order id: 0 day, 1 strategy, 2 symbol, 3 direction, 4 leg."""
    return str(order.client_order_id).split(".")[number]


def one_order_each(venue: Any) -> Iterable[str]:
    """No intent has two orders."""
    for client_id, number in Counter(o.client_order_id for o in venue.orders()).items():
        if number > 1:
            yield f"{client_id} has {number} orders"


def one_entry_each(venue: Any) -> Iterable[str]:
    """A session, strategy and symbol has one entry that trades or has traded."""
    live = [
        tuple(part(o, n) for n in range(3))
        for o in venue.orders()
        if part(o, 4) == "entry" and (o.filled_qty or o.status.value not in FINAL)
    ]
    for role, number in Counter(live).items():
        if number > 1:
            yield f"{role} was entered {number} times"


def sides(venue: Any) -> Iterable[str]:
    """No fill ever left a position on another side than its order's direction."""
    for event in venue.fills:
        direction = 1 if part(event.order, 3) == "L" else -1
        if event.position_qty * direction < 0:
            yield f"{event.order.client_order_id} left {event.position_qty} shares"


def same_orders(venue: Any, book: Book) -> Iterable[str]:
    """Each side knows the other's orders, their status and what filled of them."""
    there = {o.client_order_id: o for o in venue.orders()}
    for client_id in there.keys() - book.orders.keys():
        yield f"the ledger does not know {client_id}"
    for client_id, record in book.orders.items():
        order = there.get(client_id)
        if order is None:
            if record.state is not OrderState.CLOSED:
                yield f"{client_id} is {record.state} and not at the exchange"
            continue
        if record.report is None or record.report.status != order.status.value:
            status = None if record.report is None else record.report.status
            yield f"{client_id} is {order.status.value}, the ledger says {status}"
        if record.filled != order.filled_qty:
            yield f"{client_id} filled {order.filled_qty}, the ledger says {record.filled}"


def same_positions(venue: Any, book: Book) -> Iterable[str]:
    there = {p.symbol: (p.qty, p.avg_entry_price) for p in venue.positions()}
    for symbol in sorted(there.keys() | {p.symbol for p in book.open}):
        qty, average = there.get(symbol, (ZERO, None))
        if book.held(symbol) != qty:
            yield f"{symbol}: {qty} shares held, the ledger says {book.held(symbol)}"
        for position in book.positions_of(symbol):
            if average is not None and abs(position.avg_price - average) > Decimal("0.0001"):
                yield f"{symbol}: average {average}, the ledger says {position.avg_price}"


def protected(venue: Any, book: Book) -> Iterable[str]:
    """Open orders close exactly what is held; unless somebody was woken up for it."""
    held = {p.symbol: p.qty for p in venue.positions()}
    closing: Counter[str] = Counter()
    for order in venue.open_orders():
        if part(order, 4) == "entry":
            yield f"{order.client_order_id} still works"
            continue
        closing[order.symbol] += order.side.sign * (order.qty - order.filled_qty)
    for symbol in sorted(held.keys() | closing.keys()):
        if held.get(symbol, ZERO) + closing[symbol] != 0 and not is_paged(book, symbol):
            yield f"{symbol}: {held.get(symbol, ZERO)} held, orders for {closing[symbol]}"


def is_paged(book: Book, symbol: str) -> bool:
    return any(n.page and n.key.endswith(f".{symbol}") for n in book.states.values())


def same_profit(venue: Any, book: Book) -> Iterable[str]:
    ours = sum((p.realized_usd for p in (*book.open, *book.closed)), ZERO)
    if abs(ours - venue.realized) > Decimal("0.01"):
        yield f"the exchange realized {venue.realized} USD, the ledger says {ours}"
