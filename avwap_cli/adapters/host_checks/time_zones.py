"""Time zones: whether this computer knows the zone that it is told to show times in.

The C library takes a zone that it does not know for UTC, and says nothing.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from pathlib import Path

ALWAYS_KNOWN = ("UTC", "GMT")
MAGIC = b"TZif"
OFFSET = re.compile(r"(?:[A-Za-z]{3,}|<[^>]+>)[+-]?(\d+)")
MOST_H = 24  # no zone is a day away, though the C library takes it
BY_RULE = re.compile(r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?\d{1,2}(?::\d{2}){0,2}(?:\D.*)?")


def unknown_zone(environment: Mapping[str, str]) -> str | None:
    """What TZ says, where this computer knows no such zone; None where all is well.

    A zone is known by its name, by its file, or because it is a rule as POSIX has them, e.g.
    EST5EDT.
    """
    told = environment.get("TZ", "")
    name = told.removeprefix(":")
    if not name or name in ALWAYS_KNOWN:
        return None
    if BY_RULE.fullmatch(name):
        hours = OFFSET.findall(name.partition(",")[0])
        return told if any(int(each) >= MOST_H for each in hours) else None
    folders = [Path("/")] if name.startswith("/") else [Path(path) for path in zoneinfo.TZPATH]
    return None if any(_is_zone(folder / name) for folder in folders) else told


def _is_zone(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False
