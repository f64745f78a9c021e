"""Order records: what we know of each of our orders, folded from the ledger's facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from avwap_cli.trading.facts import Act, Answer, Closure, Ending, Facts, Verb
from avwap_cli.trading.intents import Intent, Leg
from avwap_cli.trading.orders import ZERO, BrokerOrder, Fill, Status

RATE_LIMITED, UNREACHABLE = "rate_limited", "unreachable"
NOT_TAKEN = frozenset({RATE_LIMITED, UNREACHABLE})


class OrderState(StrEnum):
    """What we know of one of our orders.

    MADE: durable, and nothing has reached the broker.  UNKNOWN: sent, and nobody told what
    became of it; it counts as open.  OPEN, FINAL: by the broker's last report.  CLOSED: there
    is no such order at the broker.
    """

    MADE = "made"
    UNKNOWN = "unknown"
    OPEN = "open"
    FINAL = "final"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """One intent with all that became of it.

    Attributes:
        sent_at: the last time it was about to be sent; None = never.
        sends: how often.
        cancel_at, cancel_again_at: when its end was first asked for, and last; None = never.
        report: the broker's last.
        answer: the broker's last no to its submission or replacement.
        closure: how it ended without an order; a later report outweighs it.
        filled: shares, by the fills or by the report, whichever says more.
        state: what all of that comes to.
    """

    intent: Intent
    sent_at: datetime | None
    sends: int
    cancel_at: datetime | None
    cancel_again_at: datetime | None
    report: BrokerOrder | None
    answer: Answer | None
    closure: Closure | None
    filled: Decimal
    state: OrderState = field(init=False)  # asked for at every turn, of every order there was

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", self._state())

    @property
    def id(self) -> str:
        return self.intent.id

    @property
    def leg(self) -> Leg:
        return self.intent.role.leg

    @property
    def symbol(self) -> str:
        return self.intent.role.symbol

    def _state(self) -> OrderState:
        if self.report is not None:
            return OrderState.FINAL if self.report.status.final else OrderState.OPEN
        if self.closure is not None:
            return OrderState.CLOSED
        if self.sent_at is None or self._was_not_taken(self.sent_at):
            return OrderState.MADE
        return OrderState.UNKNOWN

    def _was_not_taken(self, sent_at: datetime) -> bool:
        """Whether the broker told that it did nothing with the last submission."""
        answer = self.answer
        return answer is not None and answer.at >= sent_at and answer.name in NOT_TAKEN

    @property
    def refused_at(self) -> datetime | None:
        """When the broker said no to it, at once or after it had taken it; None = it did not."""
        if self.report is not None:
            rejected = self.report.status is Status.REJECTED
            return self.report.updated_at if rejected else None
        closure = self.closure
        if closure is None or closure.ending is not Ending.REFUSED:
            return None
        return closure.at

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, at the broker or without ever being there; None = it has not."""
        if self.state is OrderState.FINAL and self.report is not None:
            return self.report.updated_at
        return None if self.closure is None or self.report is not None else self.closure.at

    @property
    def may_trade(self) -> bool:
        """Whether it is open, or may be."""
        return self.state in (OrderState.OPEN, OrderState.UNKNOWN)

    @property
    def unsettled(self) -> bool:
        """Whether it is not known that the broker has it: waiting to be sent, or unanswered."""
        return self.state in (OrderState.MADE, OrderState.UNKNOWN)

    @property
    def working(self) -> bool:
        """Whether it may trade, or waits to be sent."""
        return self.may_trade or self.state is OrderState.MADE

    @property
    def left(self) -> Decimal:
        """Shares that may still trade."""
        if not self.may_trade:
            return ZERO
        return self.report.left_shares if self.report is not None else self.intent.shares


@dataclass(slots=True)
class _Heard:
    """What was said of one client id so far; `intent` is None while the order is not made."""

    intent: Intent | None = None
    sent_at: datetime | None = None
    sends: int = 0
    cancel_at: datetime | None = None
    cancel_again_at: datetime | None = None
    report: BrokerOrder | None = None
    answer: Answer | None = None
    closure: Closure | None = None
    fills: dict[str, Fill] = field(default_factory=dict)

    def take_act(self, act: Act) -> None:
        if act.verb is Verb.CANCEL:
            self.cancel_at = self.cancel_at or act.at
            self.cancel_again_at = act.at
        else:
            self.sent_at, self.sends = act.at, self.sends + 1

    def take_report(self, order: BrokerOrder) -> None:
        """The newest counts; a final one is never outweighed by an open one."""
        if self.report is None or not self.report.status.final or order.status.final:
            self.report = order

    def record(self, intent: Intent) -> OrderRecord:
        said = self.report.filled_shares if self.report is not None else ZERO
        return OrderRecord(
            intent=intent,
            sent_at=self.sent_at,
            sends=self.sends,
            cancel_at=self.cancel_at,
            cancel_again_at=self.cancel_again_at,
            report=self.report,
            answer=self.answer,
            closure=self.closure,
            filled=max(said, sum((f.shares for f in self.fills.values()), ZERO)),
        )


@dataclass(slots=True)
class OrderFold:
    """A fold of orders that goes on: each fact is taken in once, and only its order made anew.

    Attributes:
        records: all orders by client id, in the order made.
    """

    records: dict[str, OrderRecord] = field(default_factory=dict)
    _heard: dict[str, _Heard] = field(default_factory=dict)

    def take(self, news: Facts) -> tuple[str, ...]:
        """Take in what is new; the client ids of the orders that it concerns."""
        concerned = dict.fromkeys(intent.id for intent in news.intents)
        for intent in news.intents:
            self._of(intent.id).intent = intent
        for act in news.acts:
            self._of(act.client_id).take_act(act)
        for report in news.reports:
            self._of(report.order.client_id).take_report(report.order)
        answers = [a for a in news.answers if a.verb is not Verb.CANCEL]
        for answer in answers:
            self._of(answer.client_id).answer = answer
        for closure in news.closures:
            self._of(closure.client_id).closure = closure
        for fill in news.fills:
            self._of(fill.client_id).fills[fill.id] = fill
        for rows in (news.acts, answers, news.closures, news.fills):
            concerned |= dict.fromkeys(row.client_id for row in rows)
        concerned |= dict.fromkeys(report.order.client_id for report in news.reports)
        made = []
        for key in concerned:
            heard = self._heard[key]
            if heard.intent is not None:
                self.records[key] = heard.record(heard.intent)
                made.append(key)
        return tuple(made)

    def fills_of(self, client_id: str) -> tuple[Fill, ...]:
        """The fills of that order heard of, in the order heard."""
        heard = self._heard.get(client_id)
        return () if heard is None else tuple(heard.fills.values())

    def _of(self, client_id: str) -> _Heard:
        found = self._heard.get(client_id)
        if found is None:
            found = self._heard[client_id] = _Heard()
        return found
