"""Stage states: where one stage of a session stands.

Each stage is in one of seven states:

    not yet   its window is not open          done      its artifact is there, or its run ended well
    due       it is, and nothing was done     running   its lock is held
    overdue   due for too long                failed    its last run ended badly, or
    missing   its window is over                        its artifact cannot be read

A stage that is repeated through its window (`enter --group boh`, `monitor`) is due again some
minutes after each run, and done by a run that ended well when its window was as good as over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from avwap_cli.review.runs import FAILED, RunRecord

SILENCE = timedelta(minutes=15)


class StageState(StrEnum):
    """Where one stage of the session stands."""

    DONE = "done"
    RUNNING = "running"
    FAILED = "failed"
    DUE = "due"
    NOT_YET = "not yet"
    OVERDUE = "overdue"
    MISSING = "missing"

    @property
    def unhealthy(self) -> bool:
        """Whether somebody should look."""
        return self in UNHEALTHY


UNHEALTHY = (StageState.FAILED, StageState.OVERDUE, StageState.MISSING)


@dataclass(frozen=True, slots=True)
class StageTimes:
    """One stage of the session shown; all times aware.

    Attributes:
        stage: its name.
        opens, closes, expected_by: its window.
        every_min: how often it is asked.
        by_run: a run that ended well says "done", not an artifact.
        settles: of a repeated stage: only a run that ended well from then on is the last.
        trades: it asks a broker.
        command: what is typed for it; empty = its name.
    """

    stage: str
    opens: datetime
    closes: datetime
    expected_by: datetime
    every_min: int = 15
    by_run: bool = False
    settles: datetime | None = None
    trades: bool = False
    command: str = ""

    @property
    def typed(self) -> str:
        """What is typed for it, after the program's name."""
        return self.command or self.stage


def stage_state(
    times: StageTimes, now: datetime, run: RunRecord | None, running: bool, written: bool
) -> StageState:
    """Where the stage stands.

    Args:
        now: aware.
        run: its last run of that session.
        running: its lock is held.
        written: its artifact is there.
    """
    if running:
        return StageState.RUNNING
    if run is not None and (run.exit_code != 0 or run.state in (FAILED, "refused")):
        return StageState.FAILED
    if times.settles is not None and run is not None:
        return _of_repeated(times, now, run.ended or run.started, times.settles)
    done = run is not None if times.by_run else written
    return StageState.DONE if done else _of_undone(times, now)


def _of_undone(times: StageTimes, now: datetime) -> StageState:
    if now < times.opens:
        return StageState.NOT_YET
    if now >= times.closes:
        return StageState.MISSING
    return StageState.OVERDUE if now >= times.expected_by else StageState.DUE


def _of_repeated(
    times: StageTimes, now: datetime, ended: datetime, settles: datetime
) -> StageState:
    """The state of a stage whose last run went well and ended at `ended`."""
    if ended >= settles or now < times.opens:
        return StageState.DONE
    if now >= times.closes:
        return StageState.MISSING
    if now - ended >= SILENCE:
        return StageState.OVERDUE
    return StageState.DUE if now - ended >= timedelta(minutes=times.every_min) else StageState.DONE
