"""Outages: whole sessions in which no stage ran, between one in which some did and now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from avwap_cli import playbook
from avwap_cli.market import sessions

LOOKED_BACK = 60  # sessions; a host that was off for longer begins anew


def lost_sessions(session: date, now: datetime, ran: Callable[[date], bool]) -> tuple[date, ...]:
    """Those just before `session` that are over and in which nothing ran, ascending.

    None where nothing ran before them either: this home is new.

    Args:
        now: aware.
        ran: whether anything tells of a run in that session.
    """
    found: list[date] = []
    for day in reversed(sessions.last_sessions(sessions.previous_session(session), LOOKED_BACK)):
        if ran(day):
            return tuple(reversed(found))
        if all(stage.closes.on(day) <= now for stage in playbook.STAGES):
            found.append(day)
    return ()
