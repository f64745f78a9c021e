"""What is damaged or missing of a past session is named as such, by its place in the home."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from played_demos import PlayedDemo
from typer.testing import CliRunner

from avwap_cli.cli import app

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


@pytest.mark.parametrize("name", ["universe.csv", "universe.json"])
def test_without_lists_nothing_can_be_replayed(home: Path, name: str) -> None:
    path = home / "outputs" / "sessions" / SESSION / name
    path.write_bytes(b"xx")
    code, output = said(home)
    assert code == 4
    assert str(path) in output.replace("\n", "")


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
