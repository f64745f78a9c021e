"""A split list in a CSV: symbol, date (the ex-date), stock_splits (shares after / before)."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

from avwap_cli.adapters.bar_sources.bar_file_columns import inside_symbol
from avwap_cli.errors import DamagedInput, MissingInput
from avwap_cli.market.splits import Split

NAMES = ("symbol", "date", "stock_splits")


def read_split_list(path: Path) -> list[Split]:
    """The events, sorted; a line that is no event is left out.

    Raises:
        MissingInput: no such file.
        DamagedInput: not a CSV with these columns.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError as problem:
        raise MissingInput(f"there is no split list {path}", "check data.split_list") from problem
    except OSError as problem:
        raise DamagedInput(f"{path} cannot be read ({problem.strerror})") from problem
    lines = csv.DictReader(io.StringIO(text.replace("\0", ""), newline=""))
    try:
        found = {name.strip().lower(): name for name in lines.fieldnames or () if name}
        if not set(NAMES) <= set(found):
            raise DamagedInput(
                f"{path} is no split list", f"it needs the columns {', '.join(NAMES)}"
            )
        events = [_event(*(str(line.get(found[n], "")) for n in NAMES)) for line in lines]
    except csv.Error as problem:
        raise DamagedInput(f"{path} is no CSV file ({problem})") from problem
    return sorted({e for e in events if e}, key=lambda s: (s.symbol, s.ex_date, s.ratio))


def _event(symbol: str, day: str, ratio: str) -> Split | None:
    try:
        found = Split(inside_symbol(symbol), date.fromisoformat(day.strip()[:10]), float(ratio))
    except ValueError:
        return None
    return found if found.symbol and 0 < found.ratio < float("inf") and found.ratio != 1 else None
