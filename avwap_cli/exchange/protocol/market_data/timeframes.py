"""Timeframes: `5Min`, `1Hour`, `1Day`, `1Week`, `3Month`, and where their bars begin.

Bars of minutes are aligned to the hour, bars of hours to New York's midnight (so that no
bar mixes two sessions), weeks to Monday and months to the calendar year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np

from avwap_cli.exchange.instants import MINUTE, day_of
from avwap_cli.exchange.protocol.market_data.bar_columns import Bars, grouped, midnight
from avwap_cli.exchange.tape.days import Ints

HOUR = 60 * MINUTE


class Unit(StrEnum):
    """Units, by the letter of their short form."""

    MINUTE = "T"
    HOUR = "H"
    DAY = "D"
    WEEK = "W"
    MONTH = "M"


_WORDS = {
    "Min": Unit.MINUTE,
    "T": Unit.MINUTE,
    "Hour": Unit.HOUR,
    "H": Unit.HOUR,
    "Day": Unit.DAY,
    "D": Unit.DAY,
    "Week": Unit.WEEK,
    "W": Unit.WEEK,
    "Month": Unit.MONTH,
    "M": Unit.MONTH,
}
_AMOUNTS = {
    Unit.MINUTE: frozenset(range(1, 60)),
    Unit.HOUR: frozenset(range(1, 24)),
    Unit.DAY: frozenset({1}),
    Unit.WEEK: frozenset({1}),
    Unit.MONTH: frozenset({1, 2, 3, 4, 6, 12}),
}
_TEXT = re.compile(r"([1-9]\d?)([A-Za-z]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Timeframe:
    """So many units a bar."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    @property
    def intraday(self) -> bool:
        """Whether its bars are made of minutes, not of days."""
        return self.unit in {Unit.MINUTE, Unit.HOUR}

    @property
    def sessions(self) -> int:
        """About how many sessions one bar holds, at least 1."""
        return {Unit.WEEK: 5, Unit.MONTH: 21 * self.amount}.get(self.unit, 1)

    def last_day(self, day: date) -> date:
        """A day not before the end of the bar that holds `day`."""
        days = {Unit.WEEK: 7, Unit.MONTH: 31 * self.amount}.get(self.unit, 0)
        return day + timedelta(days=days)

    def fold(self, bars: Bars) -> Bars:
        """The bars of this timeframe.

        Args:
            bars: minutes of one session, if it is intraday; else daily bars.
        """
        if (self.amount, self.unit) in {(1, Unit.MINUTE), (1, Unit.DAY)} or not len(bars):
            return bars
        return grouped(bars, self._starts(bars.t))

    def _starts(self, t: Ints) -> Ints:
        if self.unit is Unit.MINUTE:
            past: Ints = t % HOUR
            return t - past % (self.amount * MINUTE)
        if self.unit is Unit.HOUR:
            size, zero = self.amount * HOUR, midnight(day_of(int(t[0])))
            of_day: Ints = t - zero
            return t - of_day % size
        starts = [midnight(self._first_day(day_of(at))) for at in t.tolist()]
        return np.array(starts, dtype=np.int64)

    def _first_day(self, day: date) -> date:
        if self.unit is Unit.WEEK:
            return day - timedelta(days=day.weekday())
        return date(day.year, (day.month - 1) // self.amount * self.amount + 1, 1)


def timeframe(text: str) -> Timeframe | None:
    """The timeframe of `5Min`, `5T`, `1Hour`, `1Day`, `3M`...; None if it is none."""
    found = _TEXT.fullmatch(text)
    unit = _WORDS.get(found[2]) if found else None
    if found is None or unit is None or int(found[1]) not in _AMOUNTS[unit]:
        return None
    return Timeframe(int(found[1]), unit)
