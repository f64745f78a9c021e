"""Finds: every setup and everything that fired becomes a Signal, with what left it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avwap_cli.market.bars import Floats
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

Columns = NDArray[np.intp]


def setup_signals(ground: Ground, sides: Mapping[int, Side], rules: ScanRules) -> Iterator[Signal]:
    """One signal per liquid symbol with a winning anchor; it fired if every gate passed."""
    if not rules.strategies[AVWAP].enabled:
        return
    for direction, side in sides.items():
        setups = side.funnel.survivors(Stage.LIQUIDITY) & (side.choice.winner >= 0)
        columns = np.flatnonzero(setups)
        reasons = [side.funnel.reason(column) for column in columns.tolist()]
        found = Found(AVWAP, direction, columns, side.choice.strength[columns], reasons)
        fired = [reason is None for reason in reasons]
        yield from _signals(ground, rules, found, fired, setup_metadata(ground, side, columns))


def batch_signals(
    ground: Ground, funnel: Funnel, fires: Mapping[str, tuple[Fires, ...]], rules: ScanRules
) -> Iterator[Signal]:
    """One signal per listed symbol and direction in which a batch strategy fires."""
    listed = scanned_by_batch(ground, rules)
    for name, directions in fires.items():
        for fire in directions:
            if fire.direction < 0 and not rules.strategies[name].shorts:
                continue
            columns = np.flatnonzero(fire.mask[-1] & listed)
            reasons = [funnel.reason(column) for column in columns.tolist()]
            raw = fire.raw_strength[-1, columns]
            found = Found(name, fire.direction, columns, raw, reasons)
            metadata = _rows({key: x[-1, columns] for key, x in fire.measured.items()})
            yield from _signals(ground, rules, found, [True] * len(columns), metadata)


def scanned_by_batch(ground: Ground, rules: ScanRules) -> Bools:
    """(N,) which symbols the batch strategies scan."""
    listed = ground.listed
    return listed.member & (listed.sp500 | (rules.batch_universe == "all"))


def setup_metadata(ground: Ground, side: Side, columns: Columns) -> list[dict[str, Any]]:
    """What the anchored-VWAP strategy measured of symbols that have a winner."""
    choice, anchors, panel = side.choice, side.anchors, ground.panel
    winner = choice.winner[columns]
    session = panel.session[anchors.row[winner, columns], columns]
    levels, labels = side.levels, side.labels
    return _rows(
        {
            "anchor": anchors.kinds[winner, columns],
            "anchor_session": np.datetime_as_string(panel.sessions[session], unit="D"),
            "avwap": choice.avwap[winner, columns],
            "avwap_slope_pct": choice.slope_pct[winner, columns],
            "dist_pct": choice.dist_pct[winner, columns],
            "reclaim_now": choice.reclaim[winner, columns],
            "confluence": choice.confluence[columns],
            "anchor_score": choice.score[winner, columns],
            "tier": side.tier[columns],
            "trend_score": side.trend[columns],
            "atr_median_undefined": np.isnan(ground.features.atr_pct_median[columns]),
            "pivot_r1": levels.pivot_r1[columns],
            "pivot_r2": levels.pivot_r2[columns],
            **{name: labels[name][columns] for name in labels if name != "avwap_dist_pct"},
        }
    )


@dataclass(frozen=True, slots=True)
class Found:
    """Symbols in which one strategy fired in one direction.

    Attributes:
        strategy, direction: which.
        columns: (n,) of the panel.
        raw: (n,) raw strengths.
        reasons: n, what left each out so far.
    """

    strategy: str
    direction: int
    columns: Columns
    raw: Floats
    reasons: Sequence[Reason | None]


def _signals(
    ground: Ground,
    rules: ScanRules,
    found: Found,
    fired: Sequence[bool],
    metadata: Sequence[Mapping[str, Any]],
) -> Iterator[Signal]:
    """The Signals of what was found, scored."""
    f, columns = ground.features, found.columns
    strength = ranking.strength(found.raw, rules.strategies[found.strategy].reference)
    weight = relative_weight(ground.market.regime, found.strategy, rules.regime)
    calm = ranking.calm_part(f.atr_frac[columns], rules.ranking)
    volume = ranking.volume_part(f.volume_ratio[columns], rules.ranking)
    score = ranking.score(strength, weight, calm, volume, rules.ranking)
    numbers = zip(
        *(x.tolist() for x in (columns, found.raw, strength, calm, volume, score)), strict=True
    )
    for i, (column, raw, strong, still, busy, total) in enumerate(numbers):
        yield Signal(
            symbol=ground.panel.symbols[column],
            strategy=found.strategy,
            sector=str(ground.listed.sector[column]),
            direction=found.direction,
            column=column,
            raw_strength=raw,
            strength=strong,
            weight=weight,
            calm=still,
            volume=busy,
            score=total,
            fired=fired[i],
            reason=found.reasons[i],
            metadata=metadata[i],
        )


def _rows(table: Mapping[str, NDArray[Any]]) -> list[dict[str, Any]]:
    """Columns of equal length as one dict of plain values per row."""
    names = tuple(table)
    values = zip(*(column.tolist() for column in table.values()), strict=True)
    return [dict(zip(names, row, strict=True)) for row in values]
