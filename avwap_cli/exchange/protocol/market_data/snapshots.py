"""Snapshots over REST: latest trade and quote, last minute, today's and the previous daily bar."""

from __future__ import annotations

from datetime import timedelta

from avwap_cli.exchange.protocol.answers import Document, ok
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.market_data.bar_columns import Bars
from avwap_cli.exchange.protocol.market_data.bars import latest_minute
from avwap_cli.exchange.protocol.market_data.parameters import Latest, latest
from avwap_cli.exchange.protocol.market_data.trade_documents import market
from avwap_cli.exchange.protocol.market_data.trades_quotes import latest_quote, latest_trade
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.exchange.refusals import Refusal

DAYS_BACK = timedelta(days=14)


def snapshots(context: RouteContext, request: Request) -> Answer:
    """GET /v2/stocks/snapshots: a map of symbols, without any frame around it."""
    return ok(_snapshots(context, latest(context, request)))


def snapshot(context: RouteContext, request: Request, symbol: str) -> Answer:
    """GET /v2/stocks/{symbol}/snapshot."""
    asked = latest(context, request, symbol)
    found = _snapshots(context, asked).get(symbol)
    if found is None:
        raise Refusal(404, None, f"no snapshot found for {symbol}")
    return ok({**found, "symbol": symbol, **asked.currency})


def _snapshots(context: RouteContext, asked: Latest) -> dict[str, Document]:
    """Snapshots of the symbols that ever traded; a part that is not known is absent."""
    view = asked.view
    days = dict(view.daily(asked.symbols, view.today - DAYS_BACK, view.today, adjust=False))
    found: dict[str, Document] = {}
    for symbol in asked.symbols:
        on = market(context, symbol, asked.feed)
        parts = {
            "latestTrade": latest_trade(asked, on, symbol),
            "latestQuote": latest_quote(asked, on, symbol),
            "minuteBar": latest_minute(view, symbol),
            **_daily(days.get(symbol)),
        }
        known: Document = {name: part for name, part in parts.items() if part is not None}
        if known:
            found[symbol] = known
    return found


def _daily(bars: Bars | None) -> dict[str, Document | None]:
    """The last two daily bars, as traded."""
    last = bars.take(slice(-2, None)).documents() if bars is not None else []
    return {
        "dailyBar": last[-1] if last else None,
        "prevDailyBar": last[-2] if len(last) > 1 else None,
    }


ROUTES = (
    Route("GET", "/v2/stocks/snapshots", snapshots),
    Route("GET", "/v2/stocks/{symbol}/snapshot", snapshot),
)
