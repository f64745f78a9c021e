"""All routes of the market data host."""

from __future__ import annotations

from avwap_cli.exchange.protocol import (
    corporate_actions,
    market_data_auctions,
    market_data_bars,
    market_data_meta,
    market_data_snapshots,
    market_data_ticks,
    news,
    screener,
)

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
