"""The book: what is true now, folded from the ledger's facts.

`Book` answers what every decision asks: which of our orders may still trade, what is held
and since when, what is forbidden, what happened today.  It holds nothing that could not be
folded again, so a restarted program knows as much as one that never stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date
from decimal import Decimal

from avwap_cli.market.sessions import session_of
from avwap_cli.trading.facts import (
    Denied,
    EquityClose,
    Facts,
    HaltChange,
    HaltLevel,
    Notice,
    SplitTaken,
)
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.order_records import OrderRecord, OrderState, order_records
from avwap_cli.trading.orders import ZERO, Fill
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.position_folds import History, folded
from avwap_cli.trading.positions import Execution, Position, owner_by_hand


@dataclass(frozen=True, slots=True)
class Book:
    """Everything folded.

    Attributes:
        orders: our orders by client id, in the order made.
        open: positions held now, by symbol; one strategy holds a symbol at a time, and where
            two should ever do, each stands here (see `held`).
        closed: positions that are flat again, oldest first.
        fills: by id, in the order heard.
        halts: changes in order.
        states: key -> the notice that began a state that has not ended.
    """

    orders: Mapping[str, OrderRecord]
    open: tuple[Position, ...]
    closed: tuple[Position, ...]
    fills: Mapping[str, Fill]
    halts: tuple[HaltChange, ...]
    denials: tuple[Denied, ...]
    closes: tuple[EquityClose, ...]
    splits: tuple[SplitTaken, ...]
    notices: tuple[Notice, ...]
    states: Mapping[str, Notice] = field(default_factory=dict)

    def held(self, symbol: str) -> Decimal:
        """Signed shares of the symbol over all strategies."""
        return sum((p.signed_shares for p in self.open if p.symbol == symbol), ZERO)

    def positions_of(self, symbol: str) -> tuple[Position, ...]:
        return tuple(p for p in self.open if p.symbol == symbol)

    def orders_of(self, symbol: str, *legs: Leg) -> tuple[OrderRecord, ...]:
        """Our orders of that symbol, of these legs (all if none is named), in the order made."""
        return tuple(
            o for o in self.orders.values() if o.symbol == symbol and (not legs or o.leg in legs)
        )

    def live(self, symbol: str, *legs: Leg) -> list[OrderRecord]:
        """Our orders of the symbol that may still trade; one being replaced is the new one's."""
        records = [o for o in self.orders_of(symbol, *legs) if o.may_trade]
        replaced = {o.intent.replaces for o in records}
        return [o for o in records if o.id not in replaced]

    def stops_of(self, position: Position) -> list[OrderRecord]:
        """The live stops behind a position."""
        stops = self.live(position.symbol, Leg.STOP)
        return [o for o in stops if o.intent.role.strategy == position.strategy]

    @property
    def unresolved(self) -> tuple[OrderRecord, ...]:
        """Orders sent of which nobody told what became of them."""
        return tuple(o for o in self.orders.values() if o.state is OrderState.UNKNOWN)

    @property
    def symbols(self) -> frozenset[str]:
        """Every symbol the ledger ever traded or tried to."""
        return frozenset(o.symbol for o in self.orders.values())

    def halt(self, session: date) -> HaltChange | None:
        """The severest level in force on that session; None = nothing is forbidden."""
        return halt_in_force(self.halts, session)

    def closed_on(self, session: date) -> frozenset[str]:
        """Symbols of which a position was closed, wholly or in part by an exit, in that session."""
        done = {p.symbol for p in self.closed if p.closed_at and session_of(p.closed_at) == session}
        leaving = {
            o.symbol
            for o in self.orders.values()
            if o.leg is Leg.EXIT and o.intent.role.session == session
        }
        return frozenset(done | leaving)

    def entries_on(self, session: date) -> tuple[OrderRecord, ...]:
        """The entry orders made for that session."""
        return tuple(
            o
            for o in self.orders.values()
            if o.leg is Leg.ENTRY and o.intent.role.session == session
        )


def halts_in_force(changes: Iterable[HaltChange], session: date) -> tuple[HaltChange, ...]:
    """The changes in force on that session, one a source; a lift ends all that came before it."""
    standing: dict[str, HaltChange] = {}
    for change in changes:
        if change.level is HaltLevel.NONE:
            standing.clear()
        else:
            standing[change.source] = change
    return tuple(c for c in standing.values() if c.until is None or session < c.until)


def halt_in_force(changes: Iterable[HaltChange], session: date) -> HaltChange | None:
    """The severest of them; None = nothing is forbidden."""
    return max(halts_in_force(changes, session), key=lambda c: c.level.rank, default=None)


