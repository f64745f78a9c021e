"""What doctor found, on the screen: every check in a row, and below what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from avwap_cli.terminal.screen import Screen

COLUMNS = ("check", "state", "measured")


def show_checks(screen: Screen, body: Mapping[str, Any]) -> None:
    """The checks of an outcome's body in the order in which they were asked."""
    checks = body["checks"]
    cells = [[c["name"], str(c["state"]), c["measured"]] for c in checks]
    screen.table("Checks", COLUMNS, cells)
    for check in checks:
        if check["fix"]:
            screen.line(f"{check['name']}: {check['fix']}")
