"""The halt level in force: the severest of the ledger's and of the file named HALT."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from avwap_cli.ports import Ledger
from avwap_cli.trading.books import halt_in_force
from avwap_cli.trading.facts import HaltLevel


@dataclass(frozen=True, slots=True)
class HaltReader:
    """Reads it afresh each time, for it may have been set a moment ago by somebody else."""

    ledger: Ledger
    file: Callable[[], HaltLevel]
    session: date

    def level(self) -> HaltLevel:
        change = halt_in_force(self.ledger.facts().halts, self.session)
        ordered = HaltLevel.NONE if change is None else change.level
        return max(ordered, self.file(), key=lambda level: level.rank)
