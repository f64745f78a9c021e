"""Trades and quotes over REST: historical ones, and the latest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

import numpy as np

from avwap_cli.exchange.instants import Instant, day_of, hours
from avwap_cli.exchange.protocol.answers import Document, ok
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.market_data.pages import Chunk
from avwap_cli.exchange.protocol.market_data.parameters import Latest, TimeWindow, latest, window
from avwap_cli.exchange.protocol.market_data.trade_documents import (
    Market,
    market,
    quote_documents,
    trade_documents,
)
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.exchange.refusals import Refusal
from avwap_cli.exchange.tape.days import Ints

LAST = np.array([-1])

Session = tuple[Ints, Callable[[Ints], list[Document]]]
"""When the ticks of one session were, and how some of them are written."""


def historical_trades(context: RouteContext, request: Request, symbol: str | None = None) -> Answer:
    """GET /v2/stocks/trades and /v2/stocks/{symbol}/trades."""
    asked = window(context, request, "trades", symbol)
    return asked.answer("trades", _chunks(context, asked, _trades), symbol)


def historical_quotes(context: RouteContext, request: Request, symbol: str | None = None) -> Answer:
    """GET /v2/stocks/quotes and /v2/stocks/{symbol}/quotes."""
    asked = window(context, request, "quotes", symbol)
    return asked.answer("quotes", _chunks(context, asked, _quotes), symbol)


def latest_trades(context: RouteContext, request: Request, symbol: str | None = None) -> Answer:
    """GET /v2/stocks/trades/latest and /v2/stocks/{symbol}/trades/latest."""
    return _latest(context, latest(context, request, symbol), "trade", latest_trade, symbol)


def latest_quotes(context: RouteContext, request: Request, symbol: str | None = None) -> Answer:
    """GET /v2/stocks/quotes/latest and /v2/stocks/{symbol}/quotes/latest."""
    return _latest(context, latest(context, request, symbol), "quote", latest_quote, symbol)


def latest_trade(asked: Latest, on: Market, symbol: str) -> Document | None:
    """The last print, None if there never was one."""
    trades = asked.view.latest(symbol, asked.view.trades)
    if trades is None:
        return None
    session = day_of(int(trades.prints.at[-1]))
    return trade_documents(trades, LAST, hours(session), on)[0]


def latest_quote(asked: Latest, on: Market, symbol: str) -> Document | None:
    """The last quote, None if there never was one."""
    quotes = asked.view.latest(symbol, asked.view.quotes)
    return None if quotes is None else quote_documents(quotes, LAST, on)[0]


def _latest(
    context: RouteContext,
    asked: Latest,
    name: str,
    find: Callable[[Latest, Market, str], Document | None],
    single: str | None,
) -> Answer:
    found = {
        symbol: document
        for symbol in asked.symbols
        if (document := find(asked, market(context, symbol, asked.feed), symbol)) is not None
    }
    if single is None:
        return ok({f"{name}s": found, **asked.currency})
    if single not in found:
        raise Refusal(404, None, f"no {name} found for {single}")
    return ok({name: found[single], "symbol": single, **asked.currency})


def _chunks(
    context: RouteContext,
    asked: TimeWindow,
    read: Callable[[TimeWindow, str, date, Market], Session | None],
) -> Iterator[Chunk]:
    """The ticks of the window, session by session."""
    for symbol, start, end in asked.spans():
        on = market(context, symbol, asked.feed)
        days: Sequence[date] = asked.view.sessions(start, end)
        for session in reversed(days) if asked.descending else days:
            found = read(asked, symbol, session, on)
            if found is not None:
                yield _inside(symbol, *found, start, end)


def _inside(
    symbol: str, at: Ints, documents: Callable[[Ints], list[Document]], start: Instant, end: Instant
) -> Chunk:
    low, high = int(np.searchsorted(at, start)), int(np.searchsorted(at, end, side="right"))
    return Chunk(symbol, at[low:high], lambda rows: documents(rows + low))


def _trades(asked: TimeWindow, symbol: str, session: date, on: Market) -> Session | None:
    trades = asked.view.trades(symbol, session)
    if trades is None:
        return None
    return trades.prints.at, lambda rows: trade_documents(trades, rows, hours(session), on)


def _quotes(asked: TimeWindow, symbol: str, session: date, on: Market) -> Session | None:
    quotes = asked.view.quotes(symbol, session)
    if quotes is None:
        return None
    return quotes.at, lambda rows: quote_documents(quotes, rows, on)


ROUTES = (
    Route("GET", "/v2/stocks/trades", historical_trades),
    Route("GET", "/v2/stocks/quotes", historical_quotes),
    Route("GET", "/v2/stocks/trades/latest", latest_trades),
    Route("GET", "/v2/stocks/quotes/latest", latest_quotes),
    Route("GET", "/v2/stocks/{symbol}/trades", historical_trades),
    Route("GET", "/v2/stocks/{symbol}/quotes", historical_quotes),
    Route("GET", "/v2/stocks/{symbol}/trades/latest", latest_trades),
    Route("GET", "/v2/stocks/{symbol}/quotes/latest", latest_quotes),
)
