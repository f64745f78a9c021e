"""Report dates: when each company reports, to the session on which the price answers.

A report before the open moves that day's open, one after the close the next session's.
Days follow the calendar alone, so the coming ones are known before they come; a few
fall on weekends, as vendors' lists have it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avwap_cli.adapters.synthetic.companies import Companies
from avwap_cli.adapters.synthetic.streams import Bools, Days, Floats, Ints, Stream, stream

FIRST_QUARTER = np.datetime64("2020-01", "M")
WEEKEND_FRAC = 0.006  # of the reports that fall on a weekend, how many stay there
SETTLED_SESSIONS = 15  # a company listed for fewer has not reported yet
AHEAD_DAYS = 100


@dataclass(frozen=True, slots=True)
class ReportDates:
    """M reports, quarter by quarter.

    Attributes:
        row: (M,) index of the company.
        day: (M,) datetime64[D], calendar day in New York.
        before_open: (M,) else after the close.
        reaction: (M,) ordinal of the session that answers; the number of sessions where
            that is still to come.
        surprise: (M,) how good it is, standard normal.
    """

    row: Ints
    day: Days
    before_open: Bools
    reaction: Ints
    surprise: Floats


def report_dates(seed: int, who: Companies, sessions: Days) -> ReportDates:
    """All reports from the market's first session to 100 days after the last of `sessions`."""
    until = sessions[-1] + np.timedelta64(AHEAD_DAYS, "D")
    rows: list[Ints] = []
    days: list[Days] = []
    surprises: list[Floats] = []
    months = int((until.astype("datetime64[M]") - FIRST_QUARTER).astype(np.int64))
    for place in range(0, months + 1, 3):
        quarter = FIRST_QUARTER + np.timedelta64(place, "M")
        day = _days(seed, who, quarter, place)
        surprise = stream(seed, Stream.SURPRISES, place).standard_normal(len(who))
        rows.append(np.arange(len(who)))
        days.append(day)
        surprises.append(surprise)
    row, day = np.concatenate(rows), np.concatenate(days)
    before = who.before_open[row]
    reaction = np.where(
        before, np.searchsorted(sessions, day, "left"), np.searchsorted(sessions, day, "right")
    )
    keep = (day > sessions[0]) & (day <= until)
    keep &= (reaction >= who.born[row] + SETTLED_SESSIONS) & (reaction < who.dies[row])
    return ReportDates(
        row[keep], day[keep], before[keep], reaction[keep], np.concatenate(surprises)[keep]
    )


def _days(seed: int, who: Companies, quarter: np.datetime64, place: int) -> Days:
    """The day of each company's report of one quarter."""
    u = stream(seed, Stream.REPORTS, place).random((len(who), 2))
    jitter = np.floor(u[:, 0] * 7).astype(np.int64) - 3
    usual: Days = quarter.astype("datetime64[D]") + (who.report_day + jitter)
    weekday = (usual.astype(np.int64) + 3) % 7  # Monday is 0
    monday = np.where(weekday >= 5, 7 - weekday, 0)
    stays = u[:, 1] < WEEKEND_FRAC
    day: Days = usual + np.where(stays, 0, monday)
    return day
