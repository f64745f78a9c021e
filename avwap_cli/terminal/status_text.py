"""The status page in words: its lines, the day as bars, ages, positions and countdowns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from avwap_cli.market.sessions import EASTERN
from avwap_cli.review.held_distances import Source, beyond

WIDTH = 44
SIGNS = {
    "done": "#", "running": ">", "next": "-", "due": "=", "not yet": ".",
    "overdue": "!", "failed": "!", "missing": "!",
}  # fmt: skip
NOW = "^"
ZERO_ZONES = ("UTC", "GMT", "WET", "+00")
POSITIONS = (
    "symbol", "strategy", "direction", "shares", "average", "last", "of", "stop", "target",
    "to stop", "to target",
)  # fmt: skip
POSITIONS_RIGHT = ("shares", "average", "last", "stop", "target", "to stop", "to target")


def head_lines(page: Mapping[str, Any]) -> list[str]:
    """What stands above the tables."""
    now = datetime.fromisoformat(page["now"]).astimezone(EASTERN)
    lines = [
        f"Trade session {page['trade_session']}, as of {page['as_of']}",
        f"Now: {_both_zones(now, '%a %Y-%m-%d %H:%M')}",
        *(f"Look: {sentence}" for sentence in page["attention"]),
        *([f"Halted: {page['halted']}"] if page["halted"] else []),
        _data_line(page["data"]),
    ]
    made = [f"{name} {age(s)} ago" for name, s in page["ages"].items() if s is not None]
    if made:
        lines.append(f"Made: {', '.join(made)}")
    lines.append(_regime_line(page["regime"], page["quality"]))
    return lines


def next_line(due: Mapping[str, Any]) -> str:
    """What comes next, when, here and in New York, and in how long."""
    at = datetime.fromisoformat(due["at"])
    when = f"in {age(due['in_s'])}" if due["in_s"] >= 1 else "now"
    return f"Next: {due['stage']}, {_both_zones(at, '%a %Y-%m-%d %H:%M')}, {when}"


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


def position_cells(row: Mapping[str, Any]) -> list[str]:
    """One position under the heads of `POSITIONS`."""
    return [
        row["symbol"],
        row["strategy"],
        row["direction"],
        str(row["shares"]),
        _price(row["avg_price"]),
        _price(row["last"]),
        _seen(row),
        _price(row["stop"]),
        _price(row["target"]),
        _distance(row, "stop"),
        _distance(row, "target"),
    ]


def bar_style(cell: str) -> str:
    """The colour of a bar by its signs; none for what is no bar."""
    signs = set(cell) - {" "}
    if not cell or not signs <= {*SIGNS.values(), NOW}:
        return ""
    colours = (("!", "bold red"), ("#", "green"), (">", "bold cyan"), ("=", "yellow"))
    return next((colour for sign, colour in colours if sign in signs), "")


def age(seconds: float) -> str:
    """Elapsed time in the two largest units that matter."""
    if seconds < 0:
        return "0 s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min {int(seconds % 60)} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"


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


def _data_line(data: Mapping[str, Any]) -> str:
    if data["state"] == "missing":
        return "Data: none yet"
    source = " ".join(str(data[k]) for k in ("provider", "feed") if data[k])
    state = data["state"]
    if state == "thin" and data["expected"] is not None:
        state = f"thin: {data['with_bar']:,} of {data['expected']:,} symbols"
    return f"Data: as of {data['as_of']} ({state}, {age(data['age_s'])} old, {source})"


def _regime_line(regime: Mapping[str, Any] | None, quality: Mapping[str, Any] | None) -> str:
    if regime is None or not regime["name"]:
        return "Regime: not known"
    named, direction = str(regime["name"]), str(regime["direction"] or "")
    if not named.lower().endswith(direction.lower()):
        named = f"{named} {direction}"
    state = (quality or {}).get("state")
    return f"Regime: {named}" + (f"; scan {state}" if state else "")


def _both_zones(there: datetime, form: str) -> str:
    """The time in New York and, where it differs, on this computer."""
    here = there.astimezone()
    text = f"{there:{form}} ET"
    if here.utcoffset() == there.utcoffset():
        return text
    return f"{text} ({here:%a %H:%M} {zone_name(here)} here)"


def zone_name(here: datetime) -> str:
    """What the zone of a local time is called.

    What names no zone is UTC to the C library, under the name that it was given.
    """
    name = here.tzname() or "UTC"
    return "UTC" if not here.utcoffset() and name not in ZERO_ZONES else name


def _price(usd: float | None) -> str:
    return "-" if usd is None else f"{usd:,.2f}"


def _seen(row: Mapping[str, Any]) -> str:
    """Of when the last known price is, in New York, or what stands in its place."""
    if row["last_at"] is None:
        return str(row["last_from"])
    at = datetime.fromisoformat(row["last_at"]).astimezone(EASTERN)
    when = "close" if row["last_from"] == Source.CLOSE else f"{at:%H:%M} ET"
    return f"{at:%Y-%m-%d} {when}"


def _distance(row: Mapping[str, Any], level: str) -> str:
    """How far the last price is from its stop or target, in words where it has passed it."""
    frac, in_r = row[f"to_{level}_frac"], row[f"to_{level}_r"]
    if frac is None:
        return "-"
    if frac < 0:
        return f"{beyond(row['direction'], level)} its {level} by {-frac:.1%}"
    return f"{frac:.1%}" if in_r is None else f"{frac:.1%}, {in_r:.1f} R"
