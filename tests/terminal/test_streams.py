"""Closed streams, full disks and wrong command lines, as a shell makes them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AVWAP = f"""avwap() {{ {sys.executable} -c 'from avwap_cli.cli import main; main()' "$@"; }}"""


def shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command line of sh in which `avwap` is the program."""
    return subprocess.run(
        ["sh", "-c", f"{AVWAP}; {line}"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def status(demo_home: Path) -> str:
    return f"avwap status --home {demo_home.as_posix()} --now 2026-11-20T20:15"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("option", ["", "--json"])
def test_a_full_disk_is_one_sentence(status: str, option: str, tmp_path: Path) -> None:
    done = shell(f"{status} {option} > /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("avwap: cannot print: No space left on device\n")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert shell(f"{status} {option} > /dev/full 2> /dev/full", tmp_path).returncode == 1


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_no_exit_code(status: str, closed: str, tmp_path: Path) -> None:
    done = shell(f"{status} {closed}", tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""


def test_a_reader_that_goes_away_is_no_failure(status: str, tmp_path: Path) -> None:
    done = shell(f"{{ {status} --json; echo $? >&2; }} | true", tmp_path)
    assert done.stderr == "0\n"


def test_a_removed_working_directory_is_no_failure(status: str, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    assert shell(f"rmdir {gone}; {status}", gone).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ("scan --json --nonsense", "nonsense"),
        ("--json no-such-command", "no-such-command"),
        ("explain --json", "symbol"),
        ("scan --set novalue --json", "key=value"),
        ("scan --json --lock-timeout -1", "--lock-timeout"),
        ("scan --json --lock-timeout nan", "--lock-timeout"),
        ("demo --json --seed x", "--seed"),
    ],
)
def test_a_wrong_command_line_is_a_json_document_too(
    arguments: str, what: str, tmp_path: Path
) -> None:
    done = shell(f"avwap {arguments}", tmp_path)
    assert done.returncode == 2
    document = json.loads(done.stdout)
    assert (document["kind"], document["exit_code"]) == ("UsageError", 2)
    assert what in document["error"].lower()
    assert done.stderr.startswith("avwap: ")


def test_without_json_it_is_text(tmp_path: Path) -> None:
    done = shell("avwap scan --nonsense", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nonsense" in done.stderr


def test_version_and_help_with_json_end_well(tmp_path: Path) -> None:
    for line in ("avwap --json --version", "avwap scan --json --help"):
        assert shell(line, tmp_path).returncode == 0
