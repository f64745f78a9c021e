"""Care of the ledger: its backup of every evening, and its making anew when it was lost.

A ledger can be made anew because every order's id says what it is for.  What the broker
cannot tell is lost: decisions, marks, refusals, halts and the equity of past closes.  So a
new ledger begins with a halt that a person lifts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from avwap_cli.errors import InputError, SourceError
from avwap_cli.market import sessions
from avwap_cli.playbook import SCAN_JSON
from avwap_cli.ports import ArtifactStore, Broker, Quotes
from avwap_cli.signals.rules import StrategyRules
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.books import fold
from avwap_cli.trading.facts import Fact, Facts, HaltChange, HaltLevel, Report, SplitTaken
from avwap_cli.trading.intents import Intent, Leg, Role, role_of
from avwap_cli.trading.orders import ZERO, BrokerOrder, Fill
from avwap_cli.trading.plans import Plan, plan_of
from avwap_cli.trading.recovered_facts import (
    least_plan,
    recovered_fills,
    recovered_intents,
    recovered_role,
)

STAGE = "ledger"
BEGINNING = datetime(2015, 1, 1, tzinfo=UTC)  # before the broker had an account


class Shelf(Protocol):
    """Where one account's ledger and its backups lie."""

    def back_up(self, session: date) -> tuple[Path, bool]:
        """The session's copy, and whether it changed."""

    def must_be_lost(self) -> None:
        """Refuse where a good ledger stands."""

    def put(self, facts: Sequence[Fact]) -> Path | None:
        """A new ledger with these facts; where the damaged one went."""


@dataclass(frozen=True, slots=True)
class RebuildSources:
    """What a ledger is made anew from.

    Attributes:
        store: session folders, for the plans of entries.
        strategies: their rules, for entries whose plan is lost.
    """

    broker: Broker
    quotes: Quotes
    store: ArtifactStore
    strategies: Mapping[str, StrategyRules]


def backup(shelf: Shelf, session: date) -> Outcome:
    """Copy the ledger for that trade session; a second run without news changes nothing.

    Raises:
        LedgerError: there is none, it is damaged, or the copy cannot be written.
    """
    path, changed = shelf.back_up(session)
    words = "copied to" if changed else "is already in"
    return Outcome(
        stage=STAGE,
        trade_session=session,
        state=State.DONE if changed else State.UNCHANGED,
        summary=f"the ledger {words} {path}",
        body={"path": str(path)},
    )


def rebuild(shelf: Shelf, sources: RebuildSources, session: date, now: datetime) -> Outcome:
    """Make a lost ledger anew from the broker's orders that carry our ids, and their fills.

    1. Refuse where a good ledger stands, before anything is asked.
    2. Ask for all orders, fills, transfers and positions; no question may fail.
    3. Our orders become intents and reports.  An entry's plan is read from its session's
       scan.json; where that is gone, it gets one with the emergency stop and the time exit.
    4. Fills of our orders are ours; one of somebody else in a symbol that a strategy held at
       that moment is taken in for it.  Splits of these symbols are taken.
    5. A halt `no-entries` stands until a person has looked and runs `avwap resume`.

    Raises:
        LedgerError, SchemaMismatch: a good ledger stands there, or none can be written.
        BrokerError: a question had no answer; nothing is written then.
    """
    shelf.must_be_lost()
    broker = sources.broker
    orders = _ours(broker)
    all_fills = sorted(broker.fills(BEGINNING), key=lambda fill: (fill.at, fill.id))
    warnings: list[str] = []
    splits = list(_splits(sources, orders, session, now, warnings))
    plans = _plans(sources, orders, splits, warnings)
    intents = recovered_intents(orders, plans)
    fills = list(recovered_fills(orders, all_fills, splits))
    halt = HaltChange(
        now,
        HaltLevel.NO_ENTRIES,
        "person",
        "the ledger was made anew; look at it, then resume",
        None,
    )
    facts: list[Fact] = [*intents, *(Report(now, o) for o in orders), *splits, *fills]
    facts += [*broker.transfers(BEGINNING), halt]
    warnings += _differences(intents, orders, splits, fills, broker)
    moved = shelf.put(facts)
    if moved is not None:
        warnings.append(f"the damaged file is kept as {moved}")
    counts = {"orders": len(orders), "fills": len(fills), "splits": len(splits)}
    return Outcome(
        stage=STAGE,
        trade_session=session,
        state=State.DONE,
        summary=f"the ledger was made anew from {len(orders)} orders and {len(fills)} fills; "
        "no entries until `avwap resume`",
        counts=counts,
        quality="degraded" if warnings else "clean",
        warnings=tuple(warnings),
    )


