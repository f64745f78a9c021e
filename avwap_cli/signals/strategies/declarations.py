"""What a strategy is: a declaration, read by the scan, by calibration and by explain.

A strategy file defines a frozen `Params` record (its section of the YAML), a function
that gives its fires, and one `STRATEGY`.  Adding a strategy adds one such file and one
YAML section; nothing else knows its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from avwap_cli.market.bars import Floats
from avwap_cli.market.panel import Bools
from avwap_cli.signals.columns import Columns


@dataclass(frozen=True, slots=True)
class Condition:
    """One clause of a strategy, kept apart so that explain can show it.

    Attributes:
        name: the rule in words with its figure, e.g. "RSI < 30".
        measured: (rows, N) the number it looks at.
        holds: (rows, N) whether it holds; False where the number is NaN.
    """

    name: str
    measured: Floats
    holds: Bools


@dataclass(frozen=True, slots=True)
class Fires:
    """Where one direction of a strategy fires.

    Attributes:
        direction: +1 long, -1 short.
        conditions: all must hold.
        raw_strength: (rows, N), meaningful where they do.
        measured: column name -> (rows, N), what a candidate carries as metadata.
    """

    direction: int
    conditions: tuple[Condition, ...]
    raw_strength: Floats
    measured: Mapping[str, Floats]

    @property
    def mask(self) -> Bools:
        """(rows, N) where every condition holds."""
        mask = self.conditions[0].holds
        for condition in self.conditions[1:]:
            mask = mask & condition.holds
        return mask


@dataclass(frozen=True, slots=True)
class Strategy:
    """A declared strategy.

    Attributes:
        name: as in YAML and artifacts.
        params_type: the record its `params` section is validated into.
        fires: (columns, params) -> one Fires per direction; None for the anchored-VWAP
            strategy, whose fires are the survivors of the funnel.
        lookback: params -> bars before t that its columns reach.
    """

    name: str
    params_type: type
    fires: Callable[[Columns, Any], tuple[Fires, ...]] | None = None
    lookback: Callable[[Any], int] = lambda _: 0
