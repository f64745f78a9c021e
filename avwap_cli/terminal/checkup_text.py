"""What doctor found, on the screen: every check in a row, and below what to do."""

from __future__ import annotations

from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.outcome_text import show_summary
from avwap_cli.terminal.screen import Screen

COLUMNS = ("check", "state", "measured")


def show_checks(screen: Screen, outcome: Outcome) -> None:
    """The checks of an outcome's body in the order in which they were asked."""
    show_summary(screen, outcome)
    checks = outcome.body["checks"]
    cells = [[c["name"], str(c["state"]), c["measured"]] for c in checks]
    screen.table("Checks", COLUMNS, cells)
    for check in checks:
        if check["fix"]:
            screen.line(f"{check['name']}: {check['fix']}")
