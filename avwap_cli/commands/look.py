"""Commands that look: at tonight, at one name, at the day's timeline.  They write nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from avwap_cli import playbook
from avwap_cli.commands.front import Profile, Session, look, show
from avwap_cli.conduct import trade_session
from avwap_cli.market import sessions
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.screen import Screen
from avwap_cli.wiring import Desk


@look("status", examples="avwap status\navwap status --json")
def status(desk: Desk, screen: Screen, session: Session = None) -> Outcome:
    """Show where tonight stands: data, regime, stages, candidates, warnings."""
    from avwap_cli.bookkeeping import trading_state
    from avwap_cli.stages.status import status as read_status

    day = None if session is None else sessions.parse_session(session)
    shown = day or playbook.current_session(desk.clock.now())
    trading = trading_state(desk, shown)
    page = read_status(desk.store, desk.runs, desk.clock, desk.running_since, shown, trading)
    return show(screen, page)


@look("explain", examples="avwap explain AAPL\navwap explain BRK.B --session 2024-03-08")
def explain(
    desk: Desk,
    screen: Screen,
    symbol: Annotated[str, typer.Argument(help="As in the lists, e.g. BRK.B.")],
    session: Session = None,
    profile: Profile = "daily",
) -> Outcome:
    """Show every gate, anchor, strategy and rank of one symbol, with its numbers."""
    from avwap_cli.evening import request_scan
    from avwap_cli.stages.explain import run_explain
    from avwap_cli.terminal.explanation_text import show as show_explanation

    day = trade_session(desk, session)
    outcome = run_explain(
        symbol,
        request_scan(desk, day, profile),
        store=desk.store,
        bars=desk.bars,
        earnings=desk.earnings(),
    )
    if screen.as_json:
        return show(screen, outcome)
    show_explanation(screen, outcome)
    return outcome


@look("agenda", examples="avwap agenda\navwap agenda --session 2024-11-29")
def agenda(desk: Desk, screen: Screen, session: Session = None) -> Outcome:
    """Show the day's timeline by the exchange's calendar: every window, half days included."""
    from avwap_cli.stages.agenda import agenda as timeline
    from avwap_cli.terminal.trading_text import show_agenda

    day = None if session is None else sessions.parse_session(session)
    outcome = show(screen, timeline(desk.clock.now(), day))
    show_agenda(screen, outcome.body)
    return outcome
