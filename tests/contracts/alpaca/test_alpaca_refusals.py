"""The table of refusals: status, code and text of every row, provoked or ordered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import OrderSide
from street import Street, refusal
from street_orders import (
    at_limit,
    at_market,
    bracket,
    plain,
    stop,
)

OpenStreet = Callable[..., Street]


@pytest.mark.fact("2.14.2", "2.14.3", "2.14.4", "2.14.5", "2.14.6", "2.14.7", "2.14.8", "2.14.9")
@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("insufficient-buying-power", 40310000, "insufficient buying power"),
        ("insufficient-qty", 40310000, "insufficient qty available for order"),
        ("wash-trade", 40310000, "potential wash trade detected. use complex orders"),
        ("opg-window", 40310000, "opg orders must be submitted after 7:00pm and before 9:28am"),
        ("cls-window", 40310000, "cls orders must be submitted after 7:00pm and before 3:55pm"),
        (
            "long-buy-while-short-sell",
            40310000,
            "cannot open a long buy while a short sell order is open",
        ),
        (
            "short-sell-while-long-buy",
            40310000,
            "cannot open a short sell while a long buy order is open",
        ),
        ("not-fractionable", 40310000, 'asset "X" is not fractionable'),
        ("no-shorting", 40310000, "account is not allowed to short"),
        ("liquidation-only", 40310000, "account is restricted to liquidation only"),
        ("day-trading", 40310100, "trade denied due to pattern day trading protection"),
    ],
)
def test_every_403_can_be_ordered(market_open: Street, name: str, code: int, text: str) -> None:
    market_open.fault(f"refuse@POST /v2/orders,value={name}")
    told = refusal(market_open.submit, at_market())
    assert (told.status, told.code) == (403, code)
    assert told.text.startswith(text)
    assert market_open.trading.get_orders() == []


@pytest.mark.fact("2.14.10")
def test_what_is_not_there(market_open: Street) -> None:
    market_open.fault("refuse@GET /v2/positions/*,value=no-symbol")
    told = refusal(market_open.trading.get_open_position, "X")
    assert (told.status, told.code, told.text) == (404, 40410000, "symbol not found: X")


@pytest.mark.fact("2.14.10")
def test_a_position_in_an_unknown_symbol(market_open: Street) -> None:
    told = refusal(market_open.trading.get_open_position, "ZZZZ")
    assert (told.status, told.code) == (404, 40410000)
    assert told.text == "symbol not found: ZZZZ"


@pytest.mark.fact("2.14.12")
@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"qty": "0"}, "qty must be > 0"),
        ({"qty": None, "notional": "0.5"}, "notional must be >= 1.00"),
        ({"type": "limit"}, "limit orders require a limit price"),
        (
            {"type": "stop_limit", "stop_price": "195"},
            "stop limit orders require both stop and limit price",
        ),
        ({"notional": "10"}, "only one of qty or notional is accepted"),
        ({"limit_price": "190"}, "market orders require no stop or limit price"),
        ({"stop_price": "190"}, "market orders require no stop or limit price"),
        ({"symbol": "GONE"}, "asset GONE is not active"),
    ],
)
def test_malformed_orders(market_open: Street, fields: dict[str, Any], text: str) -> None:
    told = refusal(market_open.trading.post, "/orders", plain(**fields))
    assert (told.status, told.code, told.text) == (422, 40010001, text)


@pytest.mark.fact("2.14.13")
@pytest.mark.parametrize(
    ("order", "text"),
    [
        (
            at_limit(190.001),
            "invalid limit_price 190.001. "
            "sub-penny increment does not fulfill minimum pricing criteria",
        ),
        (at_market(qty=0.5, tif="gtc"), "fractional orders must be DAY orders"),
        (at_market(qty=0.5, side=OrderSide.SELL), "fractional orders cannot be sold short"),
        (stop(195), "stop price must be less than current price"),
        (stop(185, side=OrderSide.BUY), "stop price must be greater than current price"),
        (
            at_market(extended_hours=True),
            "extended hours order must be DAY or GTC limit orders",
        ),
        (at_market(symbol="ZZZZ"), 'asset "ZZZZ" not found'),
        (
            at_market(position_intent="sell_to_close"),
            "position intent mismatch, inferred: buy_to_open, specified: sell_to_close",
        ),
        (bracket(190, 180, limit=190), "take_profit.limit_price must be >= base_price + 0.01"),
    ],
)
def test_orders_against_the_rules(market_open: Street, order: Any, text: str) -> None:
    told = refusal(market_open.submit, order)
    assert (told.status, told.code, told.text) == (422, 42210000, text)
    assert market_open.trading.get_orders() == []


@pytest.mark.fact("2.14.13")
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("not-entry", "bracket orders must be entry orders"),
        ("not-shortable", 'asset "X" cannot be sold short'),
        ("already-filled", 'order is already in "filled" state'),
        ("not-replaceable", "cannot replace order in accepted status"),
    ],
)
def test_other_rules_can_be_ordered(market_open: Street, name: str, text: str) -> None:
    market_open.fault(f"refuse@POST /v2/orders,value={name}")
    told = refusal(market_open.submit, at_market())
    assert (told.status, told.code, told.text) == (422, 42210000, text)


@pytest.mark.fact("2.14.15")
@pytest.mark.parametrize(
    ("fault", "status", "done"),
    [
        ("500@POST /v2/orders,nth=1", 500, False),
        ("html@POST /v2/orders,value=503,nth=1", 503, False),
        ("504-after-accept@POST /v2/orders,nth=1", 504, True),
    ],
)
def test_a_server_error_leaves_open_what_was_done(
    market_open: Street, fault: str, status: int, done: bool
) -> None:
    market_open.fault(fault)
    market_open.trading._retry = 0
    with pytest.raises(APIError) as caught:
        market_open.submit(at_market(client_order_id="mine-1"))
    assert caught.value.status_code == status
    assert len(market_open.trading.get_orders()) == int(done)
    if done:
        assert market_open.trading.get_order_by_client_id("mine-1").qty == "10"


@pytest.mark.fact("2.14.18")
def test_every_refusal_is_a_json_object(market_open: Street) -> None:
    calls: list[tuple[Callable[..., object], tuple[Any, ...]]] = [
        (market_open.trading.get_open_position, ("AAPL",)),
        (market_open.submit, (at_limit(190.001),)),
        (market_open.trading.post, ("/orders", {})),
        (market_open.trading.get, ("/nowhere",)),
    ]
    for call, arguments in calls:
        told = refusal(call, *arguments)
        assert set(told.body) == {"code", "message"}
        assert market_open.last is not None
        assert market_open.last.headers["Content-Type"] == "application/json; charset=UTF-8"
