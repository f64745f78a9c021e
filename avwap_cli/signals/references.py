"""References: the samples that make strengths of different strategies comparable.

A raw strength means nothing by itself.  Its place among the raw strengths of past
signals of the same strategy does: 0 % to 100 % in steps of 10 %, both directions
together.  Batch strategies are sampled from their masks alone, over every bar from a
symbol's 60th on; anchored-VWAP setups from those that pass every gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from avwap_cli.market.bars import Floats
from avwap_cli.market.panel import Panel
from avwap_cli.signals.columns import Columns
from avwap_cli.signals.rules import ScanRules
from avwap_cli.signals.scans import Scan, lookback
from avwap_cli.signals.strategies import STRATEGIES
from avwap_cli.verdicts import Reason

STEPS = np.linspace(0.0, 1.0, 11)
AFTER_THE_GATES = frozenset(
    {
        None,
        Reason.CONFLICT,
        Reason.OTHER_SIGNAL_OF_SYMBOL,
        Reason.SECTOR_CAP,
        Reason.STRATEGY_CAP,
        Reason.SHORT_CAP,
        Reason.MAX_CANDIDATES,
    }
)


@dataclass(frozen=True, slots=True)
class Sample:
    """Raw strengths of past signals of one strategy.

    Attributes:
        raw: direction (+1, -1) -> raw strengths in sample order.
        bars: symbol-sessions looked at; 0 where that is no rate's base.
    """

    raw: Mapping[int, Floats]
    bars: int

    def deciles(self) -> tuple[float, ...]:
        """The 11 reference values, ascending; empty for an empty sample."""
        together = np.concatenate([self.raw[d] for d in sorted(self.raw)])
        if not len(together):
            return ()
        return tuple(float(x) for x in np.quantile(together, STEPS))

    def per_session(self, names: int) -> dict[int, float]:
        """Direction -> signals per session for that many names."""
        return {d: len(x) / self.bars * names if self.bars else 0.0 for d, x in self.raw.items()}


def batch_samples(panel: Panel, rules: ScanRules) -> dict[str, Sample]:
    """Every bar of the panel plays t, for every batch strategy."""
    rows = panel.depth - 1
    columns = Columns(panel, rows=rows, lookback=lookback(rules))
    number = np.arange(1, panel.depth)[:, None] - panel.first[None, :] + 1
    counted = number >= rules.history.min_batch_sessions
    samples = {}
    for name, strategy in STRATEGIES.items():
        if strategy.fires is None:
            continue
        raw = {
            fire.direction: fire.raw_strength[fire.mask & counted]
            for fire in strategy.fires(columns, rules.strategies[name].params)
        }
        samples[name] = Sample(raw, int(counted.sum()))
    return samples


def setup_sample(scans: Iterable[Scan]) -> Sample:
    """Setups that passed every gate, over scans of many sessions."""
    raw: dict[int, list[float]] = {1: []}
    for scan in scans:
        for signal in scan.signals:
            if signal.strategy not in scan.fires and signal.reason in AFTER_THE_GATES:
                raw.setdefault(signal.direction, []).append(signal.raw_strength)
    return Sample({d: np.array(values) for d, values in raw.items()}, 0)
