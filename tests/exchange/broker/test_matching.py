"""Matching: what one order gets from one print or quote."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hand_tape import MON
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.broker.matching import Fill, Sight, elected, match, shares_of
from avwap_cli.exchange.broker.orders import (
    Order,
    OrderClass,
    OrderType,
    PositionIntent,
    Side,
    Status,
    Tif,
)
from avwap_cli.exchange.settings import Settings

D = Decimal
SEEN = Sight(D("10.00"), D("9.99"), D("10.01"), 400)
SETTINGS = Settings()


def order(side: str = "buy", kind: str = "market", **more: Any) -> Order:
    made = Order(
        seq=1,
        id="o",
        client_order_id="c",
        asset_id="a",
        symbol="F",
        side=Side(side),
        type=OrderType(kind),
        tif=Tif.DAY,
        order_class=OrderClass.SIMPLE,
        intent=PositionIntent.BUY_TO_OPEN,
        status=Status.NEW,
        session=MON,
        created_at=0,
        updated_at=0,
        submitted_at=0,
        qty=D(50),
    )
    return replace(made, **more)


def got(made: Order, seen: Sight = SEEN, **settings: Any) -> Fill | None:
    """The fill, whether it is the last one left aside."""
    fill = matched(made, seen, replace(SETTINGS, **settings))
    return None if fill is None else replace(fill, is_last=False)


def matched(
    made: Order, seen: Sight = SEEN, chosen: Settings = SETTINGS, at_most: Decimal | None = None
) -> Fill | None:
    """With nobody before it."""
    return match(made, seen, chosen, shares_of(seen, chosen), at_most, 0)


def test_market_orders_pay_the_far_side() -> None:
    assert got(order("buy")) == Fill(D(50), D("10.01"))
    assert got(order("sell")) == Fill(D(50), D("9.99"))


def test_slippage_is_paid_beyond_the_quote() -> None:
    assert got(order("buy"), slippage_frac=D("0.001")) == Fill(D(50), D("10.0200"))
    assert got(order("sell"), slippage_frac=D("0.001")) == Fill(D(50), D("9.9800"))


@pytest.mark.parametrize(
    ("side", "limit", "price"),
    [
        ("buy", "10.00", "10.00"),  # at the limit: the limit
        ("buy", "10.50", "10.01"),  # beyond it: the ask
        ("buy", "9.99", None),
        ("sell", "10.00", "10.00"),
        ("sell", "9.50", "9.99"),
        ("sell", "10.01", None),
    ],
)
def test_limit_orders_trade_at_the_better_of_limit_and_touch(
    side: str, limit: str, price: str | None
) -> None:
    fill = got(order(side, "limit", limit_price=D(limit)))
    assert fill == (None if price is None else Fill(D(50), D(price)))


def test_slippage_spares_limit_orders() -> None:
    fill = got(order("buy", "limit", limit_price=D("10.02")), slippage_frac=D("0.01"))
    assert fill == Fill(D(50), D("10.01"))


def test_outside_of_regular_hours_the_quote_decides() -> None:
    quote = Sight(None, D("9.90"), D("10.10"), 30)
    assert got(order("buy", "limit", limit_price=D("10.10")), quote) == Fill(D(30), D("10.10"))
    assert got(order("buy", "limit", limit_price=D("10.09")), quote) is None
    assert got(order("sell", "limit", limit_price=D("9.80")), quote) == Fill(D(30), D("9.90"))


@pytest.mark.parametrize(
    ("size", "frac", "shares"), [(400, "0.25", 50), (100, "0.25", 25), (3, "0.25", 1), (0, "1", 1)]
)
def test_an_order_takes_its_part_of_the_print(size: int, frac: str, shares: int) -> None:
    fill = got(order(), replace(SEEN, size=size), participation_frac=D(frac))
    assert fill == Fill(D(shares), D("10.01"))


def test_what_is_less_than_a_share_is_filled_at_once() -> None:
    assert got(order(qty=D("0.7")), replace(SEEN, size=4)) == Fill(D("0.7"), D("10.01"))
    assert got(order(qty=D("50.5")), replace(SEEN, size=8)) == Fill(D("2.5"), D("10.01"))


def test_usd_become_shares_at_the_price_paid() -> None:
    made = order(qty=None, notional=D(100))
    assert matched(made) == Fill(D("9.990009990"), D("10.01"), is_last=True)
    assert matched(made, at_most=D(3)) == Fill(D(3), D("10.01"), is_last=True)
    first = matched(made, replace(SEEN, size=12))
    assert first == Fill(D("3.990009990"), D("10.01"), is_last=False)
    made = replace(made, filled_qty=first.qty, filled_avg_price=first.price)
    assert matched(made) == Fill(D(6), D("10.01"), is_last=True)


def test_other_orders_leave_what_they_leave() -> None:
    assert match(order(), SEEN, SETTINGS, D(3), None, 0) == Fill(D(3), D("10.01"))
    assert match(order(), SEEN, SETTINGS, D(0), None, 0) is None
    part = order(qty=D("0.5"))
    assert match(part, SEEN, SETTINGS, D(0), None, 0) == Fill(D("0.5"), D("10.01"), is_last=True)
    assert match(order(tif=Tif.FOK), SEEN, SETTINGS, D(49), None, 0) is None


def test_fill_or_kill_takes_all_or_nothing() -> None:
    assert got(order(tif=Tif.FOK)) == Fill(D(50), D("10.01"))
    assert got(order(tif=Tif.FOK), replace(SEEN, size=199)) is None


def test_an_empty_far_side_leaves_the_print() -> None:
    bare = Sight(D("10.00"), None, None, 400)
    assert got(order("sell"), bare) == Fill(D(50), D("10.00"))
    assert got(order("sell"), Sight(None, None, None, 0)) is None


@pytest.mark.parametrize(("stop", "limit"), [("49.99", "51.98"), ("50", "51.25"), ("100", "102.5")])
def test_a_buy_stop_is_elected_into_a_collar(stop: str, limit: str) -> None:
    made = elected(order("buy", "stop", stop_price=D(stop)))
    assert (made.elected, made.limit_price) == (True, D(limit))


def test_a_sell_stop_is_elected_into_a_market_order() -> None:
    made = elected(order("sell", "stop", stop_price=D(50)))
    assert (made.elected, made.limit_price) == (True, None)


def test_a_stop_limit_keeps_its_limit() -> None:
    made = elected(order("buy", "stop_limit", stop_price=D(50), limit_price=D(60)))
    assert made.limit_price == D(60)


def test_chance_cuts_fills_as_often_as_it_is_set_to() -> None:
    settings = replace(SETTINGS, partial_probability=0.1)
    fills = [matched(order(seq=seq), SEEN, settings) for seq in range(2000)]
    cut = [fill for fill in fills if fill is not None and fill.qty < 50]
    assert 140 <= len(cut) <= 260
    assert all(fill.qty >= 1 and fill.qty % 1 == 0 for fill in cut)
    assert fills == [matched(order(seq=seq), SEEN, settings) for seq in range(2000)]


@given(
    st.sampled_from(["buy", "sell"]),
    st.integers(1, 10**6),
    st.none() | st.integers(1, 2000),
    st.integers(0, 10**5),
    st.none() | st.integers(1, 100),
)
def test_no_fill_is_larger_or_dearer_than_allowed(
    side: str, qty: int, cents: int | None, size: int, at_most: int | None
) -> None:
    limit = None if cents is None else D(cents) / 100
    made = order(side, "market" if limit is None else "limit", qty=D(qty), limit_price=limit)
    most = None if at_most is None else D(at_most)
    fill = matched(made, replace(SEEN, size=size), at_most=most)
    if fill is None:
        assert limit is not None
        assert (D("10.00") - limit) * made.side.sign > 0
        return
    assert 0 < fill.qty <= min(qty, at_most or qty, max(1, size // 4))
    if limit is not None:
        assert (fill.price - limit) * made.side.sign <= 0
