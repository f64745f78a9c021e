"""Downloading bars so that nothing is asked for twice.

Batches are kept in the cache's `incoming` folder until the refresh is written, so that
an interrupted backfill goes on where it stopped; a failing source is tried again as a
whole after longer waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from avwap_cli.errors import SourceError
from avwap_cli.market.bars import BarTable, concat
from avwap_cli.ports import Clock, MarketData, Progress
from avwap_cli.stages.bar_stores import Incoming, WritableBars


@dataclass(frozen=True, slots=True)
class Job:
    """One download: what it is for, which symbols, first and last session."""

    label: str
    symbols: tuple[str, ...]
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Downloads:
    """Runs jobs against one provider.

    Attributes:
        waits_s: waits before the whole job is tried again.
    """

    data: MarketData
    cache: WritableBars
    clock: Clock
    progress: Progress
    waits_s: tuple[float, ...]

    def fetch(self, job: Job) -> BarTable:
        """All rows of a job; a table without rows where it has no symbols.

        Raises:
            SourceError: the source failed more often than there are waits.
        """
        if not job.symbols:
            return concat([])
        today = self.clock.now().date()
        key = f"{self.data.provider} {self.data.feed} {job.label} {job.first} {job.last} {today}"
        incoming = self.cache.incoming(key)
        batches = list(incoming.batches())
        left = set(job.symbols) - _with_rows(batches)
        if batches:
            kept = len(job.symbols) - len(left)
            self.progress.say(f"{job.label}: going on, {kept} of {len(job.symbols)} are here")
        self.progress.begin(job.label, len(job.symbols))
        for wait in (*self.waits_s, None):
            try:
                batches += self._one_try(job, sorted(left), incoming)
                break
            except SourceError as problem:
                if wait is None:
                    raise
                self.progress.say(f"{problem.message}; again in {wait:g} s")
                self.clock.sleep(wait)
                batches = list(incoming.batches())
                left = set(job.symbols) - _with_rows(batches)
        left = set(job.symbols) - _with_rows(batches)
        self.progress.end(f"{len(job.symbols) - len(left)} of {len(job.symbols)} with bars")
        return concat(batches) if len(batches) != 1 else batches[0]

    def _one_try(self, job: Job, symbols: list[str], incoming: Incoming) -> list[BarTable]:
        """The batches of one try; each is put aside once there is another one to wait for."""
        started = self.clock.now()
        before = len(job.symbols) - len(symbols)
        found: list[BarTable] = []
        kept = done = 0
        complete = False
        try:
            for batch in self.data.daily_bars(symbols, job.first, job.last, self.progress):
                if found:
                    incoming.add(found[-1])
                    kept += 1
                found.append(batch)
                done += len(_with_rows([batch]))
                self.progress.advance(before + done, self._eta(started, done, len(symbols)))
            complete = True
        finally:
            if not complete and len(found) > kept:
                incoming.add(found[-1])
        return found

    def _eta(self, started: datetime, done: int, total: int) -> str:
        passed = (self.clock.now() - started).total_seconds()
        if done == 0 or done >= total or passed <= 0:
            return ""
        return f"about {passed / done * (total - done):.0f} s left"


def _with_rows(batches: Sequence[BarTable]) -> set[str]:
    found: set[str] = set()
    for batch in batches:
        found.update(np.asarray(batch.symbols)[np.unique(batch.symbol)].tolist())
    return found
