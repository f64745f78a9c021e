"""What tells of an account is for its owner alone, whatever the umask says."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from played_demos import PlayedDemo

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.ledger.ledger_files import copy_for_dry_run
from avwap_cli.adapters.ledger.ledger_shelf import LedgerShelf
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.adapters.logs import logging_to
from avwap_cli.adapters.own_processes import OwnProcesses
from avwap_cli.adapters.private_files import private_folder
from avwap_cli.adapters.stage_locks import stage_lock
from avwap_cli.trading.orders import Fill, Side

DAY = date(2024, 3, 8)
NOW = datetime(2024, 3, 8, 15, tzinfo=UTC)
OTHERS = stat.S_IRWXG | stat.S_IRWXO
FILL = Fill("f", "b", "x", "KO", Side.BUY, Decimal(5), Decimal(60), NOW)


@pytest.fixture
def careless() -> Iterator[None]:
    """A umask that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(root: Path) -> list[str]:
    found = [path for path in (root, *root.rglob("*")) if path.lstat().st_mode & OTHERS]
    return sorted(str(path.relative_to(root)) for path in found)


def test_a_whole_demo_leaves_nothing_open(shown_demo: PlayedDemo) -> None:
    outputs = shown_demo.home.outputs
    files = [path.name for path in outputs.rglob("*") if path.is_file()]
    assert {"entries.json", "trades.jsonl", "report.html", "exchange.json"} <= set(files)
    assert any(name.endswith(".sqlite3") for name in files)
    assert open_to_others(outputs) == []


@pytest.mark.usefixtures("careless")
def test_without_a_umask_everything_is_made_closed(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    ArtifactFiles(outputs).write_json(DAY, "entries.json", "avwap.entries/1.0", {})
    shelf = LedgerShelf(outputs / "ledger" / "paper-PA1.sqlite3", "PA1")
    with SqliteLedger.open(shelf.path, "PA1") as ledger:
        ledger.append(FILL)
        side = {path.name for path in shelf.path.parent.iterdir()}
        assert "paper-PA1.sqlite3-wal" in side
        assert open_to_others(outputs) == []
    shelf.back_up(DAY)
    copy_for_dry_run(shelf.path, outputs / "dry-run" / "ledger" / "paper-PA1.sqlite3")
    with (
        logging_to(outputs / "logs", DAY, 30, "info") as log,
        stage_lock(outputs / "locks", "scan", 0, NOW),
    ):
        log.info("hello")
        OwnProcesses((), outputs / "logs" / "tick.log")(["--version"])
        assert open_to_others(outputs) == []


@pytest.mark.usefixtures("careless")
def test_what_was_open_is_closed_when_it_is_next_written(tmp_path: Path) -> None:
    store = ArtifactFiles(tmp_path / "outputs")
    store.write_text(DAY, "report.html", "one")
    path = store.folder(DAY) / "report.html"
    for place in (path, path.parent, store.outputs):
        place.chmod(0o777)
    assert not store.write_text(DAY, "report.html", "one")  # the same bytes: closed all the same
    assert [p.stat().st_mode & OTHERS for p in (path, path.parent, store.outputs)] == [0, 0, 0]
    shelf = LedgerShelf(tmp_path / "outputs" / "ledger" / "paper-PA1.sqlite3", "PA1")
    SqliteLedger.open(shelf.path, "PA1").close()
    shelf.path.chmod(0o666)
    shelf.path.parent.chmod(0o777)
    SqliteLedger.open(shelf.path, "PA1").close()
    assert open_to_others(shelf.path.parent) == []


@pytest.mark.usefixtures("careless")
def test_what_a_person_names_keeps_the_persons_rights(tmp_path: Path) -> None:
    from avwap_cli.adapters.atomic_files import write_named

    write_named(tmp_path / "bars.csv", b"x")
    assert (tmp_path / "bars.csv").stat().st_mode & 0o777 == 0o666


@pytest.mark.usefixtures("careless")
def test_only_missing_folders_are_made(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_folder(tmp_path / "a" / "b")
    modes = [stat.S_IMODE(p.stat().st_mode) for p in (tmp_path, tmp_path / "a", tmp_path / "a/b")]
    assert modes == [0o755, 0o700, 0o700]
