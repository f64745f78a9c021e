"""Positions: folds of fills, by average cost."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.broker.orders import ZERO, Side
from avwap_cli.exchange.broker.positions import Position, after_split, apply_fill, overnight

D = Decimal
TINY = D("1e-12")
LONG = Position.at("F", D(10), D(100), D(99))
SHORT = Position.at("F", D(-10), D(100), D(99))


@pytest.mark.parametrize(
    ("position", "side", "qty", "price", "after_qty", "after_avg", "realized"),
    [
        (LONG, Side.BUY, 10, 110, 20, 105, 0),
        (LONG, Side.SELL, 4, 110, 6, 100, 40),
        (LONG, Side.SELL, 10, 90, None, None, -100),
        (LONG, Side.SELL, 15, 110, -5, 110, 100),
        (SHORT, Side.SELL, 10, 110, -20, 105, 0),
        (SHORT, Side.BUY, 4, 110, -6, 100, -40),
        (SHORT, Side.BUY, 10, 90, None, None, 100),
        (SHORT, Side.BUY, 15, 90, 5, 90, 100),
    ],
)
def test_a_fill(position, side, qty, price, after_qty, after_avg, realized) -> None:
    after, profit = apply_fill(position, side, D(qty), D(price))
    assert profit == realized
    if after_qty is None:
        assert after is None
    else:
        assert (after.symbol, after.qty, after.avg_entry_price) == ("F", after_qty, after_avg)


def test_the_first_fill_opens() -> None:
    after, realized = apply_fill(None, Side.SELL, D(3), D(7), symbol="F", lastday_price=D(8))
    assert after == Position("F", D(-3), D(-21), D(8), D(-21))
    assert realized == 0
    assert (after.side, after.closing_side, after.cost_basis) == ("short", Side.BUY, D(-21))


@pytest.mark.parametrize(("qty", "price"), [(0, 1), (-1, 1), (1, 0), (1, -1)])
def test_a_fill_of_nothing_is_an_error(qty: int, price: int) -> None:
    with pytest.raises(ValueError, match="a fill of"):
        apply_fill(LONG, Side.BUY, D(qty), D(price))


def test_values_at_a_price() -> None:
    assert LONG.market_value(D(110)) == 1100
    assert (LONG.unrealized(D(110)), SHORT.unrealized(D(110))) == (100, -100)
    assert SHORT.market_value(D(110)) == -1100


def test_intraday_profit_counts_from_the_last_close_for_what_was_held_overnight() -> None:
    held = overnight(LONG, D(120))
    assert (held.lastday_price, held.avg_entry_price) == (D(120), D(100))
    assert held.unrealized_intraday(D(125)) == 50
    assert held.unrealized(D(125)) == 250
    more, _ = apply_fill(held, Side.BUY, D(10), D(124))
    assert more.unrealized_intraday(D(125)) == 10 * 5 + 10 * 1


def test_intraday_profit_of_a_new_position_is_that_since_entry() -> None:
    assert Position.at("F", D(2), D(10)).unrealized_intraday(D(11)) == 2


def test_the_average_has_nine_decimals_and_the_cost_all() -> None:
    held, _ = apply_fill(Position.at("F", D(1), D(10)), Side.BUY, D(2), D("10.0001"))
    assert held.avg_entry_price == D("10.000066667")
    assert held.cost_basis == D("30.0002")


def test_the_arithmetic_is_not_the_callers() -> None:
    held = Position.at("F", D("12345.678912345"), D("123.4567"))
    with localcontext() as context:
        context.prec = 5
        found = (held.avg_entry_price, held.market_value(D(100)), held.unrealized(D(100)))
        intraday = held.unrealized_intraday(D(100))
    assert found == (D("123.4567"), D("1234567.8912345"), held.unrealized(D(100)))
    assert intraday == D("1234567.8912345") - held.cost_basis


def test_a_split_keeps_the_cost() -> None:
    after = after_split(LONG, Fraction(4))
    assert (after.qty, after.avg_entry_price, after.lastday_price) == (40, 25, D("24.75"))
    assert after.cost_basis == LONG.cost_basis
    assert after_split(LONG, Fraction(1, 10)).qty == 1


def test_a_third_of_three_hundred_shares_is_a_hundred() -> None:
    after = after_split(Position.at("F", D(300), D(10), D(9)), Fraction(1, 3))
    assert (after.qty, after.avg_entry_price, after.lastday_price) == (100, 30, 27)


def test_a_split_leaves_something_of_the_least_position() -> None:
    assert after_split(Position.at("F", D("1e-9"), D(10)), Fraction(1, 10)).qty == D("1e-9")


QTYS = st.decimals(min_value="0.000000001", max_value=10_000, places=9)
PRICES = st.decimals(min_value="0.0001", max_value=100_000, places=4)
FILLS = st.lists(st.tuples(st.sampled_from(Side), QTYS, PRICES), max_size=12)


def fold(fills) -> tuple[Position | None, Decimal, Decimal]:
    position, realized, cash = None, ZERO, ZERO
    for side, qty, price in fills:
        position, profit = apply_fill(position, side, qty, price, symbol="F")
        realized += profit
        cash -= side.sign * qty * price
    return position, realized, cash


def near(left: Decimal, right: Decimal) -> bool:
    return abs(left - right) <= TINY * max(1, abs(left), abs(right))


@given(FILLS)
def test_shares_held_are_the_sum_of_the_fills(fills) -> None:
    position, _, _ = fold(fills)
    assert (position.qty if position else ZERO) == sum(s.sign * q for s, q, _ in fills)


@given(FILLS)
def test_cash_and_cost_are_what_was_realized(fills) -> None:
    position, realized, cash = fold(fills)
    cost = position.cost_basis if position else ZERO
    assert cash + cost == realized


@given(FILLS, PRICES)
def test_cash_and_value_are_realized_and_unrealized_profit(fills, price) -> None:
    position, realized, cash = fold(fills)
    value = position.market_value(price) if position else ZERO
    unrealized = position.unrealized(price) if position else ZERO
    assert near(cash + value, realized + unrealized)


@given(st.sampled_from(Side), st.lists(st.tuples(QTYS, PRICES), min_size=1, max_size=8), st.data())
def test_the_order_of_fills_on_one_side_does_not_matter(side, pieces, data) -> None:
    shuffled = data.draw(st.permutations(pieces))
    one, _, _ = fold([(side, *piece) for piece in pieces])
    other, _, _ = fold([(side, *piece) for piece in shuffled])
    assert one.qty == other.qty
    assert near(one.avg_entry_price, other.avg_entry_price)


@given(FILLS, QTYS, PRICES)
def test_a_fill_and_its_reverse_at_the_same_price_leave_shares_and_money(fills, qty, price) -> None:
    before, _, cash = fold(fills)
    after, _, again = fold([*fills, (Side.BUY, qty, price), (Side.SELL, qty, price)])
    assert again == cash
    assert (after.qty if after else ZERO) == (before.qty if before else ZERO)
