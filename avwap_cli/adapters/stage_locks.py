"""Stage locks: one instance of a stage at a time.

The lock is the operating system's, held through an open file, so it ends with its
holder however that dies.  A file beside it says who holds it and since when; that file
is for people and proves nothing: whether a lock is held is asked of the lock itself.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.adapters.private_files import FILE, private_folder
from avwap_cli.errors import CannotWrite, LockBusy

LOCK, HOLDER = ".lock", ".holder.json"
ONLOOKER_S = 0.2  # outlasts one who only looks whether the lock is held


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock, and since when (aware)."""

    pid: int
    host: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A holder who left no name that can be read."""


@contextmanager
def stage_lock(folder: Path, stage: str, timeout_s: float, now: datetime) -> Iterator[None]:
    """Hold the lock of that stage for the length of a `with` block.

    Args:
        folder: where the locks of this home lie; made if it is not there.
        stage: the stage's name.
        timeout_s: how long to wait for another holder; 0 = not at all.
        now: what the holder's file says as "since".

    Raises:
        CannotWrite: the folder cannot be written.
        LockBusy: another instance held it all that time; names the holder.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(_lock_file(folder, stage), timeout=max(timeout_s, ONLOOKER_S), mode=FILE)
    try:
        private_folder(folder)
        lock.acquire()
    except Timeout:
        raise LockBusy(
            f"{stage} is already running ({_who(last_holder(folder, stage))})",
            f"waited {timeout_s:g} s; try again when it is done, or see `avwap status`",
        ) from None
    except OSError as problem:
        raise CannotWrite(
            f"cannot lock {folder / stage}: {problem.strerror or problem}",
            "make room or mend the folder's rights",
        ) from problem
    try:
        with suppress(CannotWrite):  # a full disk: whose it is, is a courtesy, and the lock holds
            _write(folder, stage, now)
        yield
    finally:
        with suppress(OSError):
            holder_file(folder, stage).unlink()
        lock.release()


def holder(folder: Path, stage: str) -> Holder | Unnamed | None:
    """Who holds that lock now; None when nobody does.  Writes nothing."""
    return last_holder(folder, stage) if _is_held(_lock_file(folder, stage)) else None


def last_holder(folder: Path, stage: str) -> Holder | Unnamed:
    """Who the file beside the lock names, whether the lock is held or not."""
    with suppress(OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        who = json.loads(holder_file(folder, stage).read_bytes())
        since = datetime.fromisoformat(who["since"])
        if since.tzinfo is not None:
            since.astimezone(UTC)  # a time at the edge of the calendar has none
            return Holder(int(who["pid"]), str(who["host"]), since)
    return Unnamed()


def stages_with_files(folder: Path) -> list[str]:
    """The stages of which that folder has a lock or a holder's file, sorted."""
    endings = (LOCK, HOLDER)
    found = {p.name.removesuffix(e) for e in endings for p in folder.glob(f"*{e}")}
    return sorted(found)


def holder_file(folder: Path, stage: str) -> Path:
    """The file that names who holds that lock, there or not."""
    return folder / f"{stage}{HOLDER}"


def _is_held(path: Path) -> bool:
    """Ask by taking a share of the lock for a moment; two who look are not in each other's way."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # not there, or not to be read: nobody of this home's users holds it
        return False
    return False


def _lock_file(folder: Path, stage: str) -> Path:
    return folder / f"{stage}{LOCK}"


def _write(folder: Path, stage: str, now: datetime) -> None:
    who = {"pid": os.getpid(), "host": platform.node(), "since": now.isoformat()}
    write_if_changed(holder_file(folder, stage), json.dumps(who).encode(), private=True)


def _who(named: Holder | Unnamed) -> str:
    if isinstance(named, Unnamed):
        return "its holder left no name"
    return f"process {named.pid} on {named.host} since {named.since:%Y-%m-%d %H:%M:%S %Z}".rstrip()
