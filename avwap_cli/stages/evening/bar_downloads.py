"""Downloading bars so that nothing is asked for twice.

Batches are kept in the cache's `incoming` folder until the refresh is written, so that
an interrupted backfill goes on where it stopped; what a source did not answer is asked for
again after longer waits, and then passed over, unless it answered nothing at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol, runtime_checkable

import numpy as np

from avwap_cli.errors import SourceError
from avwap_cli.market.bars import BarTable, concat
from avwap_cli.ports import Clock, MarketData, Progress
from avwap_cli.stages.evening.bar_stores import Incoming, WritableBars


@dataclass(frozen=True, slots=True)
class Job:
    """One download: what it is for, which symbols, first and last session."""

    label: str
    symbols: tuple[str, ...]
    first: date
    last: date


@runtime_checkable
class NamesUnanswered(Protocol):
    """A source's failure that spared the other symbols: their batches were given before it."""

    @property
    def unanswered(self) -> Sequence[str]:
        """The symbols without an answer."""

    @property
    def why(self) -> str:
        """What the last of them came to."""


@dataclass(slots=True)
class Tally:
    """What the jobs of one refresh came to.

    Attributes:
        answers: batches that came.
        unanswered: symbols passed over in the end.
        why: the source's words on the last of them.
    """

    answers: int = 0
    unanswered: set[str] = field(default_factory=set)
    why: str = ""


@dataclass(frozen=True, slots=True)
class Downloads:
    """Runs the jobs of one refresh against one provider.

    Attributes:
        waits_s: waits before what is missing of a job is asked for again.
        asked: symbols of all jobs together.
        tally: of the jobs so far.
    """

    data: MarketData
    cache: WritableBars
    clock: Clock
    progress: Progress
    waits_s: tuple[float, ...]
    asked: int = 0
    tally: Tally = field(default_factory=Tally)

    def fetch(self, job: Job) -> BarTable:
        """All rows of a job; a table without rows where it has no symbols.

        Symbols without an answer to the end are left out and noted in `tally`.

        Raises:
            SourceError: the source failed as a whole more often than there are waits, or
                answered nothing of all that is asked.
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
        silent = self.tally.unanswered and not self.tally.answers
        for wait in (*(() if silent else self.waits_s), None):
            try:
                batches += self._one_try(job, sorted(left), incoming)
                break
            except SourceError as problem:
                batches = list(incoming.batches())
                left -= _with_rows(batches)
                if isinstance(problem, NamesUnanswered):
                    left = set(problem.unanswered)
                if wait is None:
                    self._pass_over(left, problem)
                    break
                self.progress.say(f"{problem.message}; again in {wait:g} s")
                self.clock.sleep(wait)
        there = len(_with_rows(batches) & set(job.symbols))
        self.progress.end(f"{there} of {len(job.symbols)} with bars")
        return concat(batches) if len(batches) != 1 else batches[0]

    def _pass_over(self, symbols: set[str], problem: SourceError) -> None:
        """Note symbols that have no answer to the end; raises the problem where none has one."""
        if not isinstance(problem, NamesUnanswered):
            raise problem
        self.tally.unanswered |= symbols
        self.tally.why = problem.why
        if not self.tally.answers and len(self.tally.unanswered) >= self.asked:
            raise problem

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
                self.tally.answers += 1
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
