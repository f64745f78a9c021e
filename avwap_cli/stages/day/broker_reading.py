"""Reading the broker: all of a view, or an exception.

The orders come first and the fills last, so that a fill between two questions shows up as
more fills than positions, which the next reading settles.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from avwap_cli.ports import Broker
from avwap_cli.trading.books import Book
from avwap_cli.trading.facts import Ending
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.orders import BrokerOrder
from avwap_cli.trading.views import View

OVERLAP = timedelta(minutes=10)  # fills are asked for again from so long before the last known
SKEW = timedelta(minutes=2)


def read_view(
    broker: Broker, book: Book, session: date, now: datetime, recent_from: datetime | None
) -> View:
    """Ask for orders, then for those that are missing by id, then positions, then fills.

    Args:
        recent_from: also read every order submitted since then, open or not, so that an order
            of ours that the ledger lacks is found; None = only what is open.

    Raises:
        BrokerError: a question had no answer; nothing may be decided then.
    """
    orders = {o.id: o for o in broker.open_orders()}
    if recent_from is not None:
        orders |= {o.id: o for o in broker.orders(recent_from)}
    absent = set()
    for client_id in _to_ask(book, orders, session):
        found = broker.order(client_id)
        if found is None:
            absent.add(client_id)
        else:
            orders[found.id] = found
    positions = {p.symbol: p for p in broker.positions() if p.shares}
    fills = tuple(broker.fills(_fills_from(book, now), book.symbols))
    return View(now, orders, frozenset(absent), positions, fills)


def _to_ask(book: Book, orders: dict[str, BrokerOrder], session: date) -> list[str]:
    """Our orders that may trade, or were given up today, and are not among those read."""
    seen = {o.client_id for o in orders.values()}
    return [o.id for o in book.orders.values() if o.id not in seen and _matters(o, session)]


def _matters(record: OrderRecord, session: date) -> bool:
    if record.state is OrderState.CLOSED:
        ending = record.closure.ending if record.closure is not None else None
        return ending is Ending.UNSENT and record.intent.role.session == session
    return record.may_trade


def _fills_from(book: Book, now: datetime) -> datetime:
    """A little before the last fill known, or before the first order without one.

    A fill that bears a time to come hides none of those until then.
    """
    known = [f.at for f in book.fills.values()]
    if known:
        return min(max(known), now) - OVERLAP
    made = [o.intent.made_at for o in book.orders.values()]
    return min(made, default=now) - SKEW
