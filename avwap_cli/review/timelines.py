"""Timelines: the day as a picture, a bar for each stage on one axis.

The axis has two parts on one scale: the evening before, from the first window to midnight, and
the day, from 09:00 to 20:00 in New York.  The night between is no longer than a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from avwap_cli.market.sessions import EASTERN
from avwap_cli.review.stage_states import StageState, StageTimes

DAY_FROM, DAY_TO = time(9), time(20)
HOURS = (time(12), time(16))
NEXT = "next"


@dataclass(frozen=True, slots=True)
class Bar:
    """One stage; `left` and `right` lie between 0 and 1 on the axis.

    Attributes:
        mark: its state, or "next" for the one that is due next.
    """

    stage: str
    mark: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """The bars in the order of the day.

    Attributes:
        now: where the time stands on the axis; None outside of it.
        hours: places on the axis, and what is read there.
    """

    bars: tuple[Bar, ...]
    now: float | None
    hours: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    evening: datetime
    midnight: datetime
    morning: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return (self.midnight - self.evening) + (self.end - self.morning)

    def place(self, moment: datetime) -> float:
        """Where that time stands; what is outside at the nearer end, the night at its line."""
        evening = min(max(moment, self.evening), self.midnight) - self.evening
        day = min(max(moment, self.morning), self.end) - self.morning
        return round((evening + day) / self.length, 4)


def timeline(
    session: date,
    as_of: date,
    now: datetime,
    stages: Sequence[tuple[StageTimes, StageState]],
    following: str,
) -> Timeline:
    """The picture of that trade session.

    Args:
        as_of: the session whose evening it begins in.
        now: aware.
        stages: in the order of the day.
        following: the stage that is due next.
    """
    here = now.astimezone(EASTERN)
    begins = min(times.opens for times, _ in stages)
    axis = _Axis(
        evening=begins,
        midnight=datetime.combine(as_of + timedelta(days=1), time(0), EASTERN),
        morning=datetime.combine(session, DAY_FROM, EASTERN),
        end=datetime.combine(session, DAY_TO, EASTERN),
    )
    moments = [begins, axis.morning]
    moments += [datetime.combine(session, hour, EASTERN) for hour in HOURS]
    return Timeline(
        bars=tuple(_bar(axis, times, state, following) for times, state in stages),
        now=axis.place(here) if axis.evening <= here <= axis.end else None,
        hours=tuple((axis.place(moment), f"{moment:%H:%M}") for moment in moments),
    )


def _bar(axis: _Axis, times: StageTimes, state: StageState, following: str) -> Bar:
    # An evening's window lasts until morning; what matters of it is when it should be done.
    ends = times.closes if times.trades else times.expected_by
    coming = state is StageState.NOT_YET and times.stage == following
    mark = NEXT if coming else state.value
    return Bar(times.stage, mark, axis.place(times.opens), axis.place(ends))
