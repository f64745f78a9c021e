"""Rate limits, and what alpaca-py does by itself when it meets them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from alpaca.common.exceptions import APIError
from alpaca.data.requests import StockLatestTradeRequest
from street import Street, eastern, refusal
from street_orders import at_market

OpenStreet = Callable[..., Street]
LATEST = StockLatestTradeRequest(symbol_or_symbols="AAPL")


@pytest.mark.fact("1.9.1", "1.9.3")
def test_two_hundred_requests_a_minute(open_street: OpenStreet) -> None:
    street = open_street(requests_per_minute=200)
    street.trading.get_clock()
    assert street.last is not None
    told = street.last.headers
    assert (told["X-RateLimit-Limit"], told["X-RateLimit-Remaining"]) == ("200", "199")
    assert int(told["X-RateLimit-Reset"]) == int(eastern("09:46").timestamp())
    for _ in range(199):
        street.raw.get_clock()
    street.trading._retry = 0
    with pytest.raises(APIError) as caught:
        street.trading.get_clock()
    assert caught.value.status_code == 429
    assert street.last.headers["X-RateLimit-Remaining"] == "0"
    street.data.get_stock_latest_trade(LATEST)
    assert street.last.headers["X-RateLimit-Remaining"] == "199", "data is counted by itself"
    street.to("09:46")
    street.trading.get_clock()
    assert street.last.headers["X-RateLimit-Remaining"] == "199"


@pytest.mark.fact("1.9.2")
def test_the_larger_plan_takes_10000_requests_for_data(open_street: OpenStreet) -> None:
    street = open_street(requests_per_minute=200, subscription="plus")
    street.data.get_stock_latest_trade(LATEST)
    assert street.last is not None
    assert street.last.headers["X-RateLimit-Limit"] == "10000"
    street.trading.get_clock()
    assert street.last.headers["X-RateLimit-Limit"] == "200"


@pytest.mark.fact("1.9.4", "2.14.14")
def test_a_429_may_be_bare(open_street: OpenStreet) -> None:
    street = open_street(requests_per_minute=200)
    street.fault("429-bare@GET /v2/account")
    street.trading._retry = 0
    with pytest.raises(APIError) as caught:
        street.trading.get_account()
    assert caught.value.status_code == 429
    assert str(caught.value) == ""
    assert street.last is not None
    assert "X-RateLimit-Limit" not in street.last.headers


@pytest.mark.fact("1.9.5", "2.14.14")
def test_the_body_of_a_429(market_open: Street) -> None:
    market_open.fault("429@GET /v2/account")
    market_open.trading._retry = 0
    body = refusal(market_open.trading.get_account).body
    assert body == {"code": 42910000, "message": "rate limit exceeded"}


@pytest.mark.fact("1.9.6")
def test_a_very_long_list_of_symbols_is_refused(market_open: Street) -> None:
    many = [f"A{i}" for i in range(20_000)]
    asked = StockLatestTradeRequest(symbol_or_symbols=["AAPL", *many])
    with pytest.raises(APIError) as caught:
        market_open.data.get_stock_latest_trade(asked)
    assert caught.value.status_code in {400, 414}
    few = StockLatestTradeRequest(symbol_or_symbols=["AAPL", *many[:500]])
    assert list(market_open.data.get_stock_latest_trade(few)) == ["AAPL"]


@pytest.mark.fact("1.9.8")
@pytest.mark.parametrize("kind", ["429", "504-after-accept"])
def test_the_client_repeats_by_itself(market_open: Street, kind: str) -> None:
    market_open.fault(f"{kind}@POST /v2/orders,times=3")
    if kind == "429":
        assert market_open.submit(at_market()).qty == "10"
        assert len(market_open.trading.get_orders()) == 1
    else:
        market_open.submit(at_market())
        assert len(market_open.trading.get_orders()) == 4, "four orders, as none had an id"
    assert market_open.exchange.requests == 4 + 1


@pytest.mark.fact("1.9.8", "2.7.8", "2.14.15")
def test_repeating_with_an_id_is_refused_though_the_order_lives(market_open: Street) -> None:
    market_open.fault("504-after-accept@POST /v2/orders,nth=1")
    twice = refusal(market_open.submit, at_market(client_order_id="mine-1"))
    assert (twice.status, twice.text) == (422, "client_order_id must be unique")
    assert market_open.trading.get_order_by_client_id("mine-1").status == "new"
    assert len(market_open.trading.get_orders()) == 1
