"""Acting: one step becomes facts and at most one request.

Before the wire is touched, what is meant is on the disk; after it, the broker's answer.  No
answer leaves the order unknown, and the next pass asks for it by its id.  The halt level is
read at the last line before the request, and under one nothing goes out that could make an
exposure larger.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from avwap_cli.errors import BrokerRefusal, BrokerUnclear, BrokerUnreachable, RateLimited
from avwap_cli.ports import Broker, Clock, Ledger
from avwap_cli.stages.day.halt_levels import HaltReader
from avwap_cli.trading.facts import (
    Act,
    Answer,
    Closure,
    Ending,
    HaltLevel,
    Report,
    RunStarted,
    Verb,
)
from avwap_cli.trading.intents import Intent, Leg
from avwap_cli.trading.order_records import RATE_LIMITED, UNREACHABLE, OrderRecord
from avwap_cli.trading.orders import BrokerOrder
from avwap_cli.trading.refusals import RefusalName
from avwap_cli.trading.steps import Drop, Move, Page, Send, Settle, Step

LONGEST_WRITE = timedelta(seconds=5)  # what was judged before it may be true no more


@dataclass(slots=True)
class Actor:
    """Carries out steps, one after the other.

    Attributes:
        run: who acts; written down with the first act, so that each can be told whose it was.
        pages: states that somebody must look at.
        acts: how many requests went out that change something.
    """

    broker: Broker
    ledger: Ledger
    clock: Clock
    halt: HaltReader
    run: RunStarted | None = None
    pages: list[Page] = field(default_factory=list)
    acts: int = 0

    def act(self, step: Step) -> bool:
        """Carry it out; True = it went no further than the ledger, so the next step may follow.

        A decision, or a refusal, changes what is to be done without anything to wait for: a
        refused exit puts the stop back in the same pass.

        Raises:
            LedgerError: it could not be made durable; nothing was sent.
        """
        if isinstance(step, Page):
            self.pages.append(step)
            return False
        if isinstance(step, Settle):
            self.ledger.append(step.fact)
            return True
        if not isinstance(step, Drop) and self._forbidden(step.intent):
            return False
        self.acts += 1
        return self._cancel(step.record) if isinstance(step, Drop) else self._send(step)

    def _forbidden(self, intent: Intent) -> bool:
        """Whether the halt level forbids it; exits and stops are never forbidden."""
        return intent.role.leg is Leg.ENTRY and self.halt.level() is not HaltLevel.NONE

    def _send(self, step: Send | Move) -> bool:
        intent = step.intent
        replaced = step.resting.report if isinstance(step, Move) else None
        if isinstance(step, Move) and replaced is None:
            return False
        verb = Verb.SUBMIT if replaced is None else Verb.REPLACE
        target = "" if replaced is None else replaced.id
        act = Act(self.clock.now(), verb, intent.id, target)
        self.ledger.append(*self._begun(), intent, act)
        stopped = self._stopped(intent, act.at)
        if stopped:
            self._close(intent, Ending.UNSENT, stopped)
            return True
        try:
            order = self._asked(intent, target)
        except BrokerRefusal as refusal:
            return self._was_refused(intent, verb, refusal)
        except (RateLimited, BrokerUnreachable) as error:
            name = RATE_LIMITED if isinstance(error, RateLimited) else UNREACHABLE
            answer = Answer(self.clock.now(), verb, intent.id, 0, 0, name, str(error))
            self.ledger.append(answer)
            return False
        except BrokerUnclear:
            return False
        self.ledger.append(Report(self.clock.now(), order))
        return False

    def _stopped(self, intent: Intent, since: datetime) -> str:
        """Why it must not go out any more, after the disk was written; empty = it may."""
        if self._forbidden(intent):
            return "a halt came"
        held_up = self.clock.now() - since > LONGEST_WRITE
        return "the disk took too long" if held_up and intent.role.leg is Leg.ENTRY else ""

    def _begun(self) -> tuple[RunStarted, ...]:
        """The run, once."""
        run, self.run = self.run, None
        return () if run is None else (run,)

    def _asked(self, intent: Intent, target: str) -> BrokerOrder:
        if not target:
            return self.broker.submit(intent)
        return self.broker.replace(target, intent)

    def _was_refused(self, intent: Intent, verb: Verb, refusal: BrokerRefusal) -> bool:
        """A final no closes the intent; "id must be unique" means that an order has it."""
        now = self.clock.now()
        answer = _said_no(now, verb, intent.id, refusal)
        if refusal.name == RefusalName.DUPLICATE_ID:
            self.ledger.append(answer)
            return False
        self.ledger.append(answer, Closure(now, intent.id, Ending.REFUSED, refusal.text))
        return True

    def _close(self, intent: Intent, ending: Ending, why: str) -> None:
        self.ledger.append(Closure(self.clock.now(), intent.id, ending, why))

    def _cancel(self, record: OrderRecord) -> bool:
        """Ask once; whether it has ended only a report tells, so no answer is worth as much."""
        if record.report is None:
            return False
        now, target = self.clock.now(), record.report.id
        self.ledger.append(*self._begun(), Act(now, Verb.CANCEL, record.id, target))
        try:
            self.broker.cancel(target)
        except BrokerRefusal as refusal:
            self.ledger.append(_said_no(self.clock.now(), Verb.CANCEL, record.id, refusal))
        except (RateLimited, BrokerUnreachable, BrokerUnclear):
            return False
        return False


def _said_no(at: datetime, verb: Verb, client_id: str, refusal: BrokerRefusal) -> Answer:
    return Answer(at, verb, client_id, refusal.status, refusal.code, refusal.name, refusal.text)
