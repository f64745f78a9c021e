"""The report page in headless Chromium: how long thirty candidates take to load and to draw."""

from __future__ import annotations

import math
import re
import shutil
import statistics
import subprocess
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from avwap_cli.review.charts import Candle, Chart, Level, Line, Mark, Tone
from avwap_cli.review.pages.report_page import report_page
from avwap_cli.review.pages.report_records import Report
from avwap_cli.stages.operations.page_assets import page_assets

Row = tuple[str, str, str, str]

CANDIDATES, CANDLES, TIMES = 30, 250, 5
LOADS_WITHIN_S, DRAWS_WITHIN_S, MOST_MB = 0.5, 3.0, 3.0
# Printing draws every chart at once; so its event tells how long all of them take.
STOPWATCH = """
window.addEventListener("load", function () {
  const loaded = performance.now();
  window.dispatchEvent(new Event("beforeprint"));
  document.body.dataset.took = loaded + " " + performance.now();
});
"""


def measured(folder: Path) -> list[Row]:
    """The rows of the bench's table; the folder is for what is thrown away."""
    what = f"report page of {CANDIDATES} candidates x {CANDLES} candles"
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return [(what, "-", "", "no chromium here; run `make browser`")]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "report.html"
    assets = page_assets()
    begun = time.perf_counter()
    text = report_page(_report(), replace(assets, js=assets.js + STOPWATCH))
    made_s = time.perf_counter() - begun
    path.write_text(text, encoding="utf-8")
    taken = [_taken(chromium, path, folder / "profile") for _ in range(TIMES)]
    loaded = statistics.median(first for first, _ in taken)
    drawn = statistics.median(last for _, last in taken)
    size = path.stat().st_size / 1e6
    return [
        (f"{what}, made", f"{made_s:.2f} s", "", f"{size:.2f} MB of at most {MOST_MB:g} MB"),
        (f"{what}, loaded", f"{loaded:.2f} s", f"<= {LOADS_WITHIN_S:g} s", f"median of {TIMES}"),
        ("and every chart drawn at once", f"{drawn:.2f} s", f"<= {DRAWS_WITHIN_S:g} s", "as print"),
    ]


def _taken(chromium: str, path: Path, profile: Path) -> tuple[float, float]:
    """Seconds from the navigation until the page was loaded, and until all was drawn."""
    command = [
        chromium,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        f"--user-data-dir={profile}",
        "--window-size=1280,900",
        "--dump-dom",
        path.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found = re.search(r'data-took="([\d.]+) ([\d.]+)"', done.stdout)
    if found is None or 'data-state="failed"' in done.stdout:
        raise SystemExit("the page did not draw its charts; open it in a browser and look")
    return float(found[1]) / 1000, float(found[2]) / 1000


def _report() -> Report:
    symbols = [f"S{number:02d}" for number in range(CANDIDATES)]
    rows = [
        {"rank": n, "symbol": symbol, "strategy": "avwap", "direction": "long", "score": 0.5}
        for n, symbol in enumerate(symbols, start=1)
    ]
    return Report(
        session=date(2026, 11, 23),
        entries={},
        exits={},
        trades=(),
        equity=(),
        alerts=(),
        scan={"candidates": rows},
        charts={(symbol, "avwap"): _chart(symbol, 20.0 + n) for n, symbol in enumerate(symbols)},
    )


def _chart(symbol: str, base: float) -> Chart:
    days = [str(date(2026, 3, 1) + timedelta(days=n)) for n in range(CANDLES)]
    closes = [base * (1 + 0.1 * math.sin(n / 17) + 0.02 * math.sin(n)) for n in range(CANDLES)]
    return Chart(
        name=f"chart-{symbol}",
        title=f"{symbol}, daily",
        candles=tuple(
            Candle(day, close * 0.995, close * 1.01, close * 0.985, close, 1e6 + 1e3 * n)
            for n, (day, close) in enumerate(zip(days, closes, strict=True))
        ),
        lines=tuple(
            Line(f"line {start}", Tone.COMPETITOR, tuple(zip(days[start:], closes, strict=False)))
            for start in (0, 60, 120, 180, 230)
        ),
        levels=(Level("entry", Tone.ENTRY, base), Level("stop", Tone.STOP, base * 0.95)),
        marks=(Mark(days[180], "MTD", Tone.ANCHOR, above=False),),
    )
