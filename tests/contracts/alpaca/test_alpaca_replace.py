"""Replacing and canceling, and what an order is known by."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import TimeInForce
from alpaca.trading.models import Order
from alpaca.trading.requests import ReplaceOrderRequest
from requests.exceptions import ConnectionError as ConnectionBroken
from street import Refused, Street, refusal
from street_orders import at_limit, at_market, stop, trailing
from street_tape import TUESDAY

OpenStreet = Callable[..., Street]


def replaced(street: Street, order: Order, **changes: object) -> Order:
    """The new order that a replace gives."""
    return street.trading.replace_order_by_id(order.id, ReplaceOrderRequest(**changes))


def refused_replace(street: Street, order: Order, **changes: object) -> Refused:
    """The refusal of a replace, which has to be of the usual code."""
    told = refusal(street.trading.replace_order_by_id, order.id, ReplaceOrderRequest(**changes))
    assert (told.status, told.code) == (422, 42210000)
    return told


@pytest.mark.fact("2.6.1")
def test_every_part_can_be_replaced(market_open: Street) -> None:
    first = market_open.submit(at_limit(150))
    second = replaced(market_open, first, qty=5, limit_price=151, time_in_force=TimeInForce.GTC)
    assert (second.qty, second.limit_price, second.time_in_force) == ("5", "151", "gtc")
    third = replaced(market_open, second, limit_price=152, client_order_id="mine-2")
    assert market_open.order(third).client_order_id == "mine-2"
    chain = [market_open.order(order) for order in (first, second, third)]
    assert [order.status for order in chain] == ["replaced", "replaced", "new"]
    assert [order.replaced_by for order in chain] == [second.id, third.id, None]
    market_open.held("MSFT")
    trail = market_open.submit(trailing(symbol="MSFT", trail_price=5))
    assert replaced(market_open, trail, trail=4).trail_price == "4"


@pytest.mark.fact("2.6.2")
def test_the_old_order_may_fill_first(open_street: OpenStreet) -> None:
    street = open_street("10:29", latency_s=90.0)
    old = street.submit(at_limit(190, qty=3))
    street.to("10:31")
    assert street.order(old).status == "filled"
    slow = street.submit(at_limit(186, qty=3))
    street.to("10:59")
    new = replaced(street, slow, limit_price=150)
    assert street.order(slow).status == "pending_replace"
    assert street.order(new).status == "pending_new"
    street.to("11:00")
    assert street.order(slow).status == "filled"
    street.to("11:02")
    assert street.order(new).status == "rejected"
    assert street.order(slow).replaced_by is None


@pytest.mark.fact("2.6.3", "2.6.4", "2.14.13")
def test_a_queued_order_cannot_be_replaced(evening: Street) -> None:
    order = evening.submit(at_limit(150))
    told = refused_replace(evening, order, limit_price=151)
    assert told.text == "cannot replace order in accepted status"
    evening.to("04:01", TUESDAY)
    assert replaced(evening, order, limit_price=151).limit_price == "151"


@pytest.mark.fact("2.6.3", "2.6.6", "2.13.3")
def test_an_order_on_its_way_cannot_be_replaced(open_street: OpenStreet) -> None:
    street = open_street(latency_s=5.0)
    order = street.submit(at_limit(150))
    told = refused_replace(street, order, limit_price=151)
    assert told.text == "cannot replace order in pending_new status"
    street.exchange.step(5)
    new = replaced(street, order, limit_price=151)
    told = refused_replace(street, order, limit_price=152)
    assert told.text == "cannot replace order in pending_replace status"
    assert refused_replace(street, new, limit_price=152).text == "order chain not fully replaced"
    cancel = refusal(street.trading.cancel_order_by_id, order.id)
    assert (cancel.status, cancel.code) == (422, 42210000)
    street.exchange.step(5)
    street.trading.cancel_order_by_id(new.id)
    told = refused_replace(street, new, limit_price=153)
    assert told.text == "cannot replace order in pending_cancel status"


@pytest.mark.fact("2.6.5")
def test_a_replaced_order_is_not_replaced_again(market_open: Street) -> None:
    order = market_open.submit(at_limit(150))
    replaced(market_open, order, limit_price=151)
    told = refused_replace(market_open, order, limit_price=152)
    assert told.text == "order already replaced"


@pytest.mark.fact("2.6.7")
def test_a_replace_has_to_change_something(market_open: Street) -> None:
    order = market_open.submit(at_limit(150))
    told = refused_replace(market_open, order, limit_price=150, qty=10)
    assert told.text == "order parameters are not changed"


@pytest.mark.fact("2.6.8", "2.6.11")
def test_a_replaced_quantity_is_above_what_was_filled(market_open: Street) -> None:
    order = market_open.submit(at_limit(20.5, symbol="THIN", qty=50))
    market_open.to("09:47")
    assert market_open.order(order).filled_qty == "20"
    assert refused_replace(market_open, order, qty=20).text == "qty must be > filled_qty"
    new = replaced(market_open, order, qty=30)
    assert (new.qty, new.filled_qty) == ("10", "0"), "what is left"
    market_open.to("10:00")
    assert market_open.order(new).status == "filled"
    assert market_open.trading.get_open_position("THIN").qty == "30", "not 20 and 30"


@pytest.mark.fact("2.6.9")
@pytest.mark.parametrize("end", ["filled", "canceled"])
def test_an_order_that_is_over_is_not_replaced(market_open: Street, end: str) -> None:
    order = market_open.submit(at_limit(195 if end == "filled" else 150))
    if end == "canceled":
        market_open.trading.cancel_order_by_id(order.id)
    market_open.to("09:46")
    assert market_open.order(order).status == end
    told = refused_replace(market_open, order, limit_price=151)
    assert told.text == "unable to replace order, order is not open"


@pytest.mark.fact("2.6.10")
def test_notional_and_fractional_orders_are_not_replaced(market_open: Street) -> None:
    notional = market_open.submit(at_limit(150, notional=500))
    refused_replace(market_open, notional, limit_price=151)
    fraction = market_open.submit(at_limit(150, qty=1.5))
    refused_replace(market_open, fraction, qty=2)
    assert replaced(market_open, fraction, limit_price=151).qty == "1.5"


@pytest.mark.fact("2.6.12", "2.10.2")
def test_buying_power_is_held_for_the_larger_order(open_street: OpenStreet) -> None:
    street = open_street(latency_s=5.0)
    power = float(street.trading.get_account().buying_power or 0)
    order = street.submit(at_limit(100, qty=10))
    street.exchange.step(5)
    assert float(street.trading.get_account().buying_power or 0) == power - 1000
    larger = replaced(street, order, qty=30)
    assert float(street.trading.get_account().buying_power or 0) == power - 3000
    street.exchange.step(5)
    smaller = replaced(street, larger, qty=5)
    assert float(street.trading.get_account().buying_power or 0) == power - 3000
    street.exchange.step(5)
    assert float(street.trading.get_account().buying_power or 0) == power - 500
    street.trading.cancel_order_by_id(smaller.id)
    street.exchange.step(5)
    assert float(street.trading.get_account().buying_power or 0) == power


@pytest.mark.fact("2.6.13")
def test_a_stop_is_moved(market_open: Street, resting_stop: Order) -> None:
    assert market_open.order(resting_stop).status == "new"
    moved = replaced(market_open, resting_stop, stop_price=182)
    assert market_open.order(moved).stop_price == "182"
    assert market_open.trading.get_open_position("AAPL").qty_available == "0"
    market_open.to("20:30")
    queued = market_open.submit(at_limit(400, symbol="MSFT"))
    refused_replace(market_open, queued, limit_price=401)
    market_open.trading.cancel_order_by_id(moved.id)
    assert market_open.order(moved).status == "canceled"
    assert market_open.submit(stop(183, tif="gtc")).status == "accepted"


@pytest.mark.fact("2.7.1")
def test_client_ids_have_128_characters(market_open: Street) -> None:
    assert market_open.submit(at_limit(150, client_order_id="x" * 128)).client_order_id == "x" * 128
    told = refusal(market_open.submit, at_limit(150, client_order_id="x" * 129))
    assert (told.status, told.code) == (422, 40010001)
    assert told.text == "client_order_id must be no more than 128 characters"


@pytest.mark.fact("2.7.2", "2.7.3")
def test_client_ids_are_kept_or_made(market_open: Street) -> None:
    mine = "Entry_2026-11-23.AAPL-1"
    assert market_open.submit(at_limit(150, client_order_id=mine)).client_order_id == mine
    assert market_open.trading.get_order_by_client_id(mine).client_order_id == mine
    made = market_open.submit(at_limit(150)).client_order_id
    assert UUID(made)


@pytest.mark.fact("2.7.4", "2.7.5", "2.14.11")
@pytest.mark.parametrize("fate", ["resting", "filled", "canceled"])
def test_a_client_id_is_used_once_for_ever(market_open: Street, fate: str) -> None:
    order = market_open.submit(at_limit(195 if fate == "filled" else 150, client_order_id="one"))
    if fate == "canceled":
        market_open.trading.cancel_order_by_id(order.id)
    market_open.to("10:00", TUESDAY)
    told = refusal(market_open.submit, at_limit(150, client_order_id="one"))
    assert told.status == 422
    assert told.body == {"code": 40010001, "message": "client_order_id must be unique"}


@pytest.mark.fact("2.7.6", "2.14.10")
def test_an_unknown_order_is_404(market_open: Street) -> None:
    unknown = uuid4()
    told = refusal(market_open.trading.get_order_by_id, unknown)
    assert (told.status, told.code, told.text) == (404, 40410000, f"order not found for {unknown}")
    assert refusal(market_open.trading.get_order_by_client_id, "none").status == 404
    assert refusal(market_open.trading.cancel_order_by_id, unknown).status == 404


@pytest.mark.fact("2.7.7", "2.7.8")
def test_an_order_is_found_after_a_broken_connection(market_open: Street) -> None:
    market_open.fault("reset-after-accept@POST /v2/orders,nth=1")
    with pytest.raises(ConnectionBroken):
        market_open.submit(at_market(client_order_id="mine-3"))
    assert market_open.trading.get_order_by_client_id("mine-3").qty == "10"
    market_open.fault("reset@POST /v2/orders,nth=1")
    with pytest.raises(ConnectionBroken):
        market_open.submit(at_market(client_order_id="mine-4"))
    assert refusal(market_open.trading.get_order_by_client_id, "mine-4").status == 404
    assert market_open.submit(at_market(client_order_id="mine-4")).client_order_id == "mine-4"


@pytest.mark.fact("2.13.1")
def test_204_is_a_wish(open_street: OpenStreet) -> None:
    street = open_street(latency_s=5.0)
    order = street.submit(at_limit(150))
    street.exchange.step(5)
    street.trading.cancel_order_by_id(order.id)
    assert street.last is not None
    assert street.last.status_code == 204
    assert street.order(order).status == "pending_cancel"
    street.exchange.step(5)
    assert street.order(order).status == "canceled"


@pytest.mark.fact("2.13.1", "2.12.5")
def test_an_order_may_fill_while_it_is_canceled(open_street: OpenStreet) -> None:
    street = open_street("09:45:30", latency_s=90.0)
    order = street.submit(at_limit(20.5, symbol="THIN", qty=50))
    street.to("09:48:30")
    street.trading.cancel_order_by_id(order.id)
    street.to("10:00")
    now = street.order(order)
    assert now.status == "canceled"
    assert now.filled_qty == "30", "of the prints from 09:48 on that the cancel came after"


@pytest.mark.fact("2.13.2", "2.14.13")
@pytest.mark.parametrize("end", ["filled", "canceled"])
def test_what_is_over_is_not_canceled(market_open: Street, end: str) -> None:
    order = market_open.submit(at_limit(195 if end == "filled" else 150))
    if end == "canceled":
        market_open.trading.cancel_order_by_id(order.id)
    market_open.to("09:46")
    told = refusal(market_open.trading.cancel_order_by_id, order.id)
    assert (told.status, told.code) == (422, 42210000)
    assert told.text == f'order is already in "{end}" state'


@pytest.mark.fact("2.13.4")
def test_a_cancel_overnight_may_wait(open_street: OpenStreet) -> None:
    street = open_street("20:30", cancel_while_closed="pending")
    order = street.submit(at_limit(150))
    street.trading.cancel_order_by_id(order.id)
    assert street.order(order).status == "pending_cancel"
    street.to("03:59", TUESDAY)
    assert street.order(order).status == "pending_cancel"
    street.to("04:00", TUESDAY)
    assert street.order(order).status == "canceled"
    usual = open_street("20:30")
    order = usual.submit(at_limit(150))
    usual.trading.cancel_order_by_id(order.id)
    assert usual.order(order).status == "canceled"


@pytest.mark.fact("2.13.6")
def test_closing_all_with_a_stuck_cancel(market_open: Street, resting_stop: Order) -> None:
    market_open.fault("500@DELETE /v2/positions,nth=1")
    with pytest.raises(APIError) as caught:
        market_open.trading.close_all_positions(cancel_orders=True)
    assert caught.value.status_code == 500
    assert market_open.order(resting_stop).status == "new"
    (refused,) = market_open.raw.close_all_positions()
    assert refused["status"] == 403
    assert refused["body"]["related_orders"] == [str(resting_stop.id)]


@pytest.mark.fact("2.12.4")
def test_an_order_may_be_rejected_after_it_was_taken(market_open: Street) -> None:
    market_open.fault("reject-after-accept,symbol=AAPL,nth=1")
    order = market_open.submit(at_market())
    assert order.status == "pending_new"
    market_open.exchange.step(1)
    now = market_open.order(order)
    assert now.status == "rejected"
    assert now.failed_at is not None
