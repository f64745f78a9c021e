"""Finds: every setup and everything that fired becomes a Signal, with what left it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from avwap_cli.market.panel import Bools
from avwap_cli.signals import ranking
from avwap_cli.signals.funnel import Funnel
from avwap_cli.signals.grounds import Ground
from avwap_cli.signals.ranking import Signal
from avwap_cli.signals.regime import relative_weight
from avwap_cli.signals.rules import ScanRules
from avwap_cli.signals.sides import Side
from avwap_cli.signals.strategies.declarations import Fires
from avwap_cli.verdicts import Reason, Stage

AVWAP = "avwap"


def setup_signals(ground: Ground, sides: Mapping[int, Side], rules: ScanRules) -> Iterator[Signal]:
    """One signal per liquid symbol with a winning anchor; it fired if every gate passed."""
    if not rules.strategies[AVWAP].enabled:
        return
    for direction, side in sides.items():
        setups = side.funnel.survivors(Stage.LIQUIDITY) & (side.choice.winner >= 0)
        for column in np.flatnonzero(setups):
            reason = side.funnel.reason(int(column))
            raw = float(side.choice.strength[column])
            yield _signal(
                ground,
                rules,
                AVWAP,
                direction,
                column,
                raw,
                reason,
                reason is None,
                setup_metadata(ground, side, int(column)),
            )


def batch_signals(
    ground: Ground, funnel: Funnel, fires: Mapping[str, tuple[Fires, ...]], rules: ScanRules
) -> Iterator[Signal]:
    """One signal per listed symbol and direction in which a batch strategy fires."""
    listed = scanned_by_batch(ground, rules)
    for name, directions in fires.items():
        for fire in directions:
            if fire.direction < 0 and not rules.strategies[name].shorts:
                continue
            for column in np.flatnonzero(fire.mask[-1] & listed):
                measured = {key: float(x[-1, column]) for key, x in fire.measured.items()}
                yield _signal(
                    ground,
                    rules,
                    name,
                    fire.direction,
                    column,
                    float(fire.raw_strength[-1, column]),
                    funnel.reason(int(column)),
                    True,
                    measured,
                )


def scanned_by_batch(ground: Ground, rules: ScanRules) -> Bools:
    """(N,) which symbols the batch strategies scan."""
    listed = ground.listed
    return listed.member & (listed.sp500 | (rules.batch_universe == "all"))


def setup_metadata(ground: Ground, side: Side, column: int) -> dict[str, Any]:
    """What the anchored-VWAP strategy measured of one symbol with a winner."""
    choice, anchors = side.choice, side.anchors
    winner = int(choice.winner[column])
    row = int(anchors.row[winner, column])
    at = int(ground.panel.session[row, column])
    labels = {key: values[column].item() for key, values in side.labels.items()}
    return {
        "anchor": str(anchors.kinds[winner, column]),
        "anchor_session": ground.panel.sessions[at].item().isoformat(),
        "avwap": float(choice.avwap[winner, column]),
        "avwap_slope_pct": float(choice.slope_pct[winner, column]),
        "dist_pct": float(choice.dist_pct[winner, column]),
        "reclaim_now": bool(choice.reclaim[winner, column]),
        "confluence": int(choice.confluence[column]),
        "anchor_score": float(choice.score[winner, column]),
        "tier": str(side.tier[column]),
        "trend_score": float(side.trend[column]),
        "atr_median_undefined": bool(np.isnan(ground.features.atr_pct_median[column])),
        "pivot_r1": float(side.levels.pivot_r1[column]),
        "pivot_r2": float(side.levels.pivot_r2[column]),
        **{key: value for key, value in labels.items() if key != "avwap_dist_pct"},
    }


def _signal(
    ground: Ground,
    rules: ScanRules,
    strategy: str,
    direction: int,
    column: np.intp,
    raw: float,
    reason: Reason | None,
    fired: bool,
    metadata: Mapping[str, Any],
) -> Signal:
    f = ground.features
    strength = ranking.strength(raw, rules.strategies[strategy].reference)
    weight = relative_weight(ground.market.regime, strategy, rules.regime)
    calm = ranking.calm_part(float(f.atr_frac[column]), rules.ranking)
    volume = ranking.volume_part(float(f.volume_ratio[column]), rules.ranking)
    return Signal(
        symbol=ground.panel.symbols[column],
        strategy=strategy,
        sector=str(ground.listed.sector[column]),
        direction=direction,
        column=int(column),
        raw_strength=raw,
        strength=strength,
        weight=weight,
        calm=calm,
        volume=volume,
        score=ranking.score(strength, weight, calm, volume, rules.ranking),
        fired=fired,
        reason=reason,
        metadata=metadata,
    )
