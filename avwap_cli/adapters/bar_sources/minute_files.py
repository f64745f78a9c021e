"""Real minute bars from users' own files: CSV or Parquet in long form, as traded.

One row per symbol and minute, stamped with the minute's start.  A stamp without a time zone
is New York time, as vendors write it; one with a zone is converted.  Which files hold minutes
is decided by their first stamps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from avwap_cli.adapters.bar_sources.bar_file_columns import inside_symbol, numbers, texts
from avwap_cli.adapters.bar_sources.bar_file_tables import Opened, open_columns
from avwap_cli.errors import DamagedInput
from avwap_cli.market.bars import Floats
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.market.sessions import EASTERN, FIRST_DAY, LAST_DAY, is_session

PRICES = ("open", "high", "low", "close")
SHAPE = (
    "a file of minute bars has the columns symbol, ts (each minute's start in New York time),"
    " open, high, low, close, volume"
)
STAMPS_LOOKED_AT = 1000
_NOON = time(12)

Moments = NDArray[np.datetime64]
_Rows = tuple[NDArray[np.str_], Moments, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class MinuteFiles:
    """What files of bars hold of minutes.

    Attributes:
        table: the usable minutes; None = no file has any times of day.
        others: the files whose stamps have no time of day.
        left_out: rows of files of minutes that are not in the table, by reason.
    """

    table: MinuteTable | None
    others: tuple[Path, ...]
    left_out: Mapping[str, int]


def minutes_among(paths: Sequence[Path]) -> MinuteFiles:
    """The minutes of those files that hold any; each of these is read once.

    Left out are rows without a symbol, a time or four positive prices, those without volume,
    and those of days without a session; of rows of the same minute the first usable one stays,
    and where two files give the same minute, the first file's.

    Raises:
        MissingInput: no such file.
        DamagedInput: it is no file of bars; names the file and the column.
    """
    parts, others, left_out = [], [], Counter[str]()
    for path in paths:
        opened = open_columns(path)
        if _has_times(opened.columns["date"]):
            parts.append(_read(path, opened, left_out))
        else:
            others.append(path)
    table = _joined(parts, left_out) if parts else None
    return MinuteFiles(table, tuple(others), left_out)


def _joined(parts: Sequence[_Rows], left_out: Counter[str]) -> MinuteTable:
    names = np.concatenate([names for names, _, _ in parts])
    start = np.concatenate([start for _, start, _ in parts])
    values = np.concatenate([values for _, _, values in parts], axis=1)
    known, code = np.unique(names, return_inverse=True)
    order = np.lexsort((np.arange(len(code)), start, code))
    code, start = code[order], start[order]
    first = np.ones(len(code), dtype=np.bool_)
    first[1:] = (code[1:] != code[:-1]) | (start[1:] != start[:-1])
    _count(left_out, "of a minute that is there already", len(first) - int(first.sum()))
    return MinuteTable(
        tuple(known.tolist()),
        code[first].astype(np.int32),
        start[first].astype("datetime64[ns]"),
        *values[:, order[first]],
    )


def _has_times(column: Any) -> bool:
    """Whether the first stamps have a time of day, in New York and in UTC."""
    try:
        start = _starts(column[:STAMPS_LOOKED_AT])
    except (ValueError, TypeError, OverflowError):
        return False
    known = start[~np.isnat(start)]
    offsets = [_offset(day) for day in known.astype("datetime64[D]").tolist()]
    local = known + np.array(offsets, dtype="timedelta64[us]")
    return bool(((_of_day(known) != 0) & (_of_day(local) != 0)).any())


def _of_day(moments: Moments) -> NDArray[np.int64]:
    return np.asarray(moments - moments.astype("datetime64[D]")).astype(np.int64)


def _read(path: Path, opened: Opened, left_out: Counter[str]) -> _Rows:
    """Names, starts (UTC) and (5, n) values of the usable rows of one file."""
    columns = opened.columns
    current = "symbol"
    try:
        found, place = texts(columns["symbol"])
        current = "date"
        start = _starts(columns["date"])
        values: list[Floats] = []
        for current in (*PRICES, "volume"):
            values.append(numbers(columns[current]))
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as problem:
        raise DamagedInput(
            f"the column {current} of {path} cannot be read ({str(problem)[:160]})", SHAPE
        ) from problem
    _must_be_minutes(path, start)
    inside = np.array([inside_symbol(name) for name in found.tolist()])
    table = np.stack(values)
    good = np.ones(len(start), dtype=np.bool_)
    for reason, rows in _faults(inside[place], start, table, opened.cut):
        _count(left_out, reason, int((rows & good).sum()))
        good &= ~rows
    return inside[place[good]], start[good], table[:, good]


def _faults(
    names: NDArray[np.str_], start: Moments, table: NDArray[np.float64], cut: bool
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """What makes rows unusable; a row counts under its first fault."""
    _, high, low, _, volume = table
    last = np.zeros(len(start), dtype=np.bool_)
    last[-1:] = cut
    yield "that no line break ends", last
    yield "without a symbol", np.asarray(names == "")
    yield "without a time", np.isnat(start)
    yield "without four positive prices", np.asarray(~_positive(table[:4]).all(axis=0))
    yield "without volume", ~_positive(volume)
    yield "with a high below a low", np.asarray(high < low)
    yield "of days without a session", _off_days(start)


def _positive(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(values) & (values > 0))


def _off_days(start: Moments) -> NDArray[np.bool_]:
    """Whether no session was held on that day in New York, 4 to 5 hours behind UTC."""
    days, place = np.unique(
        (start - np.timedelta64(5, "h")).astype("datetime64[D]"), return_inverse=True
    )
    held = [
        isinstance(day, date) and FIRST_DAY <= day <= LAST_DAY and is_session(day)
        for day in days.tolist()
    ]
    return ~np.array(held, dtype=np.bool_)[place]


def _count(left_out: Counter[str], reason: str, rows: int) -> None:
    if rows:
        left_out[reason] += rows


def _starts(column: Any) -> Moments:
    """(n,) first instants in UTC, datetime64[us]; NaT where a cell is no time."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        moments = np.asarray(
            column.cast(pa.timestamp("us", kind.tz), safe=False)
            .cast(pa.int64())
            .fill_null(np.iinfo(np.int64).min)
            .to_numpy()
        ).view("datetime64[us]")
        return moments if kind.tz is not None else _from_new_york(moments)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise ValueError(f"cells of the type {kind} are no times")
    cells, place = texts(column)
    read = [_moment(cell) for cell in cells.tolist()]
    return np.array(read, dtype="datetime64[us]")[place]


