"""Earnings report dates as columns: past and coming reports of many symbols, as known on some day.

A report has a calendar day (vendors name weekends too) and, where the vendor says so, a
timing: before the open or after the close.  A symbol without a row is *unknown*, which
is never the same as "does not report".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Codes = NDArray[np.int32]
Days = NDArray[np.datetime64]
Flags = NDArray[np.bool_]
Timings = NDArray[np.int8]


class Timing(IntEnum):
    """When within its day a company reports."""

    UNKNOWN = 0
    BEFORE_OPEN = 1
    AFTER_CLOSE = 2


@dataclass(frozen=True, slots=True)
class EarningsDates:
    """Columns of equal length n, sorted by (symbol, day); no pair occurs twice.

    Attributes:
        symbols: the distinct symbols in sorted order; may name symbols without a row.
        symbol: (n,) int32, index into `symbols`.
        day: (n,) datetime64[D], the calendar date in New York; may be a weekend.
        timing: (n,) int8, values of `Timing`.
        known: the date on which this was known: the latest fetch, or the file's.
    """

    symbols: tuple[str, ...]
    symbol: Codes
    day: Days
    timing: Timings
    known: date

    def __len__(self) -> int:
        return len(self.symbol)

    @property
    def before_open(self) -> Flags:
        """(n,) True where the report is known to come before the open."""
        return np.asarray(self.timing == Timing.BEFORE_OPEN, dtype=np.bool_)

    def only(self, symbols: Sequence[str]) -> EarningsDates:
        """The rows of these symbols; `symbols` shrinks to those asked for and known."""
        wanted = set(symbols)
        kept = [i for i, name in enumerate(self.symbols) if name in wanted]
        code = np.full(len(self.symbols), -1, dtype=np.int32)
        code[kept] = np.arange(len(kept), dtype=np.int32)
        new = code[self.symbol]
        rows = new >= 0
        names = tuple(self.symbols[i] for i in kept)
        return EarningsDates(names, new[rows], self.day[rows], self.timing[rows], self.known)


def earnings_dates(
    names: Sequence[str] | NDArray[np.str_],
    day: ArrayLike,
    known: date,
    timing: ArrayLike | None = None,
) -> EarningsDates:
    """Build a sorted table from rows in any order.

    Of rows with equal (symbol, day) one stays: the one whose timing is known, and of two
    that contradict each other the later in the day, which blocks longer.

    Args:
        names: (n,) the symbol of each row, in the inside form.
        day: (n,) anything numpy reads as datetime64[D].
        known: when this was known.
        timing: (n,) values of `Timing`; all unknown when None.
    """
    symbols, code = np.unique(np.asarray(names, dtype=np.str_), return_inverse=True)
    days = np.asarray(day, dtype="datetime64[D]")
    when = np.zeros(len(code), np.int8) if timing is None else np.asarray(timing, np.int8)
    order = np.lexsort((when, days, code))
    code, days, when = code[order], days[order], when[order]
    last = np.ones(len(code), dtype=bool)
    last[:-1] = (code[1:] != code[:-1]) | (days[1:] != days[:-1])
    return EarningsDates(
        tuple(str(s) for s in symbols), code[last].astype(np.int32), days[last], when[last], known
    )
