"""The crontab on the screen: lines to be installed, and what is wrong with those that are."""

from __future__ import annotations

from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.outcome_text import show_summary
from avwap_cli.terminal.screen import Screen
from avwap_cli.terminal.streams import put

SHOWN, NAMED = 2, 4


def show_lines(screen: Screen, outcome: Outcome) -> None:
    """The lines and nothing else, so that they can be piped into `crontab -`."""
    screen.warnings(outcome.warnings)
    put(screen.out, outcome.body["text"])


def show_faults(screen: Screen, outcome: Outcome) -> None:
    """One paragraph for each thing that is wrong."""
    show_summary(screen, outcome)
    for fault in outcome.body["faults"]:
        named = fault["commands"]
        which = ", ".join(named) if len(named) <= NAMED else f"{len(named)} stages"
        screen.line(f"  {fault['wrong']}: {which}: {fault['text']}")
        for line in fault["lines"][:SHOWN]:
            screen.line(f"      {line}")
        if len(fault["lines"]) > SHOWN:
            screen.line(f"      and {len(fault['lines']) - SHOWN} more lines")
        screen.line(f"      {fault['fix']}")
