"""Stage notices: what people are told of a day's stages, beside what a pass over the broker tells.

A stage that fails is a state: begun by the run that fails, ended by one that goes well.  So is a
monitor that does not run.  A window that passed unused, a refusal and a scan that is done are
events.  Each function gets what was told before and returns what is still to be told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from avwap_cli.review.stage_states import StageState, StageTimes
from avwap_cli.trading.books import standing_states
from avwap_cli.trading.facts import Notice

FAILED, WINDOW = "stage", "window"
MONITOR = "monitor"

AFTERMATH: Mapping[str, str] = {
    "universe": "there is no plan without it; exits go on",
    "refresh-cache": "there is no plan without it; exits go on",
    "scan": "there is no plan without it; exits go on",
    "gapfilter": "nothing is entered without it; exits go on",
    MONITOR: "exits are made when it runs again",
    "report": "`avwap report --session {session}` makes it up",
}
OVER = "its window is over"
ENTRIES = "entries are not made late; exits are"


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where one is when something is to be told.

    Attributes:
        at: aware.
        session: the trade session.
        told: every notice so far, in order.
    """

    at: datetime
    session: date
    told: Sequence[Notice]

    def notice(self, kind: str, key: str, text: str, *, begins: bool) -> Notice:
        """One of this moment."""
        return Notice(self.at, self.session, kind, key, text, begins=begins)

    def last(self, key: str) -> Notice | None:
        """What was told of that key last."""
        return next((n for n in reversed(self.told) if n.key == key), None)


def failure(occasion: Occasion, stage: str, text: str) -> list[Notice]:
    """That a stage failed; nothing if it is known to fail in this session."""
    key = f"{_failing(stage)}{occasion.session}"
    if key in standing_states(occasion.told):
        return []
    return [occasion.notice(FAILED, key, f"{stage} failed: {text}", begins=True)]


def recovery(occasion: Occasion, stage: str) -> list[Notice]:
    """That a stage goes well again, for each session in which it was told to fail."""
    return [
        occasion.notice(FAILED, key, f"{stage} goes well again", begins=False)
        for key in standing_states(occasion.told)
        if key.startswith(_failing(stage))
    ]


def event(occasion: Occasion, kind: str, about: str, text: str) -> list[Notice]:
    """Something that happened in this session; nothing if that was the last told of it."""
    key = f"{about}.{occasion.session}"
    last = occasion.last(key)
    if last is not None and last.text == text:
        return []
    return [occasion.notice(kind, key, text, begins=False)]


def windows(
    occasion: Occasion, stages: Sequence[tuple[StageTimes, StageState]], beginning: str
) -> list[Notice]:
    """Windows that passed unused, and a monitor that does not run, or does again.

    Args:
        stages: of the session, each with its state; of `beginning` as if it did not run yet.
        beginning: the stage that is about to run.
    """
    found: list[Notice] = []
    for times, state in stages:
        found += _missed(occasion, times, state)
        if times.stage == MONITOR:
            found += _late(occasion, times, state, begins_now=beginning == MONITOR)
    return found


def outage(occasion: Occasion, lost: Sequence[date]) -> list[Notice]:
    """Whole sessions in which no stage ran, told once and in one.

    Args:
        lost: those before the occasion's, ascending.
    """
    if not lost:
        return []
    standing = standing_states(occasion.told)
    late = [key for day in lost if (key := _late_key(MONITOR, day)) in standing]
    found = [occasion.notice(WINDOW, key, OVER, begins=False) for key in late]
    key = f"outage.{lost[-1]}"
    if occasion.last(key) is None:
        text = (
            f"no stage ran {span(lost)}: nothing was entered, and only stops could close anything"
        )
        found.append(occasion.notice(WINDOW, key, text, begins=False))
    return found


def span(lost: Sequence[date]) -> str:
    """Sessions that follow each other, in words."""
    if len(lost) == 1:
        return f"in the session {lost[0]}"
    return f"from {lost[0]} to {lost[-1]} ({len(lost)} sessions)"


def _late_key(stage: str, session: date) -> str:
    return f"late.{stage}.{session}"


def _failing(stage: str) -> str:
    return f"failed.{stage}."


def _missed(occasion: Occasion, times: StageTimes, state: StageState) -> list[Notice]:
    key = f"missed.{times.stage}.{occasion.session}"
    if state is not StageState.MISSING or occasion.last(key) is not None:
        return []
    after = AFTERMATH.get(times.stage, ENTRIES).format(session=occasion.session)
    what = "was missed" if times.settles is None else "did not run to the end"
    text = f"{times.stage} {what}: its window, {_window(times)}, is over; {after}"
    return [occasion.notice(WINDOW, key, text, begins=False)]


def _late(
    occasion: Occasion, times: StageTimes, state: StageState, *, begins_now: bool
) -> list[Notice]:
    key, late = _late_key(times.stage, occasion.session), state is StageState.OVERDUE
    window = f"its window is {_window(times)}"
    if key in standing_states(occasion.told):
        if late and not begins_now:
            return []
        text = f"{times.stage} runs again" if begins_now or not state.unhealthy else OVER
        return [occasion.notice(WINDOW, key, text, begins=False)]
    if not late or (begins_now and occasion.last(key) is not None):
        return []
    if begins_now:
        text = f"{times.stage} begins late: {window}; exits that are due are made now"
    else:
        text = f"{times.stage} does not run: {window}; {AFTERMATH[MONITOR]}"
    return [occasion.notice(WINDOW, key, text, begins=not begins_now)]


def _window(times: StageTimes) -> str:
    same_day = times.opens.date() == times.closes.date()
    return f"{times.opens:%a %H:%M}-{times.closes:{'%H:%M' if same_day else '%a %H:%M'}} ET"
