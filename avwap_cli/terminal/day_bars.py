"""The day as bars: one sign a column, each stage a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WIDTH = 44
SIGNS = {
    "done": "#", "running": ">", "next": "-", "due": "=", "not yet": ".",
    "overdue": "!", "failed": "!", "missing": "!",
}  # fmt: skip
NOW = "^"


def timeline_table(line: Mapping[str, Any]) -> tuple[tuple[str, str, str], list[list[str]]]:
    """The day as bars: the columns, of which the second is the axis, and the rows."""
    axis = [" "] * WIDTH
    for place, hour in line["hours"]:
        at = min(_column(place), WIDTH - len(hour))
        axis[at : at + len(hour)] = hour
    rows = [[bar["stage"], _bar(bar, line["now"]), bar["mark"]] for bar in line["bars"]]
    if line["now"] is not None:
        rows.append(["", " " * _column(line["now"]) + NOW, "now"])
    return ("stage", "".join(axis).rstrip(), ""), rows


def bar_style(cell: str) -> str:
    """The colour of a bar by its signs; none for what is no bar."""
    signs = set(cell) - {" "}
    if not cell or not signs <= {*SIGNS.values(), NOW}:
        return ""
    colours = (("!", "bold red"), ("#", "green"), (">", "bold cyan"), ("=", "yellow"))
    return next((colour for sign, colour in colours if sign in signs), "")


def _column(place: float) -> int:
    return min(int(place * WIDTH), WIDTH - 1)


def _bar(bar: Mapping[str, Any], now: float | None) -> str:
    """A sign a column; what runs has signs up to now, and dots for what is left of its window."""
    left, right = _column(bar["left"]), max(_column(bar["right"]), _column(bar["left"]) + 1)
    sign = SIGNS[bar["mark"]]
    done = right
    if bar["mark"] == "running" and now is not None:
        done = min(max(_column(now), left + 1), right)
    return " " * left + sign * (done - left) + SIGNS["not yet"] * (right - done)
