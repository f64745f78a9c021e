"""All routes of the market data host."""

from __future__ import annotations

from avwap_cli.exchange.protocol.market_data import auctions as market_data_auctions
from avwap_cli.exchange.protocol.market_data import bars as market_data_bars
from avwap_cli.exchange.protocol.market_data import corporate_actions, news, screener
from avwap_cli.exchange.protocol.market_data import meta as market_data_meta
from avwap_cli.exchange.protocol.market_data import snapshots as market_data_snapshots
from avwap_cli.exchange.protocol.market_data import trades_quotes as market_data_ticks

ROUTES = (
    *market_data_bars.ROUTES,
    *market_data_ticks.ROUTES,
    *market_data_snapshots.ROUTES,
    *market_data_auctions.ROUTES,
    *market_data_meta.ROUTES,
    *corporate_actions.ROUTES,
    *screener.ROUTES,
    *news.ROUTES,
)
