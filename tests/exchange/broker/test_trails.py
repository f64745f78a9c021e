"""Trails: the stop behind the best regular price."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hand_tape import MON, TUE, HandTape, Scene
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.broker.orders import Order, Side
from avwap_cli.exchange.broker.trails import first_reached, moved, stop_under
from avwap_cli.exchange.refusals import Refusal

D = Decimal
BEFORE = date(2026, 10, 2)
LAST = ("15:59:00", 10.0, 4000)
FLAT = HandTape({"F": {BEFORE: [LAST], MON: [("09:30:00", 10.0, 4000), LAST]}})


def trailing(side: str, price: str | None = None, percent: str | None = None) -> Order:
    scene = Scene(FLAT)
    order = scene.place("buy", 1)
    return replace(
        order,
        side=Side(side),
        trail_price=None if price is None else D(price),
        trail_percent=None if percent is None else D(percent),
    )


@pytest.mark.parametrize(
    ("side", "price", "percent", "stop"),
    [
        ("sell", "0.5", None, 95_000),
        ("buy", "0.5", None, 105_000),
        ("sell", None, "1", 99_000),
        ("buy", None, "1", 101_000),
        ("sell", None, "0.33333", 99_666),  # rounded down
        ("buy", None, "0.33333", 100_334),  # rounded up
        ("sell", "0.00005", None, 99_999),
    ],
)
def test_the_stop_of_a_mark(side: str, price: str, percent: str, stop: int) -> None:
    assert stop_under(trailing(side, price, percent), 100_000) == stop


@given(
    st.sampled_from(["buy", "sell"]),
    st.integers(50_000, 150_000),
    st.lists(st.integers(50_000, 150_000), min_size=1, max_size=30),
)
def test_the_first_row_reached_is_that_of_a_loop(side: str, mark: int, prices: list[int]) -> None:
    order = trailing(side, percent="5")
    found, best = None, mark
    for row, price in enumerate(prices):
        best = max(best, price) if side == "sell" else min(best, price)
        stop = stop_under(order, best)
        if found is None and (price <= stop if side == "sell" else price >= stop):
            found = row
    assert first_reached(order, mark, np.array(prices, dtype=np.int64)) == found
    assert moved(order, mark, np.array(prices, dtype=np.int64)) == best


def test_no_mark_is_taken_from_a_print_before_the_open() -> None:
    rows = [("08:00:00", 13.0, 400), ("09:30:00", 10.0, 400), ("10:00:00", 10.0, 400)]
    scene = Scene(HandTape({"F": {BEFORE: [LAST], MON: rows, TUE: rows}}))
    scene.buy(5)
    scene.to("16:30")
    order = scene.sell(5, "trailing_stop", trail_price="0.5", tif="gtc")
    assert scene.now(order).hwm is None
    scene.to("09:00", TUE)
    assert scene.venue.price("F") == 13
    assert scene.now(order).hwm == 10
    assert scene.to("16:00").status(order) == "new"


def test_one_that_is_sent_before_the_open_starts_at_the_last_regular_price() -> None:
    rows = [("08:00:00", 13.0, 400), ("09:30:00", 10.0, 400), ("10:00:00", 10.0, 400)]
    scene = Scene(HandTape({"F": {BEFORE: [LAST], MON: [LAST], TUE: rows}}))
    scene.buy(5)
    scene.to("09:00", TUE)
    order = scene.sell(5, "trailing_stop", trail_price="0.5")
    assert scene.now(order).hwm == 10
    assert scene.to("15:00").status(order) == "new"


def test_a_trail_that_leaves_no_price_for_the_stop_is_refused() -> None:
    scene = Scene(FLAT, "09:20")
    scene.buy(5)
    scene.to("09:31")
    with pytest.raises(Refusal, match="trail_price must be less than current price"):
        scene.sell(5, "trailing_stop", trail_price="10")
    assert scene.sell(5, "trailing_stop", trail_price="9.99").open
