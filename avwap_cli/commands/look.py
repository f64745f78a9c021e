"""Commands that look: at tonight, at one name, at the day's timeline.

They change nothing that another command reads; `chart` writes a page.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from avwap_cli.commands.front import Profile, Session, look
from avwap_cli.market import sessions
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.outcome_text import show, show_summary
from avwap_cli.terminal.screen import Screen
from avwap_cli.wiring.desk import Desk


@look("status", examples="avwap status\navwap status --json\navwap status --watch --every 10")
def status(
    desk: Desk,
    screen: Screen,
    session: Session = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it again and again, until Ctrl-C.")
    ] = False,
    every: Annotated[
        float, typer.Option("--every", help="Seconds between two looks.", min=0.5, max=3600)
    ] = 5.0,
) -> Outcome | int:
    """Show where the day stands: timeline, data, regime, stages, positions, candidates, warnings."""
    from avwap_cli.terminal.live_pages import Watching
    from avwap_cli.terminal.live_pages import watch as show_again
    from avwap_cli.terminal.status_text import show_status
    from avwap_cli.use_cases.status import status_page

    day = None if session is None else sessions.parse_session(session)
    if watch:
        look_again = partial(status_page, desk, day)
        return show_again(screen, look_again, show_status, Watching(every))
    return show(screen, status_page(desk, day), show_status)


@look("explain", examples="avwap explain AAPL\navwap explain BRK.B --json")
def explain(
    desk: Desk,
    screen: Screen,
    symbol: Annotated[str, typer.Argument(help="As in the lists, e.g. BRK.B.")],
    session: Session = None,
    profile: Profile = "daily",
) -> Outcome:
    """Show every gate, anchor, strategy and rank of one symbol, with its numbers."""
    from avwap_cli.terminal.explanation_text import show_explanation
    from avwap_cli.use_cases.evening import explain as work

    return show(screen, work(desk, symbol, session, profile), show_explanation)


@look(
    "chart",
    examples="avwap chart AAPL\navwap chart AAPL --term\navwap chart BRK.B --session 2024-03-08 --out brk.html\navwap chart AAPL --out aapl.png",
)
def chart(
    desk: Desk,
    screen: Screen,
    symbol: Annotated[str, typer.Argument(help="As in the lists, e.g. BRK.B.")],
    session: Session = None,
    profile: Profile = "daily",
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The page (default: in outputs/charts/), or a .png."),
    ] = None,
    term: Annotated[bool, typer.Option("--term", help="Draw it here as well.")] = False,
) -> Outcome:
    """Draw one symbol's year with its anchored averages on a page, as of any cached session."""
    from avwap_cli.terminal.chart_text import show_chart
    from avwap_cli.use_cases.reporting import chart as work

    outcome = work(desk, symbol, session, profile, out)
    return show(screen, outcome, show_chart if term else show_summary)


@look("agenda", examples="avwap agenda\navwap agenda --session 2024-11-29")
def agenda(desk: Desk, screen: Screen, session: Session = None) -> Outcome:
    """Show the day's timeline by the exchange's calendar: every window, half days included."""
    from avwap_cli.terminal.trading_text import show_agenda
    from avwap_cli.use_cases.status import timeline

    day = None if session is None else sessions.parse_session(session)
    return show(screen, timeline(desk, day), show_agenda)
