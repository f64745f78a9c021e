"""What is damaged or missing of a past session is named as such, by its place in the home."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from played_demos import PlayedDemo
from typer.testing import CliRunner

from avwap_cli.cli import app
from avwap_cli.rehearsal.kept_days import kept_day
from avwap_cli.rehearsal.scratch_homes import scratch_home
from avwap_cli.wiring.desk import Choices, Desk

SESSION = "2026-11-23"


@pytest.fixture
def home(shown_demo: PlayedDemo, tmp_path: Path) -> Path:
    """A copy of the demo's home after its day."""
    return Path(shutil.copytree(shown_demo.home.root, tmp_path / "home"))


def said(home: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(
        app, ["replay", SESSION, "--home", str(home), "--now", "2026-11-23T20:30", *words]
    )
    assert "avwap-replay-" not in result.output
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def differences(home: Path, *words: str) -> dict[str, tuple[str, str]]:
    """Artifact -> its cause and why."""
    code, output = said(home, "--json", *words)
    assert code == 9, output
    document: dict[str, Any] = json.loads(output[output.index("{") :])
    return {
        row["artifact"]: (row["cause"], row["because"]) for row in document["body"]["differences"]
    }


def test_each_damaged_file_is_named_and_nothing_else(home: Path) -> None:
    folder = home / "outputs" / "sessions" / SESSION
    run = json.loads((folder / "runs" / "monitor-1.json").read_text())
    settings = folder / "runs" / f"config-{run['config_hash'][:12]}.json"
    damage = {
        "scan.json": (folder / "scan.json").read_bytes()[:2000],
        "signals.parquet": b"xx",
        "minutes.parquet": b"xx",
        "tape.json": b"{",
        f"runs/{settings.name}": b'{"schema": "avwap.settings/1.0"}',
    }
    for name, data in damage.items():
        (folder / name).write_bytes(data)
    found = differences(home)
    assert set(found) == set(damage)
    for name, (cause, because) in found.items():
        assert cause == "damaged", name
        assert str(folder / name) in because, name
        assert "put a good copy of it back" in because, name


@pytest.mark.parametrize("name", ["scan.json", "signals.parquet"])
def test_a_missing_file_is_named(home: Path, name: str) -> None:
    path = home / "outputs" / "sessions" / SESSION / name
    path.unlink()
    found = differences(home, "--evening")
    assert set(found) == {name}
    cause, because = found[name]
    assert cause == "missing"
    assert str(path) in because


def lost(path: Path) -> None:
    path.unlink()


def torn(path: Path) -> None:
    path.write_bytes(b"xx")


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("name", ["universe.csv", "universe.json"])
@pytest.mark.parametrize(
    ("damage", "what"), [(lost, " is missing"), (torn, " "), (piped, " is no file")]
)
def test_broken_lists_are_never_made_anew(home: Path, name: str, damage: Any, what: str) -> None:
    """What `universe` writes today are not the lists of that evening."""
    path = home / "outputs" / "sessions" / SESSION / name
    damage(path)
    code, output = said(home, "--json")
    error, _ = json.JSONDecoder().raw_decode(output)
    assert code == 4
    assert str(path) in error["error"]
    assert what in error["error"]
    assert error["hint"] == (
        "put a good copy of it back; without its lists the evening cannot be replayed"
    )


def test_a_frozen_plan_that_is_gone_is_missing(home: Path) -> None:
    """Though the day cannot be played here, for want of minutes, it was traded."""
    folder = home / "outputs" / "sessions" / SESSION
    (folder / "gapfilter.json").unlink()
    (folder / "minutes.parquet").unlink()
    code, output = said(home)
    assert code == 9, output
    assert "missing: gapfilter.json for" in output
    assert "was not traded" not in output
    assert "was frozen" not in output


@pytest.mark.parametrize("left", ["ledger", "entries.json", "runs"])
def test_one_trace_of_a_frozen_plan_is_enough(home: Path, left: str) -> None:
    folder = home / "outputs" / "sessions" / SESSION
    (folder / "gapfilter.json").unlink()
    traces = {"ledger": home / "outputs" / "ledger", "runs": folder / "runs"}
    for name, path in traces.items():
        if name != left:
            shutil.rmtree(path)
    if left != "entries.json":
        (folder / "entries.json").unlink()
    with scratch_home(desk_of(home), date.fromisoformat(SESSION)) as scratch:
        day = kept_day(scratch, date.fromisoformat(SESSION), evening_only=False)
    assert day.unread["gapfilter.json"].cause == "missing"


def test_a_session_that_was_never_traded_misses_nothing(demo_home: Path) -> None:
    session = date.fromisoformat(SESSION)
    with scratch_home(desk_of(demo_home), session) as scratch:
        day = kept_day(scratch, session, evening_only=False)
    assert (day.unread, day.why_no_day) == ({}, f"no plan of {SESSION} was frozen")


def desk_of(home: Path) -> Desk:
    return Desk(Choices(home, now="2026-11-23T20:30", quiet=True), {})


def test_an_edited_file_is_not_blamed_on_the_code(home: Path) -> None:
    folder = home / "outputs" / "sessions" / SESSION
    path = folder / "scan.json"
    scan = path.read_text()
    number = scan[scan.index('"entry": ') :].split(",")[0]
    path.write_text(scan.replace(number, '"entry": 1.25', 1))
    sheet = folder / "daily_candidates.csv"
    sheet.write_text(sheet.read_text().replace("\n", "\r\n"))  # the same rows in other bytes
    found = differences(home, "--evening")
    assert {name: cause for name, (cause, _) in found.items()} == {
        "scan.json": "edited", "daily_candidates.csv": "edited",
    }  # fmt: skip
    run = json.loads((folder / "runs" / "scan-1.json").read_text())
    wrote = f"{run['ended'][:10]} {run['ended'][11:16]} ET"
    assert found["scan.json"][1].startswith(
        f"scan.json for {SESSION} is not the bytes that scan wrote on {wrote}"
    )


def test_a_file_that_is_too_large_is_not_copied(home: Path) -> None:
    folder = home / "outputs" / "sessions" / SESSION
    large = ("minutes.parquet", "cache.json")
    for name in large:
        os.truncate(folder / name, 300 << 20)
    session = date.fromisoformat(SESSION)
    with scratch_home(desk_of(home), session) as scratch:
        there = {path.name for path in scratch.home.session(session).iterdir()}
        day = kept_day(scratch, session, evening_only=False)
    assert there == {"universe.csv", "universe.json"}
    assert "larger than 256 MB" in day.unread["minutes.parquet"].because


def test_a_torn_tape_has_one_way_out(home: Path) -> None:
    path = home / "outputs" / "sessions" / SESSION / "minutes.parquet"
    path.write_bytes(b"xx")
    session = date.fromisoformat(SESSION)
    with scratch_home(desk_of(home), session) as scratch:
        because = kept_day(scratch, session, evening_only=False).unread[path.name].because
    assert because.startswith(str(path))
    assert "put a good copy of it back" in because
    assert "remove" not in because
    assert "avwap report" not in because


def tree_of(home: Path) -> dict[str, tuple[int, int, bytes]]:
    """Each file and folder: when it was changed, its size and its bytes."""
    found = {}
    for path in [home, *home.rglob("*")]:
        state = path.lstat()
        data = path.read_bytes() if path.is_file() else b""
        size = state.st_size if path.is_file() else 0
        found[str(path)] = (state.st_mtime_ns, size, data)
    return found


def test_nothing_of_the_home_is_changed(home: Path) -> None:
    """A ledger that was left with a log beside it, which SQLite would index anew, even to read."""
    (ledger,) = (home / "outputs" / "ledger").glob("exchange-*.sqlite3")
    aside = home / "aside"
    with closing(sqlite3.connect(ledger)) as books:
        books.execute("PRAGMA journal_mode = WAL")
        books.execute("CREATE TABLE more (x)")
        books.commit()
        log = ledger.with_name(ledger.name + "-wal")
        shutil.copytree(ledger.parent, aside)
    assert (aside / log.name).stat().st_size > 0
    shutil.rmtree(ledger.parent)
    aside.rename(ledger.parent)
    before = tree_of(home)
    code, output = said(home, "--evening", "--json")
    assert code == 0, output
    compared = json.loads(output)["body"]["compared"]
    assert "exits_planned.json" in compared, "the ledger was read"
    assert tree_of(home) == before


def test_without_bars_nothing_can_be_replayed(home: Path) -> None:
    shutil.rmtree(home / "cache" / "bars")
    code, output = said(home)
    assert code == 4
    assert str(home / "cache") in output.replace("\n", "")


def test_a_damaged_archive_is_named(home: Path) -> None:
    shutil.rmtree(home / "outputs" / "sessions" / SESSION)
    archive = home / "outputs" / "archive" / f"{SESSION}.tar.gz"
    archive.parent.mkdir()
    archive.write_bytes(b"xx")
    code, output = said(home)
    assert code == 4
    assert str(archive) in output.replace("\n", "")
