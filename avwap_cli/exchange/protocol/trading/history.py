"""Portfolio history: the account's equity over time.

Each window of time shows the equity at its end.  Gains are counted from a base: the close
before the first window or, within a day, before each day; transfers are no gains.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from avwap_cli.exchange.instants import (
    AFTER_CLOSE,
    MINUTE,
    SECOND,
    Instant,
    at_clock,
    day_of,
    hours,
    instant,
)
from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import Document, ok
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.exchange.protocol.trading.equity_paths import equities, flows
from avwap_cli.exchange.refusals import malformed
from avwap_cli.market import sessions
from avwap_cli.market.bars import Floats
from avwap_cli.market.sessions import EASTERN

INTRADAY = {"1Min": 1, "5Min": 5, "15Min": 15, "1H": 60}
DAILY = "1D"
DEFAULT_PERIOD = "1M"
LONGEST_INTRADAY_DAYS = 30
REPORTING = ("market_hours", "extended_hours", "continuous")
UNIT_DAYS = {"D": 1, "W": 7, "M": 30, "A": 365}
_PERIOD = re.compile(r"(\d{1,3})([DWMA])", re.A)


@dataclass(frozen=True, slots=True)
class EquityWindow:
    """One window of time.

    Attributes:
        label: its begin (1D: 20:00 New York time, as Alpaca labels days).
        end: the moment whose equity it shows, not later than now.
        base: the moment from which its gain counts.
    """

    label: Instant
    end: Instant
    base: Instant


@dataclass(frozen=True, slots=True)
class Span:
    """The days and the resolution asked for."""

    first: date
    last: date
    timeframe: str
    reporting: str
    reset_daily: bool


def history(context: RouteContext, request: Request) -> Answer:
    """GET /v2/account/portfolio/history; `cashflow_types` is read as NONE."""
    span = _span(context, request)
    windows = [window for window in _windows(context, span) if window.end > context.opened_at]
    if not windows:
        return ok(_document(span, windows, np.array([]), np.array([]), np.array([])))
    both = np.array([[w.end for w in windows], [w.base for w in windows]], dtype=np.int64)
    moments, place = np.unique(both, return_inverse=True)
    equity, base = equities(context, moments)[place].reshape(both.shape)
    moved_to_end, moved_to_base = flows(context, moments)[place].reshape(both.shape)
    gained = equity - base - (moved_to_end - moved_to_base)
    document = _document(span, windows, equity, base, gained)
    if windows[0].base > context.opened_at:
        document["base_value_asof"] = day_of(windows[0].base).isoformat()
    return ok(document)


def _document(
    span: Span, windows: list[EquityWindow], equity: Floats, base: Floats, gained: Floats
) -> Document:
    share = np.divide(gained, base, out=np.zeros_like(gained), where=base != 0)
    return {
        "timestamp": [window.label // SECOND for window in windows],
        "equity": np.round(equity, 2).tolist(),
        "profit_loss": np.round(gained, 2).tolist(),
        "profit_loss_pct": np.round(share, 6).tolist(),
        "base_value": round(float(base[0]), 2) if len(base) else None,
        "timeframe": span.timeframe,
    }


def _span(context: RouteContext, request: Request) -> Span:
    period = queries.text(request, "period")
    start, end = queries.day(request, "start"), queries.day(request, "end")
    if period and start and end:
        raise malformed("only two of start, end and period can be specified")
    days = _period_days(request, period or DEFAULT_PERIOD)
    today = day_of(context.now)
    if start is not None and end is None and period:
        end = start + timedelta(days=days)
    last = min(end or queries.day(request, "date_end") or today, today)
    first = max(start or last - timedelta(days=days - 1), day_of(context.opened_at))
    frame = _timeframe(request, start or last - timedelta(days=days - 1), last)
    extended = queries.flag(request, "extended_hours")
    default = "extended_hours" if extended else "market_hours"
    return Span(
        first,
        last,
        frame,
        queries.choice(request, "intraday_reporting", REPORTING, default),
        queries.choice(request, "pnl_reset", ("no_reset", "per_day"), "per_day") == "per_day",
    )


def _period_days(request: Request, period: str) -> int:
    found = _PERIOD.fullmatch(period)
    if found is None or found[1].strip("0") == "":
        raise queries.malformed(request, "period", period)
    return int(found[1]) * UNIT_DAYS[found[2]]


def _timeframe(request: Request, first: date, last: date) -> str:
    """The resolution asked for, or one that suits the number of days."""
    days = (last - first).days
    default = "1Min" if days < 7 else "15Min" if days < LONGEST_INTRADAY_DAYS - 1 else DAILY
    frame = queries.choice(request, "timeframe", (*INTRADAY, DAILY), default)
    if frame != DAILY and days > LONGEST_INTRADAY_DAYS:
        raise malformed(f"{frame} is only available for {LONGEST_INTRADAY_DAYS} days")
    return frame


def _windows(context: RouteContext, span: Span) -> Iterator[EquityWindow]:
    if span.first > span.last:
        return
    first_base = _close_before(context, span.first)
    for day in _days(span):
        base = _close_before(context, day) if span.reset_daily else first_base
        if span.timeframe == DAILY:
            label = at_clock(day, AFTER_CLOSE)
            if hours(day).pre_open < context.now:
                yield EquityWindow(label, min(hours(day).close, context.now), first_base)
            continue
        begin, finish = _bounds(span, day)
        step = INTRADAY[span.timeframe] * MINUTE
        for label in range(begin, min(finish, context.now), step):
            yield EquityWindow(label, min(label + step, finish, context.now), base)


def _days(span: Span) -> list[date]:
    if span.reporting == "continuous" and span.timeframe != DAILY:
        numbers = range(span.first.toordinal(), span.last.toordinal() + 1)
        return [date.fromordinal(number) for number in numbers]
    return sessions.sessions_between(span.first, span.last)


def _bounds(span: Span, day: date) -> tuple[Instant, Instant]:
    """Where the windows of that day begin and end."""
    if span.reporting == "continuous":
        following = day + timedelta(days=1)
        midnights = [datetime.combine(moment, time(0), EASTERN) for moment in (day, following)]
        return instant(midnights[0]), instant(midnights[1])
    day_hours = hours(day)
    if span.reporting == "extended_hours":
        return day_hours.pre_open, day_hours.after_close
    return day_hours.open, day_hours.close


def _close_before(context: RouteContext, day: date) -> Instant:
    """The last close before that day; the account's opening if that came later."""
    return max(hours(sessions.previous_session(day)).close, context.opened_at)


ROUTES = (Route("GET", "/v2/account/portfolio/history", history),)
