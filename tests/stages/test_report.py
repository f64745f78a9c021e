"""The report stage and the day's files, on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import traded_days as day
from held_positions import MON, TUE
from memory_ledger import MemoryLedger

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.playbook import REPORT_HTML
from avwap_cli.stages.outcomes import State
from avwap_cli.stages.report import run_report
from avwap_cli.stages.story import write_story
from avwap_cli.trading.books import fold


@pytest.fixture
def store(tmp_path: Path) -> ArtifactFiles:
    return ArtifactFiles(tmp_path)


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger(*day.FACTS)


def test_the_page_is_written_once(store: ArtifactFiles, ledger: MemoryLedger) -> None:
    first = run_report(MON, store, ledger)
    assert first.state is State.DONE
    assert first.counts == {"exits": 2, "trades": 1, "positions": 1, "alerts": 2}
    assert first.outputs == {REPORT_HTML: store.digest(MON, REPORT_HTML)}
    text = (store.folder(MON) / REPORT_HTML).read_text("utf-8")
    assert text.startswith("<!doctype html>")
    again = run_report(MON, store, ledger)
    assert again.state is State.UNCHANGED
    assert again.summary == (
        "2 exits, 1 trade, 1 position, 2 alerts; the same as before, nothing changed"
    )


def test_the_story_is_five_files_that_begin_with_their_schema(
    store: ArtifactFiles, ledger: MemoryLedger
) -> None:
    book = fold(ledger.facts())
    written = write_story(store, book, TUE)
    assert sorted(written) == [
        "alerts.jsonl",
        "entries.json",
        "equity.jsonl",
        "exits.json",
        "trades.jsonl",
    ]
    assert store.read_json(TUE, "exits.json")["schema"] == "avwap.exits/1.0"
    lines = (store.folder(TUE) / "trades.jsonl").read_text("utf-8").splitlines()
    assert [list(json.loads(line))[:2] for line in lines] == [["schema", "symbol"]] * 2
    assert [json.loads(line)["schema"] for line in lines] == ["avwap.trades/1.0"] * 2
    assert (store.folder(TUE) / "alerts.jsonl").read_bytes() == b""
    assert write_story(store, book, TUE) == written


def test_a_session_without_anything_has_its_files_too(store: ArtifactFiles) -> None:
    write_story(store, fold(MemoryLedger().facts()), MON)
    assert store.read_json(MON, "entries.json")["orders"] == []
    assert run_report(MON, store, MemoryLedger()).counts["trades"] == 0
