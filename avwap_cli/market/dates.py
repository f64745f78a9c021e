"""Dates as people and programs write them: ISO, 20240307, 3/7/2024, epochs, times.

A daily value is often stamped with midnight in UTC, which in New York is the evening
before: a bar told one day early would be a look into the future.  So a column whose
times with a zone all are midnight in UTC is one of calendar dates; any other time is
told in New York.  Likewise the whole column says whether 3/7/2024 begins with the day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from avwap_cli.market.sessions import EASTERN

SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
DIGITS = re.compile(r"\d{8,19}", re.ASCII)
LONGEST = 40  # characters of a cell that are looked at
MONTHS = 12
EPOCH_UNITS = ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000), (1e20, 1_000_000_000))


def from_texts(cells: Sequence[str]) -> list[date | None]:
    """The date of each cell of one column, None where it is no date.

    Raises:
        ValueError: some dates begin with the day and others with the month.
    """
    plain = [cell.strip()[:LONGEST] for cell in cells]
    day_first = _day_first(plain)
    return _told([_of_text(cell, day_first) for cell in plain])


def from_numbers(values: Sequence[int]) -> list[date | None]:
    """The date of each number of one column: 20240307, or an epoch in s to ns."""
    return _told([_of_number(value) for value in values])


def from_microseconds(values: Sequence[int], aware: bool) -> list[date | None]:
    """The date of each time of one column, given as microseconds since 1970.

    Args:
        values: in UTC where `aware`, else as the clock on the wall showed it.
        aware: whether the column has a zone.
    """
    moments = [_of_epoch(value // 1_000_000) for value in values]
    if aware:
        return _told(moments)
    return [moment.date() if moment else None for moment in moments]


def _told(found: Sequence[date | None]) -> list[date | None]:
    """Dates as they are, and moments as dates: all at midnight UTC, or told in New York."""
    moments = [m for m in found if isinstance(m, datetime)]
    zone = UTC if all(m.time() == time(0) for m in moments) else EASTERN
    return [m.astimezone(zone).date() if isinstance(m, datetime) else m for m in found]


def _of_epoch(seconds: int) -> datetime | None:
    """The moment in UTC; None in the first and last year, where another zone has no date."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if date.min.year < moment.year < date.max.year else None


def _of_number(value: int) -> date | None:
    """20240307, or seconds to nanoseconds since 1970."""
    if 19_000_101 <= value <= 21_001_231:
        try:
            return date(value // 10_000, value // 100 % 100, value % 100)
        except ValueError:
            return None
    for limit, unit in EPOCH_UNITS:
        if 1e8 <= value < limit:
            return _of_epoch(value // unit)
    return None


def _of_text(cell: str, day_first: bool) -> date | None:
    """ISO dates and times, 20240307, epochs, and 3/7/2024 or 7/3/2024."""
    slashed = SLASHED.fullmatch(cell)
    if slashed:
        return _slashed(slashed, day_first)
    if DIGITS.fullmatch(cell):
        return _of_number(int(cell))
    try:
        moment = datetime.fromisoformat(cell)
        return _of_epoch(int(moment.timestamp())) if moment.tzinfo else moment.date()
    except (ValueError, OverflowError):
        return None


def _day_first(cells: Sequence[str]) -> bool:
    """Whether 3/7/2024 is the third of July: a number above 12 in any cell decides.

    Raises:
        ValueError: the cells contradict each other.
    """
    slashed = [match for match in map(SLASHED.fullmatch, cells) if match]
    day = any(int(m[1]) > MONTHS and _slashed(m, True) for m in slashed)
    month = any(int(m[2]) > MONTHS and _slashed(m, False) for m in slashed)
    if day and month:
        raise ValueError("some of its dates begin with the day and others with the month")
    return day


def _slashed(match: re.Match[str], day_first: bool) -> date | None:
    month, day = (match[2], match[1]) if day_first else (match[1], match[2])
    try:
        return date(int(match[3]), int(month), int(day))
    except ValueError:
        return None
