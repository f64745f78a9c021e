"""Positions: what is held, and closing it."""

from __future__ import annotations

from decimal import Decimal

from avwap_cli.exchange.broker.orders import Order
from avwap_cli.exchange.broker.positions import Position
from avwap_cli.exchange.broker.rules.account_refusals import no_position, no_symbol
from avwap_cli.exchange.broker.rules.order_refusals import must_be
from avwap_cli.exchange.broker.rules.reservations import qty_available
from avwap_cli.exchange.decimals import decimal_text, money_text
from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import Document, ok, refusal_document
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.exchange.protocol.trading.assets import asset_named
from avwap_cli.exchange.protocol.trading.documents import EQUITY
from avwap_cli.exchange.protocol.trading.orders import with_legs
from avwap_cli.exchange.refusals import Refusal, malformed

FRACTION = Decimal("0.0000000001")


def position_document(context: RouteContext, position: Position) -> Document:
    """A position at the last price; shares and values of a short one are negative."""
    venue = context.venue
    asset = venue.asset(position.symbol)
    if asset is None:
        raise no_symbol(position.symbol)
    price = venue.price(position.symbol) or position.avg_entry_price
    last = position.lastday_price or position.avg_entry_price
    gained = position.unrealized(price)
    today = position.unrealized_intraday(price)
    available = qty_available(position, venue.open_orders(position.symbol), price)
    return {
        "asset_id": asset.id,
        "symbol": position.symbol,
        "exchange": asset.exchange,
        "asset_class": EQUITY,
        "asset_marginable": asset.marginable,
        "qty": decimal_text(position.qty),
        "avg_entry_price": money_text(position.avg_entry_price),
        "side": position.side,
        "market_value": money_text(position.market_value(price)),
        "cost_basis": money_text(position.cost_basis),
        "unrealized_pl": money_text(gained),
        "unrealized_plpc": _share(gained, abs(position.cost_basis)),
        "unrealized_intraday_pl": money_text(today),
        "unrealized_intraday_plpc": _share(today, abs(position.market_value(price) - today)),
        "current_price": decimal_text(price),
        "lastday_price": money_text(last),
        "change_today": _share(price - last, last),
        "qty_available": decimal_text(available),
    }


def _share(part: Decimal, whole: Decimal) -> str:
    return decimal_text((part / whole).quantize(FRACTION)) if whole else "0"


def positions(context: RouteContext, _request: Request) -> Answer:
    """GET /v2/positions."""
    return ok([position_document(context, position) for position in context.venue.positions()])


def position(context: RouteContext, _request: Request, symbol_or_id: str) -> Answer:
    """GET /v2/positions/{symbol or asset id}."""
    held = context.venue.position(_symbol(context, symbol_or_id))
    if held is None:
        raise no_position()
    return ok(position_document(context, held))


def close(context: RouteContext, request: Request, symbol_or_id: str) -> Answer:
    """DELETE /v2/positions/{symbol or asset id}: the order that closes it, or a part of it."""
    qty = queries.decimal(request, "qty")
    percentage = queries.decimal(request, "percentage")
    if qty is not None and percentage is not None:
        raise malformed("only one of qty or percentage is accepted")
    if qty is not None and qty <= 0:
        raise must_be("qty", "> 0")
    if percentage is not None and not 0 < percentage <= 100:
        raise malformed("percentage must be between 0 and 100")
    context.configurations.check_active()
    order = context.venue.close_position(_symbol(context, symbol_or_id), qty, percentage)
    return ok(with_legs(context, order))


def close_all(context: RouteContext, request: Request) -> Answer:
    """DELETE /v2/positions: 207 and, for each position, its closing order or the refusal."""
    cancel_orders = queries.flag(request, "cancel_orders")
    context.configurations.check_active()
    results = context.venue.close_all(cancel_orders)
    return ok([_close_document(context, *result) for result in results], 207)


def _close_document(context: RouteContext, symbol: str, result: Order | Refusal) -> Document:
    if isinstance(result, Refusal):
        return {"symbol": symbol, "status": result.status, "body": refusal_document(result)}
    return {"symbol": symbol, "status": 200, "body": with_legs(context, result)}


def _symbol(context: RouteContext, symbol_or_id: str) -> str:
    asset = asset_named(context, symbol_or_id)
    if asset is None:
        raise no_symbol(symbol_or_id)
    return asset.symbol


ROUTES = (
    Route("GET", "/v2/positions", positions),
    Route("DELETE", "/v2/positions", close_all),
    Route("GET", "/v2/positions/{symbol_or_id}", position),
    Route("DELETE", "/v2/positions/{symbol_or_id}", close),
)
