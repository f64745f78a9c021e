"""Row checks: which rows of a download may enter the cache, and why others may not.

A refused row is kept beside the table with its reason, never dropped silently.  The
checks are zero-tolerance on what a bar must be, and careful about rows without trades:
a shell that quotes one price for weeks is genuine; a price that nobody traded and that
both neighbours contradict is a phantom.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from avwap_cli.market.bars import VALUE_COLUMNS, BarTable, Days, Floats

PHANTOM_LOG = float(np.log(1.5))  # an untraded price this far from both traded neighbours
UNFINISHED_VOLUME_FRAC = 0.9
UNFINISHED_NAMES_FRAC = 0.9
USUAL_SESSIONS = 20
LONGEST_PAUSE = np.timedelta64(7, "D")  # between two sessions; a later row is of none that goes on


class RowFault(StrEnum):
    """Why a row was refused; the value is what the quarantine file carries."""

    BAD_SYMBOL = "bad_symbol"
    BAD_DATE = "bad_date"
    CUT = "cut"
    OTHER_BASIS = "other_basis"
    NOT_A_NUMBER = "not_a_number"
    NON_POSITIVE = "non_positive"
    NEGATIVE_VOLUME = "negative_volume"
    HIGH_LOW = "high_low"
    ORDER = "order"
    DUPLICATE = "duplicate"
    PARTIAL_SESSION = "partial_session"
    FUTURE = "future"
    HOLIDAY = "holiday"
    PHANTOM = "phantom"


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Refused rows as columns of equal length.

    Attributes:
        symbol: the symbol, or the cell as it was found where it is none.
        session: the session, NaT where the cell was no date.
        reason: a RowFault value.
        open, high, low, close, volume, vwap: as found.
    """

    symbol: NDArray[np.str_]
    session: Days
    reason: NDArray[np.str_]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats

    def __len__(self) -> int:
        return len(self.symbol)

    def counts(self) -> Mapping[str, int]:
        """Number of rows by reason, sorted by reason."""
        names, counts = np.unique(self.reason, return_counts=True)
        return {str(n): int(c) for n, c in zip(names, counts, strict=True)}

    def rows(self) -> Iterator[tuple[object, ...]]:
        """The rows as plain values: symbol, session or empty, reason, then the prices."""
        days = np.datetime_as_string(self.session.astype("datetime64[D]"))
        columns = [getattr(self, name).tolist() for name in VALUE_COLUMNS]
        for symbol, day, reason, *values in zip(
            self.symbol.tolist(), days.tolist(), self.reason.tolist(), *columns, strict=True
        ):
            yield (symbol, "" if day == "NaT" else day, reason, *values)


def refused(table: BarTable, rows: NDArray[np.bool_], reason: RowFault) -> Quarantine:
    """The quarantine of these rows of a table, all for one reason."""
    part = table.take(rows)
    return Quarantine(
        part.names(),
        part.session,
        np.full(len(part), str(reason.value)),
        *(getattr(part, name) for name in VALUE_COLUMNS),
    )


def quarantined(parts: list[Quarantine]) -> Quarantine:
    """All parts as one, sorted by (symbol, session, reason)."""
    if not parts:
        none = np.empty(0)
        text = np.empty(0, dtype="<U1")
        return Quarantine(
            text, none.astype("datetime64[D]"), text, none, none, none, none, none, none
        )
    columns = {
        f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Quarantine)
    }
    order = np.lexsort((columns["close"], columns["reason"], columns["session"], columns["symbol"]))
    return Quarantine(**{name: column[order] for name, column in columns.items()})


def check_rows(table: BarTable, sessions: Days, finished: date) -> tuple[BarTable, Quarantine]:
    """Split a table into rows that may be used and rows that may not.

    Rows in the wrong order are put in order first, which loses nothing; a row whose
    place cannot be known (no session) is refused as `order`.

    Args:
        table: rows of any vendor.
        sessions: (k,) datetime64[D], ascending; every XNYS session of the span the
            rows may come from.
        finished: the last session whose close had passed when the rows were fetched.

    Returns:
        the clean table, sorted and without duplicates, and the quarantine.
    """
    table = _ordered(table)
    found: list[Quarantine] = []
    bad = np.zeros(len(table), dtype=bool)
    for reason, rows in _row_faults(table, sessions, finished):
        if rows.any():
            found.append(refused(table, rows, reason))
            bad |= rows
    if found:
        table = table.take(~bad)
    for reason, find in ((RowFault.DUPLICATE, _duplicates), (RowFault.PHANTOM, _phantoms)):
        rows = find(table)
        if rows.any():
            found.append(refused(table, rows, reason))
            table = table.take(~rows)
    return _with_usable_vwap(table), quarantined(found)


def _with_usable_vwap(table: BarTable) -> BarTable:
    """A vwap that is no price is none; the row is good without it.

    One outside of the day's range stays: vendors count extended hours in it.
    """
    wrong = ~np.isnan(table.vwap) & ~(np.isfinite(table.vwap) & (table.vwap > 0))
    if not wrong.any():
        return table
    return replace(table, vwap=np.where(wrong, np.nan, table.vwap))


