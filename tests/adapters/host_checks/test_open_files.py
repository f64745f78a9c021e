"""What others could read under a home, and what is not ours to write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from avwap_cli.adapters.host_checks.open_files import exposed, unwritable


def made(path: Path, mode: int) -> Path:
    """A file, or a folder where the name has no ending, of that mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix:
        path.write_text("x")
    else:
        path.mkdir(exist_ok=True)
    path.chmod(mode)
    return path


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    return made(tmp_path / "outputs", 0o700)


def test_behind_a_closed_folder_only_a_ledger_counts(outputs: Path) -> None:
    made(outputs / "scan.json", 0o644)
    ledger = made(outputs / "ledger" / "paper-1.sqlite3", 0o640)
    journal = made(outputs / "ledger" / "paper-1.sqlite3-wal", 0o604)
    made(outputs / "ledger" / "paper-2.sqlite3", 0o600)
    assert exposed(outputs) == [ledger, journal]


def test_in_an_open_folder_each_readable_file_counts_and_files_come_first(outputs: Path) -> None:
    outputs.chmod(0o755)
    page, inner = made(outputs / "b.html", 0o604), made(outputs / "shut", 0o700)
    made(outputs / "a.html", 0o600)
    made(inner / "c.html", 0o644)
    made(outputs / "README.md", 0o644)
    named = made(outputs / "sessions", 0o755)
    assert exposed(outputs) == [page, named], "not the folder itself, nor what is shipped in it"


def test_a_folder_that_can_be_listed_and_not_passed_is_closed(outputs: Path) -> None:
    outputs.chmod(0o755)
    inner = made(outputs / "inner", 0o744)
    made(inner / "a.html", 0o644)
    assert exposed(outputs) == [inner]


def test_links_are_not_followed_and_what_is_absent_exposes_nothing(
    outputs: Path, tmp_path: Path
) -> None:
    outputs.chmod(0o755)
    target = made(tmp_path / "elsewhere.html", 0o644)
    (outputs / "link.html").symlink_to(target)
    assert exposed(outputs) == []
    assert exposed(tmp_path / "nowhere") == []


def test_a_folder_that_is_a_file_or_shut_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, odd, shut = tmp_path / "good", made(tmp_path / "odd.txt", 0o600), tmp_path / "shut"
    good.mkdir()
    shut.mkdir()
    real = os.access
    asked: list[int] = []

    def access(path: Path, mode: int) -> bool:
        asked.append(mode)
        return path != shut and real(path, mode)

    monkeypatch.setattr(os, "access", access)  # root may write anywhere
    assert unwritable(tmp_path, (good, odd, shut, tmp_path / "not-yet")) == [odd, shut]
    assert set(asked) == {os.W_OK | os.X_OK}
