"""Emptiness: the one sentence that says why there is nothing tonight."""

from __future__ import annotations

from avwap_cli.signals.funnel import Funnel
from avwap_cli.signals.rules import ScanRules
from avwap_cli.signals.scans import Scan
from avwap_cli.trading.plans import DIRECTION_WORDS
from avwap_cli.verdicts import Reason


def setup_sentence(scan: Scan, direction: int, rules: ScanRules) -> str | None:
    """Why the anchored-VWAP funnel of one direction is empty; None when it is not."""
    funnel = scan.sides[direction].funnel
    if (funnel.alive & funnel.entered).any():
        return None
    head = f"0 AVWAP {DIRECTION_WORDS[direction]} setups: "
    gate = _last_dropping(funnel)
    if gate is None:
        return head + "the universe is empty"
    count, reason, threshold = gate
    market, symbol = scan.ground.market, rules.regime.symbol
    if reason is Reason.REGIME_UNKNOWN:
        return head + f"{symbol} has no bar for the session or too short a history"
    if reason is Reason.MARKET_SIDE:
        side = "below" if market.side < 0 else "above" if market.side > 0 else "exactly at"
        return (
            f"{head}{symbol} {market.close:.2f} is {side} its "
            f"{rules.market_side.mean_sessions}-session mean {market.mean_slow:.2f}"
        )
    return head + f"the last {count} left by {reason} (needed: {threshold})"


def batch_sentence(scan: Scan) -> str | None:
    """Why no batch strategy has a signal that passed every gate; None when one has."""
    batch = [s for s in scan.signals if s.strategy in scan.fires]
    gate_reasons = {gate.reason for gate in scan.batch.gates}
    if any(s.reason not in gate_reasons for s in batch):
        return None
    if batch:
        return f"0 batch signals: all {len(batch)} that fired were dropped by a gate"
    scanned = int((scan.batch.alive & scan.batch.entered).sum())
    return f"0 batch signals: no strategy fired in {scanned} names that passed the gates"


def sentences(scan: Scan, rules: ScanRules, refused: tuple[str, ...]) -> list[str]:
    """All of them, with what made a run refused first."""
    found: list[str | None] = [f"refused: {text}" for text in refused]
    found += [setup_sentence(scan, direction, rules) for direction in scan.sides]
    found.append(batch_sentence(scan))
    return [text for text in found if text is not None]


def _last_dropping(funnel: Funnel) -> tuple[int, Reason, str] | None:
    """The gate by which the last symbols left: how many, its reason, its threshold."""
    for i in range(len(funnel.gates) - 1, -1, -1):
        left = int(((funnel.leaves_by == i) & funnel.entered).sum())
        if left:
            return left, funnel.gates[i].reason, funnel.gates[i].threshold
    return None
