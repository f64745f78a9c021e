"""Once the plan is frozen a scan writes nothing but a scan.json that is gone."""

from __future__ import annotations

import json
import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from avwap_cli.errors import DamagedInput
from avwap_cli.stages.day.frozen_plans import read_frozen
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.use_cases import evening
from avwap_cli.wiring.desk import Choices, Desk

SESSION, MORNING = date(2026, 11, 23), "2026-11-23T10:00"
GAPS = "avwap.gapfilter/1.0"


@pytest.fixture
def frozen(demo_home: Path, tmp_path: Path) -> Desk:
    """The demo's home after its evening, in the morning, with a plan frozen from its scan."""
    root = Path(shutil.copytree(demo_home, tmp_path / "home", copy_function=os.link))
    desk = Desk(Choices(root, now=MORNING, quiet=True), {})
    freeze(desk, desk.store.digest(SESSION, "scan.json") or "")
    return desk


def freeze(desk: Desk, digest: str) -> None:
    desk.store.write_json(
        SESSION, "gapfilter.json", GAPS, {"scan_hash": digest, "passed": [], "rejected": []}
    )


def scanned(desk: Desk) -> Outcome:
    return evening.scan(desk, SESSION)


def files(desk: Desk) -> dict[str, bytes]:
    folder = desk.home.sessions / str(SESSION)
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def test_a_damaged_scan_is_mended_as_its_error_says(frozen: Desk) -> None:
    whole = files(frozen)
    path = frozen.home.sessions / str(SESSION) / "scan.json"
    path.unlink()
    path.write_text('{"schema": "avwap.scan/1.0", "candidates": 7')
    with pytest.raises(DamagedInput) as caught:
        frozen.store.read_json(SESSION, "scan.json")
    assert caught.value.hint == "remove it and run `avwap scan` again"
    path.unlink()
    (path.parent / "daily_candidates.csv").unlink()
    outcome = scanned(frozen)
    assert "scan.json, which was gone, is written again" in outcome.summary
    assert (outcome.state, outcome.warnings) == (State.DONE, ())
    kept = {name: data for name, data in whole.items() if name != "daily_candidates.csv"}
    assert files(frozen) == kept, "the same bytes, and nothing else"
    again = scanned(frozen)
    assert again.state is State.FROZEN
    assert files(frozen) == kept


def test_another_scan_than_the_frozen_one_is_told_of_and_not_entered(frozen: Desk) -> None:
    freeze(frozen, "f" * 64)
    (frozen.home.sessions / str(SESSION) / "scan.json").unlink()
    outcome = scanned(frozen)
    assert "the gate stale_plan denies it" in outcome.warnings[-1]
    config = frozen.config
    read = read_frozen(
        frozen.store, SESSION, "moo", config.rules.strategies, config.rules.regime.weights
    )
    assert read.scanned.digest != read.scanned.pinned == "f" * 64


def test_content_that_cannot_be_read_names_the_same_way_out(frozen: Desk) -> None:
    path = frozen.home.sessions / str(SESSION) / "scan.json"
    body = json.loads(path.read_text())
    path.unlink()
    path.write_text(json.dumps({**body, "candidates": 7}))
    with pytest.raises(DamagedInput) as caught:
        read_frozen(frozen.store, SESSION, "moo", {}, {})
    assert caught.value.hint == f"remove it and run `avwap scan --session {SESSION}` again"
