"""Report days: the date column of a user's file, whatever form its dates have.

Dates; ISO texts and times; 20240307; 3/7/2024 (or 7/3/2024, if a cell such as 30/3/2024
says so); seconds to nanoseconds since 1970.  A time with a zone is told in New York,
unless every such time of the file is midnight UTC: then they are dates that some program
stored as times, and New York would put each one day early.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from avwap_cli.errors import DamagedInput
from avwap_cli.market.sessions import EASTERN

MAX_UNREADABLE = 0.5
MAX_QUOTED = 40
SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_UNITS = ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000), (1e20, 1_000_000_000))
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
    if pa.types.is_date(kind) or pa.types.is_null(kind):
        found = values
    elif pa.types.is_timestamp(kind):
        found = _days([_of_epoch(value, 1_000_000, aware) for value in values])
    elif pa.types.is_integer(kind):
        found = _days([_of_number(value) for value in values])
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        found = _days(_of_texts([text.strip() for text in values], source))
    else:
        raise DamagedInput(f"{source}: its dates are of type {kind}", HINT)
    place = pc.fill_null(coded.indices, len(found)).to_numpy(zero_copy_only=False)
    days = np.array([*found, None], dtype="datetime64[D]")[place]
    _check(values, days, place, source)
    return np.asarray(days)


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


def _days(moments: Sequence[datetime | date | None]) -> list[date | None]:
    """The date of each moment; those with a zone in New York, or in UTC if all are midnights."""
    aware = [m for m in moments if isinstance(m, datetime) and m.tzinfo is not None]
    midnights = all((moment - EPOCH) % DAY == timedelta() for moment in aware)
    zone: tzinfo = UTC if midnights else EASTERN
    return [_day(moment, zone) for moment in moments]


def _day(moment: datetime | date | None, zone: tzinfo) -> date | None:
    if not isinstance(moment, datetime):
        return moment
    try:
        return (moment if moment.tzinfo is None else moment.astimezone(zone)).date()
    except OverflowError:  # the first or last day there is, in another zone
        return None


def _of_epoch(value: int, per_second: int, aware: bool) -> datetime | None:
    try:
        moment = EPOCH + timedelta(seconds=value // per_second)
    except OverflowError:
        return None
    return moment if aware else moment.replace(tzinfo=None)


def _of_number(value: int) -> datetime | date | None:
    """20240307, or seconds to nanoseconds since 1970."""
    if 19_000_101 <= value <= 21_001_231:
        return _of_text(str(value))
    for limit, per_second in EPOCH_UNITS:
        if 1e8 <= value < limit:
            return _of_epoch(value, per_second, aware=True)
    return None


def _of_texts(texts: Sequence[str], source: str) -> list[datetime | date | None]:
    """A moment of each text; the day is first if a cell proves it, else the month."""
    slashes = [found for text in texts if (found := SLASHES.fullmatch(text))]
    day_first = any(int(found[1]) > 12 for found in slashes)
    if day_first and any(int(found[2]) > 12 for found in slashes):
        raise DamagedInput(f"{source} mixes dates with the day first and the month first", HINT)
    return [_of_text(text, day_first) for text in texts]


def _of_text(text: str, day_first: bool = False) -> datetime | date | None:
    slashes = SLASHES.fullmatch(text)
    try:
        if slashes is None:
            return datetime.fromisoformat(text)
        one, other, year = (int(part) for part in slashes.groups())
        return date(year, other, one) if day_first else date(year, one, other)
    except ValueError:
        return None
