"""Prices on their ticks: by hand, and as laws."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.trading.orders import Side
from avwap_cli.trading.ticks import rounded_limit, rounded_tighter, tick

D = Decimal
PRICES = st.decimals("0.0001", "99999", allow_nan=False, allow_infinity=False, places=7)


@pytest.mark.parametrize(
    ("price", "step"), [("1", "0.01"), ("0.9999", "0.0001"), ("1.005", "0.01"), ("812", "0.01")]
)
def test_a_cent_from_one_dollar_up_and_a_hundredth_of_it_below(price: str, step: str) -> None:
    assert tick(D(price)) == D(step)


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity"])
def test_what_is_no_price_has_no_tick(price: str) -> None:
    with pytest.raises(ValueError, match="is not a price"):
        tick(D(price))


@pytest.mark.parametrize(
    ("price", "direction", "expected"),
    [
        ("57.231", 1, "57.24"),
        ("57.239", -1, "57.23"),
        ("57.23", 1, "57.23"),
        ("0.56781", 1, "0.5679"),
        ("0.56789", -1, "0.5678"),
        ("0.99991", 1, "1"),
        ("0.00001", -1, "0.0001"),
    ],
)
def test_a_stop_moves_towards_the_price(price: str, direction: int, expected: str) -> None:
    assert rounded_tighter(D(price), direction) == D(expected)


@pytest.mark.parametrize(
    ("price", "side", "expected"),
    [
        ("60.457", Side.BUY, "60.45"),
        ("60.451", Side.SELL, "60.46"),
        ("0.12345", Side.BUY, "0.1234"),
    ],
)
def test_a_limit_is_never_worse_than_asked(price: str, side: Side, expected: str) -> None:
    assert rounded_limit(D(price), side) == D(expected)


@given(PRICES, st.sampled_from([1, -1]))
def test_law_a_rounded_price_is_on_a_tick_less_than_one_away(price: Decimal, way: int) -> None:
    rounded = rounded_tighter(price, way)
    assert 0 <= (rounded - price) * way < D("0.01") or rounded == D("0.0001")
    assert rounded * 10_000 == int(rounded * 10_000)
    assert rounded < 1 or rounded * 100 == int(rounded * 100)
    assert rounded_tighter(rounded, way) == rounded
