"""Commands that look after a home: what runs the day, whether all is well, whether messages arrive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from avwap_cli.commands.front import CARE, DryRun, app, care
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.options import command
from avwap_cli.terminal.outcome_text import show
from avwap_cli.terminal.screen import Screen
from avwap_cli.wiring.desk import Desk

alerts_app = typer.Typer(help="See that messages arrive.", no_args_is_help=True)
app.add_typer(alerts_app, name="alerts", rich_help_panel=CARE)


@care("doctor", examples="avwap doctor\navwap doctor --offline --json")
def doctor(
    desk: Desk,
    screen: Screen,
    offline: Annotated[
        bool, typer.Option("--offline", help="Leave out what needs the network.")
    ] = False,
) -> Outcome:
    """Look at keys, account, clock, data, disk, ledger and timers, and name each fault's fix."""
    from avwap_cli.terminal.checkup_text import show_checks
    from avwap_cli.use_cases.host import doctor as work

    return show(screen, work(desk, offline=offline), show_checks)


@care(
    "crontab",
    examples="avwap crontab\n(crontab -l; avwap crontab) | crontab -\navwap crontab --check",
)
def crontab(
    desk: Desk,
    screen: Screen,
    check: Annotated[
        bool, typer.Option("--check", help="Compare the installed crontab with the playbook.")
    ] = False,
    user_lines: Annotated[
        Path | None,
        typer.Option("--user-lines", help="A file with the crontab (default: `crontab -l`)."),
    ] = None,
) -> Outcome:
    """Print the crontab lines of this host, or check those that are installed."""
    from avwap_cli.terminal.crontab_text import show_faults, show_lines
    from avwap_cli.use_cases.host import checked_crontab, crontab_lines

    if check or user_lines is not None:
        return show(screen, checked_crontab(desk, user_lines), show_faults)
    return show(screen, crontab_lines(desk), show_lines)


@command(
    alerts_app,
    "test",
    panel=CARE,
    examples="avwap alerts test\navwap alerts test --channel SLACK_WEBHOOK_URL",
)
def alerts_test(
    desk: Desk,
    screen: Screen,
    channel: Annotated[
        str | None, typer.Option("--channel", help="The variable of the one to try (default: all).")
    ] = None,
) -> Outcome:
    """Send one made-up message of each kind, and say which channel answered what."""
    from avwap_cli.terminal.trading_text import show_alert_trial
    from avwap_cli.use_cases.host import alert_trial

    return show(screen, alert_trial(desk, channel), show_alert_trial)


@care("tidy", examples="avwap tidy --dry-run\navwap tidy")
def tidy(desk: Desk, screen: Screen, dry_run: DryRun = False) -> Outcome:
    """Pack the folders of old sessions, and purge the detail of older ones; never the ledger."""
    from avwap_cli.use_cases.host import tidy as work

    return show(screen, work(desk, dry_run=dry_run))
