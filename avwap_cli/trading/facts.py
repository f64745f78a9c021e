"""Facts: what the ledger holds, one frozen record each, appended and never changed.

Whatever is true now (what is held, what may still trade, what is forbidden) is a fold of
these records; see `books`.  Times are aware, money and quantities `Decimal`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from avwap_cli.trading.intents import Intent, Leg
from avwap_cli.trading.orders import BrokerOrder, Fill, Transfer


class Verb(StrEnum):
    """What can be asked of the broker that changes something."""

    SUBMIT = "submit"
    REPLACE = "replace"
    CANCEL = "cancel"


class Ending(StrEnum):
    """How an intent ended without an order at the broker."""

    REFUSED = "refused"
    UNSENT = "unsent"


class HaltLevel(StrEnum):
    """How much is forbidden, from nothing to all but leaving."""

    NONE = "none"
    NO_ENTRIES = "no-entries"
    REDUCE_ONLY = "reduce-only"
    FLATTEN = "flatten"

    @property
    def rank(self) -> int:
        """0 for none, growing with severity."""
        return list(HaltLevel).index(self)


@dataclass(frozen=True, slots=True)
class Act:
    """About to touch the wire: committed before the request, so that a crash leaves its trace.

    Attributes:
        client_id: of the intent sent, or of the order to be canceled.
        broker_id: of the order replaced or canceled; empty for a submission.
    """

    at: datetime
    verb: Verb
    client_id: str
    broker_id: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The broker said no to an act.

    Attributes:
        status, code, name, text: as in `BrokerRefusal`.
    """

    at: datetime
    verb: Verb
    client_id: str
    status: int
    code: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Closure:
    """An intent is closed: no order of that id exists, and none will."""

    at: datetime
    client_id: str
    ending: Ending
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the broker said of an order, and when we heard it; only where it changed."""

    at: datetime
    order: BrokerOrder


@dataclass(frozen=True, slots=True)
class Decision:
    """A position, or a part of it, is to be closed; stands until the shares are gone.

    Attributes:
        session: on which it was decided to act.
        leg: TRIM1, TRIM2 or EXIT.
        reason: an `ExitReason`.
        price: at which it was decided, USD; None for planned exits.
        shares: how many of a trim; None = all that is left.
    """

    at: datetime
    session: date
    strategy: str
    symbol: str
    leg: Leg
    reason: str
    price: Decimal | None
    shares: Decimal | None


@dataclass(frozen=True, slots=True)
class SplitTaken:
    """A split was applied to what the ledger holds and to every price kept of it.

    Attributes:
        first_session: the first on the new basis.
        numerator, denominator: shares after / before, e.g. 7/1.
    """

    at: datetime
    symbol: str
    first_session: date
    numerator: int
    denominator: int

    @property
    def ratio(self) -> Fraction:
        """Shares after per share before."""
        return Fraction(self.numerator, self.denominator)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person took the broker's quantity for right where no fill explains it.

    Attributes:
        shares: added to the position of that strategy; negative = taken away.
        price: USD a share at which they are taken in.
        reason: `manual`, or `split_residue` for a part of a share paid out in cash.
    """

    at: datetime
    strategy: str
    symbol: str
    shares: Decimal
    price: Decimal
    why: str
    reason: str = "manual"


@dataclass(frozen=True, slots=True)
class HaltChange:
    """A halt level was set, or lifted (`NONE`).

    Attributes:
        source: person, daily_loss, drawdown, refusals.
        until: the first session on which it no longer holds; None = until `resume`.
    """

    at: datetime
    level: HaltLevel
    source: str
    why: str
    until: date | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A new extreme of a held position's prices, USD, on the basis of `session`."""

    at: datetime
    session: date
    strategy: str
    symbol: str
    high: Decimal
    low: Decimal


@dataclass(frozen=True, slots=True)
class EquityClose:
    """The account's equity at a session's close, and the cash moved since the one before."""

    at: datetime
    session: date
    equity_usd: Decimal
    transfers_usd: Decimal


@dataclass(frozen=True, slots=True)
class Denied:
    """A gate said no to a candidate.

    Attributes:
        group: moo, confirm or boh.
        gate, measured, threshold: as in `verdicts.Denial`.
    """

    at: datetime
    session: date
    group: str
    strategy: str
    symbol: str
    gate: str
    measured: str | None
    threshold: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for a person: one when a state begins, one when it ends.

    Attributes:
        session: the trade session.
        kind: e.g. entry, exit, refusal, halt, unprotected, discrepancy.
        key: what it is about; `begins` and its end share it.
        page: wakes somebody up.
        begins: False = the state of that key is over.
    """

    at: datetime
    session: date
    kind: str
    key: str
    text: str
    page: bool = False
    begins: bool = True


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run of a stage began to work with the ledger."""

    at: datetime
    session: date
    stage: str
    pid: int


Fact = (
    Intent
    | Act
    | Answer
    | Closure
    | Report
    | Fill
    | Transfer
    | Decision
    | SplitTaken
    | Acceptance
    | HaltChange
    | Mark
    | EquityClose
    | Denied
    | Notice
    | RunStarted
)


@dataclass(slots=True)
class Facts:
    """All facts of one ledger, each kind in the order in which it was committed."""

    intents: list[Intent] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    closures: list[Closure] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    splits: list[SplitTaken] = field(default_factory=list)
    acceptances: list[Acceptance] = field(default_factory=list)
    halts: list[HaltChange] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    closes: list[EquityClose] = field(default_factory=list)
    denials: list[Denied] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    runs: list[RunStarted] = field(default_factory=list)