def fold(facts: Facts) -> Book:
    """Fold all facts.

    Positions of a strategy come from the fills of its intents; a fill by hand belongs to the
    strategy that held the symbol when it happened, and to none if nobody did (`foreign`).
    """
    orders = order_records(facts)
    fills = {f.id: f for f in facts.fills}
    open_, closed = _positions(facts, orders, fills.values())
    return Book(
        orders=orders,
        open=tuple(sorted(open_, key=lambda p: (p.symbol, p.strategy))),
        closed=tuple(sorted(closed, key=_closed_at)),
        fills=fills,
        halts=tuple(facts.halts),
        denials=tuple(facts.denials),
        closes=tuple(facts.closes),
        splits=tuple(facts.splits),
        notices=tuple(facts.notices),
        states=standing_states(facts.notices),
    )


def standing_states(notices: Iterable[Notice]) -> dict[str, Notice]:
    """Key -> the notice that began a state that none has ended."""
    standing: dict[str, Notice] = {}
    for notice in notices:
        if notice.begins:
            standing.setdefault(notice.key, notice)
        else:
            standing.pop(notice.key, None)
    return standing


def _positions(
    facts: Facts, orders: Mapping[str, OrderRecord], fills: Iterable[Fill]
) -> tuple[list[Position], list[Position]]:
    executions: dict[tuple[str, str], list[Execution]] = {}
    heard: dict[str, list[Fill]] = {}
    for fill in fills:
        record = orders.get(fill.client_id)
        strategy = owner_by_hand(fill.client_id)
        if record is not None:
            heard.setdefault(record.id, []).append(fill)
            strategy = record.intent.role.strategy
        if strategy is not None:
            key = (strategy, fill.symbol)
            executions.setdefault(key, []).append(_execution(fill, record))
    for record in orders.values():
        ahead = _ahead(record, heard.get(record.id, ()))
        if ahead is not None:
            key = (record.intent.role.strategy, record.symbol)
            executions.setdefault(key, []).append(ahead)
    for accepted in facts.acceptances:
        executions.setdefault((accepted.strategy, accepted.symbol), [])
    open_: list[Position] = []
    closed: list[Position] = []
    for (strategy, symbol), mine in executions.items():
        for position in folded(_history(strategy, symbol, mine, facts, orders)):
            (open_ if position.shares else closed).append(position)
    return open_, closed


def _history(
    strategy: str,
    symbol: str,
    executions: Iterable[Execution],
    facts: Facts,
    orders: Mapping[str, OrderRecord],
) -> History:
    plans = {
        o.id: Plan.of_text(o.intent.plan)
        for o in orders.values()
        if o.leg is Leg.ENTRY and (o.intent.role.strategy, o.symbol) == (strategy, symbol)
    }
    return History(
        strategy,
        symbol,
        tuple(executions),
        plans,
        tuple(s for s in facts.splits if s.symbol == symbol),
        tuple(a for a in facts.acceptances if (a.strategy, a.symbol) == (strategy, symbol)),
        tuple(d for d in facts.decisions if (d.strategy, d.symbol) == (strategy, symbol)),
        tuple(m for m in facts.marks if (m.strategy, m.symbol) == (strategy, symbol)),
    )


def _execution(fill: Fill, record: OrderRecord | None) -> Execution:
    shares = fill.shares * fill.side.sign
    if record is None:
        return Execution(fill.id, fill.at, shares, fill.price, fill.client_id, None, "manual", None)
    intent = record.intent
    return Execution(
        fill.id,
        fill.at,
        shares,
        fill.price,
        fill.client_id,
        record.leg,
        intent.reason,
        intent.decision_price,
    )


def _ahead(record: OrderRecord, heard: Iterable[Fill]) -> Execution | None:
    """What the broker's report says has filled beyond the fills heard of, as one execution."""
    report = record.report
    if report is None or report.filled_avg_price is None:
        return None
    told = list(heard)
    more = report.filled_shares - sum((f.shares for f in told), ZERO)
    if more <= 0:
        return None
    value = report.filled_avg_price * report.filled_shares
    value -= sum((f.shares * f.price for f in told), ZERO)
    intent = record.intent
    return Execution(
        f"{record.id}.ahead",
        report.updated_at,
        more * intent.side.sign,
        max(value, ZERO) / more,
        record.id,
        record.leg,
        intent.reason,
        intent.decision_price,
    )


def _closed_at(position: Position) -> tuple[str, str, str]:
    closed = position.closed_at
    moment = "" if closed is None else closed.astimezone(UTC).isoformat(timespec="microseconds")
    return (moment, position.symbol, position.strategy)
