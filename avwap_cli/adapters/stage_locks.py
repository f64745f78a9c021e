"""Stage locks: one instance of a stage at a time.

The lock is the operating system's, held through an open file, so it ends with its
holder however that dies.  A file beside it says who holds it and since when; that file
is for people and proves nothing.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.errors import AvwapError, LockBusy


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock, and since when (aware)."""

    pid: int
    host: str
    since: datetime


@contextmanager
def stage_lock(folder: Path, stage: str, timeout_s: float, now: datetime) -> Iterator[None]:
    """Hold the lock of that stage for the length of a `with` block.

    Args:
        folder: where the locks of this home lie; made if it is not there.
        stage: the stage's name.
        timeout_s: how long to wait for another holder; 0 = not at all.
        now: what the holder's file says as "since".

    Raises:
        AvwapError: the folder cannot be written.
        LockBusy: another instance held it all that time; names the holder.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / f"{stage}.lock", timeout=timeout_s)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise LockBusy(
            f"{stage} is already running ({_who(_read(folder, stage))})",
            f"waited {timeout_s:g} s; try again when it is done, or see `avwap status`",
        ) from None
    except OSError as problem:
        raise AvwapError(
            f"cannot lock {folder / stage}: {problem.strerror or problem}",
            "mend the folder's rights",
        ) from problem
    try:
        _write(folder, stage, now)
        yield
    finally:
        with suppress(OSError):
            _path(folder, stage).unlink()
        lock.release()


def holder(folder: Path, stage: str) -> Holder | None:
    """Who holds that lock now; None when nobody does.

    The lock itself is tried only when the file beside it names a live process, so that
    looking never stands in a stage's way.
    """
    named = _read(folder, stage)
    if named is None or not _may_be_alive(named):
        return None
    from filelock import FileLock, Timeout

    lock = FileLock(folder / f"{stage}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return named
    lock.release()
    return None


def _path(folder: Path, stage: str) -> Path:
    return folder / f"{stage}.holder.json"


def _write(folder: Path, stage: str, now: datetime) -> None:
    who = {"pid": os.getpid(), "host": platform.node(), "since": now.isoformat()}
    write_if_changed(_path(folder, stage), json.dumps(who).encode())


def _read(folder: Path, stage: str) -> Holder | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        who = json.loads(_path(folder, stage).read_bytes())
        since = datetime.fromisoformat(who["since"])
        if since.tzinfo is not None:
            return Holder(int(who["pid"]), str(who["host"]), since)
    return None


def _may_be_alive(named: Holder) -> bool:
    if named.host != platform.node():
        return True
    try:
        os.kill(named.pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _who(named: Holder | None) -> str:
    if named is None:
        return "its holder left no name"
    return f"process {named.pid} on {named.host} since {named.since:%Y-%m-%d %H:%M:%S %Z}".rstrip()
