"""`python -m bench`: run all measurements and print one table."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench import cache, dates, exchange, folds, pages, scan_math, trading
from bench.market import PROGRAM, Market, prepare
from bench.pairs import PAIRS, commands, peak_mb

TRIVIAL = """\
import typer
app = typer.Typer()
@app.command()
def table():
    from rich.console import Console
    from rich.table import Table
    grid = Table(title="x")
    grid.add_column("a")
    grid.add_row("1")
    Console(force_terminal=True).print(grid)
@app.command()
def other():
    pass
app()
"""


def main() -> None:
    """Everything in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="avwap-bench-") as name:
        folder = Path(name)
        market = prepare(folder / "home")
        print(f"{market.what}; median of {PAIRS} interleaved pairs, CPU time of the process tree")
        rows = [*_math(market), *_cold(market, folder), *_cache(market, folder)]
        rows += exchange.measured()
        rows += folds.measured()
        rows += trading.measured(folder / "trading")
        rows += pages.measured(folder / "pages")
        width = max(len(row[0]) for row in rows)
        for what, ratio, wanted, detail in rows:
            print(f"  {what:<{width}}  {ratio:>7}  {wanted:>9}  {detail}")
        _dates(market)


def _math(market: Market) -> list[tuple[str, str, str, str]]:
    maths, panel, what = scan_math.against_reading(market)
    small, large = scan_math.growth(market)
    return [
        (
            "scan mathematics / reading the bars' Parquet",
            f"{maths.ratio:.2f}x",
            "<= 1.0x",
            f"{what}: {maths.ours_s:.3f} s over {maths.base_s:.3f} s",
        ),
        (
            "arranging the panel / reading the bars' Parquet",
            f"{panel.ratio:.2f}x",
            "",
            f"{panel.ours_s:.3f} s",
        ),
        (
            "cost per name, 10,000 names / 500 names",
            f"{large / small:.2f}x",
            "<= 1.3x",
            f"{large:.0f} us over {small:.0f} us per name",
        ),
    ]


def _cold(market: Market, folder: Path) -> list[tuple[str, str, str, str]]:
    trivial = folder / "trivial.py"
    trivial.write_text(TRIVIAL)
    python = sys.executable
    bare = [python, str(trivial)]
    home = {"AVWAP_HOME": str(market.home)}
    scan, peak = commands(
        market.command("scan"),
        [python, "-c", "import pyarrow.parquet"],
        {},
        before=market.forget_scan,
    )
    status = [*PROGRAM, "status", "--now", market.now]
    helped, _ = commands([*PROGRAM, "--help"], [*bare, "--help"], home)
    shown, _ = commands(status, [*bare, "table"], home)
    return [
        (
            "cold avwap scan / import pyarrow.parquet",
            f"{scan.ratio:.1f}x",
            "<= 7x",
            f"{scan.ours_s:.2f} s over {scan.base_s:.2f} s",
        ),
        ("peak memory of avwap scan", f"{peak:.0f} MB", "<= 600 MB", ""),
        (
            "avwap --help / a trivial app's",
            f"{helped.ratio:.2f}x",
            "<= 1.5x",
            f"{helped.ours_s:.2f} s over {helped.base_s:.2f} s",
        ),
        (
            "avwap status / a trivial app's table",
            f"{shown.ratio:.2f}x",
            "<= 1.5x",
            f"{shown.ours_s:.2f} s over {shown.base_s:.2f} s",
        ),
    ]


def _cache(market: Market, folder: Path) -> list[tuple[str, str, str, str]]:
    written, rewrite, ratio = cache.appended(market, folder / "caches")
    return [
        (
            "bytes of a rewrite / of one evening's append",
            f"{rewrite / written:.0f}x",
            ">= 50x",
            f"{rewrite / 1e6:.1f} MB over {written / 1e6:.2f} MB",
        ),
        (
            "reading base and 15 evenings / reading one file",
            f"{ratio.ratio:.2f}x",
            "<= 1.3x",
            f"{ratio.ours_s:.3f} s over {ratio.base_s:.3f} s",
        ),
    ]


def _dates(market: Market) -> None:
    print("\nTen earlier dates")
    columns = ("as of", "regime", "liquid", "setups", "fired", "kept", "best", "wall s", "CPU s")
    rows = [list(columns), *dates.earlier(market)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(columns))]
    for row in rows:
        print("  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip())
    print(f"  peak memory of all {peak_mb():.0f} MB")


if __name__ == "__main__":
    main()
