"""Routes: every endpoint of Alpaca's that the exchange answers."""

from __future__ import annotations

from avwap_cli.exchange.protocol.market_data import routes as market_data_routes
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.exchange.protocol.trading import account as trading_account
from avwap_cli.exchange.protocol.trading import activities as trading_activities
from avwap_cli.exchange.protocol.trading import assets as trading_assets
from avwap_cli.exchange.protocol.trading import calendar as trading_time
from avwap_cli.exchange.protocol.trading import history as trading_history
from avwap_cli.exchange.protocol.trading import orders as trading_orders
from avwap_cli.exchange.protocol.trading import positions as trading_positions

ROUTES: tuple[Route, ...] = (
    *trading_account.ROUTES,
    *trading_activities.ROUTES,
    *trading_assets.ROUTES,
    *trading_history.ROUTES,
    *trading_orders.ROUTES,
    *trading_positions.ROUTES,
    *trading_time.ROUTES,
    *market_data_routes.ROUTES,
)
