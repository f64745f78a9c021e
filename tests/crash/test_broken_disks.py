"""A ledger that cannot be written or read, and a lock that is taken: no order goes out."""

from __future__ import annotations

import resource
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from crash_points import Recorder, forked
from crash_scenarios import (
    SCENARIOS,
    CrashRig,
    Scenario,
    before_open,
    guarded,
    to_flatten,
)
from real_programs import changes, environment, overheard, words_of
from typer.testing import CliRunner, Result

from avwap_cli.adapters.ledger.ledger_files import side_file
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.adapters.stage_locks import stage_lock
from avwap_cli.cli import app
from avwap_cli.errors import AvwapError, LockBusy
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.stages.day.enter import run_enter
from avwap_cli.stages.day.monitor import run_monitor
from avwap_cli.trading.facts import HaltLevel

PAGE = 4120  # of the ledger's log: a page and its header
EACH = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name.replace(" ", "-"))


def heard_by(rig: CrashRig) -> list[str]:
    """What the exchange is asked to change from now on."""
    handle, heard = rig.exchange.handle, list[str]()

    def around(request: Request) -> Answer:
        if changes(request):
            heard.append(f"{request.method} {request.path}")
        return handle(request)

    rig.exchange.handle = around  # type: ignore[method-assign]
    return heard


@contextmanager
def room_for(pages: int, rig: CrashRig) -> Iterator[None]:
    """Let no file grow larger than the ledger's log is now, and so many pages."""
    log = side_file(rig.ledger_path, "-wal")
    most = (log.stat().st_size if log.exists() else 0) + pages * PAGE
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def ran_out(scenario: Scenario, rig: CrashRig, folder: Path, pages: int) -> list[str]:
    """Play it while the disk runs full, then with room again; what is wrong in the end."""
    rig.moved_to(folder)
    heard, failed = heard_by(rig), list[str]()
    with room_for(pages, rig):
        for act in scenario.acts:
            try:
                act(rig)
            except AvwapError as problem:
                failed.append(str(problem))
    if not pages:
        assert heard == [], "an order went out that is nowhere"
        assert any("make room" in text for text in failed), failed
    rig.reopen()
    scenario.play(rig, Recorder())
    return rig.violations()


@EACH
def test_a_full_disk_sends_nothing_that_is_not_durable(scenario: Scenario, tmp_path: Path) -> None:
    """With no room at all nothing is sent; with some, all that was sent is known afterwards."""
    rig = scenario.prepare(tmp_path / "home")
    rig.ledger.close()
    for pages in (0, 2, 5, 9, 14):
        folder = tmp_path / str(pages)
        assert forked(partial(ran_out, scenario, rig, folder, pages)) == [], pages


def invoked(rig: CrashRig, *words: str) -> Result:
    with overheard(rig, rig.exchange.handle) as served:
        line = words_of(rig, served, words)
        return CliRunner().invoke(app, line, env=environment(rig))


def corrupt(path: Path) -> None:
    path.write_bytes(b"no ledger" * 1000)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: PAGE + 100])


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as ledger:
        ledger.execute("PRAGMA user_version = 999")


def anothers(path: Path) -> None:
    path.unlink()
    SqliteLedger.open(path, "SOMEBODY").close()


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "corrupt": (corrupt, "avwap ledger rebuild"),
    "cut": (cut, "avwap ledger rebuild"),
    "newer": (newer, "newer"),
    "another account's": (anothers, "SOMEBODY"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("words", [("enter", "--group", "moo"), ("monitor", "--once")])
def test_a_ledger_that_cannot_be_trusted_sends_nothing(
    name: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    rig = guarded(tmp_path) if "monitor" in words else before_open(tmp_path)
    if "monitor" in words:
        rig.halt = HaltLevel.FLATTEN
        (tmp_path / "HALT").write_text("flatten")
    else:
        rig.to("09:27")
    rig.ledger.close()
    breaks, hint = BROKEN[name]
    breaks(rig.ledger_path)
    for ending in ("-wal", "-shm"):
        side_file(rig.ledger_path, ending).unlink(missing_ok=True)
    heard = heard_by(rig)
    result = invoked(rig, *words)
    assert heard == []
    assert result.exit_code == 4
    assert str(rig.ledger_path) in result.output
    assert hint in result.output


def test_a_folder_that_cannot_be_written_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system refuses to open for writing what a read-only folder holds."""
    rig = before_open(tmp_path)
    rig.ledger.close()
    heard = heard_by(rig)
    found = sqlite3.connect

    def connect(database: str, **options: Any) -> sqlite3.Connection:
        return found(str(database).replace("mode=rw", "mode=ro"), **options)

    monkeypatch.setattr(sqlite3, "connect", connect)
    result = invoked(rig, "enter", "--group", "moo")
    assert heard == []
    assert result.exit_code == 4
    assert "mend the rights" in result.output


def test_who_finds_the_account_taken_leaves_with_75_and_changes_nothing(tmp_path: Path) -> None:
    rig = to_flatten(tmp_path)
    heard = heard_by(rig)
    now = rig.exchange.now()
    taken = partial(stage_lock, tmp_path, "account", 0, now)
    ports = replace(rig.ports(), account_lock=taken)
    with taken():
        with pytest.raises(LockBusy) as watching:
            run_monitor(ports, rig.request(once=True))
        with pytest.raises(LockBusy) as entering:
            run_enter(ports, rig.request("moo"))
    assert watching.value.exit_code == entering.value.exit_code == 75
    assert heard == []
    run_monitor(ports, rig.request(once=True))
    assert len(heard) > 0


def test_a_second_run_of_the_same_stage_leaves_with_75(tmp_path: Path) -> None:
    rig = before_open(tmp_path)
    rig.ledger.close()
    heard = heard_by(rig)
    with stage_lock(tmp_path / "outputs" / "locks", "enter-moo", 0, rig.exchange.now()):
        result = invoked(rig, "enter", "--group", "moo", "--lock-timeout", "0")
    assert (result.exit_code, heard) == (75, [])
