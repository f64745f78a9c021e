"""Frozen plans: what `enter` may enter, read from the plan that gapfilter froze."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from avwap_cli.errors import DamagedInput
from avwap_cli.playbook import GAPFILTER_JSON, SCAN_JSON
from avwap_cli.ports import ArtifactStore
from avwap_cli.signals.regime import Regime
from avwap_cli.signals.rules import StrategyRules
from avwap_cli.trading.entry_scenes import Scanned
from avwap_cli.trading.gap_checks import GapCheck, GapStatus, checks_of
from avwap_cli.trading.plans import Plan, plan_of


@dataclass(frozen=True, slots=True)
class FrozenPlans:
    """The plans of one entry group in rank order, on today's basis.

    Attributes:
        checks: (symbol, strategy) -> the gap filter's verdict, of every candidate.
        rejected: candidates of the group that the gap filter dropped.
    """

    scanned: Scanned
    plans: tuple[Plan, ...]
    checks: Mapping[tuple[str, str], GapCheck]
    rejected: int


def read_frozen(
    store: ArtifactStore,
    session: date,
    group: str,
    strategies: Mapping[str, StrategyRules],
    regimes: Mapping[str, Mapping[str, float]],
) -> FrozenPlans:
    """The frozen plans of a group.

    Args:
        regimes: regime -> strategy -> weight.

    A scan.json that is not the frozen one is read all the same: the gate `stale_plan` denies
    every candidate of it, by name.

    Raises:
        MissingInput: gapfilter.json or scan.json is not there.
        DamagedInput, SchemaMismatch: one of them cannot be used.
    """
    frozen = store.read_json(session, GAPFILTER_JSON)
    scan = store.read_json(session, SCAN_JSON)
    checks = checks_of(frozen)
    weights = regimes.get(_regime(scan), {})
    plans = [
        plan_of(
            candidate,
            session,
            weights,
            _max_stop_frac(strategies, str(candidate.get("strategy"))),
        )
        for candidate in _candidates(scan, session)
    ]
    mine = [plan for plan in plans if plan.group == group]
    passed = [p for p in mine if _passed(checks.get((p.symbol, p.strategy)))]
    return FrozenPlans(
        _scanned(scan, frozen, store.digest(session, SCAN_JSON) or "", session),
        tuple(
            plan.after_split(checks[plan.symbol, plan.strategy].split)
            for plan in sorted(passed, key=lambda plan: plan.rank)
        ),
        checks,
        len(mine) - len(passed),
    )


def _passed(check: GapCheck | None) -> bool:
    return check is not None and check.status is not GapStatus.REJECTED


def _candidates(scan: Mapping[str, Any], session: date) -> list[Mapping[str, Any]]:
    found = scan.get("candidates")
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise _damaged(session, "has no list of candidates")
    return found


def _regime(scan: Mapping[str, Any]) -> str:
    """The regime as the weights name it; UNCERTAIN where the scan could not tell."""
    found = scan.get("regime")
    name, direction = (
        (found.get("name"), found.get("direction")) if isinstance(found, Mapping) else (None, None)
    )
    if not name:
        return Regime.UNCERTAIN
    return f"{name}_{direction}".upper() if direction else str(name)


def _max_stop_frac(strategies: Mapping[str, StrategyRules], name: str) -> float | None:
    rules = strategies.get(name)
    return None if rules is None else rules.exit.max_stop_frac


def _scanned(
    scan: Mapping[str, Any], frozen: Mapping[str, Any], digest: str, session: date
) -> Scanned:
    try:
        quality = scan["quality"]
        return Scanned(
            as_of=date.fromisoformat(scan["as_of"]),
            trade_session=date.fromisoformat(scan["trade_session"]),
            state=str(quality["state"]),
            reasons=tuple(str(reason) for reason in quality["reasons"]),
            digest=digest,
            pinned=str(frozen.get("scan_hash", "")),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise _damaged(session, f"cannot be read ({problem!r})") from problem


def _damaged(session: date, what: str) -> DamagedInput:
    return DamagedInput(
        f"scan.json for {session} {what}",
        f"remove it and run `avwap scan --session {session}` again",
    )
