"""Attempts: whether a plan may still be tried in its session, and with which order.

A no that was measured and that nothing in the session can change is final.  A no for want of
a place is asked again once a place may have become free; what could not be measured, and what
the next bar may change, is asked again by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from avwap_cli.trading.books import Book
from avwap_cli.trading.confirmations import entry_limit
from avwap_cli.trading.entry_scenes import EntryScene, sized
from avwap_cli.trading.entry_windows import BOH
from avwap_cli.trading.facts import Denied
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.orders import OrderKind, TimeInForce
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.policies import EntryPolicy, TradingRules
from avwap_cli.trading.refusals import RefusalName
from avwap_cli.trading.steps import Situation, next_id
from avwap_cli.verdicts import Gate

TRANSIENT = frozenset(
    {
        Gate.HALTED,
        Gate.CLOCK,
        Gate.WINDOW,
        Gate.NOT_RECONCILED,
        Gate.UNRESOLVED,
        Gate.ORDER_RESTING,
        Gate.STALE_QUOTE,
        Gate.CROSSED_QUOTE,
        Gate.TRADING_HALT,
    }
)
PLACES = frozenset(
    {
        Gate.MAX_OPEN,
        Gate.MAX_LONG,
        Gate.MAX_SHORT,
        Gate.MAX_PER_STRATEGY,
        Gate.MAX_PER_SECTOR,
        Gate.MAX_NEW,
        Gate.MAX_NEW_IN_GROUP,
        Gate.TOO_SMALL,
    }
)
BY_THE_BAR = frozenset({Gate.NOT_CONFIRMED, Gate.NO_ROOM})


@dataclass(frozen=True, slots=True)
class Attempts:
    """What was tried of one plan in its session, by the book.

    Attributes:
        made: its entry orders, oldest first.
        denied: its last denial; None = it was not denied.
    """

    plan: Plan
    made: tuple[OrderRecord, ...]
    denied: Denied | None
    book: Book

    @property
    def is_working(self) -> bool:
        """Whether an order of it may still trade, or waits to be sent."""
        return any(o.working for o in self.made)

    @property
    def rests(self) -> bool:
        """Whether the broker has one; it is watched, not judged again."""
        return any(o.state is OrderState.OPEN for o in self.made)

    def is_settled(self, policy: EntryPolicy) -> bool:
        """Whether nothing that time brings can still enter the plan in this session."""
        if any(o.filled > 0 or o.refused_at is not None for o in self.made):
            return True
        over = [o for o in self.made if o.state in (OrderState.FINAL, OrderState.CLOSED)]
        return len(over) >= most_attempts(self.plan, policy) or self._is_denied_for_good()

    def _is_denied_for_good(self) -> bool:
        no = self.denied
        if no is None or no.measured is None or no.gate in TRANSIENT:
            return False
        if no.gate in PLACES:
            return not _freed_since(self.book, self.plan.session, no.at)
        return not (self.plan.group == BOH and no.gate in BY_THE_BAR)

    def to_resend(self, situation: Situation) -> OrderRecord | None:
        """The order that the broker steadily does not know, or did not take: the same id again."""
        policy = situation.rules.entry
        for record in self.made:
            waits, since = policy.retry_waits_s, situation.age_s(record.sent_at)
            if record.sends > len(waits):
                continue
            if record.state is OrderState.MADE and since >= waits[record.sends - 1]:
                return record
            absent = record.state is OrderState.UNKNOWN and record.id in situation.view.absent
            if absent and since >= policy.resolve_s:
                return record
        return None


def attempts_of(plan: Plan, book: Book) -> Attempts:
    """What was tried of that plan."""
    key = (plan.symbol, plan.strategy)
    mine = [o for o in book.entries_on(plan.session) if (o.symbol, o.intent.role.strategy) == key]
    said = [d for d in book.denials if (d.session, d.symbol, d.strategy) == (plan.session, *key)]
    return Attempts(plan, tuple(mine), said[-1] if said else None, book)


def most_attempts(plan: Plan, policy: EntryPolicy) -> int:
    """Entry orders that the plan may have in its session."""
    return policy.breakout.max_attempts if plan.group == BOH else 1


def _freed_since(book: Book, session: date, at: datetime) -> bool:
    """Whether a place may have become free: an entry ended without a share, a position closed."""
    ended = [
        o.ended_at for o in book.entries_on(session) if not o.filled and o.ended_at is not None
    ]
    closed = [p.closed_at for p in book.closed if p.closed_at is not None]
    return any(moment > at for moment in (*ended, *closed))


def why_barred(book: Book, symbol: str) -> str:
    """Why the symbol takes no new entries: the broker refused it a stop that rests overnight."""
    for record in book.orders_of(symbol, Leg.STOP):
        answer = record.answer
        if answer is not None and answer.name == RefusalName.HARD_TO_BORROW_DAY_ONLY:
            return f"{record.id} was refused: {answer.text}"
    return ""


def entry_intent(plan: Plan, scene: EntryScene, rules: TradingRules) -> Intent:
    """The plan's next order at the scene's price.

    Raises:
        ValueError: the scene has no price, or the plan cannot be sized.
    """
    role = Role(scene.session, plan.strategy, plan.symbol, plan.direction, Leg.ENTRY)
    shares, price = sized(plan, scene, rules.risk).shares, scene.price or Decimal(0)
    is_limit = plan.group == BOH
    return Intent(
        id=next_id(scene.book, role),
        role=role,
        kind=OrderKind.LIMIT if is_limit else OrderKind.MARKET,
        tif=TimeInForce.DAY,
        shares=shares,
        limit_price=entry_limit(plan, price, rules.entry.breakout) if is_limit else None,
        stop_price=None,
        reason="",
        decision_price=price,
        plan=plan.text(),
        replaces=None,
        made_at=scene.now,
    )
