"""Reservations: what open orders hold of a position and of the buying power."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from risk_books import (
    BTC,
    BTO,
    BUY,
    LIMIT_BUY,
    LIMIT_SELL,
    NIGHT,
    NOON,
    PRE,
    SELL,
    STC,
    STO,
    STOP_BUY,
    STOP_SELL,
    TRAIL_SELL,
    Books,
    D,
    forbidden,
    held,
    order,
    outcome,
    pair,
)

from avwap_cli.exchange.broker.orders import (
    ZERO,
    Order,
    OrderClass,
    PositionIntent,
    Side,
    Status,
)
from avwap_cli.exchange.broker.positions import Position
from avwap_cli.exchange.broker.rules.reservations import held_shares, qty_available, reserved_usd
from avwap_cli.exchange.instants import Instant
from avwap_cli.exchange.settings import Settings


@pytest.mark.parametrize("kind", [OrderClass.OCO, OrderClass.BRACKET])
def test_two_legs_hold_their_shares_once(kind: OrderClass) -> None:
    legs = pair(kind, (Status.NEW, Status.HELD))
    books = Books(legs, held(15))
    assert held_shares(books.position("F"), legs) == 10
    assert qty_available(books.position("F"), legs) == 5
    assert outcome(replace(SELL, qty=D(5)), books) is STC
    refusal = outcome(replace(SELL, qty=D(6)), books)
    assert refusal.extras["related_orders"] == ["tp", "sl"]


def test_a_leg_that_has_filled_in_part_frees_what_it_sold() -> None:
    profit, loss = pair(OrderClass.BRACKET, (Status.PARTIALLY_FILLED, Status.HELD))
    legs = [replace(profit, filled_qty=D(4)), replace(loss, qty=D(6))]
    assert held_shares(Position.at("F", D(6), D(10)), legs) == 6


def test_legs_of_an_unfilled_entry_hold_nothing() -> None:
    legs = pair(OrderClass.BRACKET, (Status.HELD, Status.HELD))
    assert held_shares(Position.at("F", D(10), D(10)), legs) == 0


def test_an_order_and_its_replacement_hold_once() -> None:
    old = order(STOP_SELL, STC, id="old", status=Status.PENDING_REPLACE, replaced_by="new")
    new = order(STOP_SELL, STC, id="new", qty=D(7), replaces="old")
    assert held_shares(Position.at("F", D(10), D(10)), [old, new]) == 10
    assert held_shares(Position.at("F", D(10), D(10)), [new]) == 7
    profit, loss = pair(OrderClass.OCO, (Status.PENDING_REPLACE, Status.HELD))
    again = replace(profit, id="tp2", replaces="tp", status=Status.PENDING_NEW)
    assert held_shares(Position.at("F", D(10), D(10)), [profit, loss, again]) == 10
    assert held_shares(Position.at("F", D(10), D(10)), [loss, again]) == 10


def test_shares_available_carry_the_sign_of_the_position() -> None:
    cover = order(LIMIT_BUY, BTC, qty=D(3))
    assert qty_available(Position.at("F", D(-10), D(10)), [cover]) == -7
    assert qty_available(Position.at("F", D(-3), D(10)), [cover]) == 0
    assert qty_available(None, [cover]) == 0


def test_an_order_for_usd_holds_its_worth_in_shares() -> None:
    sale = order(replace(SELL, qty=None, notional=D(50)), STC)
    assert held_shares(Position.at("F", D(10), D(10)), [sale], D(10)) == 5
    assert held_shares(Position.at("F", D(10), D(10)), [sale]) == 10


@pytest.mark.parametrize(
    ("request_", "now", "share"),
    [
        (BUY, NOON, "10.02"),  # the ask
        (BUY, PRE, "10.005"),  # the middle
        (BUY, NIGHT, "10"),  # the last print
        (LIMIT_BUY, NOON, "9"),
        (STOP_BUY, NOON, "11.44"),  # its limit once elected
        (replace(STOP_BUY, stop_price=D(60)), NOON, "61.5"),
        (replace(TRAIL_SELL, side=Side.BUY), NOON, "10.02"),
        (SELL, NOON, "10.3206"),  # 103 % of the ask
        (LIMIT_SELL, NOON, "11"),
        (replace(LIMIT_SELL, limit_price=D("10.1")), NOON, "10.3206"),
    ],
)
def test_what_a_share_costs(request_, now: Instant, share: str) -> None:
    cost = 100 * D(share)
    wanted = replace(request_, qty=D(100))
    rich = Books(now=now, cash=cost / 2 + 3000)
    assert outcome(wanted, rich) in {BTO, STO}
    poor = Books(now=now, cash=D(2000), settings=Settings(multiplier=2))
    many = replace(request_, qty=D(1000))
    assert outcome(many, poor) == forbidden(
        "insufficient buying power",
        buying_power="4000",
        cost_basis=format((1000 * D(share)).normalize(), "f"),
    )


PRICES = st.decimals(min_value=1, max_value=500, places=2)
QTYS = st.integers(1, 500).map(D)


@st.composite
def open_orders(draw: st.DrawFn) -> list[Order]:
    """Orders to open and to close, some of them filled in part, some replaced."""
    made = []
    for index in range(draw(st.integers(0, 6))):
        side, kind = draw(st.sampled_from(list(product(Side, ("open", "close")))))
        qty = draw(QTYS)
        fields = {
            "id": f"o{index}",
            "side": side,
            "limit_price": draw(PRICES),
            "qty": qty,
            "filled_qty": D(draw(st.integers(0, int(qty)))),
            "replaces": f"o{index - 1}" if index and draw(st.booleans()) else None,
        }
        made.append(order(LIMIT_BUY, PositionIntent(f"{side.value}_to_{kind}"), **fields))
    return made


@given(open_orders(), open_orders())
def test_what_orders_reserve_comes_back_exactly(before: list[Order], more: list[Order]) -> None:
    books = Books(before, cash=D(10**7))
    added = [
        replace(one, id=f"n{one.id}", replaces=one.replaces and f"n{one.replaces}") for one in more
    ]
    both = replace(books, orders=[*before, *added])
    canceled = [replace(one, status=Status.CANCELED) for one in added]
    after = replace(books, orders=[*before, *canceled])
    assert after.balances() == books.balances()
    power = both.balances().buying_power
    assert power == books.balances().buying_power - reserved_usd(added, books)
    position = Position.at("F", D(10**6), D(10))
    assert held_shares(position, after.open_orders()) == held_shares(position, before)
    total = held_shares(position, before) + held_shares(position, added)
    assert held_shares(position, both.open_orders()) == total


@given(open_orders(), QTYS)
def test_available_shares_are_never_more_than_are_held(orders: list[Order], qty: Decimal) -> None:
    for signed in (qty, -qty):
        free = qty_available(Position.at("F", signed, D(10)), orders)
        assert ZERO <= abs(free) <= qty
        assert free * signed >= 0


@given(
    open_orders(), st.integers(1, 40).map(D), st.sampled_from([BUY, SELL, LIMIT_BUY, LIMIT_SELL])
)
def test_what_passes_never_wants_more_than_there_is(orders, qty, request_) -> None:
    books = Books(orders, held(30), cash=D(5000))
    found = outcome(replace(request_, qty=qty), books)
    if found is STC:
        assert qty <= qty_available(books.position("F"), orders)
    if found is BTO:
        assert qty * D("9") <= books.balances().buying_power
