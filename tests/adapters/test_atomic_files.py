"""A kill at any point leaves the old file or the new one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from avwap_cli.adapters import atomic_files
from avwap_cli.adapters.atomic_files import write_if_changed, write_named
from avwap_cli.errors import AvwapError, UsageError

ROOT = Path(__file__).parents[2]
OLD, NEW = b"old content\n", b"new content, longer than the old\n"


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "scan.json"
    path.write_bytes(OLD)
    yield path
    assert [p.name for p in tmp_path.iterdir()] == ["scan.json"], "a temporary file was left"


def test_writes_and_says_whether_bytes_changed(target: Path) -> None:
    assert write_if_changed(target, NEW)
    assert target.read_bytes() == NEW
    before = target.stat().st_mtime_ns, target.stat().st_ino
    assert not write_if_changed(target, NEW)
    assert (target.stat().st_mtime_ns, target.stat().st_ino) == before


def test_makes_the_folders_it_needs(tmp_path: Path) -> None:
    assert write_if_changed(tmp_path / "a" / "b" / "c.txt", NEW)
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == NEW


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_a_failing_step_keeps_the_old_file(
    step: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    where = {
        "open": (Path, "open"),
        "fsync": (atomic_files.os, "fsync"),
        "replace": (Path, "replace"),
    }
    with monkeypatch.context() as patch:
        patch.setattr(*where[step], fail)
        with pytest.raises(AvwapError, match="No space left"):
            write_if_changed(target, NEW)
    assert target.read_bytes() == OLD


def test_ctrl_c_within_the_write_keeps_the_old_file(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic_files.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_if_changed(target, NEW)
    assert target.read_bytes() == OLD


@pytest.mark.parametrize(("step", "left"), [("fsync", OLD), ("replace", OLD), ("folder", NEW)])
def test_a_kill_leaves_the_old_file_or_the_new(step: str, left: bytes, tmp_path: Path) -> None:
    """The process dies by SIGKILL right before the step named."""
    path = tmp_path / "scan.json"
    path.write_bytes(OLD)
    code = f"""
import os, signal, pathlib
from avwap_cli.adapters import atomic_files as a
def die(*args): os.kill(os.getpid(), signal.SIGKILL)
where = {{"fsync": (a.os, "fsync"), "replace": (pathlib.Path, "replace"),
         "folder": (a, "_flush_folder")}}[{step!r}]
setattr(*where, die)
a.write_if_changed(pathlib.Path({str(path)!r}), {NEW!r})
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", code], env=env, check=False).returncode == -9
    assert path.read_bytes() == left
    assert write_if_changed(path, NEW) is (left == OLD)


def test_a_folder_in_the_place_of_the_file_is_a_named_failure(tmp_path: Path) -> None:
    (tmp_path / "scan.json").mkdir()
    with pytest.raises(AvwapError, match="cannot write"):
        write_if_changed(tmp_path / "scan.json", NEW)
    assert [p.name for p in tmp_path.iterdir()] == ["scan.json"]


def test_no_folder_is_made_for_a_file_that_a_person_names(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nope is not a folder"):
        write_named(tmp_path / "nope" / "bars.csv", NEW)
    assert list(tmp_path.iterdir()) == []
    assert write_named(tmp_path / "bars.csv", NEW)
    assert not write_named(tmp_path / "bars.csv", NEW)


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match="is not a file"):
        write_named(pipe, NEW)
    assert pipe.is_fifo()


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    mark, ours = b"by=avwap", tmp_path / "ours.html"
    ours.write_bytes(b"<html by=avwap> of yesterday")
    assert write_named(ours, b"<html by=avwap>", mark=mark)
    notes = tmp_path / "notes.html"
    notes.write_bytes(b"precious" + b" " * 300 + mark)
    with pytest.raises(UsageError, match="avwap did not make it"):
        write_named(notes, NEW, mark=mark)
    assert notes.read_bytes().startswith(b"precious")


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_not_written_through_nor_replaced(there: bool, tmp_path: Path) -> None:
    link, target = tmp_path / "link.html", tmp_path / "target.html"
    if there:
        target.write_bytes(OLD)
    link.symlink_to(target)
    with pytest.raises(UsageError, match="is a link"):
        write_named(link, NEW)
    assert link.is_symlink()
    assert target.exists() is there
    assert not there or target.read_bytes() == OLD


def test_a_name_that_no_file_can_have_is_refused_and_the_longest_is_not(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="File name too long"):
        write_named(tmp_path / ("x" * 300), NEW)
    assert write_named(tmp_path / ("x" * 255), NEW)
    assert [len(p.name) for p in tmp_path.iterdir()] == [255]
