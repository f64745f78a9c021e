"""The shelf of one ledger: its backups, and its place when it was lost.

A backup is one file per session, `ledger/backups/NAME-SESSION.sqlite3`, a whole ledger that
can be put into the place of a lost one.  A damaged file is never deleted, but moved aside.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

from avwap_cli.adapters.ledger.ledger_files import (
    SIDE_FILES,
    create,
    errors_of,
    flush,
    flush_folder,
    made_aside,
    side_file,
)
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.adapters.private_files import private_folder
from avwap_cli.errors import LedgerDamaged, LedgerError
from avwap_cli.trading.facts import Fact

KEPT = 30
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LedgerShelf:
    """The ledger at `path` (see `ledger_files.path_of`), of that account."""

    path: Path
    account: str

    @property
    def backups(self) -> Path:
        """The folder of the copies."""
        return self.path.parent / "backups"

    def back_up(self, session: date) -> tuple[Path, bool]:
        """The session's copy, and whether it changed; the last 30 are kept.

        The ledger is read whole before, the copy after it was written.

        Raises:
            LedgerError: there is no ledger, it is damaged, or the copy cannot be written.
        """
        self._must_be_there()
        target = self.backups / f"{self.path.stem}-{session}{self.path.suffix}"
        with errors_of(self.backups):
            private_folder(self.backups)
        with SqliteLedger.open(self.path, self.account) as ledger:
            ledger.check()
            if target.exists() and self._holds(target, ledger):
                return target, False
            with made_aside(target) as aside:
                ledger.copy_to(aside)
                if not self._holds(aside, ledger):
                    raise LedgerError(f"the copy {target} does not hold what {self.path} does")
                aside.replace(target)
        with errors_of(self.backups):
            flush_folder(self.backups)
            self._delete_old()
        return target, True

    def newest_backup(self) -> date | None:
        """The session of the newest copy; None without one."""
        newest = None
        for day in self._days():
            with suppress(ValueError):  # a name that is like a day's
                newest = date.fromisoformat(day)
        return newest

    def must_be_lost(self) -> None:
        """Refuse where a good ledger stands that knows of any order.

        Raises:
            LedgerError: it is good, or it cannot be read for another reason than damage.
            SchemaMismatch: a newer program wrote it.
        """
        if not self.path.exists():
            return
        try:
            with SqliteLedger.open(self.path, self.account, read_only=True) as ledger:
                ledger.check()
                facts = ledger.facts()
                if not (facts.intents or facts.fills):
                    return  # one that was begun after the loss, and knows of no order
        except LedgerDamaged:
            return
        raise LedgerError(
            f"{self.path} is a good ledger and is not made anew",
            "if it must go, move it away first",
        )

    def put(self, facts: Sequence[Fact]) -> Path | None:
        """Put a new ledger with these facts into place; where the damaged one went, if any.

        Raises:
            LedgerError: a good one stands there, or this one cannot be written.
        """
        self.must_be_lost()
        with errors_of(self.path):
            private_folder(self.path.parent)
            with made_aside(self.path) as aside:
                create(aside, self.account)
                with SqliteLedger.open(aside, self.account) as ledger:
                    ledger.append(*facts)
                    ledger.check()
                flush(aside)
                moved = self._move_away()
                os.link(aside, self.path)
            flush_folder(self.path.parent)
        return moved

    def _must_be_there(self) -> None:
        if not self.path.exists():
            raise LedgerError(f"{self.path} is not there", "no order was ever sent from this home")

    def _holds(self, copy: Path, ledger: SqliteLedger) -> bool:
        """Whether a copy is sound and holds the same facts."""
        try:
            with SqliteLedger.open(copy, self.account, read_only=True) as other:
                other.check()
                return other.facts() == ledger.facts()
        except LedgerError:
            return False

    def _move_away(self) -> Path | None:
        """The main file goes first: what a kill half-way leaves is not taken for a new home."""
        present = [e for e in ("", *SIDE_FILES) if side_file(self.path, e).exists()]
        if not present:
            return None
        names = (self.path.with_name(f"{self.path.name}.damaged-{n}") for n in count(1))
        to = next(n for n in names if not any(side_file(n, e).exists() for e in ("", *SIDE_FILES)))
        for ending in present:
            side_file(self.path, ending).rename(side_file(to, ending))
        return to

    def _days(self) -> list[str]:
        """The sessions of the copies, oldest first."""
        start, end = f"{self.path.stem}-", self.path.suffix
        return sorted(
            day
            for name in (os.listdir(self.backups) if self.backups.is_dir() else ())
            if name.startswith(start)
            and name.endswith(end)
            and _DAY.fullmatch(day := name[len(start) : -len(end)])
        )

    def _delete_old(self) -> None:
        for day in self._days()[:-KEPT]:
            (self.backups / f"{self.path.stem}-{day}{self.path.suffix}").unlink()
