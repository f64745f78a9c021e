"""Outages: whole sessions in which no stage ran, between one in which some did and now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from avwap_cli import playbook
from avwap_cli.market import sessions


def lost_sessions(
    session: date, now: datetime, known: Sequence[date], ran: Callable[[date], bool]
) -> tuple[date, ...]:
    """Those just before `session` that are over and in which nothing ran, ascending.

    None where nothing ran before them either: this home is new.

    Args:
        now: aware.
        known: the sessions that anything is kept of, ascending.
        ran: whether anything tells of a run in that session.
    """
    last = next((day for day in reversed(known) if day < session and ran(day)), None)
    if last is None:
        return ()
    since = sessions.sessions_between(last + timedelta(days=1), session - timedelta(days=1))
    return tuple(
        day for day in since if all(stage.closes.on(day) <= now for stage in playbook.STAGES)
    )
