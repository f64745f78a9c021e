"""A context for tests of market data and streams: a small tape, and a venue on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from avwap_cli.exchange.broker.venue import Venue
from avwap_cli.exchange.faults import Fault, FaultBox
from avwap_cli.exchange.instants import instant
from avwap_cli.exchange.protocol.answers import refused
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.keys import keys_of
from avwap_cli.exchange.protocol.market_data.routes import ROUTES
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import RouteTable
from avwap_cli.exchange.refusals import Refusal
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Halt, Tape, TapeOptions
from avwap_cli.market import sessions
from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.sessions import EASTERN
from avwap_cli.market.splits import Split

FIRST, TODAY, LAST = date(2026, 11, 9), date(2026, 11, 23), date(2026, 12, 8)
TABLE = RouteTable(ROUTES)


def at(text: str) -> int:
    """The instant of a New York time: `2026-11-23 09:31`."""
    return instant(datetime.fromisoformat(text).replace(tzinfo=EASTERN))


def daily_table(prices: dict[str, float], first: date = FIRST, last: date = LAST) -> BarTable:
    """Bars that climb by half a percent a session, with a range of two percent."""
    days = sessions.sessions_between(first, last)
    rows = [
        (symbol, day, round(price * 1.005**i, 2))
        for symbol, price in prices.items()
        for i, day in enumerate(days)
    ]
    close = np.array([price for _, _, price in rows])
    return bar_table(
        [symbol for symbol, _, _ in rows],
        np.array([day for _, day, _ in rows], dtype="datetime64[D]"),
        np.round(close * 0.995, 2),
        np.round(close * 1.01, 2),
        np.round(close * 0.99, 2),
        close,
        np.full(len(rows), 1_000_000.0),
    )


def small_tape(splits: Sequence[Split] = (), halts: tuple[Halt, ...] = ()) -> Tape:
    table = daily_table({"AAPL": 190.0, "BRK.B": 470.0, "SPY": 600.0})
    return Tape(table, splits, options=TapeOptions(halts=halts))


def context_of(
    tape: Any,
    now: str | int,
    subscription: str = "plus",
    faults: Sequence[Fault] = (),
) -> RouteContext:
    moment = at(now) if isinstance(now, str) else now
    settings = Settings(subscription=subscription)  # type: ignore[arg-type]
    box = FaultBox(settings.seed, faults)
    venue = Venue(tape, settings, moment, box)
    return RouteContext(venue, tape, settings, box, keys_of(settings.seed))


def ask(context: RouteContext, path: str, **query: Any) -> Answer:
    """The answer to a GET, refusals included."""
    pairs = tuple((name, str(value)) for name, value in query.items() if value is not None)
    try:
        handler, parts = TABLE.find("GET", path)
        return handler(context, Request("GET", path, pairs), **parts)
    except Refusal as no:
        return refused(no)


def get(context: RouteContext, path: str, **query: Any) -> Any:
    """The document of an answer that must be 200."""
    answer = ask(context, path, **query)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def no(context: RouteContext, path: str, **query: Any) -> tuple[int, Any]:
    """Status and document of an answer that must not be 200."""
    answer = ask(context, path, **query)
    assert answer.status != 200
    return answer.status, json.loads(answer.body)
