"""Yahoo's report dates of one symbol, through yfinance: the frame it gives, as dates.

yfinance scrapes a page for this, so nearly anything can come out of it.  Here each
outcome gets a name: dates, an empty table, no table, a failure, or the rate limit.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, time
from typing import Any

import yfinance
from yfinance.exceptions import YFException, YFRateLimitError

from avwap_cli.errors import SourceError
from avwap_cli.market.earnings import Timing
from avwap_cli.market.sessions import CLOSE, EASTERN, OPEN
from avwap_cli.market.symbols import to_yahoo

Fetch = Callable[[str], Any]
ROWS = 12
FAILURES = (YFException, OSError, ValueError, LookupError, TypeError, AttributeError, ImportError)


class RateLimited(SourceError):
    """Yahoo has had enough of us for now."""


class NoAnswer(SourceError):
    """Nothing usable came back for one symbol."""


def from_yahoo(ticker: str) -> Any:
    """A frame indexed by report time, or None where Yahoo shows no table."""
    logging.getLogger("yfinance").setLevel(logging.CRITICAL)
    return yfinance.Ticker(ticker).get_earnings_dates(limit=ROWS)


def ask(symbol: str, fetch: Fetch) -> dict[date, Timing] | None:
    """The reports of a symbol by New York date; empty if Yahoo knows of none, None without a table.

    Raises:
        RateLimited: ask no more for now.
        NoAnswer: the connection or the page failed.
    """
    try:
        frame = fetch(to_yahoo(symbol))
        return None if frame is None else _reports(frame)
    except YFRateLimitError as problem:
        raise RateLimited(
            "Yahoo limits the rate of requests", "the next run goes on from here"
        ) from problem
    except FAILURES as problem:
        raise NoAnswer(f"Yahoo gave no usable answer about {symbol}: {problem}") from problem


def _reports(frame: Any) -> dict[date, Timing]:
    """Dates of a frame's index of times; times without a zone are New York's."""
    found: dict[date, Timing] = {}
    for stamp in frame.index.dropna():
        moment = stamp.to_pydatetime()
        here = moment if moment.tzinfo is None else moment.astimezone(EASTERN)
        day = here.date()
        found[day] = max(found.get(day, Timing.UNKNOWN), _timing(here.time()))
    return found


def _timing(at: time) -> Timing:
    """Before the open, after the close, or neither; midnight is a time nobody gave."""
    if at == time(0, 0):
        return Timing.UNKNOWN
    if at < OPEN:
        return Timing.BEFORE_OPEN
    return Timing.AFTER_CLOSE if at >= CLOSE else Timing.UNKNOWN
