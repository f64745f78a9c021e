"""The funnel: gates asked in order, each symbol leaving by the first that it fails.

A gate is three arrays over all symbols and a sentence, so the same record counts the
funnel, names each symbol's reason, and lets `explain` show every gate of one symbol.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from avwap_cli.market.bars import Floats
from avwap_cli.market.panel import Bools
from avwap_cli.verdicts import Reason, Stage, Verdict


@dataclass(frozen=True, slots=True)
class Gate:
    """One rule asked of every symbol.

    Attributes:
        stage, reason: where it stands and what it drops for.
        passed: (N,).
        measured: (N,) the number it looks at; NaN where undefined.
        threshold: the rule in words with its figure.
    """

    stage: Stage
    reason: Reason
    passed: Bools
    measured: Floats
    threshold: str

    def verdict(self, column: int) -> Verdict:
        """This gate asked of one symbol."""
        number = float(self.measured[column])
        return Verdict(
            self.stage,
            self.reason,
            bool(self.passed[column]),
            None if np.isnan(number) else number,
            self.threshold,
        )


@dataclass(frozen=True, slots=True)
class StageCount:
    """What one stage kept and dropped."""

    stage: Stage
    kept: int
    dropped: dict[str, int]


@dataclass(slots=True)
class Funnel:
    """Gates in the order asked, and who is still in.

    Attributes:
        alive: (N,) who passed every gate so far.
        leaves_by: (N,) index into `gates` of the first gate failed, -1 while alive.
        entered: (N,) who stood at the top: the members of the lists.
    """

    entered: Bools
    alive: Bools = field(init=False)
    leaves_by: NDArray[np.int16] = field(init=False)
    gates: list[Gate] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.alive = np.ones_like(self.entered)
        self.leaves_by = np.full(len(self.entered), -1, dtype=np.int16)

    def ask(
        self, stage: Stage, reason: Reason, passed: Bools, measured: Floats, threshold: str
    ) -> None:
        """Ask one more gate of everybody; those alive that fail leave by it."""
        self.leaves_by[self.alive & ~passed] = len(self.gates)
        self.gates.append(Gate(stage, reason, passed, measured, threshold))
        self.alive = self.alive & passed

    def reason(self, column: int) -> Reason | None:
        """Why the symbol left, None while it is in."""
        gate = int(self.leaves_by[column])
        return None if gate < 0 else self.gates[gate].reason

    def survivors(self, through: Stage) -> Bools:
        """(N,) who passed every gate up to and including that stage."""
        last = max(i for i, gate in enumerate(self.gates) if gate.stage == through)
        return (self.leaves_by < 0) | (self.leaves_by > last)

    def counts(self) -> list[StageCount]:
        """Kept and dropped per stage, of those who entered."""
        left = Counter(self.leaves_by[self.entered].tolist())
        kept = int(self.entered.sum())
        result: list[StageCount] = []
        for stage in dict.fromkeys(gate.stage for gate in self.gates):
            dropped: Counter[str] = Counter()
            for i, gate in enumerate(self.gates):
                if gate.stage == stage and left[i]:
                    dropped[str(gate.reason)] += left[i]
            kept -= dropped.total()
            result.append(StageCount(stage, kept, dict(sorted(dropped.items()))))
        return result
