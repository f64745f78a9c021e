"""Halts: when they begin and end, and that nobody sees what the tape prints in them."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest
from hand_tape import MON, TUE, HandTape, Scene, at

from avwap_cli.exchange.faults import Fault, FaultKind

D = Decimal
BEFORE = date(2026, 10, 2)
ROWS = [("09:30:00", 10.0, 400), ("10:15:00", 10.5, 400), ("10:45:00", 11.0, 400)]
ROWS = [*ROWS, ("11:15:00", 11.5, 400), ("15:59:00", 12.0, 400)]
DAYS = {BEFORE: [("15:59:00", 9.5, 400)], MON: ROWS, TUE: ROWS}
TAPE = HandTape({"F": DAYS, "G": DAYS})
HALT = Fault(FaultKind.HALT, symbol="F", after=time(10), before=time(11))


def prices(scene: Scene, symbol: str = "F") -> list[int]:
    day = scene.venue.day(symbol, scene.venue.session)
    return [] if day is None else day.prints.price.tolist()


def test_a_halt_with_a_time_of_day_needs_no_order() -> None:
    scene = Scene(TAPE, faults=[HALT]).to("09:59")
    assert not scene.venue.halted("F")
    scene.to("10:45")
    assert scene.venue.halted("F")
    assert not scene.venue.halted("G")
    assert scene.venue.price("F") == 10
    assert prices(scene) == [100_000, 115_000, 120_000]
    assert scene.faults.fired == {FaultKind.HALT: 1}
    assert not scene.to("11:00").venue.halted("F")


def test_it_comes_again_each_day() -> None:
    scene = Scene(TAPE, faults=[HALT]).to("10:30", TUE)
    assert scene.venue.halted("F")
    assert scene.faults.fired == {FaultKind.HALT: 2}


def test_one_that_is_ordered_later_begins_now() -> None:
    scene = Scene(TAPE).to("10:45")
    scene.faults.add(HALT)
    scene.venue.settle()
    assert scene.venue.halted("F")
    assert prices(scene) == [100_000, 105_000, 115_000, 120_000]
    late = Scene(TAPE).to("11:30")
    late.faults.add(HALT)
    assert not late.to("12:00").venue.halted("F")


def test_one_that_is_taken_back_does_not_begin() -> None:
    scene = Scene(TAPE, faults=[HALT]).to("09:45")
    scene.faults.clear()
    assert not scene.to("10:30").venue.halted("F")


@pytest.mark.parametrize(
    ("rule", "end"),
    [
        (Fault(FaultKind.HALT, symbol="F", after=time(10), value="2700"), "10:45"),
        (Fault(FaultKind.HALT, symbol="F", after=time(10)), "16:00"),
    ],
)
def test_it_ends_after_its_seconds_or_with_the_session(rule: Fault, end: str) -> None:
    scene = Scene(TAPE, faults=[rule]).to("10:30")
    scene.venue.step_to(at(MON, end) - 1)
    assert scene.venue.halted("F")
    assert not scene.to(end).venue.halted("F")


def test_without_a_symbol_all_are_halted() -> None:
    rule = Fault(FaultKind.HALT, after=time(10), before=time(11))
    scene = Scene(TAPE, faults=[rule]).to("10:30")
    assert (scene.venue.halted("F"), scene.venue.halted("G")) == (True, True)


def test_without_a_time_of_day_an_order_brings_it_on() -> None:
    scene = Scene(TAPE, faults=[Fault(FaultKind.HALT, value="3600", times=1)])
    order = scene.buy(5)
    scene.to("09:45")
    assert (scene.venue.halted("F"), scene.held()) == (True, 0)
    assert scene.venue.price("F") == D("9.5")
    assert scene.to("10:45").story(order)[-1] == "10:45:00 fill 5 @ 11.01"


def test_orders_trade_at_what_is_left_of_the_tape() -> None:
    scene = Scene(TAPE, "09:40", faults=[HALT])
    stop = scene.buy(5, "stop_limit", stop_price="10.40", limit_price="12")
    limit = scene.buy(5, "limit", limit_price="9")
    scene.to("16:00")
    assert scene.story(stop)[-1] == "11:15:00 fill 5 @ 11.51"
    assert scene.status(limit) == "expired"


def test_water_marks_do_not_move_in_a_halt() -> None:
    quiet = Fault(FaultKind.HALT, symbol="F", after=time(11), before=time(15))
    scene = Scene(TAPE, faults=[quiet])
    scene.buy(5)
    scene.to("09:40")
    order = scene.sell(5, "trailing_stop", trail_price="1")
    scene.to("12:00")
    assert scene.now(order).hwm == 11


def test_a_trail_that_begins_in_a_halt_starts_at_the_price_before_it() -> None:
    scene = Scene(TAPE, faults=[HALT])
    scene.buy(5)
    scene.to("10:50")
    order = scene.sell(5, "trailing_stop", trail_price="1")
    assert scene.now(order).hwm == 10


def test_a_halt_that_is_ended_shows_the_tape_from_there_on() -> None:
    scene = Scene(TAPE).to("10:00")
    scene.venue.halt("F", at(MON, "15:00"))
    scene.to("11:00")
    scene.venue.halt("F", None)
    assert prices(scene) == [100_000, 115_000, 120_000]
    day = scene.venue.day("F", MON)
    assert day is not None
    assert day.halts == ((at(MON, "10:00"), at(MON, "11:00")),)
    assert TAPE.day("F", MON).halts == ()


def test_a_halt_may_be_made_longer() -> None:
    scene = Scene(TAPE).to("10:00")
    scene.venue.halt("F", at(MON, "10:30"))
    scene.to("10:20")
    scene.venue.halt("F", at(MON, "11:00"))
    assert scene.to("10:59").venue.halted("F")
    assert prices(scene) == [100_000, 115_000, 120_000]


def test_yesterdays_halt_stays_in_yesterdays_day() -> None:
    scene = Scene(TAPE, faults=[HALT]).to("09:00", TUE)
    day = scene.venue.day("F", MON)
    assert day is not None
    assert day.prints.price.tolist() == [100_000, 115_000, 120_000]
