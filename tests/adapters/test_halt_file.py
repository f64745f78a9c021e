"""The HALT file: its first word, and the careful reading of everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from avwap_cli.adapters.halt_file import halt_file
from avwap_cli.trading.facts import HaltLevel


@pytest.mark.parametrize(
    ("content", "level"),
    [
        (b"no-entries", HaltLevel.NO_ENTRIES),
        (b"  flatten: the desk burns\n", HaltLevel.REDUCE_ONLY),
        (b"flatten the desk burns\n", HaltLevel.FLATTEN),
        (b"\xef\xbb\xbfFLATTEN\r\n", HaltLevel.FLATTEN),
        (b"reduce-only", HaltLevel.REDUCE_ONLY),
        (b"none", HaltLevel.REDUCE_ONLY),
        (b"", HaltLevel.REDUCE_ONLY),
        (b"\xff\x00\xfe", HaltLevel.REDUCE_ONLY),
        (b"x" * 100_000, HaltLevel.REDUCE_ONLY),
    ],
)
def test_the_first_word_is_the_level_and_anything_else_reduces_only(
    tmp_path: Path, content: bytes, level: HaltLevel
) -> None:
    (tmp_path / "HALT").write_bytes(content)
    assert halt_file(tmp_path) is level


def test_without_the_file_nothing_is_halted(tmp_path: Path) -> None:
    (tmp_path / "halt.txt").write_text("flatten")
    assert halt_file(tmp_path) is HaltLevel.NONE


def test_what_cannot_be_read_halts(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "HALT").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "HALT").symlink_to(tmp_path / "nowhere")
    (tmp_path / "three").write_text("a file in the home's place")
    for home in ("one", "two", "three"):
        assert halt_file(tmp_path / home) is HaltLevel.REDUCE_ONLY
