"""Instants: points in time as whole nanoseconds, and the hours of a trading day.

The exchange counts time as Alpaca writes it, in nanoseconds since the epoch (UTC), as plain
integers: they compare exactly, sort fast and index NumPy's `datetime64[ns]` arrays.  Only
this module turns them into dates, New York time and text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from avwap_cli.market import sessions
from avwap_cli.market.sessions import EASTERN

Instant = int

MICROSECOND = 1_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND

PRE_OPEN = time(4, 0)
AFTER_CLOSE = time(20, 0)
EARLY_AFTER_CLOSE = time(17, 0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class Phase(StrEnum):
    """Where in the trading day a moment lies."""

    CLOSED = "closed"
    PRE = "pre"
    REGULAR = "regular"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Hours:
    """One session's hours: 04:00, 09:30, 16:00 and 20:00 ET, or a half day's 13:00 and 17:00."""

    session: date
    pre_open: Instant
    open: Instant
    close: Instant
    after_close: Instant

    def phase(self, at: Instant) -> Phase:
        """The phase at that moment; each begins with its first instant."""
        if not self.pre_open <= at < self.after_close:
            return Phase.CLOSED
        if at < self.open:
            return Phase.PRE
        return Phase.REGULAR if at < self.close else Phase.AFTER


def instant(moment: datetime) -> Instant:
    """The instant of an aware datetime.

    Raises:
        ValueError: the datetime is naive.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return (moment - _EPOCH) // _TICK * MICROSECOND


def at_clock(day: date, clock: time) -> Instant:
    """The instant of a time of day in New York."""
    return instant(datetime.combine(day, clock, EASTERN))


def eastern(at: Instant) -> datetime:
    """The New York time, to the microsecond."""
    return utc(at).astimezone(EASTERN)


def utc(at: Instant) -> datetime:
    """The UTC time, to the microsecond."""
    return _EPOCH + timedelta(microseconds=at // MICROSECOND)


def rfc3339(at: Instant) -> str:
    """As Alpaca writes times: `2026-10-02T13:25:00.123456789Z`, without trailing zeros."""
    whole, part = divmod(at, SECOND)
    fraction = f".{part:09d}".rstrip("0") if part else ""
    return f"{utc(whole * SECOND):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def rfc3339_eastern(at: Instant) -> str:
    """With New York's offset, as the broker's clock writes it: `2026-10-02T09:25:00.5-04:00`."""
    whole, part = divmod(at, SECOND)
    fraction = f".{part:09d}".rstrip("0") if part else ""
    local = eastern(whole * SECOND)
    offset = f"{local:%z}"
    return f"{local:%Y-%m-%dT%H:%M:%S}{fraction}{offset[:3]}:{offset[3:]}"


@lru_cache(maxsize=4096)
def hours(session: date) -> Hours:
    """The hours of that session.

    Raises:
        InputError: the day is not a session, or outside of the calendar.
    """
    close = sessions.closes_at(session)
    after = EARLY_AFTER_CLOSE if sessions.is_half_day(session) else AFTER_CLOSE
    return Hours(
        session,
        at_clock(session, PRE_OPEN),
        instant(sessions.opens_at(session)),
        instant(close),
        at_clock(session, after),
    )


def day_of(at: Instant) -> date:
    """The calendar day in New York."""
    return eastern(at).date()


@lru_cache(maxsize=64)
def phase(at: Instant) -> Phase:
    """The phase of the trading day at that moment."""
    day = day_of(at)
    return hours(day).phase(at) if sessions.is_session(day) else Phase.CLOSED


def order_session(at: Instant, extended: bool = False) -> date:
    """The session that an order sent at that moment belongs to.

    Until the close (with extended hours: until the end of after-hours trading) it is the
    day's own session, afterwards the next one.
    """
    day = sessions.session_on_or_after(day_of(at))
    end = hours(day).after_close if extended else hours(day).close
    return day if at < end else sessions.next_session(day)
