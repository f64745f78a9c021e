"""Explanation: one symbol's way through one scan, to the last number.

Every gate with what it measured and what it wanted, every anchor with its price and
score, every strategy's conditions, and what became of the symbol's signals.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from avwap_cli.review.candidates import candidate, number
from avwap_cli.signals.finds import scanned_by_batch
from avwap_cli.signals.funnel import Funnel
from avwap_cli.signals.ranking import Signal
from avwap_cli.signals.rules import ScanRules
from avwap_cli.signals.scans import Scan
from avwap_cli.signals.sides import Side
from avwap_cli.trading.plans import DIRECTION_WORDS
from avwap_cli.verdicts import Reason, Stage


@dataclass(frozen=True, slots=True)
class Explanation:
    """One symbol in one scan; every part is JSON-able.

    Attributes:
        symbol, sector: names.
        lists: what names it.
        fate: one sentence: its rank, or what left it out.
        last_bar: the newest bar, None without bars.
        sides: direction -> gates, anchors, winner and labels.
        batch: the batch strategies' gates and, per strategy and direction, conditions.
        signals: all signals and setups of the symbol with score, rank and reason.
    """

    symbol: str
    sector: str
    lists: list[str]
    fate: str
    last_bar: dict[str, Any] | None
    sides: dict[str, dict[str, Any]]
    batch: dict[str, Any]
    signals: list[dict[str, Any]]


def explain(scan: Scan, symbol: str, rules: ScanRules, refused: bool = False) -> Explanation | None:
    """The explanation; None when the scan has neither bars nor a list row of the symbol.

    Args:
        scan: the scan that the symbol is explained in.
        symbol: in the inside form.
        rules: of that scan.
        refused: the run was refused, so that nothing of it is a candidate.
    """
    column = scan.ground.panel.column(symbol)
    if column is None:
        return None
    member = next((m for m in scan.inputs.universe.members if m.symbol == symbol), None)
    signals = [s for s in scan.signals if s.column == column]
    return Explanation(
        symbol=symbol,
        sector=str(scan.ground.listed.sector[column]),
        lists=list(member.lists) if member else [],
        fate=_fate(scan, column, signals, refused),
        last_bar=_last_bar(scan, column),
        sides={DIRECTION_WORDS[d]: _side(scan, side, column) for d, side in scan.sides.items()},
        batch=_batch(scan, column, rules),
        signals=[_signal(scan, s, rules) for s in signals],
    )


def _fate(scan: Scan, column: int, signals: list[Signal], refused: bool) -> str:
    """What became of the symbol, in one sentence."""
    for signal in signals:
        if signal.rank is not None:
            rank = f"candidate {signal.rank} of {len(scan.candidates)}"
            what = (
                f"{signal.strategy} {DIRECTION_WORDS[signal.direction]}, score {signal.score:.3f}"
            )
            return (
                f"the run is refused; it would be {rank}: {what}" if refused else f"{rank}: {what}"
            )
    fired = [s for s in signals if s.fired]
    if fired:
        best = fired[0]
        return f"{best.strategy} {DIRECTION_WORDS[best.direction]} fired, left out by {best.reason}"
    reason = scan.sides[1].funnel.reason(column)
    if reason in (Reason.NOT_A_MEMBER, Reason.NOT_EQUITY):
        return f"not scanned: {reason}"
    if reason is None:
        return "it passes every AVWAP gate, but the strategy is switched off"
    return f"no strategy fired; it left the AVWAP funnel by {reason}"


def _last_bar(scan: Scan, column: int) -> dict[str, Any] | None:
    panel = scan.ground.panel
    if not panel.bars[column]:
        return None
    values = {
        name: number(float(getattr(panel, name)[-1, column]))
        for name in ("open", "high", "low", "close", "volume", "vwap")
    }
    session = panel.sessions[panel.session[-1, column]].item().isoformat()
    return {"session": session, "bars": int(panel.bars[column]), **values}


def _gates(funnel: Funnel, column: int) -> list[dict[str, Any]]:
    """Every gate; `passed` is None for levels that were not asked, for want of an anchor."""
    rows = []
    for verdict in (gate.verdict(column) for gate in funnel.gates):
        asked = verdict.stage is not Stage.LEVELS or verdict.measured is not None
        row = {**asdict(verdict), "stage": str(verdict.stage), "reason": str(verdict.reason)}
        rows.append(row if asked else {**row, "passed": None})
    return rows


def _side(scan: Scan, side: Side, column: int) -> dict[str, Any]:
    choice, reason = side.choice, side.funnel.reason(column)
    winner = int(choice.winner[column])
    return {
        "dropped_by": None if reason is None else str(reason),
        "gates": _gates(side.funnel, column),
        "trend_score": number(float(side.trend[column])),
        "sector_rank": number(float(side.sector_rank[column])),
        "tier": str(side.tier[column]),
        "anchors": [_anchor(scan, side, k, column) for k in range(len(choice.score))],
        "winner": str(side.anchors.kinds[winner, column]) if winner >= 0 else None,
        "confluence": int(choice.confluence[column]),
        "raw_strength": number(float(choice.strength[column])),
        "levels": {
            name: number(float(getattr(side.levels, name)[column]))
            for name in ("entry", "stop", "r1", "r2", "risk_frac", "reward_risk")
        },
        "labels": {
            key: number(value) if isinstance(value, float) else value
            for key, value in ((k, v[column].item()) for k, v in side.labels.items())
        },
    }


def _anchor(scan: Scan, side: Side, k: int, column: int) -> dict[str, Any]:
    panel, choice = scan.ground.panel, side.choice
    row = int(side.anchors.row[k, column])
    session = None
    if row >= 0:
        session = panel.sessions[panel.session[row, column]].item().isoformat()
    return {
        "anchor": str(side.anchors.kinds[k, column]),
        "session": session,
        "status": str(choice.status[k, column]),
        "priority": int(side.anchors.priority[k, column]),
        "avwap": number(float(choice.avwap[k, column])),
        "slope_pct": number(float(choice.slope_pct[k, column])),
        "dist_pct": number(float(choice.dist_pct[k, column])),
        "reclaim_now": bool(choice.reclaim[k, column]),
        "score": number(float(choice.score[k, column])),
    }


def _batch(scan: Scan, column: int, rules: ScanRules) -> dict[str, Any]:
    reason = scan.batch.reason(column)
    strategies = []
    for name, directions in scan.fires.items():
        for fire in directions:
            strategies.append(
                {
                    "strategy": name,
                    "direction": DIRECTION_WORDS[fire.direction],
                    "fires": bool(fire.mask[-1, column]),
                    "conditions": [
                        {
                            "rule": c.name,
                            "measured": number(float(c.measured[-1, column])),
                            "holds": bool(c.holds[-1, column]),
                        }
                        for c in fire.conditions
                    ],
                }
            )
    return {
        "scanned": bool(scanned_by_batch(scan.ground, rules)[column]),
        "dropped_by": None if reason is None else str(reason),
        "gates": _gates(scan.batch, column),
        "strategies": strategies,
    }


def _signal(scan: Scan, signal: Signal, rules: ScanRules) -> dict[str, Any]:
    record = candidate(signal, scan, rules)
    del record["metadata"]
    parts = {name: getattr(signal, name) for name in ("raw_strength", "weight", "calm", "volume")}
    reason = None if signal.reason is None else str(signal.reason)
    return {**record, **parts, "fired": signal.fired, "reason": reason}
