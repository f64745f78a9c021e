"""Entry windows: when each group of candidates may be entered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from avwap_cli.market import sessions

MOO, CONFIRM, BOH = "moo", "confirm", "boh"
PAUSE_BEFORE_OPEN = timedelta(seconds=30)  # what is sent then may be too late for the auction


@dataclass(frozen=True, slots=True)
class EntryWindow:
    """A part of the session's day.

    Attributes:
        opens: New York wall time.
        closes: likewise; None = the session's close.
        plus_min: minutes added to `closes`.
    """

    opens: time
    closes: time | None
    plus_min: int = 0


WINDOWS = {
    MOO: EntryWindow(time(9, 26), time(10, 0)),
    CONFIRM: EntryWindow(time(9, 45), time(10, 0)),
    BOH: EntryWindow(time(9, 50), None, -30),
}


def entry_spans(group: str, session: date) -> tuple[tuple[datetime, datetime], ...]:
    """When entries of that group may be sent, each from its start up to before its end.

    moo pauses from 30 s before the open until the open; no group is entered after its end,
    however late the program is.  Empty for a group that does not exist.

    Raises:
        InputError: not a session.
    """
    opens, closes = sessions.opens_at(session), sessions.closes_at(session)
    window = WINDOWS.get(group)
    if window is None:
        return ()
    first = datetime.combine(session, window.opens, sessions.EASTERN)
    if window.closes is not None:
        closes = datetime.combine(session, window.closes, sessions.EASTERN)
    last = closes + timedelta(minutes=window.plus_min)
    if first < opens:
        return (first, opens - PAUSE_BEFORE_OPEN), (opens, last)
    return ((first, last),)
