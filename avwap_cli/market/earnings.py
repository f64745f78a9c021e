"""Earnings report dates, as known on some day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Timing(StrEnum):
    """When within its day a company reports."""

    BEFORE_OPEN = "before_open"
    AFTER_CLOSE = "after_close"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Report:
    """One report of one company: the calendar date (may be a weekend) and the timing."""

    symbol: str
    day: date
    timing: Timing = Timing.UNKNOWN


@dataclass(frozen=True, slots=True)
class EarningsDates:
    """Past and coming reports of many symbols, sorted by (symbol, day).

    Attributes:
        reports: every known report.
        known: the date on which this was known (the fetch, or the file's).
    """

    reports: tuple[Report, ...]
    known: date
