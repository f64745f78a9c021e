"""Exits: the first rule that fires wins; figures by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from held_positions import (
    AVWAP,
    BATCH,
    MON,
    POLICY,
    TUE,
    D,
    bar,
    held,
    moment,
    stop_order,
    trade,
)
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.trading.exits import Disagreement, Held, ToLeave, ToTrim, Watch, decide
from avwap_cli.trading.facts import Decision
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.orders import OrderKind
from avwap_cli.trading.positions import Execution, Position
from avwap_cli.trading.quotes import PriceBar
from avwap_cli.trading.stop_levels import wanted
from avwap_cli.verdicts import ExitReason, HoldReason

SHORT = replace(BATCH, direction=-1)
HOLD, DAY_SKIP = Held(HoldReason.HOLD), Held(HoldReason.DAY_SKIP)
FIRST = frozenset({Leg.TRIM1})


def watch(position: Position, *bars: PriceBar, session: date = TUE, **changes: Any) -> Watch:
    """At 10:10, with the right stop resting since Monday and the broker of one mind."""
    now = moment(session, "10:10")
    level = wanted(position, session, POLICY, now, None, None)
    resting = stop_order(MON, "09:46", str(level.price), position.direction)
    made = Watch(now, session, True, bars, None, resting, level, position.avg_price)
    return replace(made, **changes)


def decided(position: Position, seen: Watch) -> tuple[ExitReason, Decimal | None]:
    found = decide(position, seen, POLICY)
    assert isinstance(found, ToLeave)
    return found.reason, found.price


def short_bars(*closes: str, day: date = TUE, first: str = "10:00") -> list[PriceBar]:
    start = moment(day, first)
    texts = [(start + timedelta(minutes=n)).strftime("%H:%M") for n in range(len(closes))]
    return [bar(day, text, close) for text, close in zip(texts, closes, strict=True)]


@pytest.mark.parametrize("day", [MON, TUE])
def test_one_closed_bar_at_ten_percent_is_enough_on_any_day(day: date) -> None:
    position = held()
    seen = watch(position, bar(day, "10:00", "90.00"), session=day)
    assert decided(position, seen) == (ExitReason.EMERGENCY_IMMEDIATE, D("90.00"))


def test_a_shorts_loss_is_a_rise() -> None:
    position = held(SHORT)
    seen = watch(position, bar(MON, "10:00", "110.00"), session=MON)
    assert decided(position, seen) == (ExitReason.EMERGENCY_IMMEDIATE, D("110.00"))
    seen = watch(position, bar(MON, "10:00", "109.99"), session=MON)
    assert decide(position, seen, POLICY) == DAY_SKIP


def test_seven_percent_needs_two_bars_in_a_row() -> None:
    position = held()
    twice = watch(position, *short_bars("93.00", "92.90", day=MON), session=MON)
    assert decided(position, twice) == (ExitReason.EMERGENCY_STOP, D("92.90"))
    apart = watch(position, *short_bars("93.00", "93.01", "92.50", day=MON), session=MON)
    assert decide(position, apart, POLICY) == DAY_SKIP


def test_an_emergency_that_came_in_a_silence_is_not_missed() -> None:
    position = held()
    seen = watch(position, *short_bars("90", "99", "99", day=MON), session=MON)
    assert decided(position, seen)[0] is ExitReason.EMERGENCY_IMMEDIATE


def test_either_average_may_show_the_loss() -> None:
    position = held()
    # 91 is 9 % below 100, and 10.1 % below the broker's 101.2
    seen = watch(position, bar(MON, "10:00", "91"), session=MON, broker_avg=D("101.2"))
    assert decided(position, seen)[0] is ExitReason.EMERGENCY_IMMEDIATE


@pytest.mark.parametrize("theirs", ["102.01", "97.99", "14.29", None, "NaN", "0"])
def test_where_the_averages_differ_no_price_decides(theirs: str | None) -> None:
    position = held()
    average = None if theirs is None else D(theirs)
    seen = watch(position, bar(TUE, "10:00", "14.30"), broker_avg=average)
    found = decide(position, seen, POLICY)
    assert isinstance(found, Disagreement)
    assert found.text.startswith("ABC: ")


def test_two_percent_apart_is_still_agreed() -> None:
    position = held()
    assert decide(position, watch(position, broker_avg=D(102)), POLICY) == HOLD


def test_a_disagreement_does_not_keep_anybody_from_a_planned_exit_or_from_flattening() -> None:
    position = held()
    seen = watch(position, broker_avg=D(14), planned=ExitReason.TIME_EXIT)
    assert decided(position, seen) == (ExitReason.TIME_EXIT, None)
    flat = watch(position, broker_avg=D(14), flatten=True, last_trade=trade(TUE, "10:09", "99"))
    assert decided(position, flat) == (ExitReason.FLATTEN, D(99))


def test_on_the_entry_day_a_batch_position_is_left_for_nothing_else() -> None:
    position = held()
    for close in ("93.5", "150"):
        seen = watch(position, bar(MON, "10:00", close), session=MON, live_stop=None)
        assert decide(position, seen, POLICY) == DAY_SKIP
    planned = watch(position, session=MON, planned=ExitReason.TIME_EXIT)
    assert decide(position, planned, POLICY) == DAY_SKIP


def test_the_stop_is_left_to_its_order_unless_it_is_missing_or_did_not_fill() -> None:
    position = held()  # stop at 97
    through = bar(TUE, "10:00", "97.00")
    assert decided(position, watch(position, through, live_stop=None)) == (
        ExitReason.STOP_LOSS,
        D("97.00"),
    )
    assert decided(position, watch(position, through))[0] is ExitReason.STOP_LOSS
    above = bar(TUE, "10:00", "97.01")
    assert decide(position, watch(position, above, live_stop=None), POLICY) == HOLD


def test_a_bar_that_began_before_the_order_says_nothing_about_it() -> None:
    position = held()
    late = stop_order(TUE, "10:00:20", "97.00")
    seen = watch(position, bar(TUE, "10:00", "96"), live_stop=late)
    assert decide(position, seen, POLICY) == HOLD
    seen = watch(position, bar(TUE, "10:01", "96"), live_stop=late)
    assert decided(position, seen) == (ExitReason.STOP_LOSS, D(96))


@pytest.mark.parametrize(
    ("average", "stop", "limit", "close", "leaves"),
    [
        ("100", "103", None, "105.57", False),  # 103 x 1.025 = 105.575
        ("100", "103", None, "105.58", True),
        ("100", "103", "104", "104", True),
        ("40", "43", None, "43.99", False),  # below 50: 41.8 (emergency) .. 43 x 1.04 = 44.72
    ],
)
def test_a_shorts_stop_is_jumped_beyond_its_collar(
    average: str, stop: str, limit: str | None, close: str, leaves: bool
) -> None:
    position = held(replace(SHORT, atr=D(2)), average)
    order = stop_order(MON, "09:46", stop, -1)
    if limit is not None:
        order = replace(order, kind=OrderKind.STOP_LIMIT, limit_price=D(limit))
    seen = watch(position, bar(TUE, "10:00", close), live_stop=order)
    found = decide(position, seen, POLICY)
    assert isinstance(found, ToLeave) is leaves


def test_a_trail_that_did_not_fill_is_called_by_its_name() -> None:
    position = held(high=D(104))  # trail at 100
    seen = watch(position, bar(TUE, "10:00", "99.90"), live_stop=None)
    assert decided(position, seen) == (ExitReason.TRAILING_STOP, D("99.90"))


def test_the_target_is_reached_on_a_close() -> None:
    position = held()  # 100 + 2.5 x 2
    assert decided(position, watch(position, bar(TUE, "10:00", "105.00"))) == (
        ExitReason.TAKE_PROFIT,
        D("105.00"),
    )
    high_only = bar(TUE, "10:00", "104.99", high=D(106))
    assert decide(position, watch(position, high_only), POLICY) == HOLD
    short = held(SHORT)
    assert decided(short, watch(short, bar(TUE, "10:00", "95")))[0] is ExitReason.TAKE_PROFIT


def test_the_newest_bar_decides_about_the_target() -> None:
    position = held()
    assert decide(position, watch(position, *short_bars("105", "104")), POLICY) == HOLD


def test_avwap_trims_half_then_half_of_the_rest_on_its_entry_day_too() -> None:
    position = held(AVWAP, shares=D(75))
    found = decide(position, watch(position, bar(MON, "10:00", "112"), session=MON), POLICY)
    assert isinstance(found, ToTrim)
    assert (found.leg, found.reason, found.shares, found.price) == (
        Leg.TRIM1,
        ExitReason.TRIM_R1,
        D(37),
        D(112),
    )
    rest = replace(position, shares=D(38), trims=FIRST)
    found = decide(rest, watch(rest, bar(MON, "10:00", "110"), session=MON), POLICY)
    assert isinstance(found, ToTrim)
    assert (found.leg, found.shares) == (Leg.TRIM2, D(19))
    done = replace(rest, trims=frozenset({Leg.TRIM1, Leg.TRIM2}))
    assert decide(done, watch(done, bar(TUE, "10:00", "120")), POLICY) == HOLD


def test_the_second_trim_leaves_alone_what_the_first_is_still_to_sell() -> None:
    at = moment(TUE, "10:00")
    trim = Decision(at, TUE, "avwap", "ABC", Leg.TRIM1, "trim_r1", D(105), D(50))
    whole = held(AVWAP, trims=FIRST, decisions=(trim,))
    sold = Execution("2", at, D(-20), D(105), "trim", Leg.TRIM1, "trim_r1", D(105))
    partly = replace(whole, shares=D(80), executions=(*whole.executions, sold))
    rest = replace(sold, id="3", shares=D(-30))
    done = replace(partly, shares=D(50), executions=(*partly.executions, rest))
    for position in (whole, partly, done):
        found = decide(position, watch(position, bar(TUE, "10:00", "110")), POLICY)
        assert isinstance(found, ToTrim)
        assert (found.leg, found.shares) == (Leg.TRIM2, D(25))


def test_a_single_share_is_not_trimmed_but_its_stop_may_move() -> None:
    position = held(AVWAP, shares=D(1))
    found = decide(position, watch(position, bar(TUE, "10:00", "105")), POLICY)
    assert isinstance(found, ToTrim)
    assert found.shares == 0


def test_one_trim_at_a_time() -> None:
    position = held(AVWAP)
    seen = watch(position, bar(TUE, "10:00", "106"), trimming=True)
    assert decide(position, seen, POLICY) == HOLD


def test_planned_exits_come_last_and_only_while_the_market_is_open() -> None:
    position = held()
    planned = watch(position, planned=ExitReason.RSI_TARGET)
    assert decided(position, planned) == (ExitReason.RSI_TARGET, None)
    target = watch(position, bar(TUE, "10:00", "105"), planned=ExitReason.RSI_TARGET)
    assert decided(position, target)[0] is ExitReason.TAKE_PROFIT
    for closed in (planned, replace(planned, flatten=True)):
        assert decide(position, replace(closed, market_open=False), POLICY) == HOLD


@pytest.mark.parametrize(
    "seen",
    [
        bar(TUE, "10:09:30", "50"),  # not closed at 10:10
        bar(MON, "15:59", "50"),  # of yesterday
        bar(TUE, "09:29", "50"),  # before the open
        bar(TUE, "10:00", "NaN"),
        bar(TUE, "10:00", "0"),
    ],
)
def test_bars_that_do_not_count(seen: PriceBar) -> None:
    position = held()
    assert decide(position, watch(position, seen), POLICY) == HOLD


def test_without_a_bar_for_five_minutes_the_last_trade_counts() -> None:
    position = held()
    quiet = watch(position, bar(TUE, "10:04", "99"), last_trade=trade(TUE, "10:09", "89"))
    assert decided(position, quiet) == (ExitReason.EMERGENCY_IMMEDIATE, D(89))
    recent = watch(position, bar(TUE, "10:05", "99"), last_trade=trade(TUE, "10:09", "89"))
    assert decide(position, recent, POLICY) == HOLD
    older = watch(position, bar(TUE, "10:04", "99"), last_trade=trade(TUE, "10:04:59", "89"))
    assert decide(position, older, POLICY) == HOLD


def test_a_trade_is_not_the_second_bar_in_a_row() -> None:
    position = held()
    seen = watch(
        position, bar(MON, "10:04", "92.5"), session=MON, last_trade=trade(MON, "10:09", "92.4")
    )
    assert decide(position, seen, POLICY) == DAY_SKIP


closes = st.integers(50_00, 150_00).map(lambda cents: Decimal(cents) / 100)


@given(
    st.lists(st.tuples(st.integers(-14, 23), closes), min_size=1, max_size=6),
    st.sampled_from([BATCH, SHORT, AVWAP]),
)
def test_law_no_price_from_before_the_entry_decides(
    minutes: list[tuple[int, Decimal]], plan: Any
) -> None:
    """Bars around the entry at 9:45: those before it change nothing about the decision."""
    position = held(plan)
    entered: datetime = position.entered_at
    bars = [
        bar(MON, "09:45", str(close), start=entered + timedelta(minutes=n))
        for n, close in sorted(minutes)
    ]
    seen = watch(position, *bars, session=MON, live_stop=None)
    counted = tuple(b for b in bars if b.start >= entered)
    assert decide(position, seen, POLICY) == decide(position, replace(seen, bars=counted), POLICY)
    if not counted:
        assert isinstance(decide(position, seen, POLICY), Held)


@given(closes, st.integers(50_00, 150_00).map(lambda cents: Decimal(cents) / 100))
def test_law_an_emergency_needs_agreeing_averages(close: Decimal, theirs: Decimal) -> None:
    position = held()
    seen = watch(position, bar(MON, "10:00", str(close)), session=MON, broker_avg=theirs)
    found = decide(position, seen, POLICY)
    agree = 98 <= theirs <= 102
    lost = close <= 90 or close * 10 <= theirs * 9
    if not agree:
        assert isinstance(found, Disagreement)
    else:
        assert isinstance(found, ToLeave) is lost


def test_the_edges_of_what_counts() -> None:
    position = held(entered_at=moment(MON, "09:59"))
    at_entry = watch(position, bar(MON, "09:59", "90"), session=MON)  # begun with the entry
    assert decided(position, at_entry)[0] is ExitReason.EMERGENCY_IMMEDIATE
    just_closed = watch(position, bar(MON, "10:09", "90"), session=MON)  # closed at 10:10
    assert decided(position, just_closed)[0] is ExitReason.EMERGENCY_IMMEDIATE
    with_the_order = watch(
        held(), bar(TUE, "10:00", "96"), live_stop=stop_order(TUE, "10:00", "97")
    )
    assert decided(held(), with_the_order) == (ExitReason.STOP_LOSS, D(96))
    at_its_end = watch(held(), bar(TUE, "10:04", "99"), last_trade=trade(TUE, "10:05", "89"))
    assert decided(held(), at_its_end)[0] is ExitReason.EMERGENCY_IMMEDIATE


def test_a_bar_that_closes_now_ends_the_silence() -> None:
    seen = watch(held(), bar(TUE, "10:09", "99"), last_trade=trade(TUE, "10:10", "89"))
    assert decide(held(), seen, POLICY) == HOLD


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity"])
def test_a_trade_without_a_price_is_none(price: str) -> None:
    seen = watch(held(), last_trade=trade(TUE, "10:09", price))
    assert decide(held(), seen, POLICY) == HOLD


@pytest.mark.parametrize(("stop", "limit"), [("50", "51.25"), ("49.99", "51.9896")])
def test_the_collar_is_wider_below_fifty_dollars(stop: str, limit: str) -> None:
    position = held(replace(SHORT, atr=D(1)), "48")
    for close, leaves in ((limit, True), (str(D(limit) - D("0.0001")), False)):
        seen = watch(position, bar(TUE, "10:00", close))
        seen = replace(seen, live_stop=stop_order(MON, "09:46", stop, -1))
        assert isinstance(decide(position, seen, POLICY), ToLeave) is leaves


def test_a_stop_limit_of_which_no_limit_is_told_is_taken_by_the_collar() -> None:
    position = held(SHORT)
    order = stop_order(MON, "09:46", "103", -1, kind=OrderKind.STOP_LIMIT)
    seen = watch(position, bar(TUE, "10:00", "105.57"), live_stop=order)
    assert decide(position, seen, POLICY) == HOLD


def test_an_order_of_which_no_price_is_told_stands_where_it_belongs() -> None:
    order = stop_order(MON, "09:46", "97", stop_price=None)
    seen = watch(held(), bar(TUE, "10:00", "97"), live_stop=order)
    assert decided(held(), seen) == (ExitReason.STOP_LOSS, D(97))
