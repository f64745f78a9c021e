"""The demo: four seeds run through, and the same seed gives the same bytes anywhere."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-c", "from avwap_cli.cli import main; main()"]


def demo(around: Path, seed: int, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the demo as cron would: a bare environment."""
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    command = [*PROGRAM, "demo", "--seed", str(seed), "--home", str(around)]
    return subprocess.run(
        command, env=bare, capture_output=True, text=True, cwd=around, check=False
    )


def digests(home: Path) -> dict[str, str]:
    """sha-256 of everything but run records and logs, which tell when and where."""
    files = [p for p in sorted(home.rglob("*")) if p.is_file()]
    kept = [p for p in files if not {"runs", "logs", "locks"} & set(p.parts)]
    return {str(p.relative_to(home)): hashlib.sha256(p.read_bytes()).hexdigest() for p in kept}


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_other_seeds_run_through(tmp_path: Path, seed: int) -> None:
    result = demo(tmp_path, seed)
    assert result.returncode == 0, result.stderr
    assert re.search(r"scan 2026-11-23: \d+ candidates of \d+ signals", result.stdout)
    assert "Traceback" not in result.stderr


def test_the_same_bytes_under_another_hash_seed_time_zone_and_locale(
    demo_home: Path, tmp_path: Path
) -> None:
    result = demo(
        tmp_path,
        7,
        PYTHONHASHSEED="4242",
        TZ="Asia/Tokyo",
        LC_ALL="tr_TR.UTF-8",
        LANG="tr_TR.UTF-8",
    )
    assert result.returncode == 0, result.stderr
    mine, theirs = digests(demo_home), digests(tmp_path / "outputs" / "demo")
    names = [name for name in mine if name.startswith("outputs/sessions/")]
    assert len(names) == 8
    assert {n: mine[n] for n in names} == {n: theirs[n] for n in names}


def test_the_demo_shows_candidates_and_status_and_writes_only_into_its_home(tmp_path: Path) -> None:
    result = demo(tmp_path, 7)
    assert result.returncode == 0
    for text in ("Candidates", "Stages", "refresh-cache  done", "avwap explain"):
        assert text in result.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["outputs"]
    assert [p.name for p in (tmp_path / "outputs").iterdir()] == ["demo"]
    again = demo(tmp_path, 7)
    assert again.returncode == 0
    assert again.stdout.count("(unchanged)") == 3
