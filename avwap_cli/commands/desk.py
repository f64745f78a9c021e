"""Commands of the operator's desk: what tells a host to run the day, and whether it does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from avwap_cli.commands.front import SETUP, DryRun, app, look, set_up, show
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.options import command
from avwap_cli.terminal.screen import Screen
from avwap_cli.wiring.desk import Desk

alerts_app = typer.Typer(help="See that messages arrive.", no_args_is_help=True)
app.add_typer(alerts_app, name="alerts", rich_help_panel=SETUP)


@set_up(
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
    from avwap_cli.use_cases.bookkeeping import checked_crontab, crontab_lines

    if check or user_lines is not None:
        outcome = show(screen, checked_crontab(desk, user_lines))
        show_faults(screen, outcome.body)
        return outcome
    outcome = crontab_lines(desk)
    if screen.as_json:
        return show(screen, outcome)
    screen.warnings(outcome.warnings)
    show_lines(screen, outcome.body)
    return outcome


@set_up("tidy", examples="avwap tidy --dry-run\navwap tidy")
def tidy(desk: Desk, screen: Screen, dry_run: DryRun = False) -> Outcome:
    """Pack the folders of old sessions, and purge the detail of older ones; never the ledger."""
    from avwap_cli.use_cases.housekeeping import tidy as work

    return show(screen, work(desk, dry_run=dry_run))


@look("drill", examples="avwap drill\navwap drill --only halted --only gap-through")
def drill(
    desk: Desk,
    screen: Screen,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="That brake alone; may be repeated.")
    ] = None,
) -> Outcome:
    """Pull every brake of the trading day on a local exchange, and say which hold."""
    from avwap_cli.rehearsal.drill.rounds import run_drill
    from avwap_cli.terminal.drill_text import show as show_drill

    outcome = run_drill(only or [], desk.progress)
    show_drill(screen, outcome)
    return outcome


@command(
    alerts_app,
    "test",
    panel=SETUP,
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
    from avwap_cli.use_cases.bookkeeping import alert_trial

    outcome = show(screen, alert_trial(desk, channel))
    show_alert_trial(screen, outcome.body)
    return outcome


@set_up("doctor", examples="avwap doctor\navwap doctor --offline --json")
def doctor(
    desk: Desk,
    screen: Screen,
    offline: Annotated[
        bool, typer.Option("--offline", help="Leave out what needs the network.")
    ] = False,
) -> Outcome:
    """Look at keys, account, clock, data, disk, ledger and timers, and name each fault's fix."""
    from avwap_cli.terminal.checkup_text import show_checks
    from avwap_cli.use_cases.housekeeping import doctor as work

    outcome = show(screen, work(desk, offline=offline))
    show_checks(screen, outcome.body)
    return outcome


@look("replay", examples="avwap replay 2024-03-08\navwap replay 2024-03-08 --evening --json")
def replay(
    desk: Desk,
    screen: Screen,
    session: Annotated[str, typer.Argument(help="A past trade session, e.g. 2024-03-08.")],
    evening: Annotated[
        bool, typer.Option("--evening", help="The scan alone, not the trading day.")
    ] = False,
) -> Outcome:
    """Run a past session again in a scratch home, and say what comes out differently, and why."""
    from avwap_cli.rehearsal.replay import run_replay
    from avwap_cli.terminal.replay_text import show_differences
    from avwap_cli.use_cases.conduct import trade_session

    day = trade_session(desk, session)
    outcome = show(screen, run_replay(desk, day, desk.progress, evening_only=evening))
    show_differences(screen, outcome.body)
    return outcome
