"""The broker's clock and calendar, as of the exchange's own time."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from avwap_cli.exchange.instants import (
    PRE_OPEN,
    Hours,
    Instant,
    Phase,
    day_of,
    eastern,
    hours,
    phase,
    rfc3339_eastern,
)
from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import Document, ok
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.market import sessions

LAST_DAY = date(2029, 12, 31)
ONE_DAY_SETTLEMENT = date(2024, 5, 28)
TWO_DAY_SETTLEMENT = date(2017, 9, 5)
LONGEST_SETTLEMENT = timedelta(days=14)


def clock_document(now: Instant) -> Document:
    """The time in New York, whether regular trading is open, and the next open and close."""
    is_open = phase(now) is Phase.REGULAR
    return {
        "timestamp": rfc3339_eastern(now),
        "is_open": is_open,
        "next_open": rfc3339_eastern(_next(now, at_open=True).open),
        "next_close": rfc3339_eastern(_next(now, at_open=False).close),
    }


@lru_cache(maxsize=16384)
def calendar_document(session: date) -> Document:
    """One trading day: hours in New York's time, and the day on which its trades settle."""
    day = hours(session)
    return {
        "date": session.isoformat(),
        "open": f"{eastern(day.open):%H:%M}",
        "close": f"{eastern(day.close):%H:%M}",
        "session_open": f"{PRE_OPEN:%H%M}",
        "session_close": f"{eastern(day.after_close):%H%M}",
        "settlement_date": settlement_of(session).isoformat(),
    }


def settlement_of(session: date) -> date:
    """One session later since 2024-05-28; before, two, and before 2017-09-05 three."""
    if session >= ONE_DAY_SETTLEMENT:
        return sessions.offset(session, 1)
    return sessions.offset(session, 2 if session >= TWO_DAY_SETTLEMENT else 3)


def _next(now: Instant, at_open: bool) -> Hours:
    """The first session whose open, or close, is still to come."""
    day = hours(sessions.session_on_or_after(day_of(now)))
    moment = day.open if at_open else day.close
    return day if now < moment else hours(sessions.next_session(day.session))


def clock(context: RouteContext, _request: Request) -> Answer:
    """GET /v2/clock."""
    return ok(clock_document(context.now))


def calendar(_context: RouteContext, request: Request) -> Answer:
    """GET /v2/calendar: from 1970 on where the calendar reaches back that far, to 2029."""
    first = max(queries.day(request, "start") or sessions.FIRST_DAY, sessions.FIRST_DAY)
    last = min(queries.day(request, "end") or LAST_DAY, LAST_DAY)
    kind = queries.choice(request, "date_type", ("TRADING", "SETTLEMENT"), "TRADING")
    if first > last:
        return ok([])
    if kind == "TRADING":
        days = sessions.sessions_between(first, last)
    else:
        earliest = max(first - LONGEST_SETTLEMENT, sessions.FIRST_DAY)
        days = [
            day
            for day in sessions.sessions_between(earliest, last)
            if first <= settlement_of(day) <= last
        ]
    return ok([calendar_document(day) for day in days])


ROUTES = (Route("GET", "/v2/clock", clock), Route("GET", "/v2/calendar", calendar))
