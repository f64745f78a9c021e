"""Own processes: this program, started again beside itself, and left alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from avwap_cli.adapters.private_files import private_file, private_folder
from avwap_cli.errors import AvwapError

LONGEST_LOG = 1_000_000


@dataclass(frozen=True, slots=True)
class OwnProcesses:
    """Starts `avwap` with the options of this run; what it prints goes to the end of `log`.

    Attributes:
        options: the common options, home included; they stand before the command.
        log: begun anew once it is longer than a megabyte.
    """

    options: tuple[str, ...]
    log: Path

    def __call__(self, words: Sequence[str]) -> None:
        """Start it in a session of its own, so that it outlives whoever started this one.

        Raises:
            AvwapError: the system does not start it.
        """
        line = [sys.executable, "-m", "avwap_cli", *self.options, *words]
        try:
            private_folder(self.log.parent)
            private_file(self.log)
            long = self.log.stat().st_size > LONGEST_LOG
            with self.log.open("wb" if long else "ab") as out:
                subprocess.Popen(
                    line,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                    cwd="/",
                )
        except OSError as problem:
            raise AvwapError(
                f"cannot start {' '.join(words)}: {problem.strerror or problem}",
                "see whether the disk is full or too many processes run",
            ) from problem
