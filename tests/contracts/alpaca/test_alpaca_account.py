"""What the account allows: shares held for orders, opposite orders, buying power, shorts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from alpaca.trading.enums import OrderSide, OrderStatus, QueryOrderStatus
from alpaca.trading.models import Order
from alpaca.trading.requests import GetOrdersRequest
from street import Street, refusal
from street_orders import at_limit, at_market, bracket, oco, stop, stop_limit, trailing
from street_tape import TUESDAY

OpenStreet = Callable[..., Street]
SELL: dict[str, Any] = {"side": OrderSide.SELL}


def power(street: Street) -> Decimal:
    """The buying power left."""
    return Decimal(street.trading.get_account().buying_power or "nan")


@pytest.mark.fact("2.8.1")
def test_open_sells_hold_shares(market_open: Street) -> None:
    market_open.held()
    assert market_open.trading.get_open_position("AAPL").qty_available == "10"
    market_open.submit(stop(180, qty=4))
    market_open.submit(at_limit(200, qty=3, **SELL))
    assert market_open.trading.get_open_position("AAPL").qty_available == "3"
    market_open.trading.cancel_orders()
    assert market_open.trading.get_open_position("AAPL").qty_available == "10"


@pytest.mark.fact("2.8.2", "2.14.3", "2.14.18")
def test_held_shares_cannot_be_sold_twice(market_open: Street, resting_stop: Order) -> None:
    told = refusal(market_open.submit, at_market(qty=1, **SELL))
    assert told.status == 403
    assert told.body == {
        "available": "0",
        "code": 40310000,
        "existing_qty": "10",
        "held_for_orders": "10",
        "message": "insufficient qty available for order (requested: 1, available: 0)",
        "related_orders": [str(resting_stop.id)],
        "symbol": "AAPL",
    }


@pytest.mark.fact("2.8.3")
def test_a_protected_position_is_not_closed(market_open: Street, resting_stop: Order) -> None:
    told = refusal(market_open.trading.close_position, "AAPL")
    assert (told.status, told.code) == (403, 40310000)
    assert told.text == "insufficient qty available for order (requested: 10, available: 0)"
    assert market_open.order(resting_stop).status == "new", "closing cancels nothing"


@pytest.mark.fact("2.8.5")
def test_cancel_wait_close(market_open: Street, resting_stop: Order) -> None:
    market_open.trading.cancel_order_by_id(resting_stop.id)
    assert market_open.trading.get_open_position("AAPL").qty_available == "10"
    market_open.trading.close_position("AAPL")
    market_open.exchange.step(60)
    assert market_open.trading.get_all_positions() == []


@pytest.mark.fact("2.8.6", "2.14.10")
def test_nothing_held_is_404(market_open: Street) -> None:
    for call in (market_open.trading.get_open_position, market_open.trading.close_position):
        told = refusal(call, "AAPL")
        assert (told.status, told.code, told.text) == (404, 40410000, "position does not exist")


@pytest.mark.fact("2.8.7")
def test_two_exits_are_an_oco(market_open: Street, resting_stop: Order) -> None:
    assert refusal(market_open.submit, at_limit(200, **SELL)).status == 403
    market_open.trading.cancel_order_by_id(resting_stop.id)
    market_open.submit(oco(200, 180))
    position = market_open.trading.get_open_position("AAPL")
    assert (position.qty, position.qty_available) == ("10", "0")


@pytest.mark.fact("2.9.1", "2.9.3", "2.14.4")
@pytest.mark.parametrize("order", [at_market(), at_limit(100), stop(195, side="buy")])
def test_nothing_is_bought_against_an_own_stop(
    market_open: Street, resting_stop: Order, order: Any
) -> None:
    told = refusal(market_open.submit, order)
    assert told.status == 403
    assert told.body == {
        "code": 40310000,
        "existing_order_id": str(resting_stop.id),
        "message": "potential wash trade detected. use complex orders",
        "reject_reason": "opposite side market/stop order exists",
    }


@pytest.mark.fact("2.9.2", "2.9.3", "2.9.4")
def test_limits_are_refused_when_they_could_cross(market_open: Street) -> None:
    market_open.held()
    resting = market_open.submit(at_limit(195, qty=5, **SELL))
    told = refusal(market_open.submit, at_limit(195, qty=1))
    assert told.body["reject_reason"] == "opposite side limit order exists"
    assert told.body["existing_order_id"] == str(resting.id)
    assert refusal(market_open.submit, at_market(qty=1)).status == 403
    assert market_open.submit(at_limit(194.99, qty=1)).qty == "1"
    crossing = stop_limit(196, 197, qty=1, side="buy")
    assert refusal(market_open.submit, crossing).status == 403


@pytest.mark.fact("2.9.5")
def test_complex_orders_and_trails_are_exempt(market_open: Street) -> None:
    assert market_open.submit(bracket(200, 180)).status == "pending_new"
    market_open.exchange.step(60)
    assert market_open.submit(at_limit(150, qty=1)).status == "pending_new", "against its legs"
    market_open.held("MSFT")
    market_open.submit(trailing(symbol="MSFT", trail_price=5))
    assert market_open.submit(at_market(symbol="MSFT", qty=1)).status == "pending_new"


@pytest.mark.fact("2.9.6")
def test_adding_to_a_protected_position(market_open: Street, resting_stop: Order) -> None:
    assert refusal(market_open.submit, at_market(qty=5)).status == 403
    market_open.trading.cancel_order_by_id(resting_stop.id)
    assert market_open.order(resting_stop).status == "canceled"
    market_open.held(qty=5)
    assert market_open.submit(stop(180, qty=15, tif="gtc")).status == "pending_new"
    assert market_open.trading.get_open_position("AAPL").qty_available == "0"


@pytest.mark.fact("2.9.7", "2.14.7")
def test_a_buy_and_a_short_sell_do_not_open_together(market_open: Street) -> None:
    market_open.submit(at_limit(200, **SELL))
    told = refusal(market_open.submit, at_limit(150))
    assert (told.status, told.code) == (403, 40310000)
    assert told.text == "cannot open a long buy while a short sell order is open"
    market_open.submit(at_limit(300, symbol="MSFT"))
    mirror = refusal(market_open.submit, at_limit(500, symbol="MSFT", **SELL))
    assert mirror.text == "cannot open a short sell while a long buy order is open"


@pytest.mark.fact("2.9.8")
def test_one_order_flips_nothing(market_open: Street) -> None:
    market_open.held()
    told = refusal(market_open.submit, at_market(qty=15, **SELL))
    assert told.text == "insufficient qty available for order (requested: 15, available: 10)"
    market_open.short("MSFT")
    assert refusal(market_open.submit, at_market(symbol="MSFT", qty=15)).status == 403


@pytest.mark.fact("2.10.1", "2.10.4", "2.14.2", "2.14.18")
def test_too_dear_an_order(market_open: Street) -> None:
    told = refusal(market_open.submit, at_market(qty=1053))
    assert (told.status, told.code, told.text) == (403, 40310000, "insufficient buying power")
    assert told.body["buying_power"] == "200000"
    assert told.body["cost_basis"] == "200112.12", "at the ask of 190.04"
    assert market_open.submit(at_market(qty=1052)).status == "pending_new"


@pytest.mark.fact("2.10.2")
def test_open_orders_take_buying_power_and_give_it_back(market_open: Street) -> None:
    before = power(market_open)
    buy = market_open.submit(at_limit(150, qty=10))
    assert power(market_open) == before - 1500
    short = market_open.submit(at_limit(500, symbol="MSFT", qty=2, **SELL))
    assert power(market_open) == before - 1500 - 1000
    for order in (buy, short):
        market_open.trading.cancel_order_by_id(order.id)
    assert power(market_open) == before


@pytest.mark.fact("2.10.3")
def test_a_sell_frees_nothing_until_filled(market_open: Street) -> None:
    market_open.held(qty=100)
    before = power(market_open)
    market_open.submit(at_market(qty=100, **SELL))
    assert power(market_open) == before
    market_open.exchange.step(60)
    assert power(market_open) > before + 18_000


@pytest.mark.fact("2.10.5")
def test_extended_hours_count_the_middle(before_open: Street) -> None:
    quote = before_open.raw_data.get("/stocks/quotes/latest", {"symbols": "AAPL"})["quotes"]["AAPL"]
    middle = (Decimal(str(quote["bp"])) + Decimal(str(quote["ap"]))) / 2
    told = refusal(before_open.submit, at_market(qty=2000))
    assert Decimal(told.body["cost_basis"]) == middle * 2000


@pytest.mark.fact("2.10.6")
def test_a_closed_market_counts_the_last_trade(evening: Street) -> None:
    told = refusal(evening.submit, at_market(qty=2000))
    assert told.body["cost_basis"] == "380000"


@pytest.mark.fact("2.10.7")
def test_a_short_sale_counts_more(market_open: Street) -> None:
    by_ask = refusal(market_open.submit, at_market(qty=2000, **SELL))
    assert Decimal(by_ask.body["cost_basis"]) == Decimal("190.04") * Decimal("1.03") * 2000
    by_limit = refusal(market_open.submit, at_limit(250, qty=2000, **SELL))
    assert by_limit.body["cost_basis"] == "500000"


@pytest.mark.fact("2.10.8", "2.10.11", "2.11.4", "2.14.8")
def test_a_small_account_has_no_margin(open_street: OpenStreet) -> None:
    street = open_street(cash=Decimal(1999))
    account = street.trading.get_account()
    assert (account.multiplier, account.buying_power) == ("1", "1999")
    assert account.shorting_enabled is False
    told = refusal(street.submit, at_market(symbol="F", qty=1, **SELL))
    assert (told.status, told.code) == (403, 40310000)
    assert told.text == "account is not allowed to short"
    assert open_street(cash=Decimal(2000)).trading.get_account().multiplier == "2"


@pytest.mark.fact("2.10.9")
def test_a_position_is_capped(open_street: OpenStreet) -> None:
    street = open_street(multiplier=4, cash=Decimal(10_000))
    too_much = refusal(street.submit, at_market(qty=350))
    assert (too_much.status, too_much.code) == (403, 40310000)
    assert street.submit(at_market(qty=150)).status == "pending_new"


@pytest.mark.fact("2.10.10", "2.10.12", "2.14.13")
def test_what_is_hard_to_borrow_is_not_sold_short(market_open: Street) -> None:
    market_open.held("F")
    market_open.fault("hard-to-borrow,symbol=F")
    market_open.exchange.step(60)
    market_open.to("10:00", TUESDAY)
    asset = market_open.raw.get_asset("F")
    assert (asset["borrow_status"], asset["easy_to_borrow"]) == ("hard_to_borrow", False)
    stop_of_a_long = refusal(market_open.submit, stop(11, symbol="F", tif="gtc"))
    assert (stop_of_a_long.status, stop_of_a_long.code) == (422, 42210000)
    assert stop_of_a_long.text == 'only day orders are allowed for hard-to-borrow asset "F"'
    assert market_open.submit(stop(11, symbol="F")).status == "pending_new"
    market_open.trading.close_all_positions(cancel_orders=True)
    market_open.exchange.step(60)
    told = refusal(market_open.submit, at_market(symbol="F", **SELL))
    assert (told.status, told.text) == (422, 'asset "F" cannot be sold short')


@pytest.mark.fact("2.10.13")
def test_short_orders_die_when_a_name_becomes_hard_to_borrow(market_open: Street) -> None:
    order = market_open.submit(at_limit(15, symbol="F", tif="gtc", **SELL))
    other = market_open.submit(at_limit(250, tif="gtc", **SELL))
    market_open.to("15:59")
    market_open.fault("hard-to-borrow,symbol=F")
    market_open.to("04:01", TUESDAY)
    assert market_open.order(order).status == "canceled"
    assert market_open.order(other).status == "new"


@pytest.mark.fact("2.11.3", "2.14.9")
def test_the_old_day_trading_refusal_can_be_ordered(market_open: Street) -> None:
    market_open.fault("refuse@POST /v2/orders,value=day-trading,nth=1")
    told = refusal(market_open.submit, at_market())
    assert (told.status, told.code) == (403, 40310100)
    assert told.text == "trade denied due to pattern day trading protection"
    assert market_open.submit(at_market()).status == "pending_new"


@pytest.mark.fact("2.12.1")
def test_the_client_knows_all_states(market_open: Street) -> None:
    told = """new partially_filled filled done_for_day canceled expired replaced pending_cancel
        pending_replace accepted pending_new accepted_for_bidding stopped rejected suspended
        calculated held"""
    assert len(told.split()) == 17
    assert set(told.split()) <= {status.value for status in OrderStatus}


@pytest.mark.fact("2.12.2")
def test_open_and_closed_orders(market_open: Street) -> None:
    filled = market_open.held()
    canceled = market_open.submit(at_limit(150))
    market_open.trading.cancel_order_by_id(canceled.id)
    expired = market_open.submit(at_limit(151))
    market_open.fault("reject-after-accept,symbol=MSFT")
    rejected = market_open.submit(at_market(symbol="MSFT"))
    market_open.to("20:30")
    accepted = market_open.submit(at_limit(152))
    found = {
        word: {o.id for o in market_open.trading.get_orders(GetOrdersRequest(status=word))}
        for word in (QueryOrderStatus.OPEN, QueryOrderStatus.CLOSED)
    }
    assert found[QueryOrderStatus.OPEN] == {accepted.id}
    assert found[QueryOrderStatus.CLOSED] == {filled.id, canceled.id, expired.id, rejected.id}


@pytest.mark.fact("2.12.5")
def test_an_expired_order_may_have_fills(open_street: OpenStreet) -> None:
    street = open_street("15:57")
    order = street.submit(at_market(symbol="THIN", qty=100))
    street.to("16:00")
    now = street.order(order)
    assert (now.status, now.filled_qty) == ("expired", "20")
    assert street.trading.get_open_position("THIN").qty == "20"


@pytest.mark.fact("2.12.6", "2.12.9")
def test_fills_are_at_the_quote_and_cost_nothing(market_open: Street) -> None:
    bought = market_open.held()
    assert bought.filled_avg_price == "190.04"
    market_open.trading.close_position("AAPL")
    market_open.exchange.step(60)
    account = market_open.raw.get_account()
    assert Decimal(account["cash"]) == 100_000 + 10 * (Decimal("189.96") - Decimal("190.04"))
    assert account["accrued_fees"] == "0"


@pytest.mark.fact("2.12.7")
def test_size_matters(open_street: OpenStreet) -> None:
    quarter, half = open_street(), open_street(participation_frac=Decimal("0.5"))
    for street, qty in ((quarter, "10"), (half, "20")):
        order = street.submit(at_market(symbol="THIN", qty=100))
        street.to("09:46")
        assert street.order(order).filled_qty == qty


@pytest.mark.fact("2.12.8")
def test_random_parts_can_be_switched_on(open_street: OpenStreet) -> None:
    street = open_street(partial_probability=1.0)
    order = street.submit(at_market(qty=100))
    street.to("09:46")
    now = street.order(order)
    assert now.status == "partially_filled"
    assert 0 < int(now.filled_qty or 0) < 100
    again = open_street(partial_probability=1.0)
    twin = again.submit(at_market(qty=100))
    again.to("09:46")
    assert again.order(twin).filled_qty == now.filled_qty, "the same seed, the same part"
