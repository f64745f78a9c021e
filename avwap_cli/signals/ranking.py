"""Ranking: which of the signals become tonight's candidates.

1. A symbol whose signals that passed every gate point both ways gives none (conflict).
2. Of each symbol only its best signal competes.
3. By score, each is tried against the caps in the order sector, strategy, shorts, all;
   one left out is not replaced by another signal of the same symbol.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from avwap_cli.market.bars import Floats
from avwap_cli.signals.rules import RankingRules
from avwap_cli.verdicts import Reason


@dataclass(frozen=True, slots=True)
class Signal:
    """A strategy fired (or a setup exists) in a symbol at t.

    Attributes:
        symbol, strategy, sector: names.
        direction: +1 long, -1 short.
        column: the symbol's column in the scan's panel.
        raw_strength: in the strategy's own units.
        strength: 0..1 against the strategy's reference.
        weight: of the strategy in the regime over the largest, 0..1.
        calm, volume: 0..1, see `parts`.
        score: the weighted sum of the four.
        fired: False for a setup that a gate dropped.
        reason: what left it out; None for a candidate.
        rank: 1 = best; None unless a candidate.
        metadata: what its strategy measured.
    """

    symbol: str
    strategy: str
    sector: str
    direction: int
    column: int
    raw_strength: float
    strength: float
    weight: float
    calm: float
    volume: float
    score: float
    fired: bool
    reason: Reason | None = None
    rank: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


def strength(raw: Floats, reference: Sequence[float]) -> Floats:
    """(n,) 0..1: where raw values lie among the 11 reference values, linear, clipped."""
    return np.interp(raw, reference, np.linspace(0.0, 1.0, len(reference)))


def calm_part(atr_frac: Floats, rules: RankingRules) -> Floats:
    """(n,) 1 for a motionless name, 0 at `calm_atr_frac` and above or where undefined."""
    return 1.0 - np.fmin(1.0, atr_frac / rules.calm_atr_frac)


def volume_part(volume_ratio: Floats, rules: RankingRules) -> Floats:
    """(n,) volume over its mean, 1 at `volume_cap` times the mean and above."""
    return np.nan_to_num(np.minimum(rules.volume_cap, volume_ratio)) / rules.volume_cap


def score(
    strength: Floats, weight: float, calm: Floats, volume: Floats, rules: RankingRules
) -> Floats:
    """(n,) the weighted sum of the four parts, 0..1."""
    w = rules.score
    return w.strength * strength + w.weight * weight + w.calm * calm + w.volume * volume


def order(signal: Signal) -> tuple[float, float, str, str, int]:
    """Sort key: best score first; ties by strength, then symbol, strategy, longs first."""
    return (-signal.score, -signal.strength, signal.symbol, signal.strategy, -signal.direction)


def rank(signals: Iterable[Signal], rules: RankingRules) -> list[Signal]:
    """All signals in order, candidates with their rank, the others with what left them out."""
    ordered = sorted(signals, key=order)
    torn = _conflicts(ordered)
    best: set[str] = set()
    sectors: Counter[str] = Counter()
    strategies: Counter[str] = Counter()
    shorts = kept = 0
    result = []
    for signal in ordered:
        reason = signal.reason
        if reason is None and signal.symbol in torn:
            reason = Reason.CONFLICT
        elif reason is None and signal.symbol in best:
            reason = Reason.OTHER_SIGNAL_OF_SYMBOL
        elif reason is None:
            best.add(signal.symbol)
            if sectors[signal.sector] >= rules.max_per_sector:
                reason = Reason.SECTOR_CAP
            elif strategies[signal.strategy] >= rules.max_per_strategy:
                reason = Reason.STRATEGY_CAP
            elif signal.direction < 0 and shorts >= rules.max_shorts:
                reason = Reason.SHORT_CAP
            elif kept >= rules.max_candidates:
                reason = Reason.MAX_CANDIDATES
        if reason is not None:
            result.append(signal if signal.reason is reason else replace(signal, reason=reason))
            continue
        kept += 1
        sectors[signal.sector] += 1
        strategies[signal.strategy] += 1
        shorts += signal.direction < 0
        result.append(replace(signal, rank=kept))
    return result


def _conflicts(signals: Iterable[Signal]) -> set[str]:
    """Symbols with signals of both directions that passed every gate."""
    directions: dict[str, set[int]] = {}
    for signal in signals:
        if signal.reason is None:
            directions.setdefault(signal.symbol, set()).add(signal.direction)
    return {symbol for symbol, both in directions.items() if len(both) > 1}
