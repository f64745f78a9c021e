"""Locks as a doctor sees them: held, left by the dead, or let go."""

from __future__ import annotations

import json
import os
import platform
from datetime import datetime, timedelta
from pathlib import Path

from avwap_cli.adapters.host_checks.seen_locks import seen_locks
from avwap_cli.adapters.stage_locks import stage_lock
from avwap_cli.market.sessions import EASTERN

NOW = datetime(2024, 3, 7, 20, tzinfo=EASTERN)


Told = tuple[str, float | None, str, bool]


def seen(folder: Path, now: datetime = NOW) -> list[Told]:
    """Stage, for how long it is held, who, and whether on this host."""
    return [(s.stage, s.held_s, s.holder, s.is_here) for s in seen_locks(folder, now)]


def left_behind(folder: Path, stage: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{stage}.holder.json").write_text(text)


def test_a_lock_that_is_held_is_told_with_who_and_for_how_long(tmp_path: Path) -> None:
    me = f"process {os.getpid()} on {platform.node()}"
    with stage_lock(tmp_path, "scan", 0, NOW):
        assert seen(tmp_path, NOW + timedelta(seconds=90)) == [("scan", 90.0, me, True)]
    assert seen(tmp_path) == [], "it was let go"


def test_a_holder_that_died_is_named_and_holds_nothing(tmp_path: Path) -> None:
    who = {"pid": 77, "host": "another", "since": NOW.isoformat()}
    left_behind(tmp_path, "monitor", json.dumps(who))
    assert seen(tmp_path) == [("monitor", None, "process 77 on another", False)]


def test_who_cannot_be_read_is_taken_for_somebody_here(tmp_path: Path) -> None:
    left_behind(tmp_path, "universe", "torn")
    assert seen(tmp_path) == [("universe", None, "", True)]


def test_locks_come_by_name_and_a_home_without_any_has_none(tmp_path: Path) -> None:
    left_behind(tmp_path, "scan", "")
    left_behind(tmp_path, "enter", "")
    assert [stage for stage, *_ in seen(tmp_path)] == ["enter", "scan"]
    assert seen(tmp_path / "none") == []
