"""Sessions: the trading days of XNYS, with their opens and closes.

A *session* is one trading day, named by its date.  The *as-of* session is the last one
that has closed; the *trade session* is the next one, the day we act on: Friday's
evening, Saturday and Sunday all belong to as-of Friday and trade session Monday.

Holidays and half days come from `xnys_table`, daylight saving from the time-zone
database; nothing asks which weekday it is but this module.  Times are aware, in
America/New_York.
"""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from avwap_cli.errors import InputError, UsageError
from avwap_cli.market.xnys_table import CLOSED, EARLY

EASTERN = ZoneInfo("America/New_York")
OPEN = time(9, 30)
CLOSE = time(16, 0)
FIRST_DAY = date(min(CLOSED), 1, 1)
LAST_DAY = date(max(CLOSED), 12, 31)


def _closed_days() -> frozenset[date]:
    return frozenset(
        date(year, int(day[:2]), int(day[2:]))
        for year, days in CLOSED.items()
        for day in days.split()
    )


def _early_closes() -> dict[date, time]:
    return {
        date(year, int(at[:2]), int(at[2:4])): time(int(at[5:7]), int(at[7:]))
        for year, days in EARLY.items()
        for at in days.split()
    }


_CLOSED = _closed_days()
_EARLY = _early_closes()


def is_session(day: date) -> bool:
    """Whether XNYS trades on that day.

    Raises:
        InputError: the day lies outside of the calendar (1990..2035).
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InputError(
            f"{day} lies outside of the exchange calendar, {FIRST_DAY} to {LAST_DAY}",
            "check the date, or update avwap",
        )
    return day.isoweekday() <= 5 and day not in _CLOSED


def next_session(day: date) -> date:
    """The first session after that day."""
    return session_on_or_after(_shift(day, 1))


def previous_session(day: date) -> date:
    """The last session before that day."""
    return session_on_or_before(_shift(day, -1))


def session_on_or_after(day: date) -> date:
    """That day if it is a session, else the next one."""
    while not is_session(day):
        day = _shift(day, 1)
    return day


def session_on_or_before(day: date) -> date:
    """That day if it is a session, else the previous one."""
    while not is_session(day):
        day = _shift(day, -1)
    return day


def offset(session: date, n: int) -> date:
    """The session n sessions after `session` (before it when n is negative).

    Raises:
        InputError: `session` is no session, or the calendar ends before.
    """
    _must_be_session(session)
    step = next_session if n > 0 else previous_session
    for _ in range(abs(n)):
        session = step(session)
    return session


def sessions_between(first: date, last: date) -> list[date]:
    """All sessions of first..last inclusive, ascending; empty when first > last."""
    days = map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))
    return [day for day in days if is_session(day)]


def last_sessions(as_of: date, n: int) -> list[date]:
    """The n sessions up to and including the last one on or before `as_of`, ascending."""
    if n <= 0:
        return []
    last = session_on_or_before(as_of)
    return sessions_between(offset(last, 1 - n), last)


def is_half_day(session: date) -> bool:
    """Whether that session closes before 16:00.

    Raises:
        InputError: not a session.
    """
    _must_be_session(session)
    return session in _EARLY


def opens_at(session: date) -> datetime:
    """When that session opens, in New York time.

    Raises:
        InputError: not a session.
    """
    _must_be_session(session)
    return datetime.combine(session, OPEN, EASTERN)


def closes_at(session: date) -> datetime:
    """When that session closes, in New York time.

    Raises:
        InputError: not a session.
    """
    _must_be_session(session)
    return datetime.combine(session, _EARLY.get(session, CLOSE), EASTERN)


def session_of(moment: datetime) -> date:
    """The session of a fill at that moment (aware)."""
    return session_on_or_after(moment.astimezone(EASTERN).date())


def last_completed(now: datetime) -> date:
    """The as-of session: the last one whose close is not after `now` (aware)."""
    here = now.astimezone(EASTERN)
    session = session_on_or_before(here.date())
    return session if closes_at(session) <= here else previous_session(session)


def trade_session_of(now: datetime) -> date:
    """The session we act on at `now` (aware): the one after the last completed."""
    return next_session(last_completed(now))


def parse_session(text: str) -> date:
    """The session that a person names as YYYY-MM-DD.

    Raises:
        UsageError: not a date, or XNYS does not trade on it; names the nearest sessions.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise UsageError(f"{text!r} is not a date", "write a session as YYYY-MM-DD")
    if not FIRST_DAY <= day <= LAST_DAY:
        raise UsageError(
            f"{day} lies outside of the exchange calendar, {FIRST_DAY} to {LAST_DAY}",
            "name a session within it",
        )
    if not is_session(day):
        raise UsageError(f"{day} is not a session of XNYS", _nearest(day))
    return day


def _nearest(day: date) -> str:
    near = []
    if day > date(FIRST_DAY.year, 1, 10):
        near.append(f"the one before is {previous_session(day)}")
    if day < date(LAST_DAY.year, 12, 20):
        near.append(f"the next is {next_session(day)}")
    return ", ".join(near)


def _must_be_session(day: date) -> None:
    if not is_session(day):
        raise InputError(f"{day} is not a session of XNYS", _nearest(day))


def _shift(day: date, days: int) -> date:
    return date.fromordinal(day.toordinal() + days)
