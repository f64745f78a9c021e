"""Bars over REST: historical ones of every timeframe, and the latest minute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from avwap_cli.exchange.instants import Instant, day_of
from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import Document, ok
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.market_data.bar_columns import Bars, adjusted
from avwap_cli.exchange.protocol.market_data.pages import Chunk
from avwap_cli.exchange.protocol.market_data.parameters import TimeWindow, latest, window
from avwap_cli.exchange.protocol.market_data.timeframes import Timeframe, timeframe
from avwap_cli.exchange.protocol.market_data.view import FeedView
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.exchange.refusals import Refusal

ADJUSTMENTS = frozenset({"raw", "split", "dividend", "spin-off", "all"})
SPLIT_ADJUSTMENTS = frozenset({"split", "all"})


def historical_bars(context: RouteContext, request: Request, symbol: str | None = None) -> Answer:
    """GET /v2/stocks/bars and /v2/stocks/{symbol}/bars."""
    text = queries.text(request, "timeframe")
    frame = timeframe(text or "")
    if frame is None:
        raise queries.malformed(request, "timeframe", text or "")
    adjust = _adjusts(request)
    asked = window(context, request, str(frame), symbol)
    chunks = _intraday if frame.intraday else _daily
    return asked.answer("bars", chunks(asked, frame, adjust), symbol)


def latest_bars(context: RouteContext, request: Request, symbol: str | None = None) -> Answer:
    """GET /v2/stocks/bars/latest and /v2/stocks/{symbol}/bars/latest."""
    asked = latest(context, request, symbol)
    bars = {
        name: found
        for name in asked.symbols
        if (found := latest_minute(asked.view, name)) is not None
    }
    if symbol is None:
        return ok({"bars": bars, **asked.currency})
    if symbol not in bars:
        raise Refusal(404, None, f"no bar found for {symbol}")
    return ok({"bar": bars[symbol], "symbol": symbol, **asked.currency})


def latest_minute(view: FeedView, symbol: str) -> Document | None:
    """The last finished minute with a trade, None if there never was one."""
    bars = view.latest(symbol, view.minutes)
    return None if bars is None else bars.take(slice(-1, None)).documents()[0]


def _adjusts(request: Request) -> bool:
    """Whether prices are wanted on today's basis; dividends and spin-offs change nothing here."""
    asked = queries.words(request, "adjustment") or ("raw",)
    for word in asked:
        if word not in ADJUSTMENTS:
            raise queries.malformed(request, "adjustment", word)
    return not SPLIT_ADJUSTMENTS.isdisjoint(asked)


def _intraday(asked: TimeWindow, frame: Timeframe, adjust: bool) -> Iterator[Chunk]:
    """Bars of minutes, session by session."""
    splits = asked.view.splits() if adjust else {}
    for symbol, start, end in asked.spans():
        days: Sequence[date] = asked.view.sessions(start, end)
        for session in reversed(days) if asked.descending else days:
            minutes = asked.view.minutes(symbol, session)
            if minutes is not None:
                bars = adjusted(frame.fold(minutes), splits.get(symbol, ()))
                yield _chunk(symbol, bars, start, end)


def _daily(asked: TimeWindow, frame: Timeframe, adjust: bool) -> Iterator[Chunk]:
    """Bars of days, for as many symbols at a time as a page may hold."""
    spans = {symbol: (start, end) for symbol, start, end in asked.spans()}
    first, last = day_of(asked.start), frame.last_day(day_of(asked.end))
    a_symbol = len(asked.view.sessions(asked.start, asked.end)) // frame.sessions + 1
    names, at_once = list(spans), asked.limit // a_symbol + 1
    for place in range(0, len(names), at_once):
        symbols = names[place : place + at_once]
        for symbol, bars in asked.view.daily(symbols, first, last, adjust):
            yield _chunk(symbol, frame.fold(bars), *spans[symbol])


def _chunk(symbol: str, bars: Bars, start: Instant, end: Instant) -> Chunk:
    inside = bars.take((bars.t >= start) & (bars.t <= end))
    return Chunk(symbol, inside.t, lambda rows: inside.take(rows).documents())


ROUTES = (
    Route("GET", "/v2/stocks/bars", historical_bars),
    Route("GET", "/v2/stocks/bars/latest", latest_bars),
    Route("GET", "/v2/stocks/{symbol}/bars", historical_bars),
    Route("GET", "/v2/stocks/{symbol}/bars/latest", latest_bars),
)
