"""Seen locks: who holds the locks of a home, and which holders died."""

from __future__ import annotations

import platform
from datetime import datetime
from pathlib import Path

from avwap_cli.adapters.stage_locks import Unnamed, holder, last_holder
from avwap_cli.review.checkups import LockSeen

HOLDER = ".holder.json"


def seen_locks(folder: Path, now: datetime) -> list[LockSeen]:
    """Every lock that is held, or whose file names a holder who is gone."""
    names = {path.name.removesuffix(".lock") for path in folder.glob("*.lock")}
    names |= {path.name.removesuffix(HOLDER) for path in folder.glob(f"*{HOLDER}")}
    found = [_seen(folder, name, now) for name in sorted(names)]
    return [lock for lock in found if lock is not None]


def _seen(folder: Path, name: str, now: datetime) -> LockSeen | None:
    held = holder(folder, name)
    who = last_holder(folder, name) if held is None else held
    if held is None and not (folder / f"{name}{HOLDER}").exists():
        return None
    if isinstance(who, Unnamed):
        return LockSeen(name, None if held is None else 0.0, "", is_here=True)
    for_s = (now - who.since).total_seconds()
    words = f"process {who.pid} on {who.host}"
    return LockSeen(name, None if held is None else for_s, words, who.host == platform.node())
