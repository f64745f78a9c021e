"""Positions: laws of the fold by hypothesis, and hand-made lives of single positions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hand_facts import FRIDAY, MONDAY, PLAN, TUESDAY, D, at, fill_of, hand_fill, intent_of
from hypothesis import given, settings
from hypothesis import strategies as st

from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Acceptance, Decision, Facts, Mark, SplitTaken
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.orders import Fill, Side
from avwap_cli.trading.position_folds import History, folded
from avwap_cli.trading.positions import Execution, Position, Seen, by_hand, owner_by_hand

ENTRY = intent_of(Leg.ENTRY)
STOP = intent_of(Leg.STOP, reason="stop_loss")
TRIM = intent_of(Leg.TRIM1, 50, reason="trim_r1")
EXIT = intent_of(Leg.EXIT, session=MONDAY, reason="take_profit")
SHORT = intent_of(Leg.ENTRY, strategy="bb_squeeze", direction=-1)
COVER = intent_of(Leg.EXIT, strategy="bb_squeeze", direction=-1, session=MONDAY)
INTENTS = [ENTRY, STOP, TRIM, EXIT, SHORT, COVER]
CENT = D("0.000000001")


def booked(
    fills: list[Fill],
    splits: tuple[SplitTaken, ...] = (),
    accepted: tuple[Acceptance, ...] = (),
    decisions: tuple[Decision, ...] = (),
    marks: tuple[Mark, ...] = (),
) -> Book:
    return fold(
        Facts(
            intents=INTENTS,
            fills=fills,
            splits=list(splits),
            acceptances=list(accepted),
            decisions=list(decisions),
            marks=list(marks),
        )
    )


def only(positions: tuple[Position, ...]) -> Position:
    (found,) = positions
    return found


def split(first: date, up: int, down: int) -> SplitTaken:
    return SplitTaken(at(first, "08:00"), "KO", first, up, down)


@st.composite
def fill_lists(draw: st.DrawFn, *sources: str) -> list[Fill]:
    """Up to 12 fills of one symbol over three sessions, of two strategies and by hand.

    Each strategy's buys and sells are drawn freely, so positions grow, shrink, close and flip.
    """
    sources = sources or ("avwap", "bb_squeeze", "hand")
    fills = []
    count = draw(st.integers(1, 12))
    minutes = draw(st.lists(st.integers(0, 3 * 300), min_size=count, max_size=count, unique=True))
    for number, minute in enumerate(minutes):
        day = (FRIDAY, MONDAY, TUESDAY)[min(minute // 300, 2)]
        moment = at(day, "10:00") + timedelta(minutes=minute % 300)
        source = draw(st.sampled_from(sources))
        client = {"avwap": ENTRY.id, "bb_squeeze": SHORT.id, "hand": by_hand("avwap")}[source]
        side = draw(st.sampled_from(Side))
        shares = D(draw(st.integers(1, 60)))
        price = D(draw(st.integers(100, 9999))) / 100
        fills.append(Fill(f"f{number}", "b", client, "KO", side, shares, price, moment))
    return fills


SPLITS = st.lists(
    st.tuples(st.sampled_from([MONDAY, TUESDAY]), st.sampled_from([(2, 1), (3, 2), (1, 10)])),
    max_size=2,
    unique_by=lambda pair: pair[0],
).map(lambda pairs: tuple(split(day, *ratio) for day, ratio in pairs))


def strategy_of(fill: Fill) -> str:
    return "bb_squeeze" if fill.client_id == SHORT.id else "avwap"


def shares_after(fills: list[Fill], splits: tuple[SplitTaken, ...], strategy: str) -> Fraction:
    """What is held, each fill taken to the last basis by itself."""
    total = Fraction(0)
    for fill in fills:
        if strategy_of(fill) == strategy:
            signed = Fraction(fill.shares) * (1 if fill.side is Side.BUY else -1)
            for taken in splits:
                if fill.at.date() < taken.first_session:
                    signed *= Fraction(taken.numerator, taken.denominator)
            total += signed
    return total


@settings(max_examples=150, deadline=None)
@given(fill_lists(), SPLITS, st.randoms(use_true_random=False))
def test_fills_heard_in_any_order_any_number_of_times_make_the_same_positions(
    fills: list[Fill], splits: tuple[SplitTaken, ...], chance: object
) -> None:
    heard = [*fills, *chance.choices(fills, k=5)]  # type: ignore[attr-defined]
    chance.shuffle(heard)  # type: ignore[attr-defined]
    plain = booked(fills, splits)
    again = booked(heard, tuple(reversed(splits)) + splits)
    assert again.open == plain.open
    assert again.closed == plain.closed


@settings(max_examples=150, deadline=None)
@given(fill_lists("avwap", "bb_squeeze"), SPLITS)
def test_what_is_held_is_what_was_bought_less_what_was_sold(
    fills: list[Fill], splits: tuple[SplitTaken, ...]
) -> None:
    book = booked(fills, splits)
    for strategy in ("avwap", "bb_squeeze"):
        held = sum((p.signed_shares for p in book.open if p.strategy == strategy), D(0))
        assert abs(held - as_decimal(shares_after(fills, splits, strategy))) < CENT
    assert all(p.shares > 0 and p.closed_at is None for p in book.open)
    assert all(p.shares == 0 and p.closed_at is not None for p in book.closed)


@settings(max_examples=150, deadline=None)
@given(fill_lists("avwap", "bb_squeeze"), SPLITS)
def test_money_paid_and_got_is_the_profit_less_the_cost_of_what_is_held(
    fills: list[Fill], splits: tuple[SplitTaken, ...]
) -> None:
    book = booked(fills, splits)
    got = sum((-f.side.sign * f.shares * f.price for f in fills), D(0))
    realized = sum((p.realized_usd for p in (*book.open, *book.closed)), D(0))
    cost = sum((p.signed_shares * p.avg_price for p in book.open), D(0))
    assert abs(got - (realized - cost)) < CENT


@settings(max_examples=150, deadline=None)
@given(fill_lists("avwap", "hand"))
def test_a_persons_fills_end_at_flat_and_begin_nothing(fills: list[Fill]) -> None:
    held = 0
    for fill in sorted(fills, key=lambda f: f.at):
        after = held + int(fill.shares) * (1 if fill.side is Side.BUY else -1)
        held = after if fill.client_id == ENTRY.id or held * after > 0 else 0
    assert booked(fills).held("KO") == held


@settings(max_examples=100, deadline=None)
@given(fill_lists())
def test_positions_of_a_strategy_follow_one_another_and_end_flat(fills: list[Fill]) -> None:
    book = booked(fills)
    for strategy in ("avwap", "bb_squeeze"):
        mine = [p for p in book.closed if p.strategy == strategy]
        mine += [p for p in book.open if p.strategy == strategy]
        assert sum(1 for p in mine if p.shares) <= 1
        for before, after in pairwise(mine):
            assert before.closed_at is not None
            assert before.closed_at <= after.entered_at
        for position in mine:
            prices = [e.price for e in position.executions]
            assert (position.low, position.high) == (min(prices), max(prices))
            net = sum((e.shares for e in position.executions), D(0))
            assert net == position.signed_shares


def test_an_execution_told_twice_is_folded_once() -> None:
    moment = at(FRIDAY, "10:00")
    once = Execution("1", moment, D(10), D(60), ENTRY.id, Leg.ENTRY, "", None)
    (held,) = folded(History("avwap", "KO", (once, once), {}))
    assert (held.shares, held.executions) == (D(10), (once,))


def as_decimal(number: Fraction) -> Decimal:
    return D(number.numerator) / D(number.denominator)


def test_partial_fills_make_one_position_at_their_average() -> None:
    fills = [
        fill_of(ENTRY, "1", 30, "60.00", at(FRIDAY, "10:00")),
        fill_of(ENTRY, "2", 70, "61.00", at(FRIDAY, "10:01")),
    ]
    held = only(booked(fills).open)
    assert (held.shares, held.opened_shares, held.avg_price) == (D(100), D(100), D("60.70"))
    assert (held.direction, held.entry_session, held.plan) == (1, FRIDAY, PLAN)
    assert (held.entered_at, held.high, held.low) == (at(FRIDAY, "10:00"), D(61), D(60))


def test_a_trim_and_a_stop_realize_against_the_average_and_close() -> None:
    fills = [
        fill_of(ENTRY, "1", 100, "60", at(FRIDAY, "10:00")),
        fill_of(TRIM, "2", 50, "63", at(FRIDAY, "11:00")),
        fill_of(STOP, "3", 50, "59", at(FRIDAY, "12:00")),
    ]
    half = only(booked(fills[:2]).open)
    assert (half.shares, half.realized_usd, half.trims) == (D(50), D(150), {Leg.TRIM1})
    done = only(booked(fills).closed)
    assert (done.realized_usd, done.closed_at) == (D(100), at(FRIDAY, "12:00"))
    assert [e.leg for e in done.executions] == [Leg.ENTRY, Leg.TRIM1, Leg.STOP]
    assert [e.reason for e in done.executions] == ["", "trim_r1", "stop_loss"]
    assert done.executions[0].decision_price == D("60.25")


def test_shares_bought_after_a_trim_move_the_average_of_what_is_held() -> None:
    fills = [
        fill_of(ENTRY, "1", 10, "10", at(FRIDAY, "10:00")),
        fill_of(TRIM, "2", 5, "12", at(FRIDAY, "11:00")),
        hand_fill("avwap", "3", Side.BUY, 5, "20", at(FRIDAY, "12:00")),
        fill_of(EXIT, "4", 10, "15", at(MONDAY, "10:00")),
    ]
    held = only(booked(fills[:3]).open)
    assert (held.avg_price, held.shares, held.opened_shares) == (D(15), D(10), D(15))
    assert only(booked(fills).closed).realized_usd == D(10)


def test_a_short_gains_when_the_price_falls() -> None:
    fills = [
        fill_of(SHORT, "1", 40, "60", at(FRIDAY, "10:00")),
        fill_of(COVER, "2", 40, "55.50", at(MONDAY, "10:00")),
    ]
    held = only(booked(fills[:1]).open)
    assert (held.direction, held.shares, held.signed_shares) == (-1, D(40), D(-40))
    assert only(booked(fills).closed).realized_usd == D(180)


def test_a_fill_beyond_flat_closes_and_begins_the_other_side() -> None:
    fills = [
        fill_of(ENTRY, "1", 10, "60", at(FRIDAY, "10:00")),
        fill_of(STOP, "2", 25, "62", at(FRIDAY, "11:00")),
    ]
    book = booked(fills)
    assert only(book.closed).realized_usd == D(20)
    flipped = only(book.open)
    assert (flipped.signed_shares, flipped.avg_price) == (D(-15), D(62))
    assert (flipped.plan, flipped.realized_usd) == (None, D(0))
    assert [e.shares for e in (*only(book.closed).executions, *flipped.executions)] == [
        10,
        -10,
        -15,
    ]


def test_at_one_moment_the_entry_comes_before_what_closes_it() -> None:
    moment = at(FRIDAY, "10:00")
    fills = [fill_of(STOP, "1", 10, "59", moment), fill_of(ENTRY, "2", 10, "60", moment)]
    book = booked(fills)
    assert (book.open, only(book.closed).direction) == ((), 1)
    assert only(book.closed).realized_usd == D(-10)


def test_a_fill_by_hand_belongs_to_the_strategy_it_was_imported_for() -> None:
    fills = [
        fill_of(SHORT, "1", 10, "60", at(FRIDAY, "10:00")),
        hand_fill("bb_squeeze", "2", Side.BUY, 4, "59", at(FRIDAY, "11:00")),
    ]
    held = only(booked(fills).open)
    assert (held.strategy, held.signed_shares) == ("bb_squeeze", D(-6))
    assert (held.executions[1].leg, held.executions[1].reason) == (None, "manual")
    assert owner_by_hand("by-hand.bb_squeeze") == "bb_squeeze"
    assert owner_by_hand(ENTRY.id) is None


def test_a_fill_of_nobody_changes_nothing() -> None:
    stranger = Fill("1", "b", "", "KO", Side.BUY, D(10), D(60), at(FRIDAY, "10:00"))
    book = booked([stranger, replace(stranger, id="2", client_id="some-other-program")])
    assert (book.open, book.closed, len(book.fills)) == ((), (), 2)


def test_a_split_takes_shares_and_every_price_to_the_new_basis() -> None:
    fills = [
        fill_of(ENTRY, "1", 100, "60", at(FRIDAY, "10:00")),
        fill_of(EXIT, "2", 50, "31", at(MONDAY, "10:00")),
    ]
    marks = (Mark(at(FRIDAY, "15:00"), FRIDAY, "avwap", "KO", D(64), D(58)),)
    wanted = Decision(at(FRIDAY, "15:59"), MONDAY, "avwap", "KO", Leg.EXIT, "x", D(62), None)
    halved = replace(wanted, leg=Leg.TRIM1, shares=D(50))
    book = booked(fills, (split(MONDAY, 2, 1),), decisions=(wanted, halved), marks=marks)
    held = only(book.open)
    assert (held.shares, held.opened_shares, held.avg_price) == (D(150), D(200), D(30))
    assert (held.high, held.low, held.realized_usd) == (D(32), D(29), D(50))
    assert held.plan is not None
    assert (held.plan.stop, held.plan.r1, held.plan.r2) == (D("28.5"), D("31.5"), D(33))
    assert (held.plan.atr, held.plan.prev_close, held.plan.entry) == (D("0.6"), D("29.75"), D(30))
    assert held.factor == 2
    assert [(d.price, d.shares) for d in held.decisions] == [(D(31), None), (D(31), D(100))]
    assert [e.price for e in held.executions] == [D(60), D(31)]


def test_a_split_of_a_symbol_bought_later_changes_nothing() -> None:
    fills = [fill_of(ENTRY, "1", 100, "30", at(MONDAY, "10:00"))]
    held = only(booked(fills, (split(MONDAY, 2, 1), split(FRIDAY, 3, 1))).open)
    assert (held.shares, held.avg_price, held.splits) == (D(100), D(30), ())


def test_a_split_heard_of_twice_is_taken_once() -> None:
    fills = [fill_of(ENTRY, "1", 90, "30", at(FRIDAY, "10:00"))]
    again = replace(split(MONDAY, 1, 3), at=at(MONDAY, "16:30"))
    held = only(booked(fills, (split(MONDAY, 1, 3), again)).open)
    assert (held.shares, held.avg_price) == (D(30), D(90))


@pytest.mark.parametrize(("shares", "held"), [(D(5), D(105)), (D(-40), D(60))])
def test_an_acceptance_changes_what_is_held(shares: Decimal, held: Decimal) -> None:
    fills = [fill_of(ENTRY, "1", 100, "60", at(FRIDAY, "10:00"))]
    accepted = Acceptance(at(MONDAY, "10:00"), "avwap", "KO", shares, D(60), "stock dividend")
    assert only(booked(fills, accepted=(accepted,)).open).shares == held


def test_an_acceptance_can_begin_a_position_that_no_fill_explains() -> None:
    accepted = Acceptance(at(MONDAY, "10:00"), "avwap", "KO", D(7), D(58), "transfer")
    held = only(booked([], accepted=(accepted,)).open)
    assert (held.strategy, held.signed_shares, held.avg_price) == ("avwap", D(7), D(58))


def test_a_decision_stands_until_its_shares_are_gone() -> None:
    decision = Decision(
        at(MONDAY, "09:31"), MONDAY, "avwap", "KO", Leg.EXIT, "take_profit", D(63), None
    )
    again = replace(decision, at=at(MONDAY, "09:32"), reason="time_exit")
    early = replace(decision, at=at(FRIDAY, "09:00"))
    fills = [
        fill_of(ENTRY, "1", 100, "60", at(FRIDAY, "10:00")),
        fill_of(EXIT, "2", 40, "63", at(MONDAY, "09:33")),
        fill_of(EXIT, "3", 60, "63", at(MONDAY, "09:34")),
    ]
    partly = only(booked(fills[:2], decisions=(early, decision, again)).open)
    assert partly.decisions == (decision,)
    assert partly.decided(Leg.EXIT) == decision
    assert partly.decided(Leg.TRIM1) is None
    assert only(booked(fills, decisions=(decision,)).closed).decisions == ()


def test_marks_before_the_entry_and_after_the_end_say_nothing() -> None:
    fills = [
        fill_of(ENTRY, "1", 100, "60", at(FRIDAY, "10:00")),
        fill_of(EXIT, "2", 100, "61", at(MONDAY, "10:00")),
    ]
    marks = (
        Mark(at(FRIDAY, "09:59"), FRIDAY, "avwap", "KO", D(99), D(1)),
        Mark(at(FRIDAY, "10:01"), FRIDAY, "avwap", "KO", D(62), D("59.5")),
        Mark(at(FRIDAY, "10:02"), FRIDAY, "bb_squeeze", "KO", D(98), D(2)),
        Mark(at(MONDAY, "10:01"), MONDAY, "avwap", "KO", D(97), D(3)),
    )
    done = only(booked(fills, marks=marks).closed)
    assert (done.high, done.low) == (D(62), D("59.5"))


@pytest.mark.parametrize(
    ("marks", "price", "clock"),
    [
        ([("10:01", 61, 59)], 59, "10:01"),
        ([("10:01", 61, 60), ("10:05", 63, 60)], 63, "10:05"),
        ([("10:01", 63, 60), ("10:05", 63, 58), ("10:09", 63, 58)], 58, "10:05"),
        ([("10:01", 63, 60), ("10:05", 64, 58)], 58, "10:05"),
    ],
)
def test_the_last_price_seen_is_the_newest_extreme_the_worse_of_two(
    marks: list[tuple[str, int, int]], price: int, clock: str
) -> None:
    fills = [fill_of(ENTRY, "1", 100, "60", at(FRIDAY, "10:00"))]
    told = tuple(Mark(at(FRIDAY, t), FRIDAY, "avwap", "KO", D(h), D(lo)) for t, h, lo in marks)
    held = only(booked(fills, marks=told).open)
    assert held.seen == Seen(D(price), at(FRIDAY, clock))
    assert only(booked(fills).open).seen is None
    halved = only(booked(fills, (split(MONDAY, 2, 1),), marks=told).open)
    assert halved.seen == Seen(D(price) / 2, at(FRIDAY, clock))


def test_the_entry_session_counts_zero() -> None:
    held = only(booked([fill_of(ENTRY, "1", 100, "60", at(FRIDAY, "10:00"))]).open)
    counts = [held.held_sessions(day) for day in (FRIDAY, MONDAY, TUESDAY)]
    assert counts == [0, 1, 2]
