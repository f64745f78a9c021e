"""The front: the program that the commands belong to, and what they share."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from avwap_cli.terminal.options import command

PANELS = (
    "The evening",
    "The trading day",
    "The account",
    "Look",
    "Rehearse",
    "Look after",
    "Set up",
)
EVENING, DAY, ACCOUNT, LOOK, REHEARSE, CARE, SETUP = PANELS

app = typer.Typer(
    name="avwap",
    help="Tonight's candidates among US stocks, explained to the last number, and traded by plan.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

Session = Annotated[
    str | None,
    typer.Option("--session", help="Trade session, e.g. 2024-03-08 (default: the next one)."),
]
Profile = Annotated[
    str, typer.Option("--profile", help="Quality gates: daily, weekend, or one of your own.")
]
Force = Annotated[bool, typer.Option("--force", help="Do it again though nothing changed.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done; send and change nothing.")
]
Why = Annotated[str, typer.Option("--why", help="The reason; it is kept in the ledger.")]

evening = partial(command, app, panel=EVENING)
day = partial(command, app, panel=DAY)
account = partial(command, app, panel=ACCOUNT)
look = partial(command, app, panel=LOOK)
rehearse = partial(command, app, panel=REHEARSE)
care = partial(command, app, panel=CARE)
set_up = partial(command, app, panel=SETUP)


def in_order(program: typer.Typer) -> None:
    """Show the panels in the order of the day, whichever module was imported first."""
    program.registered_commands.sort(key=lambda one: PANELS.index(str(one.rich_help_panel)))
