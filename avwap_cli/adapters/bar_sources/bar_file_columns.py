"""Columns of users' bar files: recognised by name, converted cell by cell.

A cell that is no date or no number makes its row unusable, never the file; a column
that is missing makes the file unusable.  Dictionaries keep the work to distinct values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from avwap_cli.market.bars import Days, Floats

ALIASES: Mapping[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker", "sym", "s"),
    "date": ("date", "session", "timestamp", "datetime", "time", "ts", "day", "t"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "volume": ("volume", "vol", "v"),
    "vwap": ("vwap", "vw"),
    "source": ("source",),
}
NEEDED = ("symbol", "date", "open", "high", "low", "close", "volume")
NUMBERS = ("open", "high", "low", "close", "volume", "vwap")
SYMBOL = re.compile(r"[A-Z][A-Z0-9]{0,9}(\.[A-Z0-9]{1,4})?", re.ASCII)
US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
NEW_YORK = ZoneInfo("America/New_York")
EPOCH_UNITS = ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000), (1e20, 1_000_000_000))


def recognise(names: Sequence[str]) -> dict[str, str]:
    """Our column name -> the file's column name, letter case and spaces aside.

    `adj_close` is never taken for `close`.
    """
    plain: dict[str, str] = {}
    for name in names:
        plain.setdefault(str(name).strip().lstrip("\ufeff").lower(), name)
    found = {}
    for ours, aliases in ALIASES.items():
        match = next((a for a in aliases if a in plain), None)
        if match is not None:
            found[ours] = plain[match]
    return found


def inside_symbol(text: object) -> str:
    """The inside form of a symbol (BRK-B, BRK/B -> BRK.B), empty where the cell is none."""
    plain = str(text).strip().upper().replace("-", ".").replace("/", ".")
    return plain if SYMBOL.fullmatch(plain) else ""


def encoded(column: Any) -> tuple[list[Any], NDArray[np.intp]]:
    """The distinct values of a column and the place of each row's value, -1 for none."""
    array = column.dictionary_encode() if not pa.types.is_dictionary(column.type) else column
    array = array.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # a column without chunks stays one
        array = (
            array.chunk(0) if array.num_chunks else pa.array([], pa.string()).dictionary_encode()
        )
    indices = array.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.intp)
    return array.dictionary.to_pylist(), indices


def texts(column: Any) -> tuple[NDArray[np.str_], NDArray[np.intp]]:
    """The distinct texts of a column and each row's place in them; the last one is empty."""
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    values, place = encoded(column)
    return np.array([*(str(v) for v in values), ""]), place


def days(column: Any) -> Days:
    """The session of each row, NaT where the cell is no date; aware times are told in New York."""
    kind = column.type
    if pa.types.is_date(kind):
        return np.asarray(column.cast(pa.date32()).to_numpy(), dtype="datetime64[D]")
    if pa.types.is_timestamp(kind):
        aware = kind.tz is not None
        seconds = column.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
        values, place = encoded(seconds)
        found = [_of_epoch(v // 1_000_000, aware) for v in values]
    elif pa.types.is_integer(kind):
        values, place = encoded(column)
        found = [_of_number(v) for v in values]
    else:
        names, place = texts(column)
        found = [_of_text(v) for v in names.tolist()]
    return np.array([*found, None], dtype="datetime64[D]")[place]


def _of_epoch(seconds: int, aware: bool) -> date | None:
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.astimezone(NEW_YORK).date() if aware else moment.date()


def _of_number(value: int) -> date | None:
    """20240307, or seconds to nanoseconds since 1970."""
    if 19_000_101 <= value <= 21_001_231:
        return _of_text(str(value))
    for limit, unit in EPOCH_UNITS:
        if 1e8 <= value < limit:
            return _of_epoch(value // unit, aware=True)
    return None


def _of_text(text: str) -> date | None:
    """ISO dates and times, 20240307, and 3/7/2024."""
    plain = text.strip()[:40]
    american = US_DATE.fullmatch(plain)
    try:
        if american:
            return date(int(american[3]), int(american[1]), int(american[2]))
        moment = datetime.fromisoformat(plain)
        return (moment.astimezone(NEW_YORK) if moment.tzinfo else moment).date()
    except (ValueError, OverflowError):
        return None


def numbers(column: Any) -> Floats:
    """The values of a column, NaN where a cell is no number; thousands may have commas."""
    kind = column.type
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        plain = pd.Series(column.cast(pa.string()).to_numpy(zero_copy_only=False), dtype=object)
        plain = plain.astype("string").str.replace(",", "", regex=False)
        return np.asarray(
            pd.to_numeric(plain, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        )
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
