"""Conducting a run: which session, whose home, waiting for the stage before."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from avwap_cli.adapters.stage_locks import stage_lock
from avwap_cli.conduct import conduct, trade_session, wait_for
from avwap_cli.errors import UsageError
from avwap_cli.market.sessions import EASTERN
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.wiring import Choices, Desk

AS_OF, SESSION = date(2024, 3, 7), date(2024, 3, 8)


def desk(home: Path | None, now: str = "2024-03-07T20:15") -> Desk:
    return Desk(Choices(home=home, now=now, quiet=True), {})


def done() -> Outcome:
    return Outcome("scan", SESSION, AS_OF, State.DONE, "done")


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


def test_waiting_ends_when_the_stage_before_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avwap_cli.conduct.POLL_S", 0.05)
    here, locks = desk(tmp_path), tmp_path / "outputs" / "locks"
    held, release = threading.Event(), threading.Event()

    def refresh() -> None:
        with stage_lock(locks, "refresh-cache", 1, here.clock.now()):
            held.set()
            release.wait(10)

    thread = threading.Thread(target=refresh)
    thread.start()
    assert held.wait(5)
    threading.Timer(0.3, release.set).start()
    began = datetime.now(EASTERN)
    wait_for(here, "refresh-cache", SESSION)
    assert datetime.now(EASTERN) - began >= timedelta(seconds=0.25)
    thread.join()


def test_waiting_ends_when_the_stage_before_is_overdue(tmp_path: Path) -> None:
    late = desk(tmp_path, "2024-03-07T23:00")
    with stage_lock(tmp_path / "outputs" / "locks", "refresh-cache", 1, late.clock.now()):
        began = datetime.now(EASTERN)
        wait_for(late, "refresh-cache", SESSION)
        assert datetime.now(EASTERN) - began < timedelta(seconds=1)
