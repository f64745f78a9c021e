"""Commands of the trading day: the gap filter, entries, the watch over what is held, the report."""

from __future__ import annotations

from typing import Annotated

import typer

from avwap_cli.commands.front import DryRun, Session, day
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.outcome_text import show
from avwap_cli.terminal.screen import Screen
from avwap_cli.wiring.desk import Desk


@day("gapfilter", examples="avwap gapfilter\navwap gapfilter --dry-run")
def gapfilter(
    desk: Desk, screen: Screen, session: Session = None, dry_run: DryRun = False
) -> Outcome:
    """Drop the candidates that gapped, and freeze the plan (09:25-09:29 ET)."""
    from avwap_cli.use_cases.trading_day import gapfilter as work

    return show(screen, work(desk, session, dry_run=dry_run))


@day("enter", examples="avwap enter --group moo\navwap enter --group boh --dry-run")
def enter(
    desk: Desk,
    screen: Screen,
    group: Annotated[
        str, typer.Option("--group", help="Which candidates: moo, confirm or boh.")
    ] = "",
    session: Session = None,
    dry_run: DryRun = False,
) -> Outcome:
    """Send the entries of one group, each past every gate, in the group's window."""
    from avwap_cli.terminal.trading_text import show_would
    from avwap_cli.use_cases.trading_day import enter as work

    return show(screen, work(desk, group, session, dry_run=dry_run), show_would)


@day("monitor", examples="avwap monitor\navwap monitor --once\navwap monitor --dry-run")
def monitor(
    desk: Desk,
    screen: Screen,
    once: Annotated[bool, typer.Option("--once", help="One pass, and out.")] = False,
    session: Session = None,
    dry_run: DryRun = False,
) -> Outcome:
    """Watch what is held through the session: stops, trims, exits (09:28 to after the close)."""
    from avwap_cli.terminal.trading_text import show_would
    from avwap_cli.use_cases.trading_day import monitor as work

    return show(screen, work(desk, session, once=once, dry_run=dry_run), show_would)


@day(
    "report",
    examples="avwap report\navwap report --session 2024-03-08\n"
    "avwap report --from 2024-03-04 --to 2024-03-08",
)
def report(
    desk: Desk,
    screen: Screen,
    session: Session = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="First session of a page of several.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", help="Its last session (default: the last completed).")
    ] = None,
    dry_run: DryRun = False,
) -> Outcome:
    """Write the session's page: candidates, trades, equity as pictures; and back the ledger up.

    With --from it is the page of several sessions.
    """
    from avwap_cli.use_cases.reporting import report as work
    from avwap_cli.use_cases.reporting import week_report

    if from_ is None and to is None:
        return show(screen, work(desk, session, dry_run=dry_run))
    return show(screen, week_report(desk, session, from_, to, dry_run=dry_run))


@day("tick", examples="avwap tick\navwap tick --dry-run")
def tick(desk: Desk, screen: Screen, dry_run: DryRun = False) -> Outcome:
    """Start what is due and not done, beside itself; for a timer that fires every minute."""
    from avwap_cli.use_cases.host import tick as work

    return show(screen, work(desk, dry_run=dry_run))
