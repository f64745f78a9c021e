"""Bars from users' own files: CSV or Parquet in long form, one row per symbol and day.

Where a file gives one day of a symbol under several sources, one source is chosen per
symbol.  Where two files give the same day, the file named first wins; a later file whose
days disagree with it by a split is on another basis, and its rows of that symbol are
refused.  Refused rows keep their reason (`refused`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from avwap_cli.adapters.bar_sources.bar_file_columns import (
    NUMBERS,
    inside_symbol,
    numbers,
    texts,
)
from avwap_cli.adapters.bar_sources.bar_file_dates import days
from avwap_cli.adapters.bar_sources.bar_file_tables import SHAPE, open_columns
from avwap_cli.adapters.bar_sources.split_list import read_split_list
from avwap_cli.errors import ConfigError, DamagedInput
from avwap_cli.market import sessions
from avwap_cli.market.bars import BarTable, bar_table, concat
from avwap_cli.market.row_checks import (
    Quarantine,
    RowFault,
    quarantined,
    refused,
    unfinished_session,
    without_duplicates,
)
from avwap_cli.market.splits import Decision, Split, compare_vintages
from avwap_cli.ports import Progress

PREFERRED_SOURCE = "yahoo_raw"
PREFERRED_ENOUGH = 0.9  # share of the fullest source's rows with which it is still preferred
INTRADAY_ROWS = 2.0  # mean rows per symbol and day from which a file is no file of daily bars
CLOSED_DAYS_FRAC = 0.1  # share of rows on days without a session from which dates are shifted


class FileBars:
    """The MarketData port over files.

    Args:
        paths: in order of precedence.
        split_list: CSV of split events, None without one.

    Raises:
        ConfigError: no path is given.
    """

    def __init__(self, paths: Sequence[Path], split_list: Path | None = None) -> None:
        if not paths:
            raise ConfigError("the provider files has no file", "name at least one in data.files")
        self._paths = tuple(paths)
        self._split_list = split_list
        self._refused: list[Quarantine] = []

    @property
    def provider(self) -> str:
        return "files"

    @property
    def feed(self) -> str:
        return "vendor"

    def daily_bars(
        self, symbols: Sequence[str], first: date, last: date, progress: Progress
    ) -> Iterator[BarTable]:
        """Bars of first..last in one batch; see `ports.MarketData`.

        Raises:
            MissingInput, DamagedInput: a file is absent or is no bar file.
        """
        table = self.read(symbols, first, last)
        if self._refused:
            progress.say(f"{sum(len(q) for q in self._refused)} rows refused so far")
        yield table

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        """The events of the split list with ex-dates in first..last."""
        if self._split_list is None:
            return ()
        wanted = set(symbols)
        events = read_split_list(self._split_list)
        return [s for s in events if s.symbol in wanted and first <= s.ex_date <= last]

    def refused(self) -> Quarantine:
        """The rows refused since the last call."""
        found, self._refused = quarantined(self._refused), []
        return found

    def read(
        self, symbols: Sequence[str] | None = None, first: date = date.min, last: date = date.max
    ) -> BarTable:
        """The rows of these symbols (None: all) of first..last, merged over the files.

        Raises:
            MissingInput, DamagedInput.
        """
        merged: BarTable | None = None
        for path in self._paths:
            table, bad = read_bar_file(path, symbols, first, last)
            self._refused += [q for q in bad if len(q)]
            merged = table if merged is None else self._join(merged, table)
        assert merged is not None  # there is at least one path
        return merged

    def _join(self, earlier: BarTable, later: BarTable) -> BarTable:
        """Both tables; the earlier file wins where both have a day."""
        judged = compare_vintages(later, earlier).values()
        apart = {Decision.RESPLIT, Decision.OTHER_HISTORY}
        other = [c.symbol for c in judged if c.decision in apart]
        if other:
            clash = np.isin(np.asarray(later.symbols), other)[later.symbol]
            self._refused.append(refused(later, clash, RowFault.OTHER_BASIS))
            later = later.take(~clash)
        return concat([later, earlier])


def read_bar_file(
    path: Path, symbols: Sequence[str] | None, first: date, last: date
) -> tuple[BarTable, list[Quarantine]]:
    """The rows of one file that are wanted and what was refused of them.

    Raises:
        MissingInput, DamagedInput.
    """
    opened = open_columns(path)
    columns = opened.columns
    try:
        names, place = texts(columns["symbol"])
        day = days(columns["date"])
        values = [
            numbers(columns[n]) if n in columns else np.full(len(day), np.nan) for n in NUMBERS
        ]
        source = texts(columns["source"]) if "source" in columns else None
    except (pa.ArrowException, ValueError, TypeError, AttributeError, OverflowError) as problem:
        raise DamagedInput(f"{path} is damaged ({str(problem)[:160]})", SHAPE) from problem
    inside = np.array([inside_symbol(n) for n in names.tolist()])
    cut = np.arange(1, len(day) + 1) > len(day) - opened.cut
    bad = _unusable(names, inside, place, day, values, cut)
    good = (inside != "")[place] & ~np.isnat(day) & ~cut
    if source is not None:
        good &= _one_source(inside, place, day, values, source[0], source[1], good)
    wanted = good & (day <= np.datetime64(last)) & (day >= np.datetime64(first))
    if symbols is not None:
        wanted &= np.isin(inside, list(symbols))[place]
    table = _sorted_table(inside, place, day, values, good)
    _must_be_daily(path, table)
    _must_be_sessions(path, table)
    unfinished = unfinished_session(table)
    if not wanted.all():
        table = _sorted_table(inside, place, day, values, wanted)
    if unfinished is not None:
        rows = table.session == np.datetime64(unfinished)
        bad.append(refused(table, rows, RowFault.PARTIAL_SESSION))
        table = table.take(~rows)
    table, doubles = without_duplicates(table)
    return table, [*bad, doubles]


def _sorted_table(
    inside: NDArray[np.str_], place: NDArray[np.intp], day: Any, values: Any, rows: Any
) -> BarTable:
    return bar_table(inside[place[rows]], day[rows], *(v[rows] for v in values))


def _unusable(
    names: Any, inside: Any, place: Any, day: Any, values: Any, cut: Any
) -> list[Quarantine]:
    """The row that may be cut, then rows without a usable symbol, then rows without a date."""
    found = []
    left = np.ones(len(place), dtype=bool)
    for fault, reason in (
        (cut, RowFault.CUT),
        ((inside == "")[place], RowFault.BAD_SYMBOL),
        (np.isnat(day), RowFault.BAD_DATE),
    ):
        rows = fault & left
        left &= ~rows
        if rows.any():
            why = np.full(int(rows.sum()), str(reason.value))
            found.append(Quarantine(names[place[rows]], day[rows], why, *(v[rows] for v in values)))
    return found


def _must_be_daily(path: Path, table: BarTable) -> None:
    if len(table) == 0:
        return
    same = (table.symbol[1:] == table.symbol[:-1]) & (table.session[1:] == table.session[:-1])
    pairs = len(table) - int(same.sum())
    if len(table) > INTRADAY_ROWS * pairs:
        raise DamagedInput(
            f"{path} has {len(table) / pairs:.0f} rows per symbol and day: intraday bars",
            "make daily bars of them first",
        )


def _must_be_sessions(path: Path, table: BarTable) -> None:
    """Dates that are a day off, or have day and month swapped, fall on many closed days."""
    days, rows = np.unique(table.session, return_counts=True)
    known = (days >= np.datetime64(sessions.FIRST_DAY)) & (days <= np.datetime64(sessions.LAST_DAY))
    days, rows = days[known], rows[known]
    if len(days) == 0:
        return
    first, last = days[[0, -1]].astype(object)
    open_days = np.array(sessions.sessions_between(first, last), dtype="datetime64[D]")
    off = int(rows[~np.isin(days, open_days)].sum())
    if off > CLOSED_DAYS_FRAC * rows.sum():
        raise DamagedInput(
            f"{path} has {off} of {rows.sum()} rows on days without a session: its dates are"
            " a day off, or day and month are swapped",
            "write the session of each row as YYYY-MM-DD",
        )


def _one_source(
    inside: NDArray[np.str_],
    place: NDArray[np.intp],
    day: Any,
    values: Any,
    sources: NDArray[np.str_],
    source: NDArray[np.intp],
    good: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Which rows to use: per symbol the best source, and others that share no day with it."""
    use = np.ones(len(place), dtype=bool)
    complete = np.logical_and.reduce([np.isfinite(v) for v in values[:5]])
    _, code = np.unique(inside, return_inverse=True)
    symbol = code[place]
    source = np.where(source < 0, len(sources) - 1, source)
    pair = symbol.astype(np.int64) * len(sources) + source
    order = np.flatnonzero(good)[np.argsort(pair[good], kind="stable")]
    edges = np.flatnonzero(np.diff(pair[order])) + 1
    groups: dict[int, list[tuple[str, NDArray[np.intp]]]] = {}
    for rows in np.split(order, edges) if len(order) else ():
        groups.setdefault(int(symbol[rows[0]]), []).append((str(sources[source[rows[0]]]), rows))
    for found in groups.values():
        fullest = max(int(complete[rows].sum()) for _, rows in found)
        chosen: NDArray[Any] = np.empty(0, dtype="datetime64[D]")
        for _, rows in sorted(found, key=lambda g: _rank(g[0], int(complete[g[1]].sum()), fullest)):
            if np.isin(day[rows], chosen).any():
                use[rows] = False
            else:
                chosen = np.concatenate([chosen, day[rows]])
    return use


def _rank(name: str, rows: int, fullest: int) -> tuple[bool, int, str]:
    preferred = name.startswith(PREFERRED_SOURCE) and rows >= PREFERRED_ENOUGH * fullest
    return (not preferred, -rows, name)
