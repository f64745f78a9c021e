"""Commands of the account: halts, orders, positions, and the ledger's care."""

from __future__ import annotations

from typing import Annotated

import typer

from avwap_cli.commands.front import ACCOUNT, DryRun, Session, Why, account, app
from avwap_cli.errors import UsageError
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.options import command
from avwap_cli.terminal.outcome_text import show
from avwap_cli.terminal.screen import Screen
from avwap_cli.wiring.desk import Desk

ledger_app = typer.Typer(help="Copy the ledger, or make a lost one anew.", no_args_is_help=True)
app.add_typer(ledger_app, name="ledger", rich_help_panel=ACCOUNT)


@account("halt", examples='avwap halt no-entries --why "news"\navwap halt flatten --why "away"')
def halt(
    desk: Desk,
    screen: Screen,
    level: Annotated[str, typer.Argument(help="no-entries, reduce-only or flatten.")] = "",
    why: Why = "",
    dry_run: DryRun = False,
) -> Outcome:
    """Forbid entries, all but reducing, or have everything closed; until `avwap resume`."""
    from avwap_cli.use_cases.account import halt as work

    return show(screen, work(desk, level, why, dry_run=dry_run))


@account("resume", examples="avwap resume")
def resume(desk: Desk, screen: Screen, dry_run: DryRun = False) -> Outcome:
    """Lift every halt; not while a file named HALT lies in the home."""
    from avwap_cli.use_cases.account import resume as work

    return show(screen, work(desk, dry_run=dry_run))


@account("orders", examples='avwap orders --verify\navwap orders --accept KLG --why "spin-off"')
def orders(
    desk: Desk,
    screen: Screen,
    verify: Annotated[
        bool, typer.Option("--verify", help="Exit code 7 when ledger and broker differ.")
    ] = False,
    accept: Annotated[
        str | None,
        typer.Option("--accept", help="Take the broker's quantity of this symbol for right."),
    ] = None,
    why: Why = "",
    session: Session = None,
    dry_run: DryRun = False,
) -> Outcome:
    """Show the orders of the ledger and of the broker side by side."""
    from avwap_cli.terminal.trading_text import show_orders
    from avwap_cli.use_cases.account import accept as accepted
    from avwap_cli.use_cases.account import orders as work

    if accept is not None:
        if verify or session is not None:
            raise UsageError("--accept goes with --why alone", "leave the others away")
        return show(screen, accepted(desk, accept, why, dry_run=dry_run))
    return show(screen, work(desk, session, verify=verify), show_orders)


@account("positions", examples="avwap positions\navwap positions --json")
def positions(desk: Desk, screen: Screen) -> Outcome:
    """Show what is held, what protects it, and what is not ours."""
    from avwap_cli.terminal.trading_text import show_positions
    from avwap_cli.use_cases.account import positions as work

    return show(screen, work(desk), show_positions)


@command(ledger_app, "backup", panel=ACCOUNT, examples="avwap ledger backup")
def ledger_backup(desk: Desk, screen: Screen) -> Outcome:
    """Copy the ledger beside itself, and check the copy; `avwap report` does it each evening."""
    from avwap_cli.use_cases.account import backup

    return show(screen, backup(desk))


@command(ledger_app, "rebuild", panel=ACCOUNT, examples="avwap ledger rebuild --dry-run")
def ledger_rebuild(desk: Desk, screen: Screen, dry_run: DryRun = False) -> Outcome:
    """Make a lost ledger anew from the broker's orders that carry our ids."""
    from avwap_cli.use_cases.account import rebuild

    return show(screen, rebuild(desk, dry_run=dry_run))
