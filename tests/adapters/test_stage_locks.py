"""One instance of a stage at a time, whoever died holding the lock."""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from avwap_cli.adapters import atomic_files
from avwap_cli.adapters.stage_locks import Holder, Unnamed, holder, stage_lock
from avwap_cli.errors import AvwapError, LockBusy
from avwap_cli.market.sessions import EASTERN

ROOT = Path(__file__).parents[2]
NOW = datetime(2024, 3, 7, 20, tzinfo=EASTERN)


@contextmanager
def another_process_holding(folder: Path) -> Iterator[subprocess.Popen[str]]:
    code = f"""
import sys, time
from datetime import datetime
from pathlib import Path
from avwap_cli.adapters.stage_locks import stage_lock
with stage_lock(Path({str(folder)!r}), "scan", 0, datetime.fromisoformat({NOW.isoformat()!r})):
    print("held", flush=True)
    time.sleep(60)
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=env
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_a_second_holder_is_refused_by_name_within_its_timeout(tmp_path: Path) -> None:
    with another_process_holding(tmp_path) as child:
        began = time.monotonic()
        with pytest.raises(LockBusy) as caught, stage_lock(tmp_path, "scan", 0.3, NOW):
            pytest.fail("two holders")
        assert 0.25 < time.monotonic() - began < 5
        assert caught.value.exit_code == 75
        assert f"process {child.pid} on {platform.node()} since 2024-03-07 20:00:00" in str(
            caught.value
        )
        found = holder(tmp_path, "scan")
        assert isinstance(found, Holder)
        assert (found.pid, found.since) == (child.pid, NOW)


def test_other_stages_are_free(tmp_path: Path) -> None:
    with another_process_holding(tmp_path), stage_lock(tmp_path, "universe", 0, NOW):
        assert holder(tmp_path, "universe") is not None


def test_the_lock_of_a_killed_holder_is_not_in_the_way(tmp_path: Path) -> None:
    with another_process_holding(tmp_path) as child:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        assert (tmp_path / "scan.holder.json").exists()
        assert holder(tmp_path, "scan") is None
        with stage_lock(tmp_path, "scan", 0, NOW):
            pass


def test_the_lock_is_free_after_its_block_and_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(KeyError), stage_lock(tmp_path, "scan", 0, NOW):
        raise KeyError("x")
    assert holder(tmp_path, "scan") is None
    assert not (tmp_path / "scan.holder.json").exists()
    with stage_lock(tmp_path, "scan", 0, NOW):
        pass


def test_a_folder_that_cannot_be_made_is_a_named_failure(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("a file")
    with (
        pytest.raises(AvwapError, match="cannot lock"),
        stage_lock(tmp_path / "locks", "scan", 0, NOW),
    ):
        pytest.fail("held nothing")


HUGE = b'{"pid": 1e400, "host": "desk", "since": "2024-03-07T20:00-05:00"}'
EDGE = b'{"pid": 1, "host": "desk", "since": "0001-01-01T00:00+23:59"}'


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"pid": "x"}', b"\xff", HUGE, EDGE])
def test_a_damaged_holder_file_proves_nothing(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "scan.holder.json").write_bytes(data)
    assert holder(tmp_path, "scan") is None
    with stage_lock(tmp_path, "scan", 0, NOW):
        assert holder(tmp_path, "scan") is not None


def test_a_live_pid_without_the_lock_is_no_holder(tmp_path: Path) -> None:
    """A process number can be given again to another program."""
    text = f'{{"pid": {os.getpid()}, "host": "{platform.node()}", "since": "{NOW.isoformat()}"}}'
    (tmp_path / "scan.holder.json").write_text(text)
    assert holder(tmp_path, "scan") is None


@pytest.mark.parametrize("data", [None, b"", HUGE, EDGE])
def test_a_holder_without_a_readable_name_is_a_holder(data: bytes | None, tmp_path: Path) -> None:
    with another_process_holding(tmp_path):
        name = tmp_path / "scan.holder.json"
        name.unlink()
        if data is not None:
            name.write_bytes(data)
        assert holder(tmp_path, "scan") == Unnamed()
        with pytest.raises(LockBusy, match="left no name"), stage_lock(tmp_path, "scan", 0, NOW):
            pytest.fail("two at once")
    assert holder(tmp_path, "scan") is None


def test_looking_writes_nothing(tmp_path: Path) -> None:
    assert holder(tmp_path, "scan") is None
    assert list(tmp_path.iterdir()) == []


def test_one_who_looks_is_not_in_the_way_of_a_stage(tmp_path: Path) -> None:
    """A look takes a share of the lock for a moment."""
    (tmp_path / "scan.lock").touch()
    with (tmp_path / "scan.lock").open("rb") as look:
        fcntl.flock(look, fcntl.LOCK_SH)
        assert holder(tmp_path, "scan") is None, "two who look are not in each other's way"
        threading.Timer(0.08, fcntl.flock, (look, fcntl.LOCK_UN)).start()
        with stage_lock(tmp_path, "scan", 0, NOW):
            assert holder(tmp_path, "scan") is not None


def test_a_full_disk_takes_the_holders_name_and_not_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "halt.lock").touch()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic_files, "_replace", full)
    with stage_lock(tmp_path, "halt", 0, NOW):
        assert holder(tmp_path, "halt") == Unnamed()
    assert holder(tmp_path, "halt") is None
