"""Prices: ticks and collars."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.broker.orders import OrderClass, OrderRequest, OrderType, Side, Tif
from avwap_cli.exchange.broker.rules.prices import (
    buy_stop_limit,
    check_leg_sides,
    check_prices,
    exit_side,
    tick,
)
from avwap_cli.exchange.refusals import Refusal

D = Decimal
BUY = OrderRequest("F", Side.BUY, OrderType.LIMIT, Tif.DAY, qty=D(1), limit_price=D(10))


@pytest.mark.parametrize(
    ("price", "step"), [("0.9999", "0.0001"), ("1", "0.01"), ("0.0001", "0.0001"), ("500", "0.01")]
)
def test_a_tick(price: str, step: str) -> None:
    assert tick(D(price)) == D(step)


@pytest.mark.parametrize(
    ("stop", "limit"),
    [("49.99", "51.98"), ("50", "51.25"), ("0.9", "0.936"), ("0.97", "1.00"), ("100.01", "102.51")],
)
def test_a_collar_is_rounded_down_to_a_tick(stop: str, limit: str) -> None:
    assert buy_stop_limit(D(stop)) == D(limit)


@given(st.decimals(min_value="0.0001", max_value=100_000, places=4))
def test_a_collar_lies_on_a_tick_above_the_stop(stop: Decimal) -> None:
    limit = buy_stop_limit(stop)
    assert limit % tick(limit) == 0
    assert limit <= stop * D("1.04")
    assert limit >= stop or stop < D("0.01")


@given(st.decimals(min_value="0.0001", max_value=100_000, places=4))
def test_a_price_on_its_tick_passes_and_no_other(price: Decimal) -> None:
    request = OrderRequest("F", Side.BUY, OrderType.LIMIT, Tif.DAY, qty=D(1), limit_price=price)
    if price < 1 or price * 100 % 1 == 0:
        check_prices(request)
    else:
        with pytest.raises(Refusal, match="sub-penny"):
            check_prices(request)


@pytest.mark.parametrize(
    ("kind", "side"), [("bracket", Side.SELL), ("oto", Side.SELL), ("oco", Side.BUY)]
)
def test_the_side_of_the_exits(kind: str, side: Side) -> None:
    request = OrderRequest("F", Side.BUY, OrderType.LIMIT, Tif.DAY, order_class=OrderClass(kind))
    assert exit_side(request) is side


@pytest.mark.parametrize(
    ("side", "profit", "stop", "fine"),
    [
        (Side.SELL, 11, 9, True),
        (Side.SELL, 9, 9, False),
        (Side.BUY, 9, 11, True),
        (Side.BUY, 11, 9, False),
    ],
)
def test_the_profit_lies_beyond_the_stop(side: Side, profit: int, stop: int, fine: bool) -> None:
    if fine:
        check_leg_sides(D(profit), D(stop), side)
    else:
        with pytest.raises(Refusal, match="take_profit"):
            check_leg_sides(D(profit), D(stop), side)