def without_duplicates(table: BarTable) -> tuple[BarTable, Quarantine]:
    """One row per symbol and session, and the others as quarantine."""
    rows = _duplicates(table)
    return table.take(~rows), refused(table, rows, RowFault.DUPLICATE)


def unfinished_session(table: BarTable) -> date | None:
    """The last session of a file, if it looks as if it was saved while the session ran.

    Such a session has lost a tenth of the names of the session before, and the names
    that are there traded less than usual (median ratio to their mean volume of 20
    sessions below 0.9).  A half day has little volume but all names.
    """
    days, counts = np.unique(table.session, return_counts=True)
    if len(days) <= USUAL_SESSIONS or counts[-1] >= UNFINISHED_NAMES_FRAC * counts[-2]:
        return None
    recent = table.take((table.session >= days[-1 - USUAL_SESSIONS]) & (table.session < days[-1]))
    last = table.take(table.session == days[-1])
    total = np.bincount(recent.symbol, recent.volume, len(table.symbols))
    rows = np.bincount(recent.symbol, minlength=len(table.symbols))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = last.volume / (total / rows)[last.symbol]
    ratio = ratio[np.isfinite(ratio)]
    if len(ratio) == 0 or float(np.median(ratio)) >= UNFINISHED_VOLUME_FRAC:
        return None
    found: date = days[-1].astype("datetime64[D]").astype(object)
    return found


def _ordered(table: BarTable) -> BarTable:
    """The rows by (session, symbol); a table already in order is returned as it is."""
    day, code = table.session, table.symbol
    rises = (day[1:] > day[:-1]) | ((day[1:] == day[:-1]) & (code[1:] >= code[:-1]))
    if bool(rises.all()):
        return table
    return table.take(np.lexsort((code, day)))


def _row_faults(
    table: BarTable, sessions: Days, finished: date
) -> Iterator[tuple[RowFault, NDArray[np.bool_]]]:
    """The faults that a row shows by itself; each row is under its first fault only."""
    left = np.ones(len(table), dtype=bool)
    prices = (table.open, table.high, table.low, table.close)
    day, done = table.session, np.datetime64(finished, "D")
    ordered: tuple[tuple[RowFault, NDArray[np.bool_]], ...] = (
        (RowFault.ORDER, np.isnat(day)),
        (RowFault.FUTURE, day > done + LONGEST_PAUSE),
        (RowFault.PARTIAL_SESSION, day > done),
        (RowFault.HOLIDAY, ~np.isin(day, sessions)),
        (
            RowFault.NOT_A_NUMBER,
            ~np.logical_and.reduce([np.isfinite(c) for c in (*prices, table.volume)]),
        ),
        (RowFault.NON_POSITIVE, np.logical_or.reduce([c <= 0 for c in prices])),
        (RowFault.NEGATIVE_VOLUME, table.volume < 0),
        (
            RowFault.HIGH_LOW,
            (table.high < np.maximum(table.open, table.close))
            | (table.low > np.minimum(table.open, table.close)),
        ),
    )
    for reason, rows in ordered:
        yield reason, rows & left
        left &= ~rows


def _duplicates(table: BarTable) -> NDArray[np.bool_]:
    """Rows of a (symbol, session) beyond one: the row with most volume stays, whatever the order."""
    same = (table.symbol[1:] == table.symbol[:-1]) & (table.session[1:] == table.session[:-1])
    extra = np.zeros(len(table), dtype=bool)
    if not same.any():
        return extra
    touched = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False))
    part = table.take(touched)
    values = [np.nan_to_num(getattr(part, n), nan=-1.0) for n in reversed(VALUE_COLUMNS)]
    order = np.lexsort((*values, part.volume, part.symbol, part.session))
    code, day = part.symbol[order], part.session[order]
    followed = np.append((code[1:] == code[:-1]) & (day[1:] == day[:-1]), False)
    extra[touched[order[followed]]] = True
    return extra


def _phantoms(table: BarTable) -> NDArray[np.bool_]:
    """Untraded rows whose price both traded neighbours of the symbol contradict, on one side."""
    phantom = np.zeros(len(table), dtype=bool)
    quiet = table.volume == 0
    if not quiet.any():
        return phantom
    suspects = np.unique(table.symbol[quiet])
    rows = np.flatnonzero(np.isin(table.symbol, suspects))
    order = rows[np.lexsort((table.session[rows], table.symbol[rows]))]
    code, close, traded = table.symbol[order], table.close[order], ~quiet[order]
    index = np.arange(len(order))
    before = np.maximum.accumulate(np.where(traded, index, -1))
    after = np.minimum.accumulate(np.where(traded, index, len(order))[::-1])[::-1]
    inside = (before >= 0) & (after < len(order))
    low, high = np.maximum(before, 0), np.minimum(after, len(order) - 1)
    inside &= (code[low] == code) & (code[high] == code) & ~traded
    down, up = np.log(close / close[low]), np.log(close / close[high])
    off = (np.sign(down) == np.sign(up)) & (np.minimum(abs(down), abs(up)) > PHANTOM_LOG)
    phantom[order[inside & off]] = True
    return phantom
