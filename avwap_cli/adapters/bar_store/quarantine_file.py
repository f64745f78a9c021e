"""The quarantine file: every refused row with its reason, for a person to look at."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.market.row_checks import Quarantine

HEADER = (
    "schema_version",
    "symbol",
    "session",
    "reason",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "vwap",
    "provider",
)
SCHEMA = "avwap.quarantine/1.0"
MAX_ROWS = 100_000  # a file of nothing but faults must not fill the disk
LONGEST_CELL = 40


def add_to_quarantine(path: Path, rows: Quarantine, provider: str) -> None:
    """Add rows to the file, sorted and each once; beyond 100,000 rows the surplus is left out.

    Raises:
        AvwapError: the file cannot be written.
    """
    found = {
        (SCHEMA, *(_cell(value) for value in row), provider)
        for row, _ in zip(rows.rows(), range(MAX_ROWS), strict=False)
    }
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(sorted(found | _present(path))[:MAX_ROWS])
    write_if_changed(path, text.getvalue().encode())


def _present(path: Path) -> set[tuple[str, ...]]:
    """The rows of the file so far; a line that is none is left out."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    lines = csv.reader(line for line in text.replace("\0", "").splitlines(keepends=True))
    try:
        return {tuple(line) for line in lines if len(line) == len(HEADER) and line[0] == SCHEMA}
    except csv.Error:
        return set()


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula, and no number that is none."""
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    text = "".join(c if c.isprintable() else "?" for c in str(value)[:LONGEST_CELL])
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text
