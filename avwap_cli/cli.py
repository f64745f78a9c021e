"""The command line: one command per stage, a few lines each.

A command reads its options, asks the wiring for ports, runs the stage and prints what it
returns.  Exit codes are those of `errors`; heavy libraries are imported by the stages.
"""

from __future__ import annotations

from avwap_cli.commands import (  # noqa: F401  they register
    account,
    care,
    day,
    evening,
    look,
    rehearse,
    setup,
)
from avwap_cli.commands.front import app, in_order
from avwap_cli.terminal.options import root_options

in_order(app)
root_options(app)


def main() -> None:
    """Entry point of `avwap`."""
    app()
