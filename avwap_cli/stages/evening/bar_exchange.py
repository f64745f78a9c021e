"""Stages import and export: users' own bars into the cache, and the cache's bars out.

Imported rows pass the same checks as a download.  Bars of two vendors are never mixed:
importing over another vendor's cache is refused unless it is replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

import numpy as np

from avwap_cli.errors import InputError, MissingInput, UsageError
from avwap_cli.market.bars import BarTable, concat
from avwap_cli.market.row_checks import Quarantine, RowFault, check_rows, quarantined, refused
from avwap_cli.market.splits import Decision, compare_vintages
from avwap_cli.market.vintages import ADJUSTMENT, Vintage
from avwap_cli.ports import BarStore
from avwap_cli.stages.evening.bar_merges import some
from avwap_cli.stages.evening.bar_stores import BarReader, WritableBars
from avwap_cli.stages.outcomes import Outcome, State

PROVIDER = "files"
FEED = "vendor"


def import_bars(
    *,
    trade_session: date,
    as_of: date,
    fetched_at: datetime,
    files: BarReader,
    cache: WritableBars,
    sessions: Sequence[date],
    replace: bool = False,
) -> Outcome:
    """Fold users' files into the cache.

    Where the cache has the day already, the file's row wins; a symbol whose days disagree
    by a split is refused (`other_basis`), because joining two bases makes false prices.

    Args:
        as_of: last completed session; later rows are refused.
        sessions: every XNYS session that the files may trigger, ascending.
        replace: empty the cache first.

    Raises:
        UsageError: the cache holds another vendor's bars.
        MissingInput, DamagedInput: a file is absent, unusable, or has no usable row.
    """
    days = np.array(sessions, dtype="datetime64[D]")
    table, faulty = check_rows(files.read(), days, as_of)
    before = _hash(cache)
    vintage = None if replace else _held(cache)
    cached = concat([]) if vintage is None else cache.since(date.min)
    table, clash = _on_one_basis(cached, table)
    bad = quarantined([q for q in (files.refused(), faulty, clash) if len(q)])
    cache.keep_refused(bad, PROVIDER)
    _must_have_rows(table, bad)
    _store(cache, cached, table, vintage, fetched_at)
    after = cache.info().content_hash
    same = after == before
    return Outcome(
        "import",
        trade_session,
        State.UNCHANGED if same else State.DONE,
        f"{len(table)} rows {'were in the cache already' if same else 'imported'},"
        f" {len(bad)} refused",
        counts={"rows": len(table), "refused": len(bad), **bad.counts()},
        outputs={"bars": after},
        warnings=_warnings(clash, bad),
    )


def _must_have_rows(table: BarTable, bad: Quarantine) -> None:
    if len(table):
        return
    if len(bad) == 0:
        raise MissingInput(
            "the files have no rows", "a bar file has one row per symbol and day below its header"
        )
    raise MissingInput(
        f"the files have no usable row ({len(bad)} refused)",
        "see quarantine.csv beside the bars for the reasons",
    )


def _store(
    cache: WritableBars,
    cached: BarTable,
    table: BarTable,
    vintage: Vintage | None,
    fetched_at: datetime,
) -> None:
    """Write the rows over what is cached, or, without a vintage, in its place."""
    first, last = _span(table)
    if vintage is None:
        cache.replace_all(table, Vintage(PROVIDER, FEED, ADJUSTMENT, first, last, fetched_at))
    else:
        first, last = min(first, vintage.covered_from), max(last, vintage.as_of)
        new = Vintage(PROVIDER, FEED, ADJUSTMENT, first, last, fetched_at)
        cache.replace_sessions(concat([cached, table]), new)


def _on_one_basis(cached: BarTable, table: BarTable) -> tuple[BarTable, Quarantine]:
    """The rows that can be joined to the cached ones, and those of another split basis."""
    apart = {Decision.RESPLIT, Decision.OTHER_HISTORY}
    judged = compare_vintages(cached, table)
    names = sorted(s for s, c in judged.items() if c.decision in apart)
    rows = np.isin(np.asarray(table.symbols, dtype=np.str_), names)[table.symbol]
    return table.take(~rows), refused(table, rows, RowFault.OTHER_BASIS)


def _warnings(clash: Quarantine, bad: Quarantine) -> tuple[str, ...]:
    found = []
    names = sorted(set(clash.symbol.tolist()))
    if names:
        found.append(f"{len(names)} symbols are on another split basis: {some(names)}")
    if len(bad):
        found.append(f"{len(bad)} rows refused, see quarantine.csv beside the bars")
    return tuple(found)


def export_bars(
    *,
    trade_session: date,
    as_of: date,
    cache: BarStore,
    sessions: int,
    symbols: Sequence[str],
    name: str,
    write: Callable[[BarTable], bool],
) -> Outcome:
    """Write the cache's bars of the last `sessions` sessions up to `as_of` to a file.

    Args:
        symbols: which ones; none = all.
        name: the file's name, for the sentence.
        write: writes the table; True if the file's bytes changed.

    Raises:
        MissingInput: the cache is empty or has none of these symbols.
    """
    table = cache.read(as_of, sessions)
    if symbols:
        table = table.only(symbols)
    if len(table) == 0:
        raise MissingInput(
            f"the cache has no bars of {some(list(symbols)) or 'any symbol'} up to {as_of}",
            "run `avwap refresh-cache` first, or name other symbols",
        )
    there = {table.symbols[i] for i in np.unique(table.symbol).tolist()}
    absent = sorted(set(symbols) - there)
    changed = write(table)
    return Outcome(
        "export",
        trade_session,
        State.DONE if changed else State.UNCHANGED,
        f"{len(table)} rows of {len(there)} symbols in {name}"
        + ("" if changed else "; the file was there already"),
        counts={"rows": len(table), "symbols": len(there)},
        inputs={"bars": cache.info().content_hash},
        warnings=(f"no bars for {some(absent)}",) if absent else (),
    )


def _hash(cache: WritableBars) -> str:
    """The hash of what is cached; empty where nothing readable is."""
    try:
        return cache.info().content_hash
    except InputError:
        return ""


def _held(cache: WritableBars) -> Vintage | None:
    """The origin of what is cached, None where nothing is.

    Raises:
        UsageError: it is another vendor's.
    """
    try:
        vintage = cache.vintage()
    except MissingInput:
        return None
    if vintage.provider != PROVIDER:
        raise UsageError(
            f"the cache holds bars of {vintage.provider}, which are not mixed with files",
            "add --replace, or import into another --home",
        )
    return vintage


def _span(table: BarTable) -> tuple[date, date]:
    first: date = table.session[0].astype(object)
    last: date = table.session[-1].astype(object)
    return first, last
