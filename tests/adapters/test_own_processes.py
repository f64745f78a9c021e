"""A process that is started beside this one runs the program, and outlives it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from avwap_cli.adapters import own_processes
from avwap_cli.adapters.own_processes import OwnProcesses


def wait_for(path: Path, word: str) -> str:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if path.is_file() and word in path.read_text():
            return path.read_text()
        time.sleep(0.05)
    return path.read_text() if path.is_file() else ""


def test_it_runs_with_the_options_and_says_what_it_has_to_say_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "tick.log"
    start = OwnProcesses(("--home", str(tmp_path), "--now", "2024-11-29T10:00"), log)
    start(["agenda"])
    assert "close 13:00 ET" in wait_for(log, "close")
    start(["scan", "--nonsense"])
    assert "nonsense" in wait_for(log, "nonsense"), "the log goes on"
    assert "close 13:00 ET" in log.read_text()


def test_it_is_a_session_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho started; ps -o sid= -p $$\n")
    program.chmod(0o755)
    monkeypatch.setattr(own_processes.sys, "executable", str(program))
    log = tmp_path / "tick.log"
    OwnProcesses((), log)(["monitor"])
    until = time.monotonic() + 5
    while len(log.read_text().split()) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    sid = int(log.read_text().split()[1])
    assert sid != os.getsid(0)


def test_a_long_log_is_begun_anew(tmp_path: Path) -> None:
    log = tmp_path / "tick.log"
    log.write_bytes(b"old\n" * 300_000)
    OwnProcesses(("--home", str(tmp_path), "--now", "2024-11-29T10:00"), log)(["agenda"])
    assert "close 13:00 ET" in wait_for(log, "close")
    assert "old" not in log.read_text()
