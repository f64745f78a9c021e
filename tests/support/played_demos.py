"""The demo played to its end, to be looked at."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from avwap_cli.home import Home

SHOWN = Path("outputs", "demo")  # where the demo lives in the folder that is named


@dataclass(frozen=True)
class PlayedDemo:
    """A demo that was played to its end: the folder around its home, and what it printed."""

    around: Path
    printed: str

    @property
    def home(self) -> Home:
        """The demo's home."""
        return Home(self.around / SHOWN)


def run_demo(around: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the demo as cron would: a bare environment."""
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    command = [sys.executable, "-m", "avwap_cli", "demo", "--home", str(around), *words]
    return subprocess.run(command, env=bare, capture_output=True, text=True, cwd="/", check=False)


def play(folder: Path, *words: str, **environment: str) -> None:
    """Play it somewhere in the folder, and keep there what it printed."""
    result = run_demo(folder / "not" / "yet", *words, **environment)
    assert result.returncode == 0, result.stderr
    (folder / "printed").write_text(result.stdout)


def evening(around: Path) -> None:
    """Make the home of seed 7, and play no more than its evening."""
    from avwap_cli.rehearsal.demo import run_evening
    from avwap_cli.terminal.screen import Screen
    from avwap_cli.wiring.desk import Choices

    run_evening(Home(around), 7, Choices(True), Screen(io.StringIO(), io.StringIO()))
