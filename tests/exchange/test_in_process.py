"""In process: an unmodified `TradingClient` without a socket."""

from __future__ import annotations

import json
from datetime import date
from uuid import UUID

import pytest
import requests
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, OrderStatus, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetAssetsRequest,
    GetCalendarRequest,
    GetOrderByIdRequest,
    GetOrdersRequest,
    GetPortfolioHistoryRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLossRequest,
    TakeProfitRequest,
)

from avwap_cli.exchange.in_process import InProcess
from avwap_cli.exchange.protocol.messages import Answer, Fate, Request

URL = "http://exchange.local"


def client_of(exchange) -> TradingClient:
    client = TradingClient(exchange.keys.key_id, exchange.keys.secret, url_override=URL)
    client._session.mount("http://", InProcess(exchange))
    client._retry_wait = 0
    return client


@pytest.fixture
def exchange(open_exchange):
    return open_exchange("10:00")


@pytest.fixture
def client(exchange):
    return client_of(exchange)


def market(symbol: str = "AAPL", **more) -> MarketOrderRequest:
    fields = {"qty": 10, "side": OrderSide.BUY, "time_in_force": TimeInForce.DAY, **more}
    return MarketOrderRequest(symbol=symbol, **fields)


def test_a_day_of_trading(exchange, client):
    assert client.get_clock().is_open
    assert client.get_account().multiplier == "2"
    order = client.submit_order(market(client_order_id="mine"))
    assert order.status is OrderStatus.PENDING_NEW
    exchange.step(600)
    assert client.get_order_by_client_id("mine").status is OrderStatus.FILLED
    assert client.get_all_positions()[0].qty == "10"
    assert client.get_open_position("AAPL").side.value == "long"
    closing = client.close_position("AAPL", ClosePositionRequest(percentage="50"))
    assert closing.qty == "5"
    exchange.step(600)
    assert client.get_open_position("AAPL").qty == "5"
    responses = client.close_all_positions(cancel_orders=True)
    assert [response.symbol for response in responses] == ["AAPL"]
    exchange.step(600)
    assert client.get_all_positions() == []
    fills = client.get("/account/activities/FILL", {"page_size": 2})
    assert [fill["side"] for fill in fills] == ["sell", "sell"]
    history = client.get_portfolio_history(GetPortfolioHistoryRequest(period="1D", timeframe="1H"))
    assert history.equity[-1] == pytest.approx(float(client.get_account().equity), abs=0.01)


def test_orders_are_listed_replaced_and_canceled(client):
    limit = LimitOrderRequest(
        symbol="AAPL", qty=3, side=OrderSide.BUY, time_in_force=TimeInForce.GTC, limit_price=150.1
    )
    order = client.submit_order(limit)
    new = client.replace_order_by_id(order.id, ReplaceOrderRequest(qty=2, limit_price=149.5))
    assert new.replaces == order.id
    assert client.get_order_by_id(order.id).status is OrderStatus.REPLACED
    asked = GetOrdersRequest(status=QueryOrderStatus.ALL, nested=True, symbols=["AAPL"], limit=500)
    assert {found.id for found in client.get_orders(asked)} == {order.id, new.id}
    assert client.cancel_order_by_id(new.id) is None
    client.submit_order(limit)
    assert [response.status for response in client.cancel_orders()] == [200]


def test_a_bracket_is_read_with_its_legs(client):
    order = client.submit_order(
        market(
            order_class="bracket",
            take_profit=TakeProfitRequest(limit_price=250),
            stop_loss=StopLossRequest(stop_price=150),
        )
    )
    found = client.get_order_by_id(order.id, GetOrderByIdRequest(nested=True))
    assert [leg.status for leg in found.legs] == [OrderStatus.HELD, OrderStatus.HELD]


def test_the_rest_of_the_trading_client(client):
    days = client.get_calendar(GetCalendarRequest(start=date(2026, 11, 27), end=date(2026, 11, 27)))
    assert days[0].close.hour == 13
    asset = client.get_asset("AAPL")
    assert isinstance(asset.id, UUID)
    assert asset in client.get_all_assets(GetAssetsRequest(status="active"))
    configuration = client.get_account_configurations()
    configuration.no_shorting = True
    assert client.set_account_configurations(configuration).no_shorting is True


def test_refusals_arrive_as_api_errors(client):
    with pytest.raises(APIError) as error:
        client.get_order_by_client_id("never")
    assert (error.value.status_code, error.value.code) == (404, 40410000)


def test_wrong_keys(exchange):
    client = TradingClient("wrong", "keys", url_override=URL)
    client._session.mount("http://", InProcess(exchange))
    with pytest.raises(APIError) as error:
        client.get_account()
    assert error.value.status_code == 401


def test_a_504_after_acceptance_ends_as_a_refused_repetition(exchange, client):
    exchange.fault("504-after-accept@POST /v2/orders,nth=1")
    with pytest.raises(APIError, match="client_order_id must be unique"):
        client.submit_order(market(client_order_id="mine"))
    assert client.get_order_by_client_id("mine").status is OrderStatus.NEW


def test_hangs_and_resets_are_the_exceptions_of_a_socket(exchange, client):
    exchange.fault("hang-after-accept@POST /v2/orders,nth=1")
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.submit_order(market(client_order_id="one"))
    exchange.fault("reset@GET /v2/account,nth=1")
    with pytest.raises(requests.exceptions.ConnectionError):
        client.get_account()
    assert client.get_order_by_client_id("one").symbol == "AAPL"


class Echo:
    """Answers with what it was asked."""

    def handle(self, request: Request) -> Answer:
        document = [request.method, request.path, request.query, request.body.decode("latin-1")]
        return Answer(200, json.dumps(document).encode(), {"Content-Type": "application/json"})


def echoed(method: str, target: str, **more) -> list:
    session = requests.Session()
    session.mount("http://", InProcess(Echo()))
    return session.request(method, URL + target, **more).json()


def test_a_request_arrives_decoded():
    params = {"symbols": "A,B", "start": "2026-01-01T00:00:00+00:00", "empty": ""}
    assert echoed("GET", "/v2/assets/BTC%2FUSD", params=params)[1:3] == [
        "/v2/assets/BTC%2FUSD",
        [["symbols", "A,B"], ["start", "2026-01-01T00:00:00+00:00"], ["empty", ""]],
    ]
    assert echoed("POST", "/x", json={"a": 1.5})[3] == '{"a": 1.5}'
    assert echoed("POST", "/x", data=b"\xff\x00")[3] == "\xff\x00"
    assert echoed("DELETE", "/v2/orders:by")[:2] == ["DELETE", "/v2/orders:by"]


def test_an_answer_arrives_whole():
    class Fixed:
        def handle(self, request: Request) -> Answer:
            return Answer(429, b"x" * 100_000, {"X-RateLimit-Limit": "200"}, Fate.DELIVER)

    session = requests.Session()
    session.mount("http://", InProcess(Fixed()))
    response = session.get(URL)
    assert (response.status_code, len(response.content)) == (429, 100_000)
    assert response.headers["x-ratelimit-limit"] == "200"
