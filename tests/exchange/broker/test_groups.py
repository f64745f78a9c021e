"""Groups: brackets, OCOs and OTOs, from the entry to the last exit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hand_tape import FRI, MON, TUE, HandTape, Row, Scene

from avwap_cli.exchange.broker.orders import Order, Role
from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.refusals import Refusal

D = Decimal
BIG = 100_000


def tape(*rows: tuple[Any, ...]) -> HandTape:
    days: list[Row] = [(row[0], row[1], row[2] if len(row) > 2 else BIG) for row in rows]
    before = [("15:59", 10.0, BIG)]
    return HandTape({"F": {FRI.replace(day=2): before, MON: days, TUE: [("09:30", 10.0, BIG)]}})


CALM = (("09:30", 10.0), ("10:00", 10.1), ("15:59", 10.0))
RISE = (("09:30", 10.0), ("10:00", 11.0), ("11:00", 9.0))
FALL = (("09:30", 10.0), ("10:00", 9.0), ("11:00", 11.0))


def bracket(scene: Scene, **more: Any) -> tuple[Order, Order, Order]:
    fields = {"take_profit": "11.00", "stop_loss": "9.50", "tif": "gtc", **more}
    entry = scene.buy(20, order_class="bracket", **fields)
    profit, loss = scene.legs(entry)
    return entry, profit, loss


def long(*rows: tuple[Any, ...], **settings: Any) -> Scene:
    scene = Scene(tape(*rows), **settings)
    scene.buy(20)
    return scene.to("09:30")


def oco(scene: Scene, **more: Any) -> tuple[Order, Order]:
    fields = {"take_profit": "11.00", "stop_loss": "9.50", "tif": "gtc", **more}
    profit = scene.sell(20, "limit", order_class="oco", **fields)
    (loss,) = scene.legs(profit)
    return profit, loss


# --- brackets ---


def test_legs_are_held_until_the_entry_is_filled() -> None:
    scene = Scene(tape(*CALM))
    entry, profit, loss = bracket(scene, stop_loss_limit="9.40")
    assert (profit.role, loss.role) == (Role.TAKE_PROFIT, Role.STOP_LOSS)
    assert (profit.type.value, loss.type.value) == ("limit", "stop_limit")
    assert (profit.side.value, profit.intent.value) == ("sell", "sell_to_close")
    assert profit.client_order_id != loss.client_order_id != entry.client_order_id
    assert {leg.parent_id for leg in (profit, loss)} == {entry.id}
    assert scene.status(entry, profit, loss) == "new held held"
    scene.to("09:30")
    assert scene.status(entry, profit, loss) == "filled new held"
    assert scene.story(profit) == ["09:00:00 held", "09:30:00 new"]


def test_a_partly_filled_entry_keeps_its_legs_held() -> None:
    scene = Scene(tape(("09:30", 10.0, 40), ("10:00", 12.0, 20), ("11:00", 10.0, 400)))
    entry, profit, loss = bracket(scene)
    scene.to("10:00")
    assert scene.status(entry, profit, loss) == "partially_filled held held"
    scene.to("11:00")
    assert scene.status(entry, profit, loss) == "filled new held"


def test_the_profit_fills_and_the_stop_is_canceled() -> None:
    scene = Scene(tape(*RISE))
    orders = bracket(scene)
    scene.to("16:00")
    assert scene.status(*orders) == "filled filled canceled"
    assert scene.story(orders[1], orders[2])[2:] == [
        "09:30:00 new",
        "10:00:00 fill 20 @ 11",
        "10:00:00 canceled",
    ]
    assert scene.held() == 0


def test_the_stop_is_elected_and_the_profit_canceled() -> None:
    scene = Scene(tape(*FALL))
    orders = bracket(scene)
    scene.to("16:00")
    assert scene.status(*orders) == "filled canceled filled"
    assert scene.story(orders[1], orders[2])[3:] == [
        "10:00:00 new",
        "10:00:00 canceled",
        "10:00:00 fill 20 @ 8.99",
    ]
    assert scene.held() == 0


def test_a_partial_profit_shrinks_the_stop() -> None:
    scene = Scene(tape(("09:30", 10.0), ("10:00", 11.0, 28), ("11:00", 9.0)))
    _, profit, loss = bracket(scene)
    scene.to("10:00")
    assert scene.status(profit, loss) == "partially_filled held"
    assert scene.now(loss).qty == D(13)
    scene.to("16:00")
    assert scene.status(profit, loss) == "canceled filled"
    assert scene.story(loss)[-1] == "11:00:00 fill 13 @ 8.99"
    assert scene.held() == 0


@pytest.mark.parametrize("which", [1, 2])
def test_canceling_one_exit_cancels_the_other(which: int) -> None:
    scene = Scene(tape(*CALM))
    orders = bracket(scene)
    scene.to("09:30").cancel(orders[which])
    assert scene.status(*orders) == "filled canceled canceled"
    assert scene.held() == D(20)


def test_canceling_the_unfilled_entry_cancels_the_legs() -> None:
    scene = Scene(tape(*CALM))
    orders = bracket(scene)
    scene.cancel(orders[0])
    assert scene.status(*orders) == "canceled canceled canceled"


def test_canceling_a_held_leg_leaves_the_entry_alone() -> None:
    scene = Scene(tape(*CALM))
    orders = bracket(scene)
    scene.cancel(orders[2]).to("16:00")
    assert scene.status(*orders) == "filled canceled canceled"


def test_a_day_bracket_loses_its_exits_at_the_close() -> None:
    scene = Scene(tape(*CALM))
    orders = bracket(scene, tif="day")
    scene.to("16:00")
    assert scene.status(*orders) == "filled expired expired"
    assert scene.held() == D(20)


def test_an_unfilled_day_entry_expires_with_its_legs() -> None:
    scene = Scene(tape(*CALM))
    orders = bracket(scene, kind="limit", limit_price="9.90", tif="day")
    scene.to("16:00")
    assert scene.status(*orders) == "expired expired expired"


def test_a_rejected_entry_cancels_its_legs() -> None:
    scene = Scene(tape(*CALM), faults=[Fault(FaultKind.REJECT_AFTER_ACCEPT, "new")])
    orders = bracket(scene)
    assert scene.status(*orders) == "rejected canceled canceled"


def test_a_short_bracket_mirrors_a_long_one() -> None:
    scene = Scene(tape(*FALL))
    entry = scene.sell(20, order_class="bracket", take_profit="9.20", stop_loss="10.50")
    profit, loss = scene.legs(entry)
    assert profit.intent.value == "buy_to_close"
    scene.to("16:00")
    assert scene.status(entry, profit, loss) == "filled filled canceled"
    assert scene.held() == 0
    assert scene.story(profit)[-1] == "10:00:00 fill 20 @ 9.01"


# --- OTO and OCO ---


def test_an_oto_stop_goes_to_work_after_the_entry() -> None:
    scene = Scene(tape(*FALL))
    entry = scene.buy(20, order_class="oto", stop_loss="9.50", tif="gtc")
    (stop,) = scene.legs(entry)
    assert scene.status(entry, stop) == "new held"
    assert scene.to("09:30").status(entry, stop) == "filled new"
    assert scene.to("10:00").status(entry, stop) == "filled filled"
    assert scene.held() == 0


def test_an_oto_can_have_a_profit_leg_alone() -> None:
    scene = Scene(tape(*RISE))
    entry = scene.buy(20, order_class="oto", take_profit="11.00")
    scene.to("10:00")
    assert scene.status(entry, *scene.legs(entry)) == "filled filled"


def test_an_oco_is_a_profit_parent_with_a_held_stop() -> None:
    scene = long(*CALM)
    profit, loss = oco(scene)
    assert (profit.limit_price, profit.role, loss.role) == (D(11), None, Role.STOP_LOSS)
    assert scene.status(profit, loss) == "new held"
    with pytest.raises(Refusal, match="insufficient qty"):
        scene.sell(1)


@pytest.mark.parametrize(
    ("rows", "end"), [(RISE, "filled canceled"), (FALL, "canceled filled"), (CALM, "new held")]
)
def test_one_side_of_an_oco_cancels_the_other(rows: tuple[Any, ...], end: str) -> None:
    scene = long(*rows)
    orders = oco(scene)
    scene.to("16:00")
    assert scene.status(*orders) == end
    assert scene.held() == (20 if end == "new held" else 0)


@pytest.mark.parametrize("which", [0, 1])
def test_canceling_one_side_of_an_oco_cancels_both(which: int) -> None:
    scene = long(*CALM)
    orders = oco(scene)
    scene.cancel(orders[which])
    assert scene.status(*orders) == "canceled canceled"
    scene.sell(20)


def test_a_partial_oco_profit_shrinks_the_stop() -> None:
    scene = long(("09:30", 10.0), ("10:00", 11.0, 28), ("11:00", 9.0))
    profit, loss = oco(scene)
    scene.to("16:00")
    assert scene.now(profit).filled_qty == D(7)
    assert scene.now(loss).filled_qty == D(13)
    assert scene.held() == 0


# --- replacing in a group ---


def test_a_replaced_leg_keeps_its_place() -> None:
    scene = Scene(tape(*FALL))
    entry, profit, loss = bracket(scene)
    scene.to("09:30")
    higher = scene.replace(profit, limit_price="11.50")
    closer = scene.replace(loss, stop_price="9.20")
    assert scene.legs(scene.now(entry)) == (scene.now(higher), scene.now(closer))
    assert scene.status(profit, loss, higher, closer) == "replaced replaced new held"
    assert scene.now(closer).role is Role.STOP_LOSS
    scene.to("16:00")
    assert scene.status(higher, closer) == "canceled filled"
    assert scene.held() == 0


def test_a_held_leg_may_be_replaced_before_the_entry_fills() -> None:
    scene = Scene(tape(*FALL))
    entry, profit, loss = bracket(scene)
    closer = scene.replace(loss, stop_price="8.50")
    assert scene.status(loss, closer) == "replaced held"
    scene.to("10:30")
    assert scene.status(entry, profit, closer) == "filled new held"


def test_a_replaced_oco_parent_takes_its_stop_along() -> None:
    scene = long(*FALL)
    profit, loss = oco(scene)
    higher = scene.replace(profit, limit_price="11.50")
    assert scene.legs(scene.now(higher)) == (scene.now(loss),)
    assert scene.legs(scene.now(profit)) == ()
    scene.to("16:00")
    assert scene.status(higher, loss) == "canceled filled"


def test_a_stop_elected_while_it_is_replaced_stays() -> None:
    scene = Scene(tape(*FALL), latency_s=60.0)
    _, profit, loss = bracket(scene)
    scene.to("09:59:30")
    lower = scene.replace(loss, stop_price="8.50")
    assert scene.status(loss, lower) == "pending_replace pending_new"
    scene.to("10:00")
    assert scene.status(profit, loss, lower) == "canceled filled rejected"
    assert scene.story(lower)[-1] == "10:00:00 order_replace_rejected"
    assert scene.held() == 0


def test_a_profit_that_fills_shrinks_the_stop_under_replacement() -> None:
    scene = Scene(tape(("09:30", 10.0), ("10:00", 11.0, 28), ("11:00", 9.0)), latency_s=60.0)
    _, _, loss = bracket(scene)
    scene.to("09:59:30")
    closer = scene.replace(loss, stop_price="9.20")
    scene.to("10:30")
    assert (scene.status(loss, closer), scene.now(closer).qty) == ("replaced held", D(13))
    scene.to("16:00")
    assert scene.held() == 0
