"""The states of the trading day's stages: done by a run, or repeated until the window is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from avwap_cli import playbook
from avwap_cli.market.sessions import EASTERN
from avwap_cli.review.runs import RunRecord
from avwap_cli.review.stage_states import stage_state
from avwap_cli.stages.operations.status import stage_times

FRIDAY, HALF_DAY = date(2024, 3, 8), date(2024, 11, 29)


def at(clock: str, day: date = FRIDAY) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=EASTERN)


def ran(stage: str, ended: str, day: date = FRIDAY, **changes: object) -> RunRecord:
    run = RunRecord(
        stage=stage, trade_session=day, as_of=day, started=at("04:00", day), seconds=1.0, host="desk",
        pid=1, code_version="0.1.0", config_hash="", state="done", ended=at(ended, day),
    )  # fmt: skip
    return replace(run, **changes)  # type: ignore[arg-type]


def state(
    stage: str, now: str, run: RunRecord | None = None, day: date = FRIDAY, **more: bool
) -> str:
    times = stage_times(playbook.stage(stage), day)
    found = stage_state(
        times, at(now, day), run, more.get("running", False), more.get("written", False)
    )
    return found.value


@pytest.mark.parametrize(
    ("now", "expected"),
    [("09:25", "not yet"), ("09:26", "due"), ("09:30", "overdue"), ("10:00", "missing")],
)
def test_entries_of_others_do_not_make_a_group_done(now: str, expected: str) -> None:
    assert state("enter-moo", now, written=True) == expected


def test_a_run_that_ended_well_makes_a_group_done() -> None:
    assert state("enter-moo", "09:40", ran("enter-moo", "09:27")) == "done"
    halted = ran("enter-moo", "09:27", exit_code=8)
    assert state("enter-moo", "09:40", halted) == "failed"
    assert state("enter-moo", "09:40", halted, running=True) == "running"


@pytest.mark.parametrize(
    ("now", "last", "expected"),
    [
        ("09:56", "09:51", "due"),
        ("09:55", "09:51", "done"),
        ("11:00", "10:44", "overdue"),
        ("15:31", "15:26", "done"),
        ("15:31", "15:19", "missing"),
        ("20:00", "15:26", "done"),
    ],
)
def test_boh_is_due_every_five_minutes_until_its_window_ends(
    now: str, last: str, expected: str
) -> None:
    assert state("enter-boh", now, ran("enter-boh", last)) == expected


@pytest.mark.parametrize(
    ("now", "last", "expected"),
    [
        ("09:29", None, "due"),
        ("09:31", None, "overdue"),
        ("11:02", "11:00", "due"),
        ("16:01", "16:00", "done"),
        ("16:20", "15:59", "missing"),
    ],
)
def test_monitor_is_done_by_a_run_that_saw_the_close(
    now: str, last: str | None, expected: str
) -> None:
    run = None if last is None else ran("monitor", last)
    assert state("monitor", now, run) == expected


def test_a_half_day_ends_earlier() -> None:
    assert state("monitor", "13:01", ran("monitor", "13:00", HALF_DAY), HALF_DAY) == "done"
    assert state("enter-boh", "12:30", ran("enter-boh", "12:26", HALF_DAY), HALF_DAY) == "done"
    assert state("report", "13:15", None, HALF_DAY) == "due"


def test_a_record_without_its_end_is_taken_at_its_start() -> None:
    run = replace(ran("monitor", "16:00"), ended=None, started=at("16:02"))
    assert state("monitor", "16:05", run) == "done"
