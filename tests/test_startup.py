"""`avwap status` starts without the heavy libraries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAVY = (
    "numpy",
    "pandas",
    "pyarrow",
    "alpaca",
    "pydantic",
    "requests",
    "yfinance",
    "yaml",
    "filelock",
)
STATUS = """
import sys
from pathlib import Path
from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.clocks import SystemClock
from avwap_cli.adapters.progress import progress_on
from avwap_cli.adapters.run_records import RunRecordFiles
from avwap_cli.adapters.stage_locks import holder
from avwap_cli.terminal.screen import Screen
from avwap_cli.stages.status import status
import avwap_cli.adapters.logs, avwap_cli.errors, avwap_cli.ports, avwap_cli.settings, avwap_cli.verdicts
outputs = Path(sys.argv[1])
files = ArtifactFiles(outputs)
since = lambda stage: h.since if (h := holder(outputs / "locks", stage)) else None
Screen(sys.stdout, sys.stderr).outcome(
    status(files, RunRecordFiles(outputs), SystemClock(), since)
)
print("heavy:", sorted({name.partition(".")[0] for name in sys.modules} & set(sys.argv[2:])))
"""


def test_the_path_of_status_loads_no_heavy_library(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", STATUS, tmp_path, *HEAVY],
        env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Trade session" in done.stdout
    assert done.stdout.splitlines()[-1] == "heavy: []"
