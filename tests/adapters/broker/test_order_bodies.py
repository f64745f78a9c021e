"""What an order looks like on the wire, and what never becomes one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.adapters.broker.order_bodies import change_body, order_body
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import OrderKind, TimeInForce

DAY, GTC = TimeInForce.DAY, TimeInForce.GTC


def intent(
    leg: Leg, kind: OrderKind, tif: TimeInForce, shares: str, direction: int = 1, **prices: str
) -> Intent:
    role = Role(date(2026, 11, 23), "avwap", "BRK.B", direction, leg)
    given = {name: Decimal(text) for name, text in prices.items()}
    limit, stop = given.get("limit_price"), given.get("stop_price")
    at = datetime(2026, 11, 23, tzinfo=UTC)
    made = (kind, tif, Decimal(shares), limit, stop, "", None, "", None, at)
    return Intent(role.attempt(1), role, *made)


@pytest.mark.parametrize(
    ("leg", "direction", "side", "effect"),
    [
        (Leg.ENTRY, 1, "buy", "buy_to_open"),
        (Leg.ENTRY, -1, "sell", "sell_to_open"),
        (Leg.STOP, 1, "sell", "sell_to_close"),
        (Leg.TRIM1, 1, "sell", "sell_to_close"),
        (Leg.TRIM2, -1, "buy", "buy_to_close"),
        (Leg.EXIT, -1, "buy", "buy_to_close"),
    ],
)
def test_every_leg_says_what_it_does(leg: Leg, direction: int, side: str, effect: str) -> None:
    body = order_body(intent(leg, OrderKind.MARKET, DAY, "7", direction))
    assert (body["side"], body["position_intent"]) == (side, effect)
    assert (body["symbol"], body["qty"], body["type"]) == ("BRK.B", "7", "market")
    assert "extended_hours" not in body


@pytest.mark.parametrize(
    ("leg", "kind", "tif", "prices", "allowed"),
    [
        (Leg.EXIT, OrderKind.MARKET, DAY, {}, True),
        (Leg.ENTRY, OrderKind.MARKET, DAY, {}, False),
        (Leg.EXIT, OrderKind.MARKET, GTC, {}, False),
        (Leg.STOP, OrderKind.STOP, GTC, {"stop_price": "9"}, False),
        (Leg.STOP, OrderKind.STOP, DAY, {"stop_price": "9"}, False),
    ],
)
def test_a_part_of_a_share_may_only_be_sold_at_the_market(
    leg: Leg, kind: OrderKind, tif: TimeInForce, prices: dict[str, str], allowed: bool
) -> None:
    made = intent(leg, kind, tif, "0.333333333", **prices)
    if allowed:
        assert order_body(made)["qty"] == "0.333333333"
    else:
        with pytest.raises(ValueError, match="no number of shares"):
            order_body(made)


@given(cents=st.integers(100, 10**9), shares=st.integers(1, 10**7))
def test_prices_are_exact_to_the_cent(cents: int, shares: int) -> None:
    price = f"{cents // 100}.{cents % 100:02d}"
    body = change_body(intent(Leg.STOP, OrderKind.STOP, GTC, str(shares), stop_price=price))
    assert (body["stop_price"], body["qty"]) == (price, str(shares))
    off = intent(Leg.STOP, OrderKind.STOP, GTC, str(shares), stop_price=f"{price}1")
    with pytest.raises(ValueError, match="two ticks"):
        change_body(off)


def test_shares_are_written_without_an_exponent() -> None:
    assert order_body(intent(Leg.EXIT, OrderKind.MARKET, DAY, "1E+2"))["qty"] == "100"
    assert order_body(intent(Leg.EXIT, OrderKind.MARKET, DAY, "100.0"))["qty"] == "100"
