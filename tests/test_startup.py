"""`avwap --help` and `avwap status` start without the heavy libraries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Typer itself imports pydantic where it is installed.
HEAVY = (
    *("numpy", "pandas", "pyarrow", "alpaca", "requests", "yfinance", "yaml", "filelock"),
    *("aiohttp", "asyncio", "msgpack", "websockets", "apprise", "PIL"),
)
PROGRAM = """
import atexit, sys
heavy = sys.argv.pop(1).split(",")
loaded = lambda: sorted({name.partition(".")[0] for name in sys.modules} & set(heavy))
atexit.register(lambda: print("heavy:", loaded()))
from avwap_cli.cli import main
main()
"""


@pytest.mark.parametrize(
    "command", ["--help", "status", "status --json", "scan --help", "exchange --help"]
)
def test_help_and_status_load_no_heavy_library(demo_home: Path, command: str) -> None:
    home = [] if "--help" in command else ["--home", str(demo_home), "--now", "2026-11-20T20:15"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, ",".join(HEAVY), *command.split(), *home],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(done.stdout.splitlines()) > 10
    assert done.stdout.splitlines()[-1] == "heavy: []"
