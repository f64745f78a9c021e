"""Balances: margins and buying power."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.broker.positions import Position
from avwap_cli.exchange.broker.rules.balances import Balances, balances_of, exposure_of
from avwap_cli.exchange.settings import Settings

D = Decimal


def balances(cash, positions=(), prices=None, reserved=0, multiplier=2) -> Balances:
    exposure = exposure_of(positions, (prices or {}).get)
    return balances_of(D(cash), exposure, D(reserved), Settings(multiplier=multiplier))


def test_an_empty_account() -> None:
    assert balances(100_000) == Balances(
        cash=D(100_000),
        equity=D(100_000),
        long_market_value=D(0),
        short_market_value=D(0),
        initial_margin=D(0),
        maintenance_margin=D(0),
        buying_power=D(200_000),
        regt_buying_power=D(200_000),
        non_marginable_buying_power=D(100_000),
        multiplier=2,
    )


def test_longs_and_shorts() -> None:
    positions = [Position.at("L", D(100), D(90)), Position.at("S", D(-50), D(110))]
    found = balances(10_000, positions, {"L": D(100), "S": D(100)})
    assert (found.long_market_value, found.short_market_value) == (10_000, -5_000)
    assert found.equity == 15_000
    assert (found.initial_margin, found.maintenance_margin) == (7_500, 4_500)
    assert found.buying_power == 2 * (15_000 - 7_500)
    assert found.non_marginable_buying_power == 7_500


def test_the_figures_of_a_published_account() -> None:
    held = [Position.at("X", D(1), D("126960.76"))]
    found = balances("-23140.2", held, multiplier=4)
    assert found.equity == D("103820.56")
    assert found.initial_margin == D("63480.38")
    assert found.maintenance_margin == D("38088.228")
    assert found.regt_buying_power == D("80680.36")
    assert found.buying_power == 4 * D("103820.56") - D("126960.76")


@pytest.mark.parametrize(("cash", "multiplier"), [("1999.99", 1), ("2000", 2)])
def test_below_2000_usd_nothing_is_lent(cash: str, multiplier: int) -> None:
    found = balances(cash)
    assert found.multiplier == multiplier
    assert found.buying_power == D(cash) * multiplier


def test_without_margin_buying_power_is_the_cash() -> None:
    found = balances(3_000, [Position.at("L", D(10), D(700))], multiplier=1)
    assert (found.equity, found.buying_power) == (10_000, 3_000)


def test_what_is_reserved_is_taken_off_and_never_below_zero() -> None:
    assert balances(1_000_000, reserved=300).buying_power == D(1_999_700)
    assert balances(1_000_000, reserved=300).non_marginable_buying_power == D(999_850)
    assert balances(10_000, reserved=30_000).buying_power == 0


def test_a_position_without_a_price_counts_at_its_entry() -> None:
    assert balances(0, [Position.at("L", D(10), D(700))]).equity == 7_000


MONEY = st.decimals(min_value=5_000, max_value=10**7, places=2)


@given(
    MONEY,
    st.integers(1, 100),
    st.decimals(min_value=1, max_value=40, places=2),
    st.sampled_from([1, 2, 4]),
)
def test_a_fill_at_the_reserved_price_leaves_the_buying_power(cash, qty, price, multiple) -> None:
    reserved = balances(cash, reserved=qty * price, multiplier=multiple)
    filled = balances(cash - qty * price, [Position.at("L", D(qty), price)], multiplier=multiple)
    assert filled.buying_power == reserved.buying_power
    assert filled.equity == reserved.equity
