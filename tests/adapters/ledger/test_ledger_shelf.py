"""The shelf: backups of the ledger, and a new one in the place of a lost one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from avwap_cli.adapters.ledger import migrations
from avwap_cli.adapters.ledger.ledger_shelf import LedgerShelf
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.errors import LedgerDamaged, LedgerError, SchemaMismatch
from avwap_cli.trading.facts import Notice
from avwap_cli.trading.orders import Fill, Side

DAY = date(2024, 3, 8)
FILL = Fill(
    "f-1", "b", "x", "KO", Side.BUY, Decimal(5), Decimal(60), datetime(2024, 3, 8, tzinfo=UTC)
)
OTHER = replace(FILL, id="f-2")


@pytest.fixture
def shelf(tmp_path: Path) -> LedgerShelf:
    return LedgerShelf(tmp_path / "ledger" / "paper-PA1.sqlite3", "PA1")


def append(shelf: LedgerShelf, *fills: Fill) -> None:
    with SqliteLedger.open(shelf.path, "PA1") as ledger:
        ledger.append(*fills)


def fills_in(path: Path) -> list[Fill]:
    with SqliteLedger.open(path, "PA1", read_only=True) as ledger:
        return ledger.facts().fills


def test_a_backup_is_a_whole_ledger_in_one_file(shelf: LedgerShelf) -> None:
    append(shelf, FILL)
    path, changed = shelf.back_up(DAY)
    assert (path.name, changed) == ("paper-PA1-2024-03-08.sqlite3", True)
    assert os.listdir(shelf.backups) == [path.name]
    assert fills_in(path) == [FILL]


def test_a_second_backup_without_news_changes_nothing(shelf: LedgerShelf) -> None:
    append(shelf, FILL)
    path, _ = shelf.back_up(DAY)
    before = (path.stat().st_mtime_ns, path.stat().st_ino, path.read_bytes())
    assert shelf.back_up(DAY) == (path, False)
    assert (path.stat().st_mtime_ns, path.stat().st_ino, path.read_bytes()) == before
    append(shelf, OTHER)
    assert shelf.back_up(DAY) == (path, True)
    assert fills_in(path) == [FILL, OTHER]


def test_a_backup_holds_what_a_running_program_just_committed(shelf: LedgerShelf) -> None:
    with SqliteLedger.open(shelf.path, "PA1") as ledger:
        ledger.append(FILL)
        path, _ = shelf.back_up(DAY)
        assert fills_in(path) == [FILL]


def test_a_damaged_backup_of_the_session_is_written_again(shelf: LedgerShelf) -> None:
    append(shelf, FILL)
    path, _ = shelf.back_up(DAY)
    path.write_bytes(b"rubbish")
    assert shelf.back_up(DAY) == (path, True)
    assert fills_in(path) == [FILL]


def test_the_last_thirty_are_kept_and_nothing_else_is_touched(shelf: LedgerShelf) -> None:
    append(shelf, FILL)
    shelf.backups.mkdir()
    strange = ["paper-PA1-notes.sqlite3", "paper-PA2-2001-01-01.sqlite3", "x"]
    for name in strange:
        (shelf.backups / name).touch()
    days = [DAY + timedelta(days=n) for n in range(33)]
    for day in days:
        shelf.back_up(day)
    kept = {f"paper-PA1-{day}.sqlite3" for day in days[-30:]}
    assert set(os.listdir(shelf.backups)) == {*kept, *strange}


def test_there_is_no_backup_of_nothing_or_of_a_damaged_ledger(shelf: LedgerShelf) -> None:
    with pytest.raises(LedgerError, match="is not there"):
        shelf.back_up(DAY)
    assert not shelf.path.parent.exists()
    shelf.path.parent.mkdir()
    shelf.path.write_bytes(b"rubbish")
    with pytest.raises(LedgerDamaged):
        shelf.back_up(DAY)


def test_a_lost_ledger_gets_its_place_again(shelf: LedgerShelf) -> None:
    assert shelf.put([FILL]) is None
    assert fills_in(shelf.path) == [FILL]
    assert os.listdir(shelf.path.parent) == [shelf.path.name]


def test_a_good_ledger_is_never_replaced(shelf: LedgerShelf) -> None:
    append(shelf, FILL)
    for act in (shelf.must_be_lost, lambda: shelf.put([OTHER])):
        with pytest.raises(LedgerError, match="good ledger"):
            act()
    assert fills_in(shelf.path) == [FILL]


def rubbish(path: Path) -> None:
    path.write_bytes(b"rubbish")


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def overwritten(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("damage", [rubbish, emptied, overwritten])
def test_a_damaged_ledger_is_moved_aside_and_kept(
    shelf: LedgerShelf, damage: Callable[[Path], None]
) -> None:
    for number in (1, 2):
        append(shelf, FILL)
        damage(shelf.path)
        broken = shelf.path.read_bytes()
        side = shelf.path.with_name(shelf.path.name + "-wal")
        side.write_bytes(b"log")
        moved = shelf.put([OTHER])
        assert moved == shelf.path.with_name(f"{shelf.path.name}.damaged-{number}")
        assert moved.read_bytes() == broken
        assert moved.with_name(moved.name + "-wal").read_bytes() == b"log"
        assert fills_in(shelf.path) == [OTHER]
        shelf.path.unlink()


def test_a_ledger_of_a_newer_program_or_of_another_account_is_not_lost(
    shelf: LedgerShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(shelf, FILL)
    with pytest.raises(LedgerError, match="not of PA2"):
        LedgerShelf(shelf.path, "PA2").put([])
    monkeypatch.setattr(migrations, "MIGRATIONS", [])
    with pytest.raises(SchemaMismatch):
        shelf.put([])
    monkeypatch.undo()
    assert fills_in(shelf.path) == [FILL]


def test_facts_that_cannot_be_written_leave_the_damaged_file_in_place(shelf: LedgerShelf) -> None:
    shelf.path.parent.mkdir()
    rubbish(shelf.path)
    with pytest.raises(ValueError, match="time zone"):
        shelf.put([replace(FILL, at=FILL.at.replace(tzinfo=None))])
    assert os.listdir(shelf.path.parent) == [shelf.path.name]
    assert shelf.path.read_bytes() == b"rubbish"


def test_a_ledger_begun_after_the_loss_counts_as_lost(shelf: LedgerShelf) -> None:
    with SqliteLedger.open(shelf.path, "PA1") as ledger:
        at = datetime(2024, 3, 8, 14, 30, tzinfo=UTC)
        ledger.append(Notice(at, DAY, "differs", "differs.x", "an order that is not here"))
    shelf.must_be_lost()
    moved = shelf.put([FILL])
    assert moved is not None
    assert moved.exists()
    assert fills_in(shelf.path) == [FILL]
