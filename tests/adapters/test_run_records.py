"""Run records: numbered, kept when they say something new, read with care."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from avwap_cli.adapters.run_records import RunRecordFiles
from avwap_cli.market.sessions import EASTERN
from avwap_cli.review.runs import RunRecord

DAY = date(2024, 3, 8)
RUN = RunRecord(
    stage="scan",
    trade_session=DAY,
    as_of=date(2024, 3, 7),
    started=datetime(2024, 3, 7, 20, tzinfo=EASTERN),
    seconds=1.0,
    host="desk",
    pid=1,
    code_version="0.1.0",
    config_hash="0" * 64,
    state="done",
)


@pytest.fixture
def files(tmp_path: Path) -> RunRecordFiles:
    return RunRecordFiles(tmp_path)


def later(minutes: int, **changes: object) -> RunRecord:
    return replace(RUN, started=RUN.started + timedelta(minutes=minutes), **changes)  # type: ignore[arg-type]


def test_records_are_numbered_per_stage_and_read_by_start(files: RunRecordFiles) -> None:
    runs = [later(n) for n in range(11)] + [later(3, stage="refresh-cache", seconds=9.0)]
    names = [path.name for run in runs if (path := files.write(run))]
    assert names == [*(f"scan-{n}.json" for n in range(1, 12)), "refresh-cache-1.json"]
    read, problems = files.read(DAY)
    assert problems == []
    assert sorted(read, key=lambda r: (r.stage, r.started)) == [runs[-1], *runs[:-1]]
    assert [r.started for r in read] == sorted(r.started for r in read)


def test_a_run_that_changed_nothing_leaves_no_record(files: RunRecordFiles) -> None:
    files.write(RUN)
    assert files.write(later(5, state="unchanged")) is None
    assert files.write(later(6, state="frozen")) is None
    assert len(files.read(DAY)[0]) == 1


def test_it_does_after_a_failure_which_it_ends(files: RunRecordFiles) -> None:
    files.write(later(1, state="failed", exit_code=5, error="no answer"))
    assert files.write(later(2, state="unchanged")) is not None
    assert [r.state for r in files.read(DAY)[0]] == ["failed", "unchanged"]


def test_it_does_when_it_is_the_first(files: RunRecordFiles) -> None:
    assert files.write(later(2, state="unchanged")) is not None


def test_no_session_no_records(files: RunRecordFiles) -> None:
    assert files.read(DAY) == ([], [])


@pytest.mark.parametrize(
    "data", [b"", b"{}", b'{"schema": "avwap.run/1.0"}', b"\xff", b'{"schema": "avwap.run/2.0"}']
)
def test_an_unreadable_record_is_said_and_its_number_not_taken(
    data: bytes, files: RunRecordFiles
) -> None:
    path = files.write(RUN)
    assert path is not None
    (path.parent / "scan-2.json").write_bytes(data)
    (path.parent / "notes.txt").write_bytes(b"mine")
    runs, problems = files.read(DAY)
    assert runs == [RUN]
    assert len(problems) == 1
    assert "scan-2.json" in problems[0]
    following = files.write(later(9))
    assert following is not None
    assert following.name == "scan-3.json"


def test_every_run_of_a_repeated_stage_says_that_it_was_there(files: RunRecordFiles) -> None:
    files.write(later(0, stage="monitor"))
    assert files.write(later(5, stage="monitor", state="unchanged"), repeated=True) is not None
    assert len(files.read(DAY)[0]) == 2
