"""Seen locks: who holds the locks of a home, and which holders died."""

from __future__ import annotations

import platform
from datetime import datetime
from pathlib import Path

from avwap_cli.adapters.stage_locks import (
    Unnamed,
    holder,
    holder_file,
    last_holder,
    stages_with_files,
)
from avwap_cli.review.operations.host_checkups import LockSeen


def seen_locks(folder: Path, now: datetime) -> list[LockSeen]:
    """Every lock that is held, or whose file names a holder who is gone."""
    found = [_seen(folder, stage, now) for stage in stages_with_files(folder)]
    return [lock for lock in found if lock is not None]


def _seen(folder: Path, stage: str, now: datetime) -> LockSeen | None:
    held, file = holder(folder, stage), holder_file(folder, stage)
    who = last_holder(folder, stage) if held is None else held
    if held is None and not file.exists():
        return None
    if isinstance(who, Unnamed):
        return LockSeen(stage, None if held is None else 0.0, "", True, file.name)
    for_s = None if held is None else (now - who.since).total_seconds()
    words, is_here = f"process {who.pid} on {who.host}", who.host == platform.node()
    return LockSeen(stage, for_s, words, is_here, file.name)
