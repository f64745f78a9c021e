"""The market that is measured: the real Russell file where it is, else the made-up one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from avwap_cli import playbook

ROOT = Path(__file__).resolve().parent.parent
REAL = Path(os.environ.get("AVWAP_REAL_DATA", ROOT.parent / "shared" / "data"))
PROGRAM = [sys.executable, "-c", "from avwap_cli.cli import main; main()"]


@dataclass(frozen=True, slots=True)
class Market:
    """A home whose evening is done.

    Attributes:
        home: its folder.
        now: the evening, for `--now`.
        bars: one Parquet file with the bars in long form.
        what: in words.
    """

    home: Path
    now: str
    bars: Path
    what: str

    def command(self, *words: str) -> list[str]:
        """A command line over this home."""
        return [*PROGRAM, *words, "--home", str(self.home), "--now", self.now, "--quiet"]

    def forget_scan(self) -> None:
        """Remove the scan's artifacts, so that the next one writes them all."""
        for artifact in playbook.stage("scan").writes:
            for path in (self.home / "outputs" / "sessions").glob(f"*/{artifact.name}"):
                path.unlink()

    def run(self, *words: str) -> None:
        """Run a command, and stop the bench if it fails."""
        subprocess.run(self.command(*words), check=True, stderr=subprocess.DEVNULL, cwd=self.home)


def prepare(folder: Path) -> Market:
    """A home with 750 sessions in its cache, as after years of evenings."""
    market = _real(folder) if (REAL / "bars").is_dir() else _made_up(folder)
    for stage in ("universe", "refresh-cache", "scan"):
        market.run(stage)
    return market


def _real(folder: Path) -> Market:
    bars = REAL / "bars"
    data = (
        "data:\n  provider: files\n  backfill_sessions: 750\n  files:\n"
        f"    - {bars / 'r3k_daily_2021_2024.parquet'}\n"
        f"    - {bars / 'etf_daily_2021_2026.parquet'}\n"
        "earnings:\n  provider: files\n"
        f"  file: {REAL / 'earnings' / 'earnings_dates_2012_2026.parquet'}\n"
    )
    lists = (
        "universe:\n"
        f"  iwv_file: {folder / 'iwv.csv'}\n"
        f"  sp500_file: {REAL / 'constituents' / 'sp500_2024-03-05.csv'}\n"
    )
    _write(folder, {"default.yaml": data, "universe.yaml": lists})
    _list_of_all(folder / "iwv.csv", bars / "r3k_daily_2021_2024.parquet")
    what = "2,985 real names of the Russell file"
    return Market(folder, "2024-03-07T20:15", bars / "r3k_daily_2021_2024.parquet", what)


def _list_of_all(path: Path, bars: Path) -> None:
    """A holdings list of every name that has bars, so that all 2,985 are scanned."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    symbols = sorted(pc.unique(pq.read_table(bars, columns=["symbol"])["symbol"]).to_pylist())
    rows = [f'"{s}","{s}","Unknown","Equity","1"' for s in symbols]
    path.write_text("Ticker,Name,Sector,Asset Class,Weight (%)\n" + "\n".join(rows) + "\n")


def _made_up(folder: Path) -> Market:
    from avwap_cli.adapters.synthetic import ORIGIN, prepare_home
    from avwap_cli.defaults import demo_texts
    from avwap_cli.market import sessions
    from avwap_cli.rehearsal.made_up_days import LAST_SESSION
    from avwap_cli.stages.evening.scan_inputs import as_days

    _write(folder, demo_texts(7))
    days = as_days(sessions.sessions_between(ORIGIN, LAST_SESSION))
    prepare_home(folder, 7, LAST_SESSION, days)
    market = Market(folder, f"{LAST_SESSION}T20:15", folder / "bars.parquet", "the made-up market")
    for stage in ("universe", "refresh-cache"):
        market.run(stage)
    market.run("export", str(market.bars))
    return market


def _write(folder: Path, files: Mapping[str, str]) -> None:
    (folder / "config").mkdir(parents=True)
    for name, text in files.items():
        (folder / "config" / name).write_text(text)
