"""The date column of a user's file of reports, whatever type its cells have (see `market.dates`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from avwap_cli.errors import DamagedInput
from avwap_cli.market import dates

MAX_UNREADABLE = 0.5
MAX_QUOTED = 40
HINT = "write the dates as YYYY-MM-DD"


def report_days(column: pa.ChunkedArray, source: str) -> NDArray[Any]:
    """(n,) datetime64[D]; NaT where there is no date.

    Raises:
        DamagedInput: the column holds something else, mixes day first with month first, or
            more than half of its cells are no dates.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    aware = pa.types.is_timestamp(kind) and kind.tz is not None
    if pa.types.is_timestamp(kind):
        column = pc.cast(column, pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
    coded = column.combine_chunks().dictionary_encode()
    values = coded.dictionary.to_pylist()
    try:
        found = _dates(kind, values, aware)
    except ValueError as problem:
        raise DamagedInput(f"{source}: {problem}", HINT) from problem
    if found is None:
        raise DamagedInput(f"{source}: its dates are of type {kind}", HINT)
    place = pc.fill_null(coded.indices, len(found)).to_numpy(zero_copy_only=False)
    days = np.array([*found, None], dtype="datetime64[D]")[place]
    _check(values, days, place, source)
    return np.asarray(days)


def _dates(kind: pa.DataType, values: list[Any], aware: bool) -> list[date | None] | None:
    """The distinct dates of a column of that type; None for a type that holds no dates."""
    if pa.types.is_date(kind) or pa.types.is_null(kind):
        return values
    if pa.types.is_timestamp(kind):
        return dates.from_microseconds(values, aware)
    if pa.types.is_integer(kind):
        return dates.from_numbers(values)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return dates.from_texts(values)
    return None


def _check(values: Sequence[object], days: NDArray[Any], place: NDArray[Any], source: str) -> None:
    """Refuse a column whose cells are mostly no dates; an empty cell is a date nobody knows."""
    empty = np.array([str(value).strip() == "" for value in values] + [True])[place]
    bad = np.isnat(days) & ~empty
    filled = int((~empty).sum())
    if len(days) and not filled:
        raise DamagedInput(f"{source} has no date in any of its {len(days)} rows", HINT)
    if bad.sum() > MAX_UNREADABLE * filled:
        first = str(values[place[int(bad.argmax())]])[:MAX_QUOTED]
        raise DamagedInput(
            f"{source}: {int(bad.sum())} of {filled} dates cannot be read, such as {first!r}", HINT
        )
