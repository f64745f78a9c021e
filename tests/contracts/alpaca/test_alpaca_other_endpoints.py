"""Endpoints that `alpaca-py` does not ask: their answers are held against the schemas too."""

from __future__ import annotations

from typing import Any

import pytest
from street import Street
from street_tape import FRIDAY

FRIDAYS = {"start": FRIDAY.isoformat(), "end": FRIDAY.isoformat()}


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("/stocks/AAPL/bars", {"timeframe": "1Hour", **FRIDAYS}, "bars"),
        ("/stocks/AAPL/trades", {"limit": 20, **FRIDAYS}, "trades"),
        ("/stocks/AAPL/quotes", {"limit": 20, **FRIDAYS}, "quotes"),
        ("/stocks/AAPL/auctions", FRIDAYS, "auctions"),
        ("/stocks/auctions", {"symbols": "AAPL", **FRIDAYS}, "auctions"),
        ("/stocks/AAPL/bars/latest", {}, "bar"),
        ("/stocks/AAPL/trades/latest", {}, "trade"),
        ("/stocks/AAPL/quotes/latest", {}, "quote"),
        ("/stocks/AAPL/snapshot", {}, "dailyBar"),
        ("/stocks/meta/exchanges", {}, "V"),
        ("/stocks/meta/conditions/trade", {"tape": "C"}, "@"),
        ("/stocks/meta/conditions/quote", {"tape": "A"}, "R"),
    ],
)
def test_endpoints_of_one_symbol(
    market_open: Street, path: str, query: dict[str, Any], name: str
) -> None:
    assert market_open.raw_data.get(path, query)[name]
