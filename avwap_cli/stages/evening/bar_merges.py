"""Joining what a refresh downloads with what the cache holds.

Fresh rows are checked, compared with the cached rows of the same days, and joined to
them where both are on one basis; a symbol whose basis moved is fetched whole first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from avwap_cli.errors import SourceError
from avwap_cli.market.bars import BarTable, concat
from avwap_cli.market.row_checks import Quarantine, check_rows, quarantined
from avwap_cli.market.splits import Comparison, Decision, Split, compare_vintages
from avwap_cli.stages.evening.bar_downloads import Downloads, Job
from avwap_cli.stages.evening.bar_stores import RefusesRows
from avwap_cli.stages.evening.refresh_plans import Held, Plan, calendar


@dataclass(frozen=True, slots=True)
class Work:
    """What one refresh did.

    Attributes:
        table: the rows to write, whole histories when `whole`, else whole sessions.
        refetched: the symbols fetched whole because the vintages disagreed.
        bad: the refused rows.
        warnings: sentences for a person.
    """

    table: BarTable
    whole: bool
    rows_fetched: int
    refetched: tuple[Comparison, ...]
    bad: Quarantine
    warnings: tuple[str, ...]


def work_through(plan: Plan, held: Held, sessions: Sequence[date], downloads: Downloads) -> Work:
    """Download, check and join; nothing is written but the batches of the download.

    Raises:
        SourceError: the vendor did not answer, or knows none of the symbols.
    """
    days = np.array(calendar(held, sessions), dtype="datetime64[D]")
    bad: list[Quarantine] = []
    warnings: list[str] = []

    def fetched(job: Job) -> BarTable:
        table, faulty = check_rows(downloads.fetch(job), days, job.last)
        bad.append(faulty)
        if isinstance(downloads.data, RefusesRows):
            bad.append(downloads.data.refused())
        return table

    whole, recent = fetched(plan.backfill), fetched(plan.recent)
    if held.vintage is None and len(whole) == 0:
        raise SourceError(
            f"{downloads.data.provider} has no bars for any of {len(plan.backfill.symbols)} symbols",
            "check data.provider, data.files and the session; the cache stays as it was",
        )
    rows_fetched = len(whole) + len(recent)
    held_recent = downloads.cache.since(plan.recent.first) if len(recent) else concat([])
    moved = _moved(held_recent, recent, plan.recent, downloads, warnings)
    again = fetched(_refetch(moved, held, sessions))
    rows_fetched += len(again)
    names = [c.symbol for c in moved]
    recent = _without(recent, names)
    lost = sorted(set(names) - set(again.names().tolist()))
    if lost:
        warnings.append(f"{len(lost)} split symbols gave no bars and stay old: {some(lost)}")
    whole = _all([whole, again])
    refused = quarantined(bad)
    table = joined(held_recent, recent, refused)
    if len(whole):
        rest = downloads.cache.since(date.min) if held.vintage else concat([])
        table = _all([_without(joined(rest, recent, refused), _present(whole)), whole])
    return Work(
        table,
        bool(len(whole)),
        rows_fetched,
        tuple(c for c in moved if c.symbol not in lost),
        refused,
        tuple(warnings),
    )


def _moved(
    cached: BarTable, recent: BarTable, job: Job, downloads: Downloads, warnings: list[str]
) -> list[Comparison]:
    """The symbols whose cached rows are of another basis than the fresh ones."""
    compared = compare_vintages(cached, recent)
    doubtful = sorted(c.symbol for c in compared.values() if c.days)
    splits: Sequence[Split] = ()
    if doubtful:
        try:
            splits = downloads.data.splits(doubtful, job.first, job.last)
        except SourceError as problem:
            warnings.append(f"no split list, splits judged by the bars alone ({problem.message})")
        again = compare_vintages(cached.only(doubtful), recent.only(doubtful), splits)
        compared = {**compared, **again}
    # a refreshed symbol is in the cache: no rows since the job's start means no overlap
    return [
        compared[s]
        for s in sorted(compared)
        if compared[s].decision.refetch or compared[s].decision is Decision.NEW
    ]


def _refetch(moved: Sequence[Comparison], held: Held, sessions: Sequence[date]) -> Job:
    names = tuple(c.symbol for c in moved)
    first, last = sessions[0], sessions[-1]
    if held.vintage is not None:
        first, last = min(first, held.vintage.covered_from), max(last, held.vintage.as_of)
    return Job("re-fetch", names, first, last)


def joined(cached: BarTable, fresh: BarTable, refused: Quarantine) -> BarTable:
    """Fresh rows over cached ones; between a symbol's first and last fresh row only fresh ones.

    A fresh row that was refused takes nothing away: the good row that is held stays.
    """
    if len(fresh) == 0:
        return cached
    names = np.asarray(cached.symbols, dtype=np.str_)
    place = np.searchsorted(np.asarray(fresh.symbols), names)
    known = np.isin(names, fresh.symbols)
    low = np.full(len(fresh.symbols) + 1, np.datetime64("9999-01-01", "D"))
    high = np.full(len(fresh.symbols) + 1, np.datetime64("0001-01-01", "D"))
    np.minimum.at(low, fresh.symbol, fresh.session)
    np.maximum.at(high, fresh.symbol, fresh.session)
    at = np.where(known, place, len(fresh.symbols))[cached.symbol] if len(cached) else place[:0]
    inside = (cached.session >= low[at]) & (cached.session <= high[at])
    inside &= ~_among(cached, refused)
    return concat([cached.take(~inside), fresh])


def _among(table: BarTable, refused: Quarantine) -> NDArray[np.bool_]:
    """(n,) rows whose symbol and session stand among the refused."""
    rows = np.zeros(len(table), dtype=bool)
    for symbol in np.unique(refused.symbol) if len(table) else ():
        days = refused.session[refused.symbol == symbol]
        mine = np.isin(table.session, days)
        rows[mine] |= np.asarray(table.symbols)[table.symbol[mine]] == symbol
    return rows


def _present(table: BarTable) -> list[str]:
    return [table.symbols[i] for i in np.unique(table.symbol).tolist()]


def _without(table: BarTable, names: Sequence[str]) -> BarTable:
    """The table without the rows of these symbols."""
    if not names or len(table) == 0:
        return table
    return table.take(~np.isin(np.asarray(table.symbols), list(names))[table.symbol])


def _all(tables: Sequence[BarTable]) -> BarTable:
    """One table of all rows; nothing is copied where only one has any."""
    filled = [t for t in tables if len(t)]
    return filled[0] if len(filled) == 1 else concat(filled)


def some(names: Sequence[str]) -> str:
    """The first ten names of a list, for a sentence."""
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
