"""The drill's result in prose: one line a brake, then the sum."""

from __future__ import annotations

from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.outcome_text import show_counts
from avwap_cli.terminal.screen import Screen

COLUMNS = ("", "brake", "what was done", "what happened")


def show_drill(screen: Screen, outcome: Outcome) -> None:
    """The lines, those that failed also as warnings, and the sum below."""
    for kind in dict.fromkeys(row["kind"] for row in outcome.body["brakes"]):
        rows = [row for row in outcome.body["brakes"] if row["kind"] == kind]
        cells = [[_word(row["held"]), row["name"], row["did"], row["happened"]] for row in rows]
        screen.table(f"Brakes: {kind}", COLUMNS, cells)
        screen.line()
    screen.warnings(
        [
            f"{row['name']} FAILED: {row['did']}: {row['happened']}"
            for row in outcome.body["brakes"]
            if not row["held"]
        ]
    )
    screen.line(f"drill: {outcome.summary}")
    show_counts(screen, outcome)


def _word(held: bool) -> str:
    return "ok" if held else "FAILED"
