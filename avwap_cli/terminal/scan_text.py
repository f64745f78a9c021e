"""A scan on the terminal: the funnel as a picture, then the candidates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.outcome_text import show_summary
from avwap_cli.terminal.screen import Screen

BAR_CELLS = 30


def show_scan(screen: Screen, outcome: Outcome) -> None:
    """How the scan went, and the body of its scan.json for a person."""
    show_scan_funnel(screen, outcome)
    screen.candidates(outcome.body["candidates"])


def show_scan_funnel(screen: Screen, outcome: Outcome) -> None:
    """How the scan went, and its funnel."""
    show_summary(screen, outcome)
    _funnel(screen, outcome.body)


def _funnel(screen: Screen, body: Mapping[str, Any]) -> None:
    """One row per stage: what it kept, as a bar too, and why the others left."""
    entered = body["total_symbols_scanned"]
    rows = [["lists", f"{entered:,}", _bar(entered, entered), ""]]
    for stage in body["funnel"]:
        left = ", ".join(f"{reason} {n:,}" for reason, n in stage["dropped"].items())
        rows.append([stage["stage"], f"{stage['kept']:,}", _bar(stage["kept"], entered), left])
    screen.table("AVWAP funnel (long)", ("stage", "kept", "", "left by"), rows, right=("kept",))


def _bar(kept: int, entered: int) -> str:
    """At least one cell for anything at all."""
    return "#" * (max(1, round(BAR_CELLS * kept / entered)) if kept else 0)
