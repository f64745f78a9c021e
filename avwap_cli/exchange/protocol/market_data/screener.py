"""The screener: most active symbols and top movers, from all trading and without delay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from avwap_cli.exchange.instants import hours, rfc3339
from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import Document, ok
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.market_data.bar_columns import Bars, midnight
from avwap_cli.exchange.protocol.market_data.view import FeedView, feed_view
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.market import sessions

DAYS_BACK = timedelta(days=14)


def most_actives(context: RouteContext, request: Request) -> Answer:
    """GET /v1beta1/screener/stocks/most-actives: by volume or by trades, highest first."""
    top = queries.integer(request, "top", 10, 1, 100)
    by = queries.choice(request, "by", ("volume", "trades"), "volume")
    rows = [
        (symbol, int(bars.volume[-1]), int(bars.trades[-1])) for symbol, bars in _traded(context)
    ]
    rows.sort(key=lambda row: (-row[1] if by == "volume" else -row[2], row[0]))
    return ok(
        {
            "most_actives": [
                {"symbol": symbol, "volume": volume, "trade_count": trades}
                for symbol, volume, trades in rows[:top]
            ],
            "last_updated": rfc3339(context.now),
        }
    )


def movers(context: RouteContext, request: Request) -> Answer:
    """GET /v1beta1/screener/stocks/movers: changes against the previous close."""
    top = queries.integer(request, "top", 10, 1, 50)
    rows = [_mover(symbol, bars) for symbol, bars in _traded(context) if len(bars) > 1]
    rows.sort(key=lambda row: -row[0])
    return ok(
        {
            "gainers": [document for change, document in rows[:top] if change > 0],
            "losers": [document for change, document in rows[::-1][:top] if change < 0],
            "market_type": "stocks",
            "last_updated": rfc3339(context.now),
        }
    )


def _traded(context: RouteContext) -> Iterator[tuple[str, Bars]]:
    """Daily bars on today's basis of every symbol that traded in the session being shown."""
    view = feed_view(context, "sip", context.now)
    session = _session(view)
    start = midnight(session)
    for symbol, bars in view.daily(view.tape.symbols, session - DAYS_BACK, session, adjust=True):
        if bars.t[-1] == start:
            yield symbol, bars


def _session(view: FeedView) -> date:
    """The last session that has opened: until the open the previous one is shown."""
    session = sessions.session_on_or_before(view.today)
    opened = hours(session).open <= view.horizon
    return session if opened else sessions.previous_session(session)


def _mover(symbol: str, bars: Bars) -> tuple[float, Document]:
    """The change over the previous close, and its document."""
    price, before = float(bars.close[-1]), float(bars.close[-2])
    change = price - before
    document: Document = {
        "symbol": symbol,
        "percent_change": round(100 * change / before, 2),
        "change": round(change, 4),
        "price": price,
    }
    return change / before, document


ROUTES = (
    Route("GET", "/v1beta1/screener/stocks/most-actives", most_actives),
    Route("GET", "/v1beta1/screener/stocks/movers", movers),
)
