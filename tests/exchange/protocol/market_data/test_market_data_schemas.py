"""Every market data answer has the shape that Alpaca's own description gives it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from data_context import TODAY, context_of, get, small_tape
from openapi_schema_validator import OAS30Validator

from avwap_cli.market.splits import Split

DESCRIPTION = Path(__file__).parents[3].parent / "shared" / "openapi" / "data.yaml"

pytestmark = pytest.mark.skipif(
    not DESCRIPTION.exists(), reason="Alpaca's OpenAPI files are not beside the project"
)

BOTH = {"symbols": "AAPL,BRK.B"}
WINDOW = {"start": "2026-11-19", "limit": 30, **BOTH}
CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("stock_bars_resp", "/v2/stocks/bars", {**WINDOW, "timeframe": "1Day", "feed": "iex"}),
    ("stock_bars_resp", "/v2/stocks/bars", {**WINDOW, "timeframe": "1Min", "adjustment": "all"}),
    ("stock_bars_resp", "/v2/stocks/bars", {**WINDOW, "timeframe": "1Day", "symbols": "ZZZZ"}),
    ("stock_bars_resp_single", "/v2/stocks/AAPL/bars", {"timeframe": "1Hour", "currency": "USD"}),
    ("stock_trades_resp", "/v2/stocks/trades", WINDOW),
    ("stock_trades_resp_single", "/v2/stocks/AAPL/trades", {}),
    ("stock_quotes_resp", "/v2/stocks/quotes", WINDOW),
    ("stock_quotes_resp_single", "/v2/stocks/AAPL/quotes", {}),
    ("stock_latest_bars_resp", "/v2/stocks/bars/latest", BOTH),
    ("stock_latest_trades_resp", "/v2/stocks/trades/latest", BOTH),
    ("stock_latest_quotes_resp", "/v2/stocks/quotes/latest", BOTH),
    ("stock_latest_bars_resp_single", "/v2/stocks/AAPL/bars/latest", {}),
    ("stock_latest_trades_resp_single", "/v2/stocks/AAPL/trades/latest", {}),
    ("stock_latest_quotes_resp_single", "/v2/stocks/AAPL/quotes/latest", {}),
    ("stock_snapshots_resp", "/v2/stocks/snapshots", BOTH),
    ("stock_snapshots_resp_single", "/v2/stocks/AAPL/snapshot", {}),
    ("stock_auctions_resp", "/v2/stocks/auctions", WINDOW),
    ("stock_auctions_resp_single", "/v2/stocks/AAPL/auctions", {"start": "2026-11-19"}),
    ("stock_exchanges", "/v2/stocks/meta/exchanges", {}),
    ("stock_conditions", "/v2/stocks/meta/conditions/trade", {"tape": "C"}),
    ("corporate_actions_resp", "/v1/corporate-actions", {"start": "2026-11-01"}),
    ("most_actives_resp", "/v1beta1/screener/stocks/most-actives", {}),
    ("movers_resp", "/v1beta1/screener/stocks/movers", {}),
    ("news_resp", "/v1beta1/news", {}),
]


@pytest.fixture(scope="module")
def components() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    described: dict[str, Any] = yaml.load(DESCRIPTION.read_bytes(), loader)
    return {"components": {"schemas": described["components"]["schemas"]}}


@pytest.mark.parametrize(("schema", "path", "query"), CASES)
def test_answers_fit_their_schema(
    components: dict[str, Any], schema: str, path: str, query: dict[str, Any]
) -> None:
    splits = [Split("AAPL", date(2026, 11, 20), 4.0), Split("SPY", date(2026, 11, 20), 0.5)]
    context = context_of(small_tape(splits), f"{TODAY} 12:00")
    root = {**components, "allOf": [{"$ref": f"#/components/schemas/{schema}"}]}
    OAS30Validator(root).validate(get(context, path, **query))
