"""Groups whose orders are replaced: each keeps its place, and none is set at odds with others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hand_tape import MON, TUE, HandTape, Scene
from hypothesis import given, settings
from hypothesis import strategies as st

from avwap_cli.exchange.broker.orders import Order, OrderClass, Status
from avwap_cli.exchange.refusals import Refusal

D = Decimal
BEFORE = date(2026, 10, 2)
TAPE = HandTape(
    {
        "F": {
            BEFORE: [("15:59:00", 10.0, 4000)],
            MON: [("09:30:00", 10.0, 4000), ("10:00:00", 10.0, 4000), ("10:30:00", 10.0, 4000)],
            TUE: [("09:30:00", 10.0, 4000), ("11:00:00", 12.0, 4000), ("12:00:00", 8.0, 4000)],
        }
    }
)
BRACKET = {"order_class": "bracket", "take_profit": "11", "stop_loss": "9", "tif": "gtc"}
OCO = {"order_class": "oco", "take_profit": "11", "stop_loss": "9", "tif": "gtc"}


def newest(scene: Scene, order: Order) -> Order:
    """The order, or what has been made to replace it last."""
    found = scene.now(order)
    heirs = [other for other in scene.venue.orders() if other.replaces == found.id]
    return newest(scene, heirs[-1]) if heirs and heirs[-1].status is not Status.REJECTED else found


def test_a_leg_replaced_while_its_entry_is_keeps_its_partner() -> None:
    scene = Scene(TAPE, "09:20", latency_s=1.0)
    entry = scene.buy(10, "limit", limit_price="9.50", **BRACKET)
    profit, stop = scene.legs(entry)
    scene.to("09:31")
    entry = scene.replace(entry, limit_price="10.20")
    scene.to("09:31:00.400")
    profit = scene.replace(profit, limit_price="11.50")
    scene.to("09:31:01.200")
    assert scene.status(entry, profit) == "new pending_new"
    assert scene.now(profit).parent_id == entry.id
    scene.to("09:45")
    assert (scene.now(profit).parent_id, scene.now(stop).parent_id) == (entry.id, entry.id)
    scene.to("16:00")
    assert scene.status(entry, profit, stop) == "filled new held"
    scene.to("11:30", TUE)
    assert scene.status(profit, stop) == "filled canceled"
    scene.to("16:00")
    assert scene.held() == 0


def test_a_stop_replaced_while_its_profit_is_keeps_its_partner() -> None:
    scene = Scene(TAPE, "09:20", latency_s=1.0)
    scene.buy(10)
    scene.to("09:40")
    profit = scene.sell(10, "limit", **OCO)
    (stop,) = scene.legs(profit)
    scene.to("09:45")
    profit = scene.replace(profit, limit_price="11.50")
    scene.to("09:45:00.400")
    stop = scene.replace(stop, stop_price="9.20")
    scene.to("09:50")
    assert scene.now(profit).leg_ids == (stop.id,)
    scene.to("11:30", TUE)
    assert scene.status(profit, stop) == "filled canceled"


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """Wait in tenths of a second, which order of the group, cents."""
    one = st.tuples(st.integers(0, 15), st.integers(0, 2), st.integers(1, 40))
    return draw(st.lists(one, min_size=2, max_size=8))


@settings(max_examples=60, deadline=None)
@given(
    changes(),
    st.sampled_from(["bracket", "oco"]),
    st.booleans(),
    st.sampled_from([D("0.25"), D("0.001")]),
)
def test_when_an_exit_is_filled_no_other_of_its_group_is_open(
    moves: list[tuple[int, int, int]], kind: str, early: bool, participation_frac: Decimal
) -> None:
    """Whatever was replaced before, and while what else was being replaced."""
    scene = Scene(TAPE, "09:20", latency_s=1.0, participation_frac=participation_frac)
    if kind == "oco":
        scene.buy(10)
        scene.to("09:50")
        scene.venue.cancel_all()
        scene.to("09:50:30")
        first = scene.sell(scene.held(), "limit", **OCO)
    else:
        first = scene.buy(10, "limit", limit_price="9.50" if early else "10.20", **BRACKET)
    group = [first, *scene.legs(first)]
    scene.to("09:51")
    for wait, which, cents in moves:
        scene.venue.step_to(scene.venue.now + wait * 100_000_000)
        order = newest(scene, group[which % len(group)])
        up = D(cents) / 100
        prices: dict[str, Any] = {"stop_price": D(9) + up}
        if order.stop_price is None:
            is_entry = order.parent_id is None and kind == "bracket"
            prices = {"limit_price": (D("10.20") if is_entry else D(11)) + up}
        try:
            scene.replace(order, **prices)
        except Refusal:
            continue
    scene.to("16:00", TUE)
    exits = {newest(scene, order).id: newest(scene, order) for order in group[kind == "bracket" :]}
    if any(order.status is Status.FILLED for order in exits.values()):
        assert not any(order.open for order in exits.values())
    if kind == "oco" or newest(scene, first).status is Status.FILLED:
        left = [order.remaining for order in exits.values() if order.open]
        assert scene.held() == max(left, default=D(0))


def test_a_profit_stays_beyond_its_stop() -> None:
    scene = Scene(TAPE, "09:20")
    entry = scene.buy(10, "limit", limit_price="10.20", **BRACKET)
    profit, stop = scene.legs(entry)
    scene.to("09:40")
    for order, change in ((profit, {"limit_price": "9"}), (stop, {"stop_price": "11"})):
        with pytest.raises(Refusal) as caught:
            scene.replace(order, **change)
        assert caught.value.status == 422
    scene.to("10:15")
    assert scene.held() == 10
    profit = scene.replace(profit, limit_price="9.50")
    assert scene.status(profit) == "new"


def test_the_profit_of_an_oco_stays_beyond_its_stop() -> None:
    scene = Scene(TAPE, "09:20")
    scene.buy(10)
    scene.to("09:40")
    profit = scene.sell(10, "limit", **OCO)
    with pytest.raises(Refusal, match=r"take_profit.limit_price must be > stop_loss.stop_price"):
        scene.replace(profit, limit_price="8.90")


def test_an_entry_keeps_a_cent_from_its_exits() -> None:
    scene = Scene(TAPE, "09:20")
    entry = scene.buy(10, "limit", limit_price="9.80", **BRACKET)
    scene.to("09:25")
    scene.to("09:31")
    with pytest.raises(Refusal, match=r"take_profit.limit_price must be >= base_price"):
        scene.replace(entry, limit_price="11")
    with pytest.raises(Refusal, match=r"stop_loss.stop_price must be <= base_price"):
        scene.replace(entry, limit_price="9")
    assert scene.replace(entry, limit_price="9.90").order_class is OrderClass.BRACKET
