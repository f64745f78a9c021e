"""A replay in words: each artifact that came out differently or was not read, where, and why."""

from __future__ import annotations

from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.outcome_text import show_summary
from avwap_cli.terminal.screen import Screen


def show_differences(screen: Screen, outcome: Outcome) -> None:
    """The first difference of each artifact with its cause; none where all are equal."""
    show_summary(screen, outcome)
    for found in outcome.body["differences"]:
        where = f": {found['first_difference']}" if found["first_difference"] else ""
        screen.line(f"  {found['artifact']}{where}")
        screen.line(f"      {found['cause']}: {found['because']}")
