"""Positions: what a strategy holds of a symbol, from flat to flat.

A position is a fold of facts (see `position_folds`); nothing of it is kept anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from avwap_cli.market import sessions
from avwap_cli.trading.facts import Decision, SplitTaken
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.plans import AVWAP, Plan
from avwap_cli.trading.price_ranges import PriceRanges, extreme_before

BY_HAND = "by-hand."


def by_hand(strategy: str) -> str:
    """The client id under which a fill that was not ours is imported for that strategy."""
    return BY_HAND + strategy


def owner_by_hand(client_id: str) -> str | None:
    """The strategy for which a fill by hand was imported; None for any other id."""
    return client_id.removeprefix(BY_HAND) if client_id.startswith(BY_HAND) else None


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill, with what the ledger knows of its order.

    Attributes:
        leg: None for a fill by hand.
        reason: of the intent, `manual` for a fill by hand.
        decision_price: at which it was decided, USD; None where nothing was.
    """

    id: str
    at: datetime
    shares: Decimal  # signed: bought is positive
    price: Decimal
    client_id: str
    leg: Leg | None
    reason: str
    decision_price: Decimal | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A price, USD, and when it was seen."""

    price: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Position:
    """What one strategy holds, or held, of one symbol, from flat to flat.

    Prices and shares are on the basis of the last split taken.

    Attributes:
        direction: 1 long, -1 short.
        shares: held now, never negative; 0 = closed.
        opened_shares: all that were ever entered.
        avg_price: average entry price of what is held, USD, as brokers count it: shares
            bought after a part was sold are averaged with what was left.
        entry_session: the session of its first fill.
        entered_at, closed_at: first fill, and the last where it is closed.
        plan: what it was entered on; None = a person's purchase.
        high, low: extremes of the price since the entry, the fills' included.
        realized_usd: of what was closed.
        executions: all fills, in the order in which they happened, as they were reported.
        decisions: to leave it, in part or whole, that still stand.
        trims: the trims done or decided.
        splits: those applied to it.
        ranges: the extremes of each session in which a price of it was kept.
        seen: the last price that a mark told of, which was a new extreme; None = no mark.
    """

    strategy: str
    symbol: str
    direction: int
    shares: Decimal
    opened_shares: Decimal
    avg_price: Decimal
    entry_session: date
    entered_at: datetime
    closed_at: datetime | None
    plan: Plan | None
    high: Decimal
    low: Decimal
    realized_usd: Decimal
    executions: tuple[Execution, ...]
    decisions: tuple[Decision, ...] = ()
    trims: frozenset[Leg] = frozenset()
    splits: tuple[SplitTaken, ...] = ()
    ranges: PriceRanges = ()
    seen: Seen | None = None

    @property
    def signed_shares(self) -> Decimal:
        """Shares as the broker counts them: negative for a short."""
        return self.shares * self.direction

    @property
    def is_avwap(self) -> bool:
        """Whether avwap's own rules hold: structural stop, trims, trail."""
        return self.strategy == AVWAP

    @property
    def own_stop(self) -> Decimal | None:
        """The strategy's own stop, USD, not rounded; what an R multiple is measured by."""
        return None if self.plan is None else self.plan.stop_from(self.avg_price)

    @property
    def factor(self) -> Fraction:
        """Shares now per share at the entry."""
        product = Fraction(1)
        for split in self.splits:
            product *= split.ratio
        return product

    def decided(self, leg: Leg) -> Decision | None:
        """The decision of that leg that still stands."""
        return next((d for d in self.decisions if d.leg is leg), None)

    def extreme_before(self, session: date) -> Decimal | None:
        """The most favourable price of the sessions before that one, USD; None without any."""
        return extreme_before(self.ranges, session, self.direction)

    def held_sessions(self, session: date) -> int:
        """Sessions held as of that one; the entry session counts 0."""
        return len(sessions.sessions_between(self.entry_session, session)) - 1
