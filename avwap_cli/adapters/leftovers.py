"""Leftovers: what rehearsals and timers leave under `outputs/`, and nobody asks for again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from avwap_cli.adapters.logs import delete_old, old_logs
from avwap_cli.adapters.session_folders import folder_of, sessions_with_folder
from avwap_cli.errors import AvwapError

LONGEST_LOG, KEPT_LOG = 5_000_000, 1_000_000  # of cron's log, bytes


@dataclass(frozen=True, slots=True)
class LeftoverFiles:
    """Those of one home.

    Attributes:
        outputs: the home's folder of that name.
        rehearsals: the folder of dry runs.
        log_days: for how long logs are kept.
    """

    outputs: Path
    rehearsals: Path
    log_days: int

    def old(self, today: date, days: int) -> list[str]:
        """What may go, in words: rehearsals of that many days ago, old logs, cron's long log."""
        return [words for words, _ in self._found(today, days)]

    def remove(self, today: date, days: int) -> list[str]:
        """Remove it; what went, in words.

        Raises:
            AvwapError: something cannot be removed.
        """
        gone = []
        for words, remove in self._found(today, days):
            try:
                remove()
            except OSError as problem:
                raise AvwapError(
                    f"cannot remove {problem.filename}: {problem.strerror}",
                    "mend the folder's rights",
                ) from problem
            gone.append(words)
        return gone

    def _found(self, today: date, days: int) -> list[tuple[str, Callable[[], object]]]:
        found: list[tuple[str, Callable[[], object]]] = []
        for session in sessions_with_folder(self.rehearsals):
            folder = folder_of(self.rehearsals, session)
            if (today - session).days > days and not folder.is_symlink():
                found.append((f"the dry run of {session}", partial(shutil.rmtree, folder)))
        logs = self.outputs / "logs"
        if old_logs(logs, today, self.log_days):
            words = f"logs of more than {self.log_days} days ago"
            found.append((words, partial(delete_old, logs, today, self.log_days)))
        log = self.outputs / "cron.log"
        if log.is_file() and log.stat().st_size > LONGEST_LOG:
            found.append(("all but the end of cron.log", partial(_cut, log)))
        return found


def _cut(log: Path) -> None:
    """In place: whoever has it open goes on at its end."""
    with log.open("r+b") as file:
        file.seek(-KEPT_LOG, 2)
        tail = file.read().partition(b"\n")[2]
        file.seek(0)
        file.write(tail)
        file.truncate()
