"""Commands of the evening: from membership lists to tonight's candidates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from avwap_cli.commands.front import Force, Profile, Session, evening
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.outcome_text import show
from avwap_cli.terminal.screen import Screen
from avwap_cli.use_cases.conduct import trade_session
from avwap_cli.wiring.desk import Desk


@evening("universe", examples="avwap universe\navwap universe --from holdings.csv")
def universe(
    desk: Desk,
    screen: Screen,
    session: Session = None,
    from_: Annotated[
        Path | None, typer.Option("--from", help="A downloaded IWV holdings CSV to use.")
    ] = None,
    sp500_from: Annotated[
        Path | None, typer.Option("--sp500-from", help="A CSV of S&P 500 members and sectors.")
    ] = None,
    force: Force = False,
) -> Outcome:
    """Make tonight's universe: Russell 3000 (IWV) and S&P 500, one symbol form, sectors."""
    from avwap_cli.use_cases.evening import universe as work

    day = trade_session(desk, session)
    return show(screen, work(desk, day, from_, sp500_from, force))


@evening("refresh-cache", examples="avwap refresh-cache\navwap refresh-cache --session 2024-03-08")
def refresh_cache(
    desk: Desk, screen: Screen, session: Session = None, force: Force = False
) -> Outcome:
    """Bring daily bars and earnings dates up to the last completed session."""
    from avwap_cli.use_cases.evening import refresh

    return show(screen, refresh(desk, trade_session(desk, session), force))


@evening("scan", examples="avwap scan\navwap scan --dry-run\navwap scan --session 2024-03-08")
def scan(
    desk: Desk,
    screen: Screen,
    session: Session = None,
    profile: Profile = "daily",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Compute and print; write nothing.")
    ] = False,
) -> Outcome:
    """Scan the whole universe and write tonight's candidates with their reasons."""
    from avwap_cli.terminal.scan_text import show_scan
    from avwap_cli.use_cases.evening import scan as work

    return show(
        screen, work(desk, trade_session(desk, session), profile, dry_run=dry_run), show_scan
    )
