"""Make `avwap_cli/market/xnys_table.py` from the exchange_calendars package.

    python scripts/make_xnys_table.py

The table is shipped because exchange_calendars takes half a second to import; a test
runs `render` and compares.  Run this after an update of exchange_calendars (a new day
of mourning, a changed holiday) and commit the result.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import exchange_calendars

FIRST_YEAR, LAST_YEAR = 1990, 2035
TABLE = Path(__file__).parents[1] / "avwap_cli" / "market" / "xnys_table.py"

HEAD = '''"""The closed weekdays and early closes of XNYS; made by scripts/make_xnys_table.py, never by hand.

Per year: `CLOSED` has each weekday without trading as MMDD, `EARLY` each session that
closes before 16:00 as MMDD@HHMM, New York time.  Every other weekday is a session from
9:30 to 16:00.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

'''


def closed_and_early() -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Per year the closed weekdays and the early closes, as the table writes them."""
    first, last = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
    calendar = exchange_calendars.get_calendar(
        "XNYS", start=first.isoformat(), end=last.isoformat()
    )
    closes = {
        at.date(): close.tz_convert("America/New_York") for at, close in calendar.closes.items()
    }
    closed: dict[int, list[str]] = {year: [] for year in range(FIRST_YEAR, LAST_YEAR + 1)}
    early: dict[int, list[str]] = {year: [] for year in range(FIRST_YEAR, LAST_YEAR + 1)}
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        if day not in closes:
            if day.isoweekday() <= 5:
                closed[day.year].append(f"{day:%m%d}")
        elif closes[day].hour < 16:
            early[day.year].append(f"{day:%m%d}@{closes[day]:%H%M}")
    return closed, early


def render() -> str:
    """The whole text of the table module."""
    closed, early = closed_and_early()
    parts = [HEAD]
    for name, table in (("CLOSED", closed), ("EARLY", early)):
        parts.append(f"{name}: Mapping[int, str] = MappingProxyType(\n    {{\n")
        parts += [f'        {year}: "{" ".join(days)}",\n' for year, days in table.items()]
        parts.append("    }\n)\n")
    return "".join(parts)


if __name__ == "__main__":
    TABLE.write_text(render(), encoding="utf-8", newline="\n")
