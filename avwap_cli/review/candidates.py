"""Candidates as records: a signal with its plan, in the field order of the artifacts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from avwap_cli.signals.finds import AVWAP
from avwap_cli.signals.ranking import Signal
from avwap_cli.signals.rules import ExitRules, ScanRules
from avwap_cli.signals.scans import Scan
from avwap_cli.trading.plans import DIRECTION_WORDS

FLAT_METADATA = (
    "anchor",
    "anchor_session",
    "avwap",
    "avwap_slope_pct",
    "dist_pct",
    "confluence",
    "tier",
    "trend_score",
    "pivot_r1",
    "pivot_r2",
)


def number(value: float) -> float | None:
    """A float as JSON can carry it: None where it is undefined."""
    return None if math.isnan(value) or math.isinf(value) else float(value)


def plan(signal: Signal, scan: Scan, exit_rules: ExitRules) -> dict[str, float | None]:
    """Entry, stop and targets in USD.

    A setup's levels are structural.  A batch strategy's are indications from the close
    of t: the position's own follow from its fill.
    """
    column, d = signal.column, signal.direction
    if signal.strategy == AVWAP:
        found = scan.sides[d].levels
        names = ("entry", "stop", "r1", "r2", "reward_risk")
        return {name: number(float(getattr(found, name)[column])) for name in names}
    f = scan.ground.features
    close, atr = float(f.close[column]), float(f.atr[column])
    stop = target = float("nan")
    if exit_rules.sl_atr_mult is not None:
        away = exit_rules.sl_atr_mult * atr
        if exit_rules.max_stop_frac is not None:
            away = min(away, exit_rules.max_stop_frac * close)
        stop = close - d * away
    if exit_rules.tp_atr_mult is not None:
        target = close + d * exit_rules.tp_atr_mult * atr
    ratio = (target - close) / (close - stop) if stop != close else float("nan")
    return {
        "entry": number(close),
        "stop": number(stop),
        "r1": number(target),
        "r2": None,
        "reward_risk": number(ratio),
    }


def candidate(signal: Signal, scan: Scan, rules: ScanRules) -> dict[str, Any]:
    """One candidate, as `scan.json` carries it."""
    strategy, f = rules.strategies[signal.strategy], scan.ground.features
    leaves = strategy.exit
    return {
        "rank": signal.rank,
        "symbol": signal.symbol,
        "strategy": signal.strategy,
        "direction": DIRECTION_WORDS[signal.direction],
        "entry_group": strategy.entry_group,
        "sector": signal.sector,
        "prev_close": number(float(f.close[signal.column])),
        "atr": number(float(f.atr[signal.column])),
        "sl_atr_mult": leaves.sl_atr_mult,
        "tp_atr_mult": leaves.tp_atr_mult,
        "trailing_atr_mult": leaves.trailing_atr_mult,
        "max_hold_sessions": leaves.max_hold_sessions,
        "strength": signal.strength,
        "score": signal.score,
        **plan(signal, scan, leaves),
        "rs_63_pct": number(float(scan.rs_pct[signal.column])),
        "rs_rank": number(float(scan.rs_rank[signal.column])),
        "metadata": metadata(signal.metadata),
    }


def metadata(measured: Mapping[str, Any]) -> dict[str, Any]:
    """What a strategy measured, with undefined numbers as None."""
    return {k: number(v) if isinstance(v, float) else v for k, v in measured.items()}


def flattened(record: Mapping[str, Any], labels: tuple[str, ...]) -> list[object]:
    """The CSV row of a candidate: its fields, then the metadata columns (empty where absent)."""
    measured = record["metadata"]
    fields = [value for key, value in record.items() if key != "metadata"]
    return [*fields, *(measured.get(name) for name in (*FLAT_METADATA, *labels))]