def _moment(cell: str) -> datetime | None:
    """A written time as naive UTC; None for a cell that is none."""
    try:
        moment = datetime.fromisoformat(cell.strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=EASTERN)
    offset = moment.utcoffset()
    return moment.replace(tzinfo=None) - (offset or timedelta(0))


def _from_new_york(local: Moments) -> Moments:
    """UTC of naive New York times, by the offset at noon of each day.

    It is right whenever the market trades; clocks change on Sundays before dawn.
    """
    days, place = np.unique(local.astype("datetime64[D]"), return_inverse=True)
    offsets = [_offset(day) for day in days.tolist()]
    return np.asarray(local - np.array(offsets, dtype="timedelta64[us]")[place])


def _offset(day: date | None) -> timedelta | None:
    return None if day is None else datetime.combine(day, _NOON, EASTERN).utcoffset()


def _must_be_minutes(path: Path, start: Moments) -> None:
    """Daily bars, and bars of another length, would pass for a few odd minutes.

    Raises:
        DamagedInput.
    """
    known = start[~np.isnat(start)]
    if (known.astype("datetime64[m]") != known).any():
        raise DamagedInput(f"the times of {path} are no whole minutes", SHAPE)
    if len(known) > 1 and (known.astype("datetime64[h]") == known).all():
        raise DamagedInput(f"the times of {path} are whole hours: no minute bars", SHAPE)
