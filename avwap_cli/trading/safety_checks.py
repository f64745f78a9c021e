"""Safety checks: what every pass ends with.

Every open position has live orders of ours against it for its whole quantity, no more and no
less: its stop, or the exit or trim that is selling it.  Younger than `protect_within_s` a
shortfall is in work; older it wakes somebody up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from avwap_cli.market.sessions import EASTERN
from avwap_cli.trading.intents import REDUCING
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.orders import ZERO, Status
from avwap_cli.trading.positions import Position
from avwap_cli.trading.steps import Situation

BARE = "bare"  # a position seen not protected as it should be, though perhaps in work


def bare(symbol: str) -> str:
    """The key under which it is kept, from the first pass that ended so to the last."""
    return f"{BARE}.{symbol}"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A position whose protection is not what it should be.

    Attributes:
        held, covered: shares held, and shares of live orders against them.
        since: when it became so, as far as facts tell.
        pages: whether it lasts longer than it may.
    """

    symbol: str
    held: Decimal
    covered: Decimal
    since: datetime
    pages: bool

    @property
    def text(self) -> str:
        since = f"since {self.since.astimezone(EASTERN):%H:%M:%S} ET"
        if self.covered > self.held:
            return f"{self.symbol}: orders for {self.covered} shares over {self.held} held, {since}"
        return (
            f"{self.symbol}: {self.held - self.covered} of {self.held} shares unprotected {since}"
        )


def shortfalls(situation: Situation) -> tuple[Shortfall, ...]:
    """The positions not protected for exactly their quantity, by symbol."""
    found = (_shortfall(situation, position) for position in situation.book.open)
    return tuple(shortfall for shortfall in found if shortfall is not None)


def _shortfall(situation: Situation, position: Position) -> Shortfall | None:
    held, covered = situation.held(position), _covered(situation, position)
    if covered == held:
        return None
    since, seen = _since(situation, position), situation.book.states.get(bare(position.symbol))
    if seen is not None:  # every pass since then has ended like this one
        since = min(since, seen.at)
    late = situation.age_s(since) > situation.rules.risk.protect_within_s
    return Shortfall(position.symbol, held, covered, since, late)


def _covered(situation: Situation, position: Position) -> Decimal:
    """Shares of open orders against the position; what is being replaced counts once."""
    records = _against(situation, position)
    taken_over = {o.intent.replaces for o in records}
    return sum(
        (o.left for o in records if o.id not in taken_over and o.state is OrderState.OPEN), ZERO
    ) + sum((_old_of(o, records) for o in records if o.state is OrderState.UNKNOWN), ZERO)


def _old_of(record: OrderRecord, records: Iterable[OrderRecord]) -> Decimal:
    """What still stands for certain while a replacement's fate is unknown."""
    olds = (o for o in records if o.id == record.intent.replaces and o.state is OrderState.OPEN)
    return sum((o.left for o in olds), ZERO)


def _against(situation: Situation, position: Position) -> list[OrderRecord]:
    return [
        o
        for o in situation.book.orders_of(position.symbol, *REDUCING)
        if o.may_trade and o.intent.role.strategy == position.strategy
    ]


def _since(situation: Situation, position: Position) -> datetime:
    """The last thing that changed what is held or what covers it.

    Where nothing covers it, more shares do not make it younger, nor does a stop that the
    broker took and rejected: it never covered anything.
    """
    bare = not _covered(situation, position)
    moments = [position.entered_at] if bare else [e.at for e in position.executions]
    for record in situation.book.orders_of(position.symbol, *REDUCING):
        report = record.report
        if report is not None and report.status is Status.REJECTED:
            continue
        if report is not None and report.status.final:
            moments.append(min(report.updated_at, situation.now))
        elif report is not None:
            moments.append(report.submitted_at)
    return max(moments, default=position.entered_at)
