"""Steps: the words in which a pass says what is to be done next, and what it goes by.

A pass takes each entry, stop, trim and exit one step on, from what ledger and broker say now.
No step waits for another: the next pass, seconds later, sees what became of this one and
takes the next.  So a restarted program goes on where the dead one stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from avwap_cli.trading.books import Book
from avwap_cli.trading.facts import Closure, Decision, HaltLevel, Mark
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.orders import ZERO, OrderKind, Status, TimeInForce
from avwap_cli.trading.policies import TradingRules
from avwap_cli.trading.positions import Position
from avwap_cli.trading.reconciliation import Agreement
from avwap_cli.trading.views import View

UNHEARD_S = 5.0  # a cancel that no report shows by then is asked for again


@dataclass(frozen=True, slots=True)
class Send:
    """Submit this order; made durable first if it is not."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Move:
    """Turn a resting order into this one."""

    intent: Intent
    resting: OrderRecord


@dataclass(frozen=True, slots=True)
class Drop:
    """Ask for the end of an order."""

    record: OrderRecord
    why: str


@dataclass(frozen=True, slots=True)
class Settle:
    """Append this fact: a decision, the end of an intent, a new extreme; nothing is sent."""

    fact: Decision | Closure | Mark


@dataclass(frozen=True, slots=True)
class Page:
    """Somebody must look: a state that the program cannot end by itself."""

    kind: str
    symbol: str
    text: str

    @property
    def key(self) -> str:
        return f"{self.kind}.{self.symbol}"


Step = Send | Move | Drop | Settle | Page


@dataclass(frozen=True, slots=True)
class Situation:
    """What one pass goes by.

    Attributes:
        session: the trade session; opens, closes: its regular hours.
        halt: the severest level in force.
        lasts: symbol -> (last price, when).
        leaving_by_split: symbols that split at the next session's start, once their stop has
            to go; their positions stay without one until the new basis is known.
        unagreed: symbols whose split is taken, but whose broker quantity is still another.
        broker_open: False = the broker says that its market is closed, whatever our time says.
    """

    now: datetime
    session: date
    opens: datetime
    closes: datetime
    book: Book
    view: View
    agreement: Agreement
    rules: TradingRules
    halt: HaltLevel
    lasts: Mapping[str, tuple[Decimal, datetime]] = field(default_factory=dict)
    leaving_by_split: frozenset[str] = frozenset()
    unagreed: frozenset[str] = frozenset()
    broker_open: bool = True

    @property
    def is_open(self) -> bool:
        """Whether the regular session runs."""
        return self.broker_open and self.opens <= self.now < self.closes

    def age_s(self, moment: datetime | None) -> float:
        """Seconds since then; infinite since never."""
        return float("inf") if moment is None else (self.now - moment).total_seconds()

    def last_price(self, symbol: str) -> Decimal | None:
        found = self.lasts.get(symbol)
        return None if found is None else found[0]

    def traded_since(self, symbol: str, moment: datetime) -> bool:
        """Whether the symbol is known to have traded after that moment."""
        found = self.lasts.get(symbol)
        return found is not None and found[1] > moment

    def held(self, position: Position) -> Decimal:
        """How many shares there are to protect or sell: the broker's, on the ledger's side.

        Where both agree it is the position's own number.  Where they differ for good, what
        the broker holds is protected, and none if it holds the other side.
        """
        there = self.view.held(position.symbol) * position.direction
        if position.symbol not in self.agreement.differing:
            return position.shares
        others = sum(
            (p.shares for p in self.book.positions_of(position.symbol) if p != position), ZERO
        )
        return max(there - others, ZERO)

    def live(self, symbol: str, *legs: Leg) -> list[OrderRecord]:
        """Our orders of the symbol that may still trade."""
        return self.book.live(symbol, *legs)

    def intent(
        self,
        position: Position,
        leg: Leg,
        shares: Decimal,
        kind: OrderKind,
        tif: TimeInForce,
        *,
        stop_price: Decimal | None = None,
        reason: str,
        price: Decimal | None = None,
        replaces: OrderRecord | None = None,
    ) -> Intent:
        """The next attempt of that leg of the position."""
        role = Role(self.session, position.strategy, position.symbol, position.direction, leg)
        return Intent(
            id=next_id(self.book, role),
            role=role,
            kind=kind,
            tif=tif,
            shares=shares,
            limit_price=None,
            stop_price=stop_price,
            reason=reason,
            decision_price=price,
            plan="",
            replaces=None if replaces is None else replaces.id,
            made_at=self.now,
        )


def next_id(book: Book, role: Role) -> str:
    """The id of the role's next attempt: one more than the ledger holds."""
    taken = sum(1 for o in book.orders_of(role.symbol) if o.intent.role == role)
    return role.attempt(taken + 1)


def stuck(situation: Situation, record: OrderRecord) -> Page | None:
    """The page of a cancel that stays pending."""
    limit = situation.rules.exit.stuck_cancel_s
    if record.state is not OrderState.OPEN or record.cancel_at is None:
        return None
    if situation.age_s(record.cancel_at) <= limit:
        return None
    text = (
        f"{record.symbol}: the broker has not ended {record.id}, canceled {limit:g} s ago or more"
    )
    return Page("stuck_cancel", record.symbol, text)


def drop(situation: Situation, record: OrderRecord, why: str) -> list[Step]:
    """Ask for its end; page while it stays pending.

    Asked again after a while: soon where no report shows that the broker heard of it.
    """
    page = stuck(situation, record)
    steps: list[Step] = [] if page is None else [page]
    heard = record.report is not None and record.report.status is Status.PENDING_CANCEL
    wait_s = situation.rules.exit.stuck_cancel_s if heard else UNHEARD_S
    if situation.age_s(record.cancel_again_at) > wait_s:
        steps.append(Drop(record, why))
    return steps
