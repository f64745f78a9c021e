"""The status page in words: its lines and tables, ages, positions and countdowns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from avwap_cli.errors import shortened
from avwap_cli.market.sessions import EASTERN
from avwap_cli.review.held_distances import Source, beyond
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.day_bars import timeline_table
from avwap_cli.terminal.outcome_text import counts_text
from avwap_cli.terminal.screen import Screen
from avwap_cli.wiring.local_time import local

ZERO_ZONES = ("UTC", "GMT", "WET", "+00")
STAGES = ("stage", "state", "window (ET)", "took", "counts")
POSITIONS = (
    "symbol", "strategy", "direction", "shares", "average", "price", "which is", "stop", "target",
    "to stop", "to target",
)  # fmt: skip
POSITIONS_RIGHT = ("shares", "average", "price", "stop", "target", "to stop", "to target")


def show_status(screen: Screen, outcome: Outcome) -> None:
    """The page of `avwap status`, one screen."""
    page = outcome.body
    for text in head_lines(page):
        screen.line(text)
    screen.line()
    screen.table("The day", *timeline_table(page["timeline"]))
    screen.line(next_line(page["next_due"]))
    screen.line()
    screen.table("Stages", STAGES, [_stage_cells(each) for each in page["stages"]], ("took",))
    screen.line()
    if page["positions"]:
        held = [position_cells(row) for row in page["positions"]]
        screen.table("Positions, by the ledger", POSITIONS, held, POSITIONS_RIGHT)
        screen.line()
    if page["candidates"]:
        screen.candidates(page["candidates"])
        for note in page["notes"]:
            screen.line(note)
    else:
        screen.line(f"Nothing to trade: {page['nothing']}")
    screen.warnings(page["warnings"])


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


def position_cells(row: Mapping[str, Any]) -> list[str]:
    """One position under the heads of `POSITIONS`."""
    return [
        row["symbol"],
        row["strategy"],
        row["direction"],
        str(row["shares"]),
        _price(row["avg_price"]),
        _price(row["price"]),
        _which(row),
        _price(row["stop"]),
        _price(row["target"]),
        _distance(row, "stop"),
        _distance(row, "target"),
    ]


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


def _stage_cells(stage: Mapping[str, Any]) -> list[str]:
    opens = datetime.fromisoformat(stage["opens"])
    closes = datetime.fromisoformat(stage["closes"])
    took = "" if stage["seconds"] is None else age(stage["seconds"])
    counts = counts_text(stage["counts"])
    window = f"{opens:%a %H:%M}-{closes:%a %H:%M}"
    return [stage["stage"], stage["state"], window, took, shortened(stage["note"]) or counts]


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
    here = local(there)
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


def _which(row: Mapping[str, Any]) -> str:
    """What the price is that the distances are from, and of when, in New York."""
    if row["price_at"] is None:
        return str(row["price_is"])
    at = datetime.fromisoformat(row["price_at"]).astimezone(EASTERN)
    minute = "" if row["price_is"] == Source.CLOSE else f" {at:%H:%M} ET"
    return f"{row['price_is']}, {at:%Y-%m-%d}{minute}"


def _distance(row: Mapping[str, Any], level: str) -> str:
    """How far that price is from its stop or target, in words where it has passed it."""
    frac, in_r = row[f"to_{level}_frac"], row[f"to_{level}_r"]
    if frac is None:
        return "-"
    if frac < 0:
        return f"{beyond(row['direction'], level)} its {level} by {-frac:.1%}"
    return f"{frac:.1%}" if in_r is None else f"{frac:.1%}, {in_r:.1f} R"
