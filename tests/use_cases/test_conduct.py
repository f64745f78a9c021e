"""Conducting a run: which session, whose home, waiting for the stage before."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from fixed_clock import FixedClock

from avwap_cli import playbook
from avwap_cli.adapters.stage_locks import stage_lock
from avwap_cli.errors import MissingInput, UsageError
from avwap_cli.market.sessions import EASTERN
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.use_cases.conduct import POLL_S, conduct, trade_session, wait_for
from avwap_cli.wiring.desk import Choices, Desk

SESSION = date(2024, 3, 8)
EVENING = datetime(2024, 3, 7, 20, 15, tzinfo=EASTERN)


def desk(home: Path | None, now: str = "2024-03-07T20:15") -> Desk:
    return Desk(Choices(home=home, now=now, quiet=True), {})


def done() -> Outcome:
    return Outcome("scan", SESSION, State.DONE, "done")


@pytest.mark.parametrize(
    ("now", "session"),
    [
        ("2024-03-07T15:59", "2024-03-07"),
        ("2024-03-07T16:00", "2024-03-08"),
        ("2024-03-08T01:00", "2024-03-08"),
        ("2024-03-09T12:00", "2024-03-11"),
        ("2024-11-29T13:00", "2024-12-02"),
        ("2024-11-28T12:00", "2024-11-29"),
    ],
)
def test_an_evening_belongs_to_the_session_before_it(
    tmp_path: Path, now: str, session: str
) -> None:
    assert trade_session(desk(tmp_path, now), None) == date.fromisoformat(session)


def test_a_session_whose_evening_has_not_come_is_refused(tmp_path: Path) -> None:
    assert trade_session(desk(tmp_path), "2024-03-08") == SESSION
    with pytest.raises(UsageError, match="2024-03-08 is not over"):
        trade_session(desk(tmp_path), "2024-03-11")


def test_nothing_is_written_where_nobody_named_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="is not a home"):
        conduct(desk(None), "scan", SESSION, done)
    assert list(tmp_path.iterdir()) == []
    assert conduct(desk(tmp_path), "scan", SESSION, done).state is State.DONE
    assert conduct(desk(None), "scan", SESSION, done).state is State.DONE


@dataclass
class Waits(FixedClock):
    """Sleeps at once; at the third time the lock that is held is let go."""

    slept: list[float] = field(default_factory=list)
    held: ExitStack = field(default_factory=ExitStack)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.slept.append(seconds)
        if len(self.slept) == 3:
            self.held.close()


def waited(home: Path, stage: str, now: datetime) -> list[float]:
    """How long the scan slept while that stage was at work."""
    clock = Waits(now)
    with clock.held:
        clock.held.enter_context(stage_lock(home / "outputs" / "locks", stage, 1, now))
        wait_for(Desk(Choices(home=home, quiet=True), {}, clock), "refresh-cache", SESSION)
    return clock.slept


def test_waiting_ends_when_the_stage_before_is_done(tmp_path: Path) -> None:
    assert waited(tmp_path, "refresh-cache", EVENING) == [POLL_S] * 3
    assert waited(tmp_path, "universe", EVENING) == []


def test_waiting_ends_when_the_stage_before_is_overdue(tmp_path: Path) -> None:
    overdue = playbook.stage("refresh-cache").expected_by.on(SESSION)
    assert waited(tmp_path, "refresh-cache", overdue) == []
    assert len(waited(tmp_path, "refresh-cache", overdue - timedelta(seconds=POLL_S * 1.5))) == 2


class Unforeseen(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (MissingInput("cache.json is missing"), 4, "cache.json is missing"),
        (Unforeseen("boom with s3cret-canary"), 1, "unexpected: Unforeseen: boom with ****"),
        (KeyboardInterrupt(), 130, "stopped"),
        (MissingInput("x" * 100_000), 4, "99000 characters cut"),
    ],
)
def test_whatever_ends_a_run_is_recorded(
    tmp_path: Path, error: BaseException, code: int, text: str
) -> None:
    here = Desk(
        Choices(home=tmp_path, now="2024-03-07T20:15", quiet=True),
        {"ALPACA_SECRET_KEY": "s3cret-canary"},
    )

    def fail() -> Outcome:
        raise error

    with pytest.raises(type(error)) as caught:
        conduct(here, "scan", SESSION, fail)
    assert caught.value is error
    (record,), problems = here.runs.read(SESSION)
    assert problems == []
    assert (record.state, record.exit_code) == ("failed", code)
    assert text in record.error
    assert len(record.error) < 1100


def test_a_record_that_cannot_be_written_does_not_hide_the_failure(tmp_path: Path) -> None:
    here = desk(tmp_path)

    def fail() -> Outcome:
        here.home.sessions.write_text("no folder")
        raise Unforeseen("boom")

    with pytest.raises(Unforeseen, match="boom"):
        conduct(here, "scan", SESSION, fail)


def test_a_holder_without_a_name_is_running_since_now(tmp_path: Path) -> None:
    here = desk(tmp_path)
    with stage_lock(here.home.locks, "scan", 1, here.clock.now()):
        (here.home.locks / "scan.holder.json").unlink()
        assert here.running_since("scan") == here.clock.now()
    assert here.running_since("scan") is None


def test_warnings_of_any_length_are_cut(tmp_path: Path) -> None:
    here = desk(tmp_path)
    long = replace(done(), warnings=("x" * 100_000,))
    assert len(conduct(here, "scan", SESSION, lambda: long).warnings[-1]) < 1100
