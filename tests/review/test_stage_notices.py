"""What is told of stages: begun once, ended once, and named by stage and window."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from avwap_cli import playbook
from avwap_cli.market.sessions import EASTERN
from avwap_cli.review.stage_notices import Occasion, event, failure, recovery, windows
from avwap_cli.review.stage_states import StageState, StageTimes
from avwap_cli.stages.operations.status import stage_times
from avwap_cli.trading.facts import Notice

FRIDAY, MONDAY = date(2024, 3, 8), date(2024, 3, 11)
NOW = Occasion(datetime(2024, 3, 8, 11, tzinfo=EASTERN), FRIDAY, ())


def after(occasion: Occasion, *told: Notice) -> Occasion:
    return replace(
        occasion,
        at=occasion.at + timedelta(minutes=1),
        told=[*occasion.told, *told],
    )


def at(
    stage: str, state: StageState, session: date = FRIDAY
) -> list[tuple[StageTimes, StageState]]:
    return [(stage_times(playbook.stage(stage), session), state)]


def test_a_failure_begins_once_and_ends_once() -> None:
    (began,) = failure(NOW, "scan", "no bars")
    assert (began.kind, began.text, began.begins) == ("stage", "scan failed: no bars", True)
    later = after(NOW, began)
    assert failure(later, "scan", "another reason") == []
    assert recovery(later, "gapfilter") == []
    (ended,) = recovery(later, "scan")
    assert (ended.key, ended.begins) == (began.key, False)
    well = after(later, ended)
    assert recovery(well, "scan") == []
    assert [n.begins for n in failure(well, "scan", "again")] == [True]


def test_a_failure_of_another_session_is_told_again_and_all_end_together() -> None:
    first = failure(NOW, "scan", "no bars")
    monday = replace(after(NOW, *first), session=MONDAY)
    second = failure(monday, "scan", "no bars")
    assert len(second) == 1
    ended = recovery(after(monday, *second), "scan")
    assert {n.key for n in ended} == {n.key for n in (*first, *second)}


def test_a_stage_whose_name_begins_another_ones_is_another() -> None:
    (began,) = failure(NOW, "enter-moo", "x")
    assert recovery(after(NOW, began), "enter") == []
    assert failure(after(NOW, began), "enter-confirm", "x") != []


def test_an_event_is_told_again_only_when_it_says_something_else() -> None:
    (first,) = event(NOW, "scan", "scan", "done: 3 candidates")
    assert not first.begins
    later = after(NOW, first)
    assert event(later, "scan", "scan", "done: 3 candidates") == []
    assert [n.text for n in event(later, "scan", "scan", "done: 4 candidates")] == [
        "done: 4 candidates"
    ]
    assert event(replace(later, session=MONDAY), "scan", "scan", "done: 3 candidates") != []


@pytest.mark.parametrize(
    ("stage", "session", "text"),
    [
        (
            "enter-moo",
            FRIDAY,
            "enter-moo was missed: its window, Fri 09:26-10:00 ET, is over; "
            "entries are not made late; exits are",
        ),
        (
            "scan",
            MONDAY,
            "scan was missed: its window, Fri 20:00-Mon 09:20 ET, is over; "
            "there is no plan without it; exits go on",
        ),
        (
            "monitor",
            date(2024, 11, 29),  # a half day
            "monitor did not run to the end: its window, Fri 09:28-13:10 ET, is over; "
            "exits are made when it runs again",
        ),
        (
            "report",
            FRIDAY,
            "report was missed: its window, Fri 16:15-20:00 ET, is over; "
            "`avwap report --session 2024-03-08` makes it up",
        ),
    ],
)
def test_a_missed_window_is_named_once(stage: str, session: date, text: str) -> None:
    now = replace(NOW, session=session)
    (notice,) = windows(now, at(stage, StageState.MISSING, session), "enter-boh")
    assert (notice.kind, notice.text, notice.begins) == ("window", text, False)
    again = windows(after(now, notice), at(stage, StageState.MISSING, session), "report")
    assert again == []


@pytest.mark.parametrize("state", [s for s in StageState if s is not StageState.MISSING])
def test_nothing_else_is_a_missed_window(state: StageState) -> None:
    assert windows(NOW, at("enter-moo", state), "enter-boh") == []


def told_of_monitor(occasion: Occasion, state: StageState, beginning: str) -> list[Notice]:
    return windows(occasion, at("monitor", state), beginning)


def test_a_monitor_that_does_not_run_is_a_state() -> None:
    (began,) = told_of_monitor(NOW, StageState.OVERDUE, "enter-boh")
    assert (began.begins, "monitor does not run" in began.text) == (True, True)
    later = after(NOW, began)
    assert told_of_monitor(later, StageState.OVERDUE, "enter-boh") == []
    for state, beginning, text in (
        (StageState.RUNNING, "enter-boh", "monitor runs again"),
        (StageState.OVERDUE, "monitor", "monitor runs again"),
    ):
        (ended,) = told_of_monitor(later, state, beginning)
        assert (ended.key, ended.begins, ended.text) == (began.key, False, text)
    both = told_of_monitor(later, StageState.MISSING, "report")
    assert [(n.key.split(".")[0], n.begins) for n in both] == [("missed", False), ("late", False)]


def test_a_monitor_that_begins_late_tells_it_once_itself() -> None:
    (event_,) = told_of_monitor(NOW, StageState.OVERDUE, "monitor")
    assert (event_.begins, "monitor begins late" in event_.text) == (False, True)
    assert told_of_monitor(after(NOW, event_), StageState.OVERDUE, "monitor") == []
    assert told_of_monitor(NOW, StageState.DUE, "monitor") == []
    begins_again = told_of_monitor(after(NOW, event_), StageState.OVERDUE, "enter-boh")
    assert [n.begins for n in begins_again] == [True], "it stopped, and nobody started it"
