"""Triggers: the row of the day that an order meets next, against a loop over the prints."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hand_tape import MON, HandTape, at
from hypothesis import given
from hypothesis import strategies as st
from test_matching import order

from avwap_cli.exchange.broker.orders import Order, OrderType, Side
from avwap_cli.exchange.broker.triggers import next_trigger
from avwap_cli.exchange.instants import MINUTE, hours

D = Decimal
TIMES = hours(MON)
CENTS = st.lists(st.integers(990, 1010), min_size=1, max_size=30)


def first_row(made: Order, cents: list[int], after: int) -> int | None:
    """The first row that concerns the order, price by price."""
    mark = made.hwm or D(0)
    for row, price in enumerate(D(cent) / 100 for cent in cents):
        if TIMES.open + row * MINUTE <= after:
            continue
        if concerns(made, price, mark):
            return row
        mark = max(mark, price) if made.side is Side.SELL else min(mark, price)
    return None


def concerns(made: Order, price: Decimal, mark: Decimal) -> bool:
    sign = made.side.sign
    if made.type is OrderType.LIMIT and made.limit_price is not None:
        return (price - made.limit_price) * sign <= 0
    if made.type is OrderType.STOP and made.stop_price is not None:
        return (price - made.stop_price) * sign >= 0
    if made.type is OrderType.TRAILING_STOP:
        best = min(mark, price) if sign > 0 else max(mark, price)
        gap = made.trail_price or best * (made.trail_percent or D(0)) / 100
        return (price - best - sign * gap) * sign >= 0
    return True


PRICES = st.integers(985, 1015).map(lambda cent: D(cent) / 100)
ORDERS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({"kind": "market"}),
    PRICES.map(lambda price: {"kind": "limit", "limit_price": price}),
    PRICES.map(lambda price: {"kind": "stop", "stop_price": price}),
    st.tuples(PRICES, st.integers(1, 20)).map(
        lambda both: {"kind": "trailing_stop", "hwm": both[0], "trail_price": D(both[1]) / 100}
    ),
    st.tuples(PRICES, st.integers(10, 200)).map(
        lambda both: {"kind": "trailing_stop", "hwm": both[0], "trail_percent": D(both[1]) / 100}
    ),
)


@given(CENTS, st.sampled_from(["buy", "sell"]), ORDERS, st.integers(-2, 30))
def test_the_next_touch_is_the_first_print_that_concerns_the_order(
    cents: list[int], side: str, fields: dict[str, Any], after: int
) -> None:
    rows = [
        (f"{9 + (30 + i) // 60:02d}:{(30 + i) % 60:02d}", c / 100, 100) for i, c in enumerate(cents)
    ]
    day = HandTape({"F": {MON: rows}}).day("F", MON)
    assert day is not None
    moment = TIMES.open + after * MINUTE
    made = order(side, **fields)
    row = first_row(made, cents, moment)
    trigger = next_trigger(made, day, TIMES, moment)
    assert (trigger and trigger.row) == row
    assert trigger is None or trigger.at == TIMES.open + trigger.row * MINUTE


def test_prints_outside_of_regular_hours_do_not_count() -> None:
    rows = [("08:00", 10.0, 100), ("09:30", 12.0, 100), ("16:00", 10.0, 100)]
    day = HandTape({"F": {MON: rows}}).day("F", MON)
    assert day is not None
    limit = order("buy", "limit", limit_price=D(10))
    assert next_trigger(limit, day, TIMES, 0) is None
    extended = replace(limit, limit_price=D("10.01"), extended_hours=True)
    trigger = next_trigger(extended, day, TIMES, 0)
    assert trigger is not None
    assert (trigger.at, trigger.quoted) == (at(MON, "08:00"), True)
