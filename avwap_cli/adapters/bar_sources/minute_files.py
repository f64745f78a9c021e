"""Real minute bars from users' own files: CSV or Parquet in long form, as traded.

One row per symbol and minute, stamped with the minute's start.  A stamp without a time zone
is New York time, as vendors write it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avwap_cli.errors import DamagedInput
from avwap_cli.market.bars import Floats
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.market.sessions import EASTERN

PRICES = ("open", "high", "low", "close")
SHAPE = (
    "a file of minute bars has the columns symbol, ts (each minute's start in New York time),"
    " open, high, low, close, volume"
)
_NOON = time(12)

Moments = NDArray[np.datetime64]


def read_minute_files(paths: Sequence[Path], symbols: Sequence[str] | None = None) -> MinuteTable:
    """The usable minutes of these files; where two files give the same minute, the first wins.

    Left out are rows without a symbol, a time or positive prices, and those without volume;
    of rows of the same minute the first usable one stays.

    Args:
        paths: at least one; Parquet by content or name, everything else is CSV.
        symbols: those to keep, in the inside form; None = all.

    Raises:
        MissingInput: no such file.
        DamagedInput: no file of minute bars; names the file and the column.
    """
    parts = [_read(path, symbols) for path in paths]
    names = np.concatenate([names for names, _, _ in parts])
    start = np.concatenate([start for _, start, _ in parts])
    values = np.concatenate([values for _, _, values in parts], axis=1)
    known, code = np.unique(names, return_inverse=True)
    order = np.lexsort((np.arange(len(code)), start, code))
    code, start = code[order], start[order]
    first = np.ones(len(code), dtype=np.bool_)
    first[1:] = (code[1:] != code[:-1]) | (start[1:] != start[:-1])
    return MinuteTable(
        tuple(known.tolist()),
        code[first].astype(np.int32),
        start[first].astype("datetime64[ns]"),
        *values[:, order[first]],
    )


def _read(
    path: Path, symbols: Sequence[str] | None
) -> tuple[NDArray[np.str_], Moments, NDArray[np.float64]]:
    """Names, starts (UTC) and (5, n) values of the usable rows of one file."""
    import pyarrow as pa

    from avwap_cli.adapters.bar_sources.bar_file_columns import inside_symbol, numbers, texts
    from avwap_cli.adapters.bar_sources.bar_file_tables import open_columns

    opened = open_columns(path)
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
    good = (inside != "")[place] & ~np.isnat(start) & (np.isfinite(table) & (table > 0)).all(axis=0)
    if opened.cut:
        good[-1] = False
    if symbols is not None:
        good &= np.isin(inside, list(symbols))[place]
    return inside[place[good]], start[good], table[:, good]


def _starts(column: Any) -> Moments:
    """(n,) first instants in UTC, datetime64[us]; NaT where a cell is no time."""
    import pyarrow as pa

    from avwap_cli.adapters.bar_sources.bar_file_columns import texts

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
    if len(start) and not len(known):
        raise DamagedInput(f"the column date of {path} holds no time", SHAPE)
    if (known.astype("datetime64[m]") != known).any():
        raise DamagedInput(f"the times of {path} are no whole minutes", SHAPE)
    if len(known) > 1 and (known.astype("datetime64[h]") == known).all():
        raise DamagedInput(f"the times of {path} are whole hours: no minute bars", SHAPE)
