"""Participation: all orders of the account together get no more than their part of a print."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hand_tape import MON, HandTape, Scene
from hypothesis import given
from hypothesis import strategies as st

D = Decimal
BEFORE = date(2026, 10, 2)
CLOCKS = [f"{hour:02}:{minute:02}:00" for hour in range(10, 16) for minute in (0, 20, 40)]


def thin(size: int = 80) -> HandTape:
    return HandTape(
        {"F": {BEFORE: [("15:59:00", 10.0, 80)], MON: [(clock, 10.0, size) for clock in CLOCKS]}}
    )


def test_one_print_is_shared_oldest_order_first() -> None:
    scene = Scene(thin())
    orders = [scene.buy(15) for _ in range(3)]
    scene.to("10:00")
    assert [scene.now(order).filled_qty for order in orders] == [15, 5, 0]
    scene.to("10:20")
    assert [scene.now(order).filled_qty for order in orders] == [15, 15, 10]
    scene.to("10:40")
    assert scene.status(*orders) == "filled filled filled"


def test_an_order_for_usd_waits_for_the_shares_it_buys() -> None:
    scene = Scene(thin(), slippage_frac=D(0))
    order = scene.buy(None, notional="300.3")
    scene.to("10:00")
    first = scene.now(order)
    assert (first.filled_qty, first.qty, first.status.value) == (20, None, "partially_filled")
    scene.to("10:20")
    last = scene.now(order)
    assert (last.filled_qty, last.qty, last.status.value) == (30, 30, "filled")
    assert scene.venue.balances().cash == D(100_000) - D("300.3")


def test_parts_of_shares_are_the_brokers_own() -> None:
    scene = Scene(thin(8))
    order = scene.buy("5.5")
    small = [scene.buy("0.5") for _ in range(3)]
    scene.to("10:00")
    assert scene.now(order).filled_qty == D("2.5")
    assert scene.status(*small) == "filled filled filled"
    scene.to("10:40")
    assert scene.story(order)[2:] == [
        "10:00:00 partial_fill 2.5 @ 10.01",
        "10:20:00 partial_fill 2 @ 10.01",
        "10:40:00 fill 1 @ 10.01",
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["1", "7", "30", "200", "12.25", "0.3"]),
            st.sampled_from(["market", "limit"]),
            st.sampled_from([None, "10:00:01", "11:00:01"]),
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([1, 3, 40, 333]),
)
def test_the_whole_shares_of_a_print_are_never_exceeded(
    asked: list[tuple[str, str, str | None]], size: int
) -> None:
    scene = Scene(thin(size))
    for qty, kind, clock in asked:
        if clock is not None and scene.venue.now < Scene(thin(), clock).venue.now:
            scene.to(clock)
        scene.buy(qty, kind, **({"limit_price": "10.50"} if kind == "limit" else {}))
    scene.to("16:00")
    got: Counter[int] = Counter()
    for event in scene.venue.fills:
        assert event.qty is not None
        got[event.at] += int(event.qty)
    assert all(shares <= max(1, size // 4) for shares in got.values())


@pytest.mark.parametrize("clock", ["15:59", "16:00"])
def test_a_cls_order_never_trades_before_the_close(clock: str) -> None:
    tape = HandTape(
        {
            "F": {
                BEFORE: [("15:59:00", 10.0, 80)],
                MON: [("09:45:00", 10.0, 80), ("11:32:00", 10.4, 80)],
            }
        }
    )
    scene = Scene(tape)
    order = scene.buy(10, tif="cls")
    scene.to(clock)
    assert scene.held() == (10 if clock == "16:00" else 0)
    if clock == "16:00":
        assert scene.story(order)[-1] == "16:00:00 fill 10 @ 10.41"


def test_a_cls_order_of_a_halted_symbol_expires() -> None:
    scene = Scene(thin())
    order = scene.buy(10, tif="cls")
    scene.to("15:50")
    scene.venue.halt("F", scene.venue.now + 3600 * 10**9)
    scene.to("16:00")
    assert scene.status(order) == "expired"


def test_a_cls_order_after_a_halt_up_to_the_close_takes_the_last_price() -> None:
    scene = Scene(thin())
    order = scene.buy(10, tif="cls")
    scene.to("15:30")
    scene.venue.halt("F", scene.venue.now + 1800 * 10**9)
    scene.to("16:00")
    assert scene.story(order)[-1] == "16:00:00 fill 10 @ 10.01"
