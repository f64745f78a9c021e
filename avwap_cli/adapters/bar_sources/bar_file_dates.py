"""The date column of a user's bar file, whatever type its cells have (see `market.dates`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from avwap_cli.adapters.bar_sources.bar_file_columns import encoded, texts
from avwap_cli.market import dates
from avwap_cli.market.bars import Days


def days(column: Any) -> Days:
    """The session of each row, NaT where the cell is no date.

    Raises:
        ValueError: some dates begin with the day and others with the month.
    """
    kind = column.type
    if pa.types.is_date(kind):
        return np.asarray(column.cast(pa.date32()).to_numpy(), dtype="datetime64[D]")
    if pa.types.is_timestamp(kind):
        moments = column.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
        values, place = encoded(moments)
        found = dates.from_microseconds(values, aware=kind.tz is not None)
    elif pa.types.is_integer(kind):
        values, place = encoded(column)
        found = dates.from_numbers(values)
    else:
        cells, place = texts(column)
        found = dates.from_texts([str(cell) for cell in cells.tolist()])
    return np.array([*found, None], dtype="datetime64[D]")[place]
