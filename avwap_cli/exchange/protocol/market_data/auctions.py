"""Auctions over REST: the opening and the closing price of each session, SIP only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np

from avwap_cli.exchange.instants import hours
from avwap_cli.exchange.protocol.answers import Document
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.market_data.bar_columns import stamps
from avwap_cli.exchange.protocol.market_data.pages import Chunk
from avwap_cli.exchange.protocol.market_data.parameters import TimeWindow, window
from avwap_cli.exchange.protocol.market_data.trade_documents import market
from avwap_cli.exchange.protocol.market_data.view import FeedView
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.exchange.tape.days import SCALE, Prints

OPENING = ("O", "Q")
CLOSING = ("6", "M")


def auctions(context: RouteContext, request: Request, symbol: str | None = None) -> Answer:
    """GET /v2/stocks/auctions and /v2/stocks/{symbol}/auctions."""
    asked = window(context, request, "auctions", symbol, feeds=("sip",))
    return asked.answer("auctions", _chunks(context, asked), symbol)


def _chunks(context: RouteContext, asked: TimeWindow) -> Iterator[Chunk]:
    """One point for each session, standing at its opening print."""
    for symbol, start, end in asked.spans():
        letter = market(context, symbol, asked.feed).exchange
        days: Sequence[date] = asked.view.sessions(start, end)
        for session in reversed(days) if asked.descending else days:
            found = _session(asked.view, symbol, session, letter)
            if found is not None and start <= found[0] <= end:
                yield _chunk(symbol, *found)


def _chunk(symbol: str, at: int, document: Document) -> Chunk:
    return Chunk(symbol, np.array([at]), lambda rows: [document for _ in rows])


def _session(
    view: FeedView, symbol: str, session: date, letter: str
) -> tuple[int, Document] | None:
    """The opening print's instant and both auctions; None before the open."""
    trades, day = view.trades(symbol, session), hours(session)
    if trades is None:
        return None
    at = trades.prints.at
    regular = np.flatnonzero((at >= day.open) & (at < day.close))
    if not len(regular):
        return None
    first, last = int(regular[0]), int(regular[-1])
    over = view.horizon >= day.close
    document: Document = {
        "d": session.isoformat(),
        "o": _auction(trades.prints, first, letter, OPENING),
        "c": _auction(trades.prints, last, letter, CLOSING) if over else [],
    }
    return int(at[first]), document


def _auction(prints: Prints, row: int, letter: str, conditions: Sequence[str]) -> list[Document]:
    at = stamps(prints.at[row : row + 1])[0]
    price, size = float(prints.price[row]) / SCALE, int(prints.size[row])
    return [{"t": at, "x": letter, "p": price, "s": size, "c": mark} for mark in conditions]


ROUTES = (
    Route("GET", "/v2/stocks/auctions", auctions),
    Route("GET", "/v2/stocks/{symbol}/auctions", auctions),
)
