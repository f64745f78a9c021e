"""What a `scan.json` says, read with care.

The document was written by a program, but perhaps not by this one: what is not of the
expected kind is left out and said, never a reason to show nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

CANDIDATE_FIELDS = ("rank", "symbol", "strategy", "direction", "entry", "stop", "r1", "score")
TOO_LARGE = 2**53  # beyond it JSON's numbers are not exact, and an int may be no float at all


def candidates(scan: Mapping[str, Any]) -> tuple[tuple[dict[str, Any], ...], tuple[str, ...]]:
    """The candidates with the fields a page shows, and a sentence about those that are none.

    A field that is absent is None; a candidate without rank or symbol is none.
    """
    rows = listed(scan.get("candidates"))
    good = [
        {name: plain(row.get(name)) for name in CANDIDATE_FIELDS}
        for row in rows
        if isinstance(row, Mapping) and isinstance(row.get("symbol"), str) and "rank" in row
    ]
    bad = len(rows) - len(good)
    warnings = (f"{bad} of the candidates in scan.json are not readable and not shown",)
    return tuple(good), warnings if bad else ()


def notes(scan: Mapping[str, Any]) -> tuple[str, ...]:
    """The sentences that say why what is empty is empty."""
    return tuple(str(each) for each in listed(scan.get("notes")) if each)


def part(document: Mapping[str, Any], key: str, names: Sequence[str]) -> dict[str, Any] | None:
    """These keys of a nested object; None when it is not there."""
    value = document.get(key)
    if not isinstance(value, Mapping):
        return None
    return {name: plain(value.get(name)) for name in names}


def plain(value: object) -> object:
    """The value if a page can show it, in text and in JSON; else its text (an infinity's too)."""
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, int | float):
        return value if abs(value) < TOO_LARGE else str(value)
    return value if isinstance(value, str | None) else str(value)


def listed(value: object) -> list[Any]:
    """The value as a list: itself, nothing for None, else a list of one."""
    if isinstance(value, list | tuple):
        return list(value)
    return [] if value is None else [value]
