"""Batches of an unfinished download, kept so that an interrupted backfill goes on.

Each batch is a Parquet file in a folder named after the job; a batch that cannot be
read is removed, which costs only the time to download it again.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.adapters.bar_store.bar_parquet import read_table, to_bytes
from avwap_cli.errors import DamagedInput
from avwap_cli.market.bars import BarTable


@dataclass(frozen=True, slots=True)
class IncomingBars:
    """The batches of one job.

    Attributes:
        folder: the folder of all jobs.
        job: what is downloaded, in words that are the same for the same download.
    """

    folder: Path
    job: str

    def _place(self) -> Path:
        return self.folder / hashlib.sha256(self.job.encode()).hexdigest()[:16]

    def batches(self) -> list[BarTable]:
        """What came before the interruption, in the order in which it came."""
        tables = []
        for path in sorted(self._place().glob("*.parquet")):
            try:
                tables.append(read_table(path))
            except DamagedInput:
                path.unlink()
        return tables

    def add(self, batch: BarTable) -> None:
        """Keep one more batch."""
        taken = [int(p.stem) for p in self._place().glob("*.parquet") if p.stem.isdigit()]
        write_if_changed(
            self._place() / f"{max(taken, default=0) + 1:06d}.parquet", to_bytes(batch)
        )

    def clear(self) -> None:
        """Remove the batches of every job."""
        shutil.rmtree(self.folder, ignore_errors=True)