def _ours(broker: Broker) -> list[BrokerOrder]:
    """Every order that carries an id of ours, each once, the open ones last."""
    listed: dict[str, BrokerOrder] = {}
    for order in (*broker.orders(BEGINNING), *broker.open_orders()):
        listed.setdefault(order.id, order)
    return [o for o in listed.values() if role_of(o.client_id) is not None]


def _plans(
    sources: RebuildSources,
    orders: Sequence[BrokerOrder],
    splits: Sequence[SplitTaken],
    warnings: list[str],
) -> dict[str, Plan]:
    """The plan of each entry by client id, on the basis of its trade session."""
    effective = {(s.symbol, s.first_session): s.ratio for s in splits}
    scans: dict[date, Mapping[str, Any] | None] = {}
    plans = {}
    for order in orders:
        role = recovered_role(order)
        if role.leg is not Leg.ENTRY:
            continue
        if role.session not in scans:
            scans[role.session] = _scan(sources.store, role.session)
        known = _known_plan(scans[role.session], role, sources.strategies)
        if known is None and order.filled_shares:
            warnings.append(
                f"the plan of {order.client_id} is lost: emergency stop and time exit only"
            )
        if known is not None:
            known = known.after_split(effective.get((role.symbol, role.session), Fraction(1)))
        plans[order.client_id] = known or _least_plan(order, role, sources.strategies)
    return plans


def _scan(store: ArtifactStore, session: date) -> Mapping[str, Any] | None:
    try:
        return store.read_json(session, SCAN_JSON)
    except InputError:
        return None


def _known_plan(
    scan: Mapping[str, Any] | None, role: Role, strategies: Mapping[str, StrategyRules]
) -> Plan | None:
    """The plan of the candidate in its session's scan; None where it is not readable there."""
    rows = (scan or {}).get("candidates")
    rules = strategies.get(role.strategy)
    stop_frac = None if rules is None else rules.exit.max_stop_frac
    for row in rows if isinstance(rows, list) else ():
        try:
            plan = plan_of(row, role.session, {}, stop_frac)
        except InputError:
            continue
        if (plan.symbol, plan.strategy, plan.direction) == (
            role.symbol,
            role.strategy,
            role.direction,
        ):
            return plan
    return None


def _least_plan(order: BrokerOrder, role: Role, strategies: Mapping[str, StrategyRules]) -> Plan:
    rules = strategies.get(role.strategy)
    if rules is None:
        return least_plan(order, role, "moo", 1)
    return least_plan(order, role, rules.entry_group, rules.exit.max_hold_sessions)


def _splits(
    sources: RebuildSources,
    orders: Sequence[BrokerOrder],
    session: date,
    now: datetime,
    warnings: list[str],
) -> Iterator[SplitTaken]:
    """The splits of every symbol of ours since its first order."""
    symbols = sorted({o.symbol for o in orders})
    if not symbols:
        return
    first = min(o.submitted_at for o in orders).astimezone(sessions.EASTERN).date()
    try:
        found = sources.quotes.splits(symbols, first, session)
    except SourceError as problem:
        warnings.append(f"splits are unknown ({problem.message}); positions may differ")
        return
    for split in sorted(found, key=lambda s: (s.ex_date, s.symbol)):
        ratio = split.fraction
        yield SplitTaken(now, split.symbol, split.first_session, ratio.numerator, ratio.denominator)


def _differences(
    intents: list[Intent],
    orders: Sequence[BrokerOrder],
    splits: list[SplitTaken],
    fills: list[Fill],
    broker: Broker,
) -> Iterator[str]:
    """A sentence for each symbol of ours of which the broker holds another quantity."""
    reports = [Report(o.updated_at, o) for o in orders]
    book = fold(Facts(intents=intents, reports=reports, fills=fills, splits=splits))
    theirs = {p.symbol: p.shares for p in broker.positions()}
    for symbol in sorted(book.symbols):
        mine, said = book.held(symbol), theirs.get(symbol, ZERO)
        if mine != said:
            yield (
                f"{symbol}: {mine:f} shares by its fills, {said:f} at the broker; "
                f"`avwap orders --accept {symbol} --why TEXT` takes the broker's"
            )
