"""Exposures: what our entries occupy, held or pending.

Pending counts as open.  An entry is pending while it may trade, while it waits to be sent,
and, where it was sent and never found, until its session ends: it may surface late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from avwap_cli.market.universe import UNKNOWN_SECTOR
from avwap_cli.trading.books import Book
from avwap_cli.trading.facts import Ending
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.orders import ZERO, Account
from avwap_cli.trading.plans import Plan, decimal
from avwap_cli.trading.policies import RiskPolicy
from avwap_cli.trading.views import View


@dataclass(frozen=True, slots=True)
class Slot:
    """One place taken: a symbol held by a strategy, or about to be."""

    symbol: str
    strategy: str
    direction: int
    sector: str


def pending(book: Book, session: date, without: str = "") -> tuple[OrderRecord, ...]:
    """Our entries that may still become a position, but the one of id `without`."""
    return tuple(
        o
        for o in book.orders.values()
        if o.leg is Leg.ENTRY and o.id != without and _is_pending(o, session)
    )


def unresolved(record: OrderRecord, session: date) -> bool:
    """Whether nobody knows what became of it: no answer yet, or watched until the session ends."""
    return record.state is OrderState.UNKNOWN or _is_watched(record, session)


def slots(book: Book, session: date, without: str = "") -> tuple[Slot, ...]:
    """The places taken; an entry that has filled in part and its position are one."""
    taken = {
        (p.symbol, p.strategy): Slot(
            p.symbol, p.strategy, p.direction, p.plan.sector if p.plan else UNKNOWN_SECTOR
        )
        for p in book.open
    }
    for record in pending(book, session, without):
        role = record.intent.role
        sector = plan_of_entry(record).sector
        slot = Slot(role.symbol, role.strategy, role.direction, sector)
        taken.setdefault((role.symbol, role.strategy), slot)
    return tuple(taken.values())


def new_entries(book: Book, session: date, without: str = "") -> tuple[OrderRecord, ...]:
    """The session's entries that filled or may, one a symbol."""
    waiting = {o.id for o in pending(book, session, without)}
    found = {
        o.symbol: o
        for o in book.entries_on(session)
        if o.id != without and (o.filled > 0 or o.id in waiting)
    }
    return tuple(found.values())


def ordered(book: Book, session: date, without: str = "") -> tuple[OrderRecord, ...]:
    """The session's entry orders, but those closed before they were ever sent."""
    return tuple(
        o
        for o in book.entries_on(session)
        if o.id != without and not (o.state is OrderState.CLOSED and o.sent_at is None)
    )


def plan_of_entry(record: OrderRecord) -> Plan:
    """The plan that an entry's intent carries."""
    return Plan.of_text(record.intent.plan)


def strategy_usd(
    book: Book, view: View | None, strategy: str, session: date, without: str = ""
) -> Decimal:
    """Value of what a strategy holds and may still get, USD: at last prices, else at its own."""
    held = sum(
        (
            p.shares * _price(view, p.symbol, p.avg_price)
            for p in book.open
            if p.strategy == strategy
        ),
        ZERO,
    )
    coming = (
        max(ZERO, o.intent.shares - o.filled) * _entry_price(o)
        for o in pending(book, session, without)
        if o.intent.role.strategy == strategy
    )
    return held + sum(coming, ZERO)


def buying_power_left(
    account: Account,
    asked_at: datetime,
    book: Book,
    session: date,
    risk: RiskPolicy,
    without: str = "",
) -> Decimal:
    """Buying power less our entries that the broker's figure cannot hold yet, USD.

    Those are the ones without an answer, the ones not sent, and whatever was sent since the
    account was asked for at `asked_at` and may trade or has.
    """
    margin = decimal(risk.buying_power_margin)
    waiting = {o.id: o for o in pending(book, session, without)}
    filled = {o.id: o for o in new_entries(book, session, without)}
    hidden = (
        o.intent.shares * _entry_price(o) * margin
        for o in (waiting | filled).values()
        if o.state in (OrderState.MADE, OrderState.UNKNOWN, OrderState.CLOSED)
        or (o.sent_at is not None and o.sent_at >= asked_at)
    )
    return account.buying_power - sum(hidden, ZERO)


def _is_pending(record: OrderRecord, session: date) -> bool:
    if record.state is OrderState.MADE:
        return record.intent.role.session == session
    return record.may_trade or _is_watched(record, session)


def _is_watched(record: OrderRecord, session: date) -> bool:
    return (
        record.state is OrderState.CLOSED
        and record.closure is not None
        and record.closure.ending is Ending.UNSENT
        and record.sent_at is not None
        and record.intent.role.session == session
    )


def _entry_price(record: OrderRecord) -> Decimal:
    intent = record.intent
    known = intent.decision_price or intent.limit_price
    return known if known is not None else plan_of_entry(record).entry


def _price(view: View | None, symbol: str, otherwise: Decimal) -> Decimal:
    position = view.positions.get(symbol) if view is not None else None
    last = position.last_price if position is not None else None
    return last if last is not None and last.is_finite() and last > 0 else otherwise
