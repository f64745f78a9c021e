"""Every answer of the trading host fits Alpaca's own description, where that is at hand."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS31Validator
from rest_calls import Calls

SPEC = Path(__file__).resolve().parents[4] / "shared" / "openapi" / "trading.yaml"
pytestmark = pytest.mark.skipif(not SPEC.is_file(), reason=f"no OpenAPI file at {SPEC}")

BRACKET = {
    "order_class": "bracket",
    "take_profit": {"limit_price": "250"},
    "stop_loss": {"stop_price": "150"},
}


@cache
def spec() -> dict[str, Any]:
    """The description; it says that a leg's own legs are always null, but types them otherwise."""
    document = yaml.load(SPEC.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    document["components"]["schemas"]["OrderLeg"]["properties"]["legs"]["type"] = "null"
    return document


def schema_of(method: str, path: str, status: int) -> dict[str, Any]:
    answers = spec()["paths"][path][method.lower()]["responses"]
    return answers[str(status)]["content"]["application/json"]["schema"]


def errors(method: str, path: str, status: int, document: object) -> list[str]:
    schema = {**schema_of(method, path, status), "components": spec()["components"]}
    validator = OAS31Validator(schema)
    return [
        f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)
    ]


@pytest.fixture
def calls(open_exchange):
    """An account in which orders of all kinds have met all kinds of ends."""
    client = Calls(open_exchange("10:00"))
    client.order(qty="10", client_order_id="filled")
    client.order(symbol="MSFT", qty="2", side="sell")
    client.order(symbol="SPY", qty=None, notional="100")
    client.exchange.step(600)
    client.limit("150", client_order_id="resting")
    client.order(type="trailing_stop", trail_percent="5", side="sell", time_in_force="gtc", qty="2")
    client.order(
        symbol="SPY", side="sell", type="stop", stop_price="400", time_in_force="day", qty="0.01"
    )
    replaced = client.limit("151", qty="3")
    client.send("PATCH", f"/v2/orders/{replaced['id']}", {"qty": "4"})
    canceled = client.limit("152")
    client.send("DELETE", f"/v2/orders/{canceled['id']}")
    return client


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/v2/account", "/v2/account"),
        ("/v2/account/configurations", "/v2/account/configurations"),
        ("/v2/account/portfolio/history", "/v2/account/portfolio/history"),
        (
            "/v2/account/portfolio/history",
            "/v2/account/portfolio/history?timeframe=15Min&period=1D",
        ),
        ("/v2/account/activities", "/v2/account/activities"),
        ("/v2/account/activities/{activity_type}", "/v2/account/activities/FILL"),
        ("/v2/assets", "/v2/assets"),
        ("/v2/assets/{symbol_or_asset_id}", "/v2/assets/AAPL"),
        ("/v2/calendar", "/v2/calendar?start=2026-11-01&end=2026-11-30"),
        ("/v2/clock", "/v2/clock"),
        ("/v2/orders", "/v2/orders?status=all"),
        ("/v2/orders", "/v2/orders?status=all&nested=true"),
        ("/v2/orders:by_client_order_id", "/v2/orders:by_client_order_id?client_order_id=filled"),
        ("/v2/positions", "/v2/positions"),
        ("/v2/positions/{symbol_or_asset_id}", "/v2/positions/MSFT"),
    ],
)
def test_what_is_read_fits(calls, path, target):
    document = calls.get(target)
    assert document
    assert errors("GET", path, 200, document) == []


def test_what_is_changed_fits(calls):
    order = calls.order(symbol="AAPL", side="sell", type="limit", limit_price="260", qty="1")
    assert errors("POST", "/v2/orders", 200, order) == []
    answer = calls.send("PATCH", f"/v2/orders/{order['id']}", {"limit_price": "261"})
    assert errors("PATCH", "/v2/orders/{order_id}", 200, json.loads(answer.body)) == []
    answer = calls.send("PATCH", "/v2/account/configurations", {"no_shorting": True})
    assert errors("PATCH", "/v2/account/configurations", 200, json.loads(answer.body)) == []
    answer = calls.send("DELETE", "/v2/positions/MSFT")
    assert (
        errors("DELETE", "/v2/positions/{symbol_or_asset_id}", 200, json.loads(answer.body)) == []
    )
    lines = json.loads(calls.send("DELETE", "/v2/orders").body)
    assert lines
    assert errors("DELETE", "/v2/orders", 207, lines) == []
    lines = json.loads(calls.send("DELETE", "/v2/positions?cancel_orders=True").body)
    assert lines
    assert errors("DELETE", "/v2/positions", 207, lines) == []


def test_legs_fit(open_exchange):
    calls = Calls(open_exchange("10:00"))
    order = calls.order(**BRACKET)
    assert len(order["legs"]) == 2
    assert errors("POST", "/v2/orders", 200, order) == []


def test_the_check_can_fail(calls):
    document = calls.get("/v2/positions/MSFT")
    del document["cost_basis"]
    assert errors("GET", "/v2/positions/{symbol_or_asset_id}", 200, {**document, "side": "flat"})
