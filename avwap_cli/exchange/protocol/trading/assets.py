"""Assets: what the broker lists."""

from __future__ import annotations

from avwap_cli.exchange.broker.assets import Asset
from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import ok
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.exchange.protocol.trading.documents import EQUITY, asset_document
from avwap_cli.exchange.refusals import absent, echo


def assets(context: RouteContext, request: Request) -> Answer:
    """GET /v2/assets: sorted by exchange and symbol; filters by status, class, exchange."""
    status = queries.text(request, "status")
    exchange = queries.text(request, "exchange")
    listed = (
        context.venue.assets()
        if queries.text(request, "asset_class") in {None, EQUITY}
        and not queries.words(request, "attributes")  # no stock here has any
        else ()
    )
    chosen = sorted(
        (
            asset
            for asset in listed
            if status in {None, "active" if asset.active else "inactive"}
            and exchange in {None, asset.exchange}
        ),
        key=lambda asset: (asset.exchange, asset.symbol),
    )
    return ok([asset_document(asset, context.settings.legacy_borrow_flag) for asset in chosen])


def asset(context: RouteContext, _request: Request, symbol_or_id: str) -> Answer:
    """GET /v2/assets/{symbol or id}."""
    found = asset_named(context, symbol_or_id)
    if found is None:
        raise absent(f"asset not found for {echo(symbol_or_id)}")
    return ok(asset_document(found, context.settings.legacy_borrow_flag))


def asset_named(context: RouteContext, symbol_or_id: str) -> Asset | None:
    """The asset of a symbol, in any case, or of an id."""
    return context.venue.asset(symbol_or_id.upper()) or context.venue.asset_by_id(
        symbol_or_id.lower()
    )


ROUTES = (
    Route("GET", "/v2/assets", assets),
    Route("GET", "/v2/assets/{symbol_or_id}", asset),
)
