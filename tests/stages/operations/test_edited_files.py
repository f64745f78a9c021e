"""Which files of a session are not what their stages wrote, by the records of the runs."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from held_positions import MON, moment

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.review.comparisons import Cause
from avwap_cli.review.runs import RunRecord
from avwap_cli.stages.operations.edited_files import edited_files

ENTRIES, SCAN = "entries.json", "scan.json"


def ran(stage: str, clock: str, seconds: float = 1.0, **wrote: str) -> RunRecord:
    return RunRecord(
        stage=stage, trade_session=MON, as_of=MON, started=moment(MON, clock), seconds=seconds,
        host="h", pid=1, code_version="1.0", config_hash="00", state="done",
        outputs={f"{name}.json": digest for name, digest in wrote.items()},
    )  # fmt: skip


def failed(stage: str, clock: str) -> RunRecord:
    return replace(ran(stage, clock), state="failed", error="boom")


@pytest.fixture
def store(tmp_path: Path) -> ArtifactFiles:
    files = ArtifactFiles(tmp_path)
    for name in (ENTRIES, SCAN):
        files.write_json(MON, name, "avwap.x/1.0", {})
    return files


def good(store: ArtifactFiles, name: str) -> str:
    return hashlib.sha256((store.folder(MON) / name).read_bytes()).hexdigest()


def accused(store: ArtifactFiles, *runs: RunRecord) -> set[str]:
    return set(edited_files(MON, store, runs, [ENTRIES, SCAN, "exits.json"]))


def test_what_the_record_does_not_hold_was_edited(store: ArtifactFiles) -> None:
    run = ran("scan", "08:00", scan="00")
    found = edited_files(MON, store, [run], [SCAN, ENTRIES])
    assert set(found) == {SCAN}, "of the other no record tells"
    assert found[SCAN].cause is Cause.EDITED
    assert f"that scan wrote on {MON} 08:00 ET" in found[SCAN].because
    late = replace(run, ended=moment(MON, "08:03"))
    assert "08:03 ET" in edited_files(MON, store, [late], [SCAN])[SCAN].because
    assert accused(store, ran("scan", "08:00", scan=good(store, SCAN))) == set()


def test_the_run_that_ended_last_wrote_last(store: ArtifactFiles) -> None:
    whole = ran("monitor", "09:28", 23_000.0, entries=good(store, ENTRIES))
    within = ran("enter-boh", "15:00", entries="00")
    assert accused(store, whole, within) == set()
    assert accused(store, replace(whole, seconds=60.0), within) == {ENTRIES}


def test_a_failed_run_clears_only_what_it_may_have_written(store: ArtifactFiles) -> None:
    runs = ran("scan", "08:00", scan="00"), ran("enter-moo", "09:28", entries="00")
    assert accused(store, *runs) == {SCAN, ENTRIES}
    assert accused(store, *runs, failed("monitor", "09:30")) == {SCAN}
    assert accused(store, *runs, failed("scan", "10:00")) == {SCAN, ENTRIES}
    assert accused(store, failed("monitor", "09:20"), *runs) == {SCAN, ENTRIES}


def test_what_is_gone_or_cannot_be_read_is_not_accused(store: ArtifactFiles) -> None:
    (store.folder(MON) / ENTRIES).unlink()
    (store.folder(MON) / SCAN).unlink()
    (store.folder(MON) / SCAN).mkdir()
    runs = ran("scan", "08:00", scan="00"), ran("enter-moo", "09:28", entries="00")
    assert accused(store, *runs) == set()
