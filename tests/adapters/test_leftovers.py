"""Leftovers: rehearsals, logs and cron's log go by age; backups stay."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from old_sessions import NEWEST, OLD, folder

from avwap_cli.adapters.leftovers import LeftoverFiles

TODAY = date(2026, 11, 23)


def test_rehearsals_logs_and_crons_log_go_by_age(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    for session in (OLD, NEWEST[0]):
        folder(outputs / "dry-run", session)
    logs = outputs / "logs"
    logs.mkdir()
    for day in (OLD, NEWEST[0]):
        (logs / f"avwap-{day}.jsonl").write_text("{}\n")
    cron = outputs / "cron.log"
    cron.write_bytes(b"".join(b"line %09d\n" % n for n in range(400_000)))
    keep = outputs / "ledger" / "backups"
    keep.mkdir(parents=True)
    (keep / "paper-X-2020-01-02.sqlite3").write_text("old")
    leftovers = LeftoverFiles(outputs, outputs / "dry-run", log_days=30)
    told = leftovers.old(TODAY, 30)
    assert told == [
        "the dry run of 2026-10-01",
        "logs of more than 30 days ago",
        "all but the end of cron.log",
    ]
    assert len(os.listdir(logs)) == 2, "saying it removes nothing"
    assert leftovers.remove(TODAY, 30) == told
    assert leftovers.remove(TODAY, 30) == []
    assert os.listdir(outputs / "dry-run" / "sessions") == [str(NEWEST[0])]
    assert os.listdir(logs) == [f"avwap-{NEWEST[0]}.jsonl"]
    lines = cron.read_bytes().splitlines()
    assert lines[-1] == b"line 000399999"
    assert set(map(len, lines)) == {14}
    assert 900_000 < cron.stat().st_size < 1_000_001
    assert (keep / "paper-X-2020-01-02.sqlite3").exists()


@pytest.mark.parametrize(("days", "stays"), [(30, True), (31, False)])
def test_a_rehearsal_goes_so_many_days_after_its_session(
    days: int, stays: bool, tmp_path: Path
) -> None:
    folder(tmp_path / "dry-run", OLD)
    LeftoverFiles(tmp_path, tmp_path / "dry-run", 30).remove(OLD + timedelta(days=days), 30)
    assert (tmp_path / "dry-run" / "sessions" / str(OLD)).exists() is stays


def test_a_link_for_a_rehearsal_is_not_followed(tmp_path: Path) -> None:
    folder(tmp_path / "mine", OLD)
    (tmp_path / "dry-run" / "sessions").mkdir(parents=True)
    (tmp_path / "dry-run" / "sessions" / str(OLD)).symlink_to(tmp_path / "mine")
    assert LeftoverFiles(tmp_path, tmp_path / "dry-run", 30).remove(TODAY, 30) == []
    assert (tmp_path / "mine" / "sessions" / str(OLD) / "scan.json").exists()
