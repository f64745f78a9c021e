"""Complex orders: bracket, oto and oco, and the life of their legs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from alpaca.trading.enums import OrderClass, OrderSide, OrderType, QueryOrderStatus
from alpaca.trading.models import Order
from alpaca.trading.requests import GetOrdersRequest, ReplaceOrderRequest
from street import Street, eastern, refusal
from street_orders import at_market, bracket, legs, oco, oto, plain
from street_tape import TUESDAY

OpenStreet = Callable[..., Street]
FLAT_OPEN = GetOrdersRequest(status=QueryOrderStatus.OPEN)
NESTED_OPEN = GetOrdersRequest(status=QueryOrderStatus.OPEN, nested=True)


def pair(order: Order) -> tuple[Order, Order]:
    """Take profit and stop loss of a bracket."""
    assert order.legs is not None
    profit, loss = order.legs
    return profit, loss


@pytest.fixture
def entered(market_open: Street) -> Order:
    """A day bracket around ten AAPL at 190.04, its legs live: 194 and 186."""
    order = market_open.submit(bracket(194, 186))
    market_open.to("09:46")
    filled = market_open.order(order)
    assert filled.status == "filled"
    return filled


@pytest.mark.fact("2.5.1", "2.5.23")
def test_a_bracket_has_two_legs(market_open: Street) -> None:
    order = market_open.submit(bracket(200, 180, loss_limit=179, client_order_id="mine-1"))
    assert order.order_class is OrderClass.BRACKET
    profit, loss = pair(order)
    assert (profit.order_type, profit.limit_price, profit.side) == (
        OrderType.LIMIT,
        "200",
        OrderSide.SELL,
    )
    assert (loss.order_type, loss.stop_price, loss.limit_price) == (
        OrderType.STOP_LIMIT,
        "180",
        "179",
    )
    plain_stop = market_open.submit(bracket(500, 300, symbol="MSFT"))
    assert pair(plain_stop)[1].order_type is OrderType.STOP
    ids = {profit.client_order_id, loss.client_order_id, "mine-1"}
    assert len(ids) == 3, "the server names the legs"
    assert market_open.trading.get_order_by_client_id(loss.client_order_id).id == loss.id


@pytest.mark.fact("2.5.2")
@pytest.mark.parametrize("tif", ["day", "gtc"])
def test_legs_have_the_entrys_time_in_force(market_open: Street, tif: str) -> None:
    order = market_open.submit(bracket(200, 180, tif=tif))
    assert [leg.time_in_force for leg in pair(order)] == [tif, tif]
    told = refusal(market_open.submit, bracket(500, 300, symbol="MSFT", tif="ioc"))
    assert (told.status, told.code) == (422, 42210000)


@pytest.mark.fact("2.5.3")
def test_a_day_bracket_loses_its_stop_at_the_close(market_open: Street) -> None:
    day = market_open.submit(bracket(500, 300, symbol="MSFT"))
    lasting = market_open.submit(bracket(800, 400, symbol="SPY", tif="gtc"))
    market_open.to("16:00")
    assert [leg.status for leg in pair(market_open.order(day))] == ["expired", "expired"]
    assert market_open.trading.get_open_position("MSFT").qty == "10", "and nothing protects it"
    market_open.to("09:31", TUESDAY)
    assert [leg.status for leg in pair(market_open.order(lasting))] == ["new", "held"]


@pytest.mark.fact("2.5.4")
def test_complex_orders_have_no_extended_hours(market_open: Street) -> None:
    told = refusal(market_open.submit, bracket(200, 180, limit=189, extended_hours=True))
    assert (told.status, told.code) == (422, 42210000)


@pytest.mark.fact("2.5.5")
def test_the_profit_lies_above_the_loss(market_open: Street) -> None:
    told = refusal(market_open.submit, bracket(180, 200))
    assert (told.status, told.code) == (422, 42210000)
    assert "take_profit.limit_price" in told.text


@pytest.mark.fact("2.5.6")
def test_legs_keep_a_cent_from_the_base_price(market_open: Street) -> None:
    near = refusal(market_open.submit, bracket(189, 180, limit=189))
    assert near.text == "take_profit.limit_price must be >= base_price + 0.01"
    assert near.body["base_price"] == "189"
    below = refusal(market_open.submit, bracket(200, 190))
    assert below.text == "stop_loss.stop_price must be <= base_price - 0.01"
    assert below.body["base_price"] == "190"
    assert market_open.submit(bracket(189.01, 188.99, limit=189)).status == "pending_new"


@pytest.mark.fact("2.5.7")
def test_legs_wait_for_the_whole_entry(market_open: Street) -> None:
    order = market_open.submit(bracket(25, 15, symbol="THIN", qty=25))
    market_open.to("09:47")
    now = market_open.order(order)
    assert (now.status, now.filled_qty) == ("partially_filled", "20")
    assert [leg.status for leg in pair(now)] == ["held", "held"]
    market_open.to("09:48")
    now = market_open.order(order)
    assert now.status == "filled"
    assert [leg.status for leg in pair(now)] == ["new", "held"]
    assert [leg.qty for leg in pair(now)] == ["25", "25"]


@pytest.mark.fact("2.5.8")
@pytest.mark.parametrize("which", [0, 1])
def test_canceling_a_leg_cancels_both(market_open: Street, entered: Order, which: int) -> None:
    market_open.trading.cancel_order_by_id(pair(entered)[which].id)
    assert [leg.status for leg in pair(market_open.order(entered))] == ["canceled", "canceled"]
    assert market_open.order(entered).status == "filled"


@pytest.mark.fact("2.5.8")
def test_canceling_the_entry_cancels_its_legs(market_open: Street) -> None:
    order = market_open.submit(bracket(200, 180, limit=185))
    market_open.trading.cancel_order_by_id(order.id)
    now = market_open.order(order)
    assert [o.status for o in (now, *pair(now))] == ["canceled"] * 3


@pytest.mark.fact("2.5.9")
def test_a_part_of_the_profit_shrinks_the_stop(open_street: OpenStreet) -> None:
    street = open_street("11:50")
    order = street.submit(bracket(20.5, 15, symbol="THIN", qty=30))
    street.to("12:00")
    now = street.order(order)
    profit, loss = pair(now)
    assert (profit.status, profit.filled_qty) == ("partially_filled", "10")
    assert (loss.status, loss.qty) == ("held", "20")
    assert street.trading.get_open_position("THIN").qty == "20"


@pytest.mark.fact("2.5.10", "2.5.22")
def test_the_stop_ends_the_profit(market_open: Street, entered: Order) -> None:
    market_open.to("11:00")
    profit, loss = pair(market_open.order(entered))
    assert (loss.status, loss.filled_avg_price) == ("filled", "184.97")
    assert (profit.status, profit.filled_qty) == ("canceled", "0")
    market_open.to("12:30")
    assert market_open.order(profit).filled_qty == "0", "195 comes too late for 194"
    assert market_open.trading.get_all_positions() == []


@pytest.mark.fact("2.5.11", "2.14.13")
def test_a_bracket_is_an_entry(market_open: Street) -> None:
    market_open.held()
    told = refusal(market_open.submit, bracket(200, 180))
    assert (told.status, told.code, told.text) == (
        422,
        42210000,
        "bracket orders must be entry orders",
    )


@pytest.mark.fact("2.5.12")
@pytest.mark.parametrize(
    ("leg", "missing"),
    [
        ({"take_profit": {"limit_price": "200"}}, "stop_loss.stop_price"),
        ({"stop_loss": {"stop_price": "180"}}, "take_profit.limit_price"),
    ],
)
def test_a_bracket_needs_both_legs(
    market_open: Street, leg: dict[str, object], missing: str
) -> None:
    body = plain(order_class="bracket", **leg)
    told = refusal(market_open.trading.post, "/orders", body)
    assert (told.status, told.text) == (422, f"bracket orders require {missing}")


@pytest.mark.fact("2.5.13")
def test_an_oto_has_one_leg(market_open: Street) -> None:
    order = market_open.submit(oto(180))
    assert order.legs is not None
    (leg,) = order.legs
    assert (leg.status, leg.order_type, leg.stop_price) == ("held", OrderType.STOP, "180")
    market_open.to("09:46")
    now = market_open.order(order)
    assert now.status == "filled"
    assert now.legs is not None
    assert now.legs[0].status == "new"
    profit = at_market(symbol="MSFT", order_class="oto", **legs(profit=500))
    (only,) = market_open.submit(profit).legs or ()
    assert only.order_type is OrderType.LIMIT


@pytest.mark.fact("2.5.14")
def test_an_otos_stop_moves_in_price_alone(market_open: Street) -> None:
    order = market_open.submit(oto(180, tif="gtc"))
    market_open.to("09:46")
    (leg,) = market_open.order(order).legs or ()
    moved = market_open.trading.replace_order_by_id(leg.id, ReplaceOrderRequest(stop_price=182))
    assert (moved.stop_price, moved.replaces) == ("182", leg.id)
    assert market_open.order(moved).status == "new"
    told = refusal(market_open.trading.replace_order_by_id, moved.id, ReplaceOrderRequest(qty=5))
    assert (told.status, told.code) == (422, 42210000)


@pytest.mark.fact("2.5.15", "2.5.16", "2.5.17")
def test_an_oco_closes_a_position(market_open: Street) -> None:
    told = refusal(market_open.submit, oco(200, 180))
    assert (told.status, told.text) == (422, "oco orders must be exit orders")
    market_open.held()
    order = market_open.submit(oco(194, 186, tif="gtc"))
    assert (order.order_class, order.order_type) == (OrderClass.OCO, OrderType.LIMIT)
    assert (order.limit_price, order.side) == ("194", OrderSide.SELL)
    now = market_open.order(order)
    (loss,) = now.legs or ()
    assert (now.status, loss.status, loss.stop_price) == ("new", "held", "186")
    market_open.to("11:00")
    now = market_open.order(order)
    (loss,) = now.legs or ()
    assert (loss.status, loss.filled_avg_price, now.status) == ("filled", "184.97", "canceled")


@pytest.mark.fact("2.5.17", "2.5.18", "2.5.19")
def test_held_legs_are_not_in_a_flat_list(market_open: Street, entered: Order) -> None:
    profit, loss = pair(entered)
    assert (profit.status, loss.status) == ("new", "held")
    flat = market_open.trading.get_orders(FLAT_OPEN)
    assert [order.id for order in flat] == [profit.id]
    (parent,) = market_open.trading.get_orders(NESTED_OPEN)
    assert parent.id == entered.id
    assert [leg.id for leg in parent.legs or ()] == [profit.id, loss.id]


@pytest.mark.fact("2.5.18")
def test_legs_of_a_waiting_entry_are_not_in_a_flat_list(market_open: Street) -> None:
    order = market_open.submit(bracket(200, 180, limit=185))
    assert [o.id for o in market_open.trading.get_orders(FLAT_OPEN)] == [order.id]


@pytest.mark.fact("2.5.20")
def test_legs_are_found_by_their_parent(market_open: Street, entered: Order) -> None:
    wanted = {leg.id for leg in pair(entered)}
    assert {leg.id for leg in pair(market_open.order(entered))} == wanted
    every = market_open.trading.get_orders(GetOrdersRequest(status=QueryOrderStatus.ALL))
    assert wanted <= {order.id for order in every}


@pytest.mark.fact("2.5.22", "2.5.10")
def test_the_profit_ends_the_stop(open_street: OpenStreet) -> None:
    street = open_street("11:30")
    order = street.submit(bracket(194, 186))
    street.to("12:00")
    profit, loss = pair(street.order(order))
    assert (profit.status, profit.filled_avg_price) == ("filled", "194.96")
    assert profit.filled_at == eastern("12:00")
    assert (loss.status, loss.filled_qty) == ("canceled", "0")
