"""Reconciliation: ledger against broker, symbol by symbol.

What the broker reports of our orders, and the fills, are facts to be appended.  A fill that
is not ours is taken in only where it explains, to the share, why the broker holds something
else than the ledger.  Whatever stays different has a name, and locks its symbol.  A symbol
that the ledger never traded is nobody's business but the person's, and so is what a person
trades, by fills that we have seen, in a symbol of which we hold nothing, or beyond what we hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from avwap_cli.trading.books import Book
from avwap_cli.trading.facts import Report
from avwap_cli.trading.fill_owners import (
    fills_by_hand,
    foreign_fills,
    foreign_shares,
    own_fills,
)
from avwap_cli.trading.intents import Intent, role_of
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.orders import BrokerOrder, Fill, OrderKind
from avwap_cli.trading.views import View


class DifferenceKind(StrEnum):
    """How ledger and broker can differ."""

    QUANTITY = "quantity"
    SIDE = "side"
    ORDER_NOT_HERE = "order_not_here"
    ORDER_NOT_THERE = "order_not_there"
    ORDER_DIFFERS = "order_differs"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing on which they differ.

    Attributes:
        locks_account: not only its symbol.
    """

    kind: DifferenceKind
    symbol: str
    text: str

    @property
    def key(self) -> str:
        return f"differs.{self.kind}.{self.symbol}"

    @property
    def locks_account(self) -> bool:
        return self.kind is DifferenceKind.ORDER_NOT_HERE


def news(view: View, at: datetime, book: Callable[[], Book]) -> Iterator[Sequence[Report | Fill]]:
    """What the view tells that the ledger has not: reports, our fills, the fills of others.

    Each part follows from the book with the parts before it, so each has to be taken in before
    the next is asked for.

    Args:
        book: folds what has been taken in so far.
    """
    yield new_reports(book(), view, at)
    yield own_fills(book(), view)
    ours = book()
    yield [*fills_by_hand(ours, view), *foreign_fills(ours, view)]


def new_reports(book: Book, view: View, at: datetime) -> list[Report]:
    """The reports of our orders that say something new."""
    return [
        Report(at, order)
        for order in view.orders.values()
        if (known := book.orders.get(order.client_id)) is not None and _is_news(known, order)
    ]


def _is_news(known: OrderRecord, order: BrokerOrder) -> bool:
    last = known.report
    if last is None:
        return True
    return last != order and (order.status.final or not last.status.final)


def differences(book: Book, view: View) -> tuple[Difference, ...]:
    """All on which they differ now; what a reading was too early for vanishes with the next."""
    return (*_quantities(book, view), *_orders(book, view))


def _quantities(book: Book, view: View) -> Iterable[Difference]:
    for symbol in sorted({p.symbol for p in book.open} | (book.symbols & set(view.positions))):
        here, there = book.held(symbol), view.held(symbol) - foreign_shares(book, symbol)
        if here == view.held(symbol):
            continue  # whatever a person did before, nothing of it is left
        if here * there < 0:
            text = f"{symbol}: the ledger holds {here} shares, the broker the other side, {there}"
            yield Difference(DifferenceKind.SIDE, symbol, text)
        elif here != there:
            text = f"{symbol}: the ledger holds {here} shares, the broker {there}"
            yield Difference(DifferenceKind.QUANTITY, symbol, text)


def _orders(book: Book, view: View) -> Iterable[Difference]:
    for order in view.orders.values():
        record = book.orders.get(order.client_id)
        if record is None:
            if role_of(order.client_id) is not None:
                text = f"{order.symbol}: the broker has our order {order.client_id}, the ledger not"
                yield Difference(DifferenceKind.ORDER_NOT_HERE, order.symbol, text)
        elif not same_order(record.intent, order):
            text = f"{order.symbol}: the broker's order {order.client_id} is not the one intended"
            yield Difference(DifferenceKind.ORDER_DIFFERS, order.symbol, text)
    for record in book.working:
        if record.state is OrderState.OPEN and record.id in view.absent:
            text = f"{record.symbol}: the broker no longer knows our order {record.id}"
            yield Difference(DifferenceKind.ORDER_NOT_THERE, record.symbol, text)


def same_order(intent: Intent, order: BrokerOrder) -> bool:
    """Whether the broker's order is the one meant: side, type and quantity.

    A short's stop may be shown as the stop-limit order that the broker makes of it.
    """
    kinds = {intent.kind}
    if intent.kind is OrderKind.STOP:
        kinds.add(OrderKind.STOP_LIMIT)
    same = order.symbol == intent.role.symbol and order.side is intent.side
    return same and order.kind in kinds and order.shares in (intent.shares, None)


@dataclass(frozen=True, slots=True)
class Agreement:
    """The judgement of one pass.

    Attributes:
        standing: differences that a second reading confirmed.
        fresh: seen for the first time, or not long enough ago to count.
        account_locked: nothing may be entered at all.
    """

    standing: tuple[Difference, ...]
    fresh: tuple[Difference, ...]
    account_locked: bool

    @property
    def clean(self) -> bool:
        return not (self.standing or self.fresh)

    def locked(self, symbol: str) -> bool:
        """Whether nothing may be entered in that symbol."""
        return self.account_locked or symbol in self.doubtful or symbol in self.differing

    @property
    def differing(self) -> frozenset[str]:
        return frozenset(d.symbol for d in self.standing)

    @property
    def doubtful(self) -> frozenset[str]:
        """Symbols on which the next reading may say something else."""
        return frozenset(d.symbol for d in self.fresh) - self.differing


def agreement(
    found: Iterable[Difference],
    first_seen: Mapping[str, datetime],
    now: datetime,
    recheck_after_s: float,
    max_symbols: int,
) -> Agreement:
    """Which differences count: those first seen at least `recheck_after_s` ago.

    Args:
        first_seen: by key, for as long as a difference was seen in every reading.
    """
    standing: list[Difference] = []
    fresh: list[Difference] = []
    for difference in found:
        age = (now - first_seen.get(difference.key, now)).total_seconds()
        (standing if age >= recheck_after_s else fresh).append(difference)
    symbols = {d.symbol for d in (*standing, *fresh)}
    locked = len(symbols) > max_symbols or any(d.locks_account for d in (*standing, *fresh))
    return Agreement(tuple(standing), tuple(fresh), locked)
