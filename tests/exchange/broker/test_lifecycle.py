"""The life cycle: canceling and replacing, by day and by night."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hand_tape import FRI, MON, TUE, WED, HandTape, Scene, at

from avwap_cli.exchange.broker.orders import Status
from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.instants import hours
from avwap_cli.exchange.protocol.snapshots import book_snapshot
from avwap_cli.exchange.refusals import Refusal

D = Decimal
BIG = 100_000


def tape(*rows: tuple[Any, ...]) -> HandTape:
    monday = [(row[0], row[1], row[2] if len(row) > 2 else BIG) for row in rows]
    calm = [("09:30", 10.0, BIG), ("15:59", 10.0, BIG)]
    return HandTape({"F": {FRI.replace(day=2): calm, MON: monday, TUE: calm, WED: calm}})


CALM = tape(("09:30", 10.0), ("10:00", 10.0), ("15:59", 10.0))
DIP = tape(("09:30", 10.0), ("10:00", 9.0), ("11:00", 8.0, 28), ("12:00", 7.0))


def limit(scene: Scene, price: str = "9.50", **more: Any) -> Any:
    return scene.buy(20, "limit", limit_price=price, **more)


# --- cancels ---


def test_a_cancel_is_pending_until_its_effect() -> None:
    scene = Scene(CALM, "10:00", latency_s=2.0)
    order = limit(scene)
    scene.to("10:00:05").cancel(order)
    assert scene.status(order) == "pending_cancel"
    assert scene.to("10:00:07").status(order) == "canceled"
    assert scene.story(order)[2:] == ["10:00:05 pending_cancel", "10:00:07 canceled"]
    assert scene.now(order).canceled_at == at(MON, "10:00:07")


def test_what_fills_before_the_cancel_counts() -> None:
    scene = Scene(DIP, "09:59:59", latency_s=0.5)
    order = limit(scene)
    scene.to("09:59:59.6").cancel(order)
    scene.to("10:01")
    assert scene.story(order)[2:] == ["09:59:59 pending_cancel", "10:00:00 fill 20 @ 9.01"]


def test_an_order_canceled_on_its_way_never_gets_new() -> None:
    scene = Scene(CALM, "10:00", latency_s=2.0)
    order = limit(scene)
    scene.to("10:00:01").cancel(order)
    scene.to("10:00:10")
    assert [line[9:] for line in scene.story(order)] == [
        "pending_new",
        "pending_cancel",
        "canceled",
    ]


def test_an_accepted_order_is_canceled_at_once() -> None:
    scene = Scene(CALM, "21:00")
    order = limit(scene)
    scene.cancel(order)
    assert scene.story(order) == ["21:00:00 accepted", "21:00:00 canceled"]


def test_at_night_cancels_may_wait_for_the_morning() -> None:
    scene = Scene(CALM, "21:00", cancel_while_closed="pending")
    order = limit(scene)
    scene.cancel(order)
    assert scene.to("03:59", TUE).status(order) == "pending_cancel"
    assert scene.to("04:00", TUE).status(order) == "canceled"
    assert "04:00:00 new" not in scene.story(order)


@pytest.mark.parametrize(("value", "until"), [("90", (MON, "10:01:30")), (None, (TUE, "09:30"))])
def test_a_stuck_cancel_hangs(value: str | None, until: Any) -> None:
    stuck = Fault(FaultKind.STUCK_CANCEL, "cancel", value=value)
    scene = Scene(CALM, "10:00", faults=[stuck])
    order = limit(scene, tif="gtc")
    scene.cancel(order)
    day, clock = until
    scene.venue.step_to(at(day, clock) - 1)
    assert scene.status(order) == "pending_cancel"
    assert scene.to(clock, day).status(order) == "canceled"


def test_what_is_over_or_pending_is_not_canceled_again() -> None:
    scene = Scene(CALM, "10:00", latency_s=1.0)
    order = limit(scene)
    scene.cancel(order)
    with pytest.raises(Refusal, match='order is already in "pending_cancel" state'):
        scene.cancel(order)
    scene.to("10:01")
    with pytest.raises(Refusal, match='order is already in "canceled" state') as refusal:
        scene.cancel(order)
    assert (refusal.value.status, refusal.value.code) == (422, 42210000)


def test_cancel_all_tells_of_each_order() -> None:
    scene = Scene(CALM, "10:00")
    entry = scene.buy(20, order_class="bracket", take_profit="12", stop_loss="9", tif="gtc")
    other = limit(scene)
    results = scene.venue.cancel_all()
    legs = [leg.id for leg in scene.legs(entry)]
    assert results == [(order_id, None) for order_id in [entry.id, *legs, other.id]]
    scene.venue.settle()
    assert scene.venue.open_orders() == ()
    assert scene.venue.cancel_all() == []


# --- replaces ---


def test_a_replace_makes_a_new_order() -> None:
    scene = Scene(CALM, "10:00", latency_s=1.0)
    old = limit(scene)
    scene.to("10:01")
    new = scene.replace(old, limit_price="9.60", qty="30")
    assert (new.status, new.replaces, new.id != old.id) == (Status.PENDING_NEW, old.id, True)
    assert scene.status(old) == "pending_replace"
    scene.to("10:02")
    assert scene.status(old, new) == "replaced new"
    assert scene.now(old).replaced_by == new.id
    assert scene.now(old).replaced_at == at(MON, "10:01:01")
    assert (scene.now(new).qty, scene.now(new).limit_price) == (D(30), D("9.60"))
    assert scene.story() == [
        "10:00:00 pending_new",
        "10:00:01 new",
        "10:01:00 pending_replace",
        "10:01:00 pending_new",
        "10:01:01 replaced",
        "10:01:01 new",
    ]


def test_the_old_order_may_fill_first() -> None:
    scene = Scene(DIP, "09:59:58", latency_s=1.0)
    old = limit(scene)
    scene.to("09:59:59.5")
    new = scene.replace(old, limit_price="8.50")
    scene.to("10:01")
    assert scene.status(old, new) == "filled rejected"
    assert scene.story(new)[-1] == "10:00:00 order_replace_rejected"
    assert scene.held() == D(20)


def test_a_partly_filled_order_is_replaced_for_the_rest() -> None:
    scene = Scene(DIP, "10:30")
    old = limit(scene)
    scene.to("11:30")
    assert scene.now(old).filled_qty == D(7)
    new = scene.replace(old, limit_price="7.50")
    assert (new.qty, new.filled_qty) == (D(13), D(0))
    scene.to("12:00")
    assert scene.status(old, new) == "replaced filled"
    assert scene.held() == D(20)


def test_what_the_old_order_fills_meanwhile_is_taken_off_the_new_one() -> None:
    scene = Scene(DIP, "10:59:58", latency_s=1.0)
    old = limit(scene)
    scene.to("10:59:59.5")
    new = scene.replace(old, qty="25")
    assert new.qty == D(25)
    scene.to("11:00:01")
    assert (scene.now(new).qty, scene.now(old).filled_qty) == (D(18), D(7))
    scene.to("12:00")
    assert scene.held() == D(25)


@pytest.mark.parametrize("fault", [True, False])
def test_a_rejected_or_canceled_replacement_leaves_the_old_order_at_work(fault: bool) -> None:
    rules = [Fault(FaultKind.REJECT_AFTER_ACCEPT, "replace")] if fault else []
    scene = Scene(DIP, "08:00", faults=rules, latency_s=1.0)
    old = limit(scene)
    scene.to("08:01")
    new = scene.replace(old, limit_price="1.00")
    if not fault:
        scene.cancel(new)
    scene.to("08:02")
    assert scene.status(old, new) == ("new rejected" if fault else "new canceled")
    assert scene.to("10:00").status(old) == "filled"


def test_a_trailing_stop_keeps_its_mark_when_it_is_replaced() -> None:
    scene = Scene(tape(("09:30", 10.0), ("10:00", 12.0), ("11:00", 11.5)))
    scene.buy(20)
    scene.to("09:30")
    old = scene.sell(20, "trailing_stop", trail_price="1.00")
    scene.to("10:30")
    new = scene.replace(old, trail="0.50")
    assert (scene.now(new).hwm, scene.now(new).stop_price) == (D(12), D("11.5"))
    assert scene.to("11:00").status(new) == "filled"


@pytest.mark.parametrize(
    ("clock", "message"),
    [("21:00", "cannot replace order in accepted status"), ("10:00", "parameters are not changed")],
)
def test_replaces_are_refused_whole(clock: str, message: str) -> None:
    scene = Scene(CALM, clock)
    order = limit(scene)
    before = book_snapshot(scene.venue)
    with pytest.raises(Refusal, match=message):
        scene.replace(order, limit_price="9.50")
    assert book_snapshot(scene.venue) == before


def test_an_order_under_replacement_is_left_alone() -> None:
    scene = Scene(CALM, "10:00", latency_s=60.0)
    old = limit(scene)
    scene.to("10:02")
    new = scene.replace(old, limit_price="9.60")
    for order, message in ((old, "pending_replace status"), (new, "chain not fully replaced")):
        with pytest.raises(Refusal, match=message):
            scene.replace(order, limit_price="9.70")
    with pytest.raises(Refusal, match='"pending_replace" state'):
        scene.cancel(old)
    scene.to("10:04")
    with pytest.raises(Refusal, match="order already replaced"):
        scene.replace(old, limit_price="9.70")


# --- sessions ---


def test_a_half_day_closes_early() -> None:
    black_friday = FRI.replace(month=11, day=27)
    rows = [("09:30", 10.0, BIG), ("12:59", 10.0, BIG)]
    scene = Scene(HandTape({"F": {black_friday: rows}}), "10:00", day=black_friday)
    order = limit(scene)
    extended = limit(scene, extended_hours=True)
    assert scene.now(order).expires_at == hours(black_friday).close == at(black_friday, "13:00")
    assert scene.to("13:00").status(order, extended) == "expired new"
    assert scene.to("17:00").status(extended) == "expired"


def test_weekends_pass() -> None:
    scene = Scene(CALM, "17:00", day=FRI.replace(day=2))
    order = limit(scene, price="10.50")
    assert scene.to("12:00", FRI.replace(day=4)).status(order) == "accepted"
    assert scene.to("09:30", MON).status(order) == "filled"
