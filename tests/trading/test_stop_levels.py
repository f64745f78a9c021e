"""Stop levels: the tightest of the levels that hold, computed by hand, and never loosened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from held_positions import AVWAP, BATCH, FRI, MON, POLICY, THU, TUE, WED, D, held, moment
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.trading.intents import Leg
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.positions import Position
from avwap_cli.trading.price_ranges import PriceRange
from avwap_cli.trading.stop_levels import Targets, targets, wanted
from avwap_cli.verdicts import ExitReason

SHORT = replace(BATCH, direction=-1, strategy="overbought_short", trailing_atr_mult=None)
OWN, EMERGENCY, TRAIL = (
    ExitReason.STOP_LOSS,
    ExitReason.EMERGENCY_STOP,
    ExitReason.TRAILING_STOP,
)
FIRST = frozenset({Leg.TRIM1})
BOTH = frozenset({Leg.TRIM1, Leg.TRIM2})


def level(
    position: Position,
    session: date,
    floor: str | None = None,
    moved: datetime | None = None,
    now: datetime | None = None,
) -> tuple[Decimal, ExitReason]:
    found = wanted(
        position,
        session,
        POLICY,
        now or moment(session, "10:30"),
        moved,
        None if floor is None else D(floor),
    )
    return found.price, found.reason


def test_on_the_entry_day_a_batch_position_has_the_emergency_level_only() -> None:
    assert level(held(), MON) == (D("90.00"), EMERGENCY)
    assert level(held(SHORT), MON) == (D("110.00"), EMERGENCY)


def test_from_the_second_session_the_stop_lies_its_atr_from_the_average() -> None:
    # 100.006 - 1.5 x 2 = 97.006, up to the cent; a short's 2.5-ATR mirror goes down.
    assert level(held(average="100.006"), TUE) == (D("97.01"), OWN)
    assert level(held(replace(SHORT, sl_atr_mult=D("2.5")), "99.996"), TUE) == (D("104.99"), OWN)


def test_a_stop_farther_than_the_emergency_level_gives_way_to_it() -> None:
    wide = replace(BATCH, atr=D(8))
    assert level(held(wide), TUE) == (D("90.00"), EMERGENCY)


def test_the_distance_is_capped_as_a_fraction_of_the_average() -> None:
    capped = replace(SHORT, sl_atr_mult=D("2.5"), atr=D(3), max_stop_frac=D("0.05"))
    assert level(held(capped), TUE) == (D("105.00"), OWN)
    assert held(capped).own_stop == D(105)
    assert held(replace(capped, atr=D(1))).own_stop == D("102.5")


def test_a_purchase_by_hand_has_the_emergency_level_for_ever() -> None:
    assert level(held(None), FRI) == (D("90.00"), EMERGENCY)
    assert held(None).own_stop is None
    assert targets(held(None)) == Targets(None, None, None)


def test_the_trail_follows_the_high_of_completed_sessions() -> None:
    # 1 ATR = 2: a high of 102 starts it at 102 - 2 x 2 = 98.
    risen = held(high=D(102))
    assert level(risen, TUE) == (D("98.00"), TRAIL)
    today = replace(risen, high=D(109), ranges=(*risen.ranges, PriceRange(TUE, D(109), D(100))))
    assert level(today, TUE) == (D("98.00"), TRAIL)
    assert level(today, WED) == (D("105.00"), TRAIL)


def test_the_trail_does_not_begin_below_one_atr_nor_on_the_entry_day() -> None:
    assert level(held(high=D("101.99")), TUE) == (D("97.00"), OWN)
    assert level(held(high=D(102)), MON) == (D("90.00"), EMERGENCY)


def test_a_strategy_without_a_trail_keeps_its_stop() -> None:
    plan = replace(BATCH, trailing_atr_mult=None)
    assert level(held(plan, high=D(120)), TUE) == (D("97.00"), OWN)


def test_a_shorts_trail_follows_the_low() -> None:
    plan = replace(SHORT, trailing_atr_mult=D(2))
    assert level(held(plan, low=D(97)), TUE) == (D("101.00"), TRAIL)


def test_avwap_has_its_structural_stop_from_the_first_fill_on() -> None:
    assert level(held(AVWAP), MON) == (D("95.00"), OWN)
    assert level(held(replace(AVWAP, stop=D(80))), MON) == (D("90.00"), EMERGENCY)


def test_avwap_moves_to_break_even_with_its_first_trim() -> None:
    assert level(held(AVWAP, "100.004", trims=FIRST), MON) == (D("100.01"), OWN)


def test_avwap_trails_from_the_high_so_far_once_its_second_trim_is_decided() -> None:
    # half of (110 - 100) from the high, on any day
    trimmed = held(AVWAP, trims=BOTH, high=D("111.5"))
    assert level(trimmed, MON) == (D("106.50"), TRAIL)
    assert level(replace(trimmed, trims=FIRST), MON) == (D("100.00"), OWN)


@pytest.mark.parametrize(("minutes", "price"), [(9, "106.50"), (10, "108.00")])
def test_avwaps_trail_moves_at_most_every_ten_minutes(minutes: int, price: str) -> None:
    moved = moment(TUE, "11:00")
    trimmed = held(AVWAP, trims=BOTH, high=D(113))
    now = moved + timedelta(minutes=minutes)
    assert level(trimmed, TUE, "106.50", moved, now) == (D(price), TRAIL)


def test_a_level_is_not_outdone_by_the_rounding_of_its_own_stop() -> None:
    assert level(held(average="100.006"), TUE, floor="97.01") == (D("97.01"), OWN)


def test_the_floor_holds_and_says_what_made_it() -> None:
    assert level(held(), TUE, floor="98.5") == (D("98.50"), TRAIL)
    assert level(held(replace(BATCH, trailing_atr_mult=None)), TUE, "98.5") == (D("98.50"), OWN)
    assert level(held(), MON, floor="91") == (D("91.00"), EMERGENCY)


def test_targets_follow_the_average_and_avwaps_are_the_plans() -> None:
    assert targets(held(average="100.009")).take_profit == D("105.00")  # 105.009, nearer
    short = replace(SHORT, tp_atr_mult=D(3))
    assert targets(held(short, "100.001")).take_profit == D("94.01")  # 94.001, nearer
    assert targets(held(AVWAP, "101")) == Targets(D("105.00"), D("110.00"), None)


prices = st.integers(80_00, 140_00).map(lambda cents: Decimal(cents) / 100)


@pytest.mark.parametrize("plan", [BATCH, SHORT])
def test_without_an_average_price_there_is_no_level(plan: Plan) -> None:
    costless = replace(held(plan), avg_price=D(0), plan=None)
    assert level(costless, TUE)[0] == 0
    assert level(costless, TUE, floor="90")[0] == 90


@given(
    st.lists(st.tuples(prices, prices), min_size=1, max_size=5),
    st.sampled_from([BATCH, AVWAP, replace(BATCH, direction=-1), SHORT]),
    st.sampled_from([frozenset(), FIRST, BOTH]),
)
def test_law_a_stop_never_loosens(
    days: list[tuple[Decimal, Decimal]], plan: object, trims: frozenset[Leg]
) -> None:
    position, floor = held(plan, trims=trims), None  # type: ignore[arg-type]
    sessions = [MON, TUE, WED, THU, FRI]
    for session, pair in zip(sessions, days, strict=False):
        high, low = max(pair), min(pair)
        position = replace(
            position,
            high=max(position.high, high),
            low=min(position.low, low),
            ranges=(*position.ranges, PriceRange(session, high, low)),
        )
        now = moment(session, "12:00")
        found = wanted(position, session, POLICY, now, now - timedelta(minutes=5), floor)
        emergency = 100 - position.direction * 10
        assert position.direction * (found.price - emergency) >= 0
        if floor is not None:
            assert position.direction * (found.price - floor) >= 0
        floor = found.price


def test_only_avwaps_trail_waits() -> None:
    risen = held(high=D(102))
    now = moment(TUE, "09:31")
    assert level(risen, TUE, "97", now - timedelta(seconds=5), now) == (D("98.00"), TRAIL)
    trimmed = held(AVWAP, trims=BOTH, high=D(113))
    assert level(trimmed, TUE, None, now - timedelta(seconds=5), now) == (D("108.00"), TRAIL)


@pytest.mark.parametrize("atr", ["40", "50"])
def test_levels_at_zero_or_below_are_none(atr: str) -> None:
    plan = replace(SHORT, atr=D(atr), tp_atr_mult=D("2.5"))  # 100 - 2.5 x 40 = 0
    assert targets(held(plan)).take_profit is None
    wide = replace(BATCH, atr=D(atr), sl_atr_mult=D("2.5"))
    assert level(held(wide), TUE) == (D("90.00"), EMERGENCY)
