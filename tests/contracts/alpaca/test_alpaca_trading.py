"""Trading over REST: what alpaca-py asks, and what the exchange answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from alpaca.common.enums import Sort
from alpaca.trading.enums import (
    AssetClass,
    AssetExchange,
    AssetStatus,
    OrderClass,
    OrderSide,
    OrderType,
    QueryOrderStatus,
)
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetAssetsRequest,
    GetCalendarRequest,
    GetOrdersRequest,
    GetPortfolioHistoryRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
)
from pydantic import ValidationError
from street import NESTED, Street, eastern, refusal
from street_orders import at_limit, at_market, bracket, legs, oco, plain, stop
from street_tape import MONDAY

OpenStreet = Callable[..., Street]


@pytest.mark.fact("1.7.1", "2.11.1", "2.11.2")
def test_the_account_has_no_day_trading_fields(market_open: Street) -> None:
    account = market_open.trading.get_account()
    assert market_open.asked == "GET /v2/account"
    gone = {"pattern_day_trader", "daytrade_count", "daytrading_buying_power"}
    assert gone & set(market_open.body()) == set()
    assert (account.pattern_day_trader, account.daytrade_count) == (None, None)


@pytest.mark.fact("1.7.2", "1.7.30")
def test_clock_and_calendar(market_open: Street) -> None:
    assert market_open.trading.get_clock().timestamp == eastern("09:45")
    assert market_open.asked == "GET /v2/clock"
    days = market_open.trading.get_calendar(GetCalendarRequest(start=MONDAY, end=MONDAY))
    assert market_open.asked == "GET /v2/calendar"
    assert market_open.query == {"start": "2026-11-23", "end": "2026-11-23"}
    assert [day.date for day in days] == [MONDAY]
    old = market_open.trading.get_calendar(GetCalendarRequest(end=date(1990, 1, 3)))
    assert [day.date for day in old] == [date(1990, 1, 2), date(1990, 1, 3)]
    late = market_open.trading.get_calendar(GetCalendarRequest(start=date(2029, 12, 28)))
    assert [day.date for day in late] == [date(2029, 12, 28), date(2029, 12, 31)]


@pytest.mark.fact("1.7.3")
def test_assets_are_listed_and_found(market_open: Street) -> None:
    active = GetAssetsRequest(status=AssetStatus.ACTIVE, asset_class=AssetClass.US_EQUITY)
    symbols = [asset.symbol for asset in market_open.trading.get_all_assets(active)]
    assert market_open.asked == "GET /v2/assets"
    assert market_open.query == {"status": "active", "asset_class": "us_equity"}
    assert len(symbols) == 10
    assert "GONE" not in symbols
    gone = market_open.trading.get_all_assets(GetAssetsRequest(status=AssetStatus.INACTIVE))
    assert [asset.symbol for asset in gone] == ["GONE"]
    assert market_open.trading.get_all_assets(GetAssetsRequest(attributes="ipo")) == []
    otc = GetAssetsRequest(exchange=AssetExchange.OTC)
    assert market_open.trading.get_all_assets(otc) == []
    berkshire = market_open.trading.get_asset("BRK.B")
    assert market_open.asked == "GET /v2/assets/BRK.B"
    assert market_open.trading.get_asset(berkshire.id) == berkshire
    assert market_open.trading.get_asset("AAPL").name == "Apple Inc."
    assert refusal(market_open.trading.get_asset, "ZZZZ").status == 404


@pytest.mark.fact("1.7.4", "1.7.14", "2.12.3")
def test_an_order_is_posted(market_open: Street) -> None:
    order = market_open.submit(at_limit(100.1, qty=10, client_order_id="mine-1"))
    assert market_open.asked == "POST /v2/orders"
    assert market_open.last is not None
    assert market_open.last.status_code == 200
    assert json.loads(market_open.last.request.body or b"") == {
        "symbol": "AAPL",
        "qty": 10.0,
        "side": "buy",
        "type": "limit",
        "time_in_force": "day",
        "limit_price": 100.1,
        "client_order_id": "mine-1",
    }
    assert (order.qty, order.limit_price, order.client_order_id) == ("10", "100.1", "mine-1")
    assert order.status == "pending_new"
    assert market_open.order(order).status == "new"


@pytest.mark.fact("1.7.5", "1.7.13")
def test_orders_are_listed_by_filters(market_open: Street) -> None:
    market_open.submit(at_limit(150))
    wanted = market_open.submit(at_limit(400, symbol="MSFT", qty=1))
    asked = GetOrdersRequest(
        status=QueryOrderStatus.OPEN,
        limit=10,
        after=eastern("09:44"),
        until=eastern("09:46"),
        direction=Sort.ASC,
        nested=True,
        side=OrderSide.BUY,
        symbols=["MSFT", "SPY"],
    )
    found = market_open.trading.get_orders(asked)
    assert market_open.asked == "GET /v2/orders"
    assert market_open.query == {
        "status": "open",
        "limit": "10",
        "after": "2026-11-23T09:44:00-05:00",
        "until": "2026-11-23T09:46:00-05:00",
        "direction": "asc",
        "nested": "True",
        "side": "buy",
        "symbols": "MSFT,SPY",
    }
    assert [order.id for order in found] == [wanted.id]


@pytest.mark.fact("1.7.6")
def test_an_order_is_found_by_both_ids(market_open: Street) -> None:
    order = market_open.submit(bracket(200, 180, client_order_id="mine-2"))
    found = market_open.trading.get_order_by_id(order.id, NESTED)
    assert market_open.asked == f"GET /v2/orders/{order.id}"
    assert market_open.query == {"nested": "True"}
    assert found.legs is not None
    assert len(found.legs) == 2
    flat = market_open.trading.get_order_by_id(order.id)
    assert flat.legs is None
    assert market_open.trading.get_order_by_client_id("mine-2").id == order.id
    assert market_open.asked == "GET /v2/orders:by_client_order_id"
    assert market_open.query == {"client_order_id": "mine-2"}


@pytest.mark.fact("1.7.7", "2.6.1")
def test_a_replace_gives_a_new_order(market_open: Street) -> None:
    old = market_open.submit(at_limit(150))
    new = market_open.trading.replace_order_by_id(old.id, ReplaceOrderRequest(limit_price=151))
    assert market_open.asked == f"PATCH /v2/orders/{old.id}"
    assert new.id != old.id
    assert new.replaces == old.id
    assert new.limit_price == "151"
    now = market_open.order(old)
    assert (now.status, now.replaced_by) == ("replaced", new.id)
    assert now.replaced_at == eastern("09:45")
    assert market_open.order(new).status == "new"


@pytest.mark.fact("1.7.8", "2.13.5")
def test_cancels_are_204_and_207(market_open: Street) -> None:
    one, two, three = (market_open.submit(at_limit(150 + i)) for i in range(3))
    market_open.trading.cancel_order_by_id(one.id)
    assert market_open.last is not None
    assert market_open.asked == f"DELETE /v2/orders/{one.id}"
    assert (market_open.last.status_code, market_open.last.content) == (204, b"")
    assert market_open.order(one).status == "canceled"
    answers = market_open.trading.cancel_orders()
    assert market_open.last.status_code == 207
    assert {(answer.id, answer.status) for answer in answers} == {(two.id, 200), (three.id, 200)}
    assert market_open.trading.get_orders() == []


@pytest.mark.fact("1.7.9")
def test_positions_are_listed_and_found(market_open: Street) -> None:
    assert market_open.trading.get_all_positions() == []
    market_open.held()
    market_open.short("MSFT", 3)
    found = market_open.trading.get_all_positions()
    assert market_open.asked == "GET /v2/positions"
    assert [(p.symbol, p.qty, p.side.value) for p in found] == [
        ("AAPL", "10", "long"),
        ("MSFT", "-3", "short"),
    ]
    assert market_open.trading.get_open_position("MSFT").qty == "-3"
    assert market_open.asked == "GET /v2/positions/MSFT"


@pytest.mark.fact("1.7.10", "1.7.23")
@pytest.mark.parametrize(
    ("part", "query", "qty"),
    [
        (ClosePositionRequest(qty="3"), {"qty": "3"}, "3"),
        (ClosePositionRequest(percentage="50"), {"percentage": "50"}, "5"),
        (None, {}, "10"),
    ],
)
def test_a_position_is_closed_in_parts(
    market_open: Street, part: ClosePositionRequest | None, query: dict[str, str], qty: str
) -> None:
    market_open.held()
    order = market_open.trading.close_position("AAPL", part)
    assert market_open.asked == "DELETE /v2/positions/AAPL"
    assert market_open.query == query
    assert (order.qty, order.side, order.order_type) == (qty, OrderSide.SELL, OrderType.MARKET)
    for wrong in ({}, {"qty": "1", "percentage": "1"}, {"qty": 1}):
        with pytest.raises(ValidationError):
            ClosePositionRequest(**wrong)
    assert "cancel_orders" not in ClosePositionRequest.model_fields


@pytest.mark.fact("1.7.11", "2.8.4")
def test_all_positions_are_closed_and_orders_first(market_open: Street) -> None:
    market_open.held()
    resting = market_open.submit(stop(180, tif="gtc"))
    (refused,) = market_open.trading.close_all_positions()
    assert market_open.asked == "DELETE /v2/positions"
    assert market_open.query == {}
    assert (refused.symbol, refused.status) == ("AAPL", 403)
    assert market_open.last is not None
    assert market_open.last.status_code == 207
    (closed,) = market_open.trading.close_all_positions(cancel_orders=True)
    assert market_open.query == {"cancel_orders": "True"}
    assert closed.status == 200
    assert market_open.order(resting).status == "canceled"
    market_open.exchange.step(60)
    assert market_open.trading.get_all_positions() == []


@pytest.mark.fact("1.7.12")
def test_history_and_configurations(market_open: Street) -> None:
    market_open.held()
    market_open.to("11:00")
    asked = GetPortfolioHistoryRequest(period="1D", timeframe="15Min")
    history = market_open.trading.get_portfolio_history(asked)
    assert market_open.asked == "GET /v2/account/portfolio/history"
    assert history.equity[-1] == pytest.approx(100_000 + 10 * (185 - 190.04), abs=0.01)
    chosen = market_open.trading.get_account_configurations()
    assert chosen.no_shorting is False
    chosen.no_shorting = True
    changed = market_open.trading.set_account_configurations(chosen)
    assert market_open.asked == "PATCH /v2/account/configurations"
    assert changed.no_shorting is True
    assert market_open.trading.get_account().shorting_enabled is False


@pytest.mark.fact("1.7.14", "2.4.1")
def test_the_noise_of_floats_is_refused_not_rounded(market_open: Street) -> None:
    noisy = refusal(market_open.submit, at_limit(10.1 * 3))
    assert (noisy.status, noisy.code) == (422, 42210000)
    assert noisy.text.startswith("invalid limit_price 30.299999999999997. sub-penny")


@pytest.mark.fact("1.7.15", "1.7.17")
def test_what_is_foreign_is_dropped_in_silence(market_open: Street) -> None:
    odd = MarketOrderRequest(**at_market().model_dump(exclude={"type"}), colour="red")
    assert market_open.submit(odd).order_class is OrderClass.SIMPLE
    alone = market_open.submit(at_market(**legs(loss=180)))
    assert market_open.last is not None
    assert b"stop_loss" in (market_open.last.request.body or b"")
    assert (alone.order_class, alone.legs) == (OrderClass.SIMPLE, None)


@pytest.mark.fact("1.7.16")
@pytest.mark.parametrize("qty", [0, -5])
def test_quantities_below_a_share_are_refused_by_the_server(market_open: Street, qty: int) -> None:
    wrong = refusal(market_open.submit, at_market(qty=qty))
    assert (wrong.status, wrong.code, wrong.text) == (422, 40010001, "qty must be > 0")


@pytest.mark.fact("1.7.18", "1.7.19", "1.7.20")
def test_what_the_client_itself_refuses(market_open: Street) -> None:
    usual = {"symbol": "AAPL", "side": "buy", "time_in_force": "day"}
    for wrong in ({}, {"qty": 1, "notional": 5}):
        with pytest.raises(ValidationError, match="qty"):
            MarketOrderRequest(**usual, **wrong)
    for kind in ("bracket", "oco"):
        for part in (legs(profit=200), legs(loss=180)):
            with pytest.raises(ValidationError, match="orders require"):
                at_market(order_class=kind, **part)
    with pytest.raises(ValidationError, match="oto orders require"):
        at_market(order_class="oto")
    with pytest.raises(ValidationError):
        LimitOrderRequest(**usual, qty=1)
    with pytest.raises(ValidationError, match="stop_price is not supported"):
        at_limit(100, stop_price=90)
    assert oco(200, 180).limit_price is None
    assert market_open.exchange.requests == 0


@pytest.mark.fact("1.7.21")
def test_what_the_client_leaves_to_the_server(market_open: Street) -> None:
    fraction = refusal(market_open.submit, at_market(qty=0.5, tif="gtc"))
    assert fraction.text == "fractional orders must be DAY orders"
    assert refusal(market_open.submit, at_limit(190.123)).code == 42210000
    assert refusal(market_open.submit, at_market(tif="opg")).code == 40310000


@pytest.mark.fact("1.7.22", "2.6.10")
def test_a_replaced_quantity_is_whole(market_open: Street) -> None:
    with pytest.raises(ValidationError):
        ReplaceOrderRequest(qty=1.5)
    order = market_open.submit(at_limit(150))
    wrong = refusal(market_open.trading.patch, f"/orders/{order.id}", {"qty": "1.5"})
    assert (wrong.status, wrong.text) == (422, "qty must be integer")


@pytest.mark.fact("1.7.24")
def test_orders_are_listed_open_latest_first_fifty(market_open: Street) -> None:
    sent = []
    for i in range(52):
        sent.append(market_open.submit(at_limit(100 + i, qty=1)))
        market_open.exchange.step(0.5)
    market_open.trading.cancel_order_by_id(sent[-1].id)
    found = market_open.trading.get_orders()
    assert [order.id for order in found] == [order.id for order in sent[50:0:-1]]
    closed = market_open.trading.get_orders(GetOrdersRequest(status=QueryOrderStatus.CLOSED))
    assert [order.id for order in closed] == [sent[-1].id]
    every = GetOrdersRequest(status=QueryOrderStatus.ALL, limit=500)
    assert len(market_open.trading.get_orders(every)) == 52
    assert refusal(market_open.trading.get_orders, GetOrdersRequest(limit=501)).status == 422


@pytest.mark.fact("1.7.25")
def test_after_and_until_are_exclusive(market_open: Street) -> None:
    sent = []
    for i in range(3):
        sent.append(market_open.submit(at_limit(100 + i)))
        market_open.exchange.step(1)
    at = [eastern("09:45") + timedelta(seconds=i) for i in range(3)]
    after = market_open.trading.get_orders(GetOrdersRequest(after=at[0]))
    assert [order.id for order in after] == [sent[2].id, sent[1].id]
    until = market_open.trading.get_orders(GetOrdersRequest(until=at[2]))
    assert [order.id for order in until] == [sent[1].id, sent[0].id]


@pytest.mark.fact("1.7.26")
def test_nested_lists_have_legs_inside(market_open: Street) -> None:
    order = market_open.submit(bracket(200, 180, limit=189))
    every = GetOrdersRequest(status=QueryOrderStatus.ALL, nested=True)
    (parent,) = market_open.trading.get_orders(every)
    assert parent.id == order.id
    assert parent.legs is not None
    flat = market_open.trading.get_orders(GetOrdersRequest(status=QueryOrderStatus.ALL))
    assert {o.id for o in flat} == {order.id, *(leg.id for leg in parent.legs)}
    assert all(o.legs is None for o in flat)


@pytest.mark.fact("1.7.27")
def test_many_orders_are_paged_through_with_until(market_open: Street) -> None:
    for i in range(520):
        market_open.raw.post("/orders", plain(type="limit", limit_price=str(1 + i), qty="1"))
        market_open.exchange.step(0.1)
    pages = [market_open.trading.get_orders(GetOrdersRequest(limit=500))]
    pages.append(
        market_open.trading.get_orders(GetOrdersRequest(limit=500, until=pages[0][-1].submitted_at))
    )
    assert [len(page) for page in pages] == [500, 20]
    assert len({order.id for page in pages for order in page}) == 520


@pytest.mark.fact("2.14.19")
def test_the_code_is_not_always_the_status(market_open: Street) -> None:
    market_open.submit(at_market(client_order_id="mine-3"))
    twice = refusal(market_open.submit, at_market(client_order_id="mine-3"))
    assert (twice.status, twice.code) == (422, 40010001)
    ten = refusal(market_open.submit, at_limit(190.123))
    assert (ten.status, ten.code) == (422, 42210000)
