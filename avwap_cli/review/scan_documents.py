"""What a `scan.json`, or another document of a session, says, read with care.

The document was written by a program, but perhaps not by this one: what is not of the
expected kind is left out and said, never a reason to show nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

LARGEST = 10**12  # no price, volume or account reaches it, and any number below can be drawn

Row = Mapping[str, Any]


def notes(scan: Row) -> tuple[str, ...]:
    """The sentences that say why what is empty is empty."""
    return tuple(str(each) for each in listed(scan.get("notes")) if each)


def nested(document: Row, key: str) -> Row:
    """The object under that key; an empty one where there is none."""
    value = document.get(key)
    return value if isinstance(value, Mapping) else {}


def part(document: Row, key: str, names: Sequence[str]) -> dict[str, Any] | None:
    """These keys of a nested object; None when it is not there."""
    if not isinstance(document.get(key), Mapping):
        return None
    return {name: plain(document[key].get(name)) for name in names}


def rows_of(document: Row, key: str) -> list[dict[str, Any]]:
    """What of the list under that key is a row of it; none where there is no list."""
    value = document.get(key)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def plain(value: object) -> object:
    """The value if a page can show it, in text and in JSON; else its text (an infinity's too)."""
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value if isinstance(value, bool | str | None) or is_number(value) else str(value)


def listed(value: object) -> list[Any]:
    """The value as a list: itself, nothing for None, else a list of one."""
    if isinstance(value, list | tuple):
        return list(value)
    return [] if value is None else [value]


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number that can be shown: finite, below a million millions, no truth value.

    >>> [is_number(value) for value in (1, -2.5, True, float("nan"), 10**400, "3")]
    [True, True, False, False, False, False]
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < LARGEST
