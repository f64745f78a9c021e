"""Exit plans: exits_planned.json, what the closes decided about every open position.

The document is written before any plan of entries, and whether or not there will be one: a
scan that refuses must not keep anybody in a position.  What cannot be measured is said in
`notes`, and the position keeps the exit by time, which needs no bars.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from avwap_cli import playbook
from avwap_cli.errors import InputError
from avwap_cli.market import sessions
from avwap_cli.market.panel import build_panel
from avwap_cli.playbook import EXITS_PLANNED_JSON, GAPFILTER_JSON
from avwap_cli.ports import ArtifactStore, BarStore
from avwap_cli.review import figures
from avwap_cli.signals.rules import ExitRules, ScanRules, StrategyRules
from avwap_cli.stages.evening.scan_inputs import as_days
from avwap_cli.trading.planned_exits import Closing, PlannedExit, closings, planned_exits
from avwap_cli.trading.plans import DIRECTION_WORDS
from avwap_cli.trading.positions import Position
from avwap_cli.verdicts import ExitReason

Reasons = Mapping[tuple[str, str], ExitReason]


@dataclass(frozen=True, slots=True)
class ExitPlans:
    """The document of one session.

    Attributes:
        body: what it holds, without its schema.
        notes: sentences a person should read.
        changed: whether its bytes changed; False where nothing was to be written.
    """

    body: Mapping[str, Any]
    notes: tuple[str, ...]
    changed: bool

    @property
    def count(self) -> int:
        """Positions that are to be closed."""
        return sum(row["reason"] is not None for row in self.body["positions"])


def plan_exits(
    session: date,
    positions: tuple[Position, ...],
    bars: BarStore,
    rules: ScanRules,
    store: ArtifactStore,
    *,
    dry_run: bool = False,
) -> ExitPlans:
    """Decide about every open position and write the document.

    A document of a session whose plan is frozen stays as it is; where it is missing it is
    written even then.

    Args:
        session: the trade session at whose open they are carried out.
        positions: all that are held.
        rules: the scan's; RSI and band are measured over its window of bars.
    """
    as_of = sessions.previous_session(session)
    known, notes = _known(positions, as_of, bars, rules.history.window_sessions)
    limits = exit_rules(rules.strategies)
    plans = planned_exits(positions, session, as_of, known, limits)
    notes = (*notes, *(note for plan in plans for note in _unmeasured(plan, as_of, limits)))
    body = {
        "trade_session": session,
        "as_of": as_of,
        "positions": [_row(plan) for plan in plans],
        "notes": list(notes),
    }
    frozen = store.digest(session, GAPFILTER_JSON) is not None
    if dry_run or (frozen and store.digest(session, EXITS_PLANNED_JSON) is not None):
        return ExitPlans(body, notes, changed=False)
    changed = store.write_json(
        session, EXITS_PLANNED_JSON, playbook.schema_of(EXITS_PLANNED_JSON) or "", body
    )
    return ExitPlans(body, notes, changed)


def reasons_planned(
    store: ArtifactStore,
    session: date,
    positions: tuple[Position, ...],
    strategies: Mapping[str, StrategyRules],
) -> tuple[Reasons, tuple[str, ...]]:
    """(strategy, symbol) -> why it is to be closed at that session's open, and what to tell.

    A position that the document does not tell of keeps its exit by time; so does every one
    where the document cannot be read.
    """
    told, notes = _told(store, session)
    as_of = sessions.previous_session(session)
    others = tuple(p for p in positions if (p.strategy, p.symbol) not in told)
    plans = planned_exits(others, session, as_of, {}, exit_rules(strategies))
    by_time = {(p.position.strategy, p.position.symbol): p.reason for p in plans if p.reason}
    by_closes = {key: reason for key, reason in told.items() if reason is not None}
    return {**by_closes, **by_time}, notes if positions else ()


def _told(
    store: ArtifactStore, session: date
) -> tuple[dict[tuple[str, str], ExitReason | None], tuple[str, ...]]:
    """What the document says of each position; nothing, and why, where it cannot be read."""
    try:
        rows = store.read_json(session, EXITS_PLANNED_JSON)["positions"]
        return {
            (row["strategy"], row["symbol"]): ExitReason(row["reason"]) if row["reason"] else None
            for row in rows
        }, ()
    except InputError as problem:
        why = str(problem)
    except (KeyError, TypeError, ValueError) as problem:
        why = f"{EXITS_PLANNED_JSON} for {session} cannot be read ({problem!r})"
    return {}, (f"only exits by time are planned: {why}",)


def exit_rules(strategies: Mapping[str, StrategyRules]) -> dict[str, ExitRules]:
    """Each strategy's exits by its name."""
    return {name: strategy.exit for name, strategy in strategies.items()}


def _known(
    positions: tuple[Position, ...], as_of: date, bars: BarStore, window_sessions: int
) -> tuple[dict[str, Closing], tuple[str, ...]]:
    """The closes of the held symbols; none, and why, where the cache cannot be read."""
    symbols = sorted({p.symbol for p in positions})
    if not symbols:
        return {}, ()
    try:
        table = bars.read(as_of, window_sessions).only(symbols)
    except InputError as problem:
        return {}, (f"no bars of the held symbols: {problem}",)
    if not len(table):
        return {}, ()
    window = as_days(sessions.last_sessions(as_of, window_sessions))
    return closings(build_panel(table, window)), ()


def _unmeasured(plan: PlannedExit, as_of: date, known: Mapping[str, ExitRules]) -> list[str]:
    position = plan.position
    if position.strategy not in known:
        return [f"{position.symbol}: no exits of {position.strategy} are configured but by time"]
    rules = known[position.strategy]
    if position.direction > 0:
        wanted = [("RSI", rules.long_rsi_above)]
    else:
        wanted = [("RSI", rules.short_rsi_below), ("pct_b", rules.short_pct_b_below)]
    asked = [name for name, figure in wanted if figure is not None]
    if not asked:
        return []
    if plan.closing is None:
        says = f"{' and '.join(asked)} {'say' if len(asked) > 1 else 'says'}"
        return [f"{position.symbol}: no bar of {as_of}, so {says} nothing"]
    measured = {"RSI": plan.closing.rsi, "pct_b": plan.closing.pct_b}
    return [f"{position.symbol}: {name} is undefined" for name in asked if measured[name] is None]


def _row(plan: PlannedExit) -> dict[str, Any]:
    position, closing = plan.position, plan.closing
    return {
        "symbol": position.symbol,
        "strategy": position.strategy,
        "direction": DIRECTION_WORDS[position.direction],
        "shares": figures.shares(position.shares),
        "entry_session": position.entry_session,
        "held_sessions": plan.held_sessions,
        "max_hold_sessions": plan.max_hold_sessions,
        "close": None if closing is None else closing.close,
        "rsi": None if closing is None else closing.rsi,
        "pct_b": None if closing is None else closing.pct_b,
        "reason": None if plan.reason is None else plan.reason.value,
        "rule": plan.rule,
    }
