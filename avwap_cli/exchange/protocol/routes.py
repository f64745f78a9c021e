"""Routes: every endpoint of Alpaca's that the exchange answers."""

from __future__ import annotations

from avwap_cli.exchange.protocol import (
    market_data_routes,
    trading_account,
    trading_activities,
    trading_assets,
    trading_history,
    trading_orders,
    trading_positions,
    trading_time,
)
from avwap_cli.exchange.protocol.routing import Route

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
