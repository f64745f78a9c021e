"""Order records: what we know of each of our orders, folded from the ledger's facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from avwap_cli.trading.facts import Answer, Closure, Ending, Facts, Report, Verb
from avwap_cli.trading.intents import Intent, Leg
from avwap_cli.trading.orders import ZERO, BrokerOrder, Status

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

    @property
    def id(self) -> str:
        return self.intent.id

    @property
    def leg(self) -> Leg:
        return self.intent.role.leg

    @property
    def symbol(self) -> str:
        return self.intent.role.symbol

    @property
    def state(self) -> OrderState:
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
    def left(self) -> Decimal:
        """Shares that may still trade."""
        if not self.may_trade:
            return ZERO
        return self.report.left_shares if self.report is not None else self.intent.shares


def order_records(facts: Facts) -> dict[str, OrderRecord]:
    """All orders of the facts by client id, in the order made."""
    sent: dict[str, list[datetime]] = {}
    cancels: dict[str, list[datetime]] = {}
    for act in facts.acts:
        into = cancels if act.verb is Verb.CANCEL else sent
        into.setdefault(act.client_id, []).append(act.at)
    reports = _last_reports(facts.reports)
    answers = {a.client_id: a for a in facts.answers if a.verb is not Verb.CANCEL}
    closures = {c.client_id: c for c in facts.closures}
    filled: dict[str, Decimal] = {}
    for fill in {f.id: f for f in facts.fills}.values():
        filled[fill.client_id] = filled.get(fill.client_id, ZERO) + fill.shares
    made = {}
    for intent in facts.intents:
        key, report = intent.id, reports.get(intent.id)
        times, asked = sent.get(key, []), cancels.get(key, [])
        said = report.filled_shares if report is not None else ZERO
        made[key] = OrderRecord(
            intent=intent,
            sent_at=times[-1] if times else None,
            sends=len(times),
            cancel_at=asked[0] if asked else None,
            cancel_again_at=asked[-1] if asked else None,
            report=report,
            answer=answers.get(key),
            closure=closures.get(key),
            filled=max(said, filled.get(key, ZERO)),
        )
    return made


def _last_reports(reports: Iterable[Report]) -> dict[str, BrokerOrder]:
    """The newest report of each order; a final one is never outweighed by an open one."""
    last: dict[str, BrokerOrder] = {}
    for report in reports:
        before = last.get(report.order.client_id)
        if before is None or not before.status.final or report.order.status.final:
            last[report.order.client_id] = report.order
    return last
