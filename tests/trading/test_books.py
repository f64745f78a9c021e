"""The book: orders, holdings, halts and states as folded from facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, timedelta
from itertools import permutations

import pytest
from hand_facts import (
    FRIDAY,
    MONDAY,
    TUESDAY,
    D,
    at,
    fill_of,
    hand_fill,
    intent_of,
    report_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_ledger import MemoryLedger

from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import (
    Act,
    Answer,
    Closure,
    Ending,
    Fact,
    Facts,
    HaltChange,
    HaltLevel,
    Notice,
    Verb,
)
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.order_records import OrderState
from avwap_cli.trading.orders import Fill, Side, Status

ENTRY = intent_of(Leg.ENTRY)
SENT = at(FRIDAY, "09:30")
ACT = Act(SENT, Verb.SUBMIT, ENTRY.id)


def book(*facts: Fact) -> Book:
    return fold(MemoryLedger(*facts).facts())


def state(*facts: Fact) -> OrderState:
    return book(ENTRY, *facts).orders[ENTRY.id].state


def test_an_empty_ledger_makes_an_empty_book() -> None:
    empty = fold(Facts())
    assert (empty.orders, empty.open, empty.closed, empty.fills) == ({}, (), (), {})
    assert (empty.unresolved, empty.symbols, empty.halt(FRIDAY)) == ((), frozenset(), None)
    assert (empty.held("KO"), empty.closed_on(FRIDAY), empty.states) == (0, frozenset(), {})


def test_an_order_goes_from_made_to_unknown_to_open_to_final() -> None:
    assert state() is OrderState.MADE
    assert state(ACT) is OrderState.UNKNOWN
    assert state(ACT, report_of(ENTRY, Status.NEW)) is OrderState.OPEN
    assert state(ACT, report_of(ENTRY, Status.FILLED, 100, "60")) is OrderState.FINAL
    assert state(ACT, Closure(SENT, ENTRY.id, Ending.UNSENT, "late")) is OrderState.CLOSED


@pytest.mark.parametrize("status", list(Status))
def test_only_a_final_word_of_the_broker_ends_an_order(status: Status) -> None:
    final = {"filled", "canceled", "expired", "replaced", "rejected"}
    record = book(ENTRY, ACT, report_of(ENTRY, status, 40, "60")).orders[ENTRY.id]
    assert record.may_trade is (status.value not in final)
    assert record.left == (0 if status.value in final else 60)
    assert record.filled == 40


def test_an_order_that_nobody_told_of_counts_whole() -> None:
    unresolved = book(ENTRY, ACT)
    assert [o.id for o in unresolved.unresolved] == [ENTRY.id]
    assert unresolved.orders[ENTRY.id].left == 100
    assert book(ENTRY).orders[ENTRY.id].left == 0


def test_a_report_outweighs_a_closure_whenever_it_comes() -> None:
    end = Closure(SENT, ENTRY.id, Ending.UNSENT, "absent")
    news = report_of(ENTRY, Status.NEW)
    for facts in permutations([ACT, end, news]):
        assert state(*facts) is OrderState.OPEN


def test_a_late_report_of_an_earlier_state_does_not_reopen_an_order() -> None:
    final, open_ = report_of(ENTRY, Status.CANCELED), report_of(ENTRY, Status.NEW)
    assert state(final, open_) is OrderState.FINAL
    filled = report_of(ENTRY, Status.FILLED, 100, "60")
    assert book(ENTRY, final, filled).orders[ENTRY.id].filled == 100


def test_times_and_number_of_sends_and_cancels_are_kept() -> None:
    again = replace(ACT, at=SENT + timedelta(seconds=5))
    cancel = Act(SENT + timedelta(seconds=9), Verb.CANCEL, ENTRY.id, "b-1")
    later = replace(cancel, at=cancel.at + timedelta(seconds=9))
    record = book(ENTRY, ACT, again, cancel, later).orders[ENTRY.id]
    assert (record.sends, record.sent_at, record.cancel_at) == (2, again.at, cancel.at)


def test_a_no_to_a_submission_is_kept_beside_it() -> None:
    no = Answer(SENT, Verb.SUBMIT, ENTRY.id, 403, 40310000, "wash_trade", "potential wash trade")
    record = book(ENTRY, ACT, no).orders[ENTRY.id]
    assert (record.answer, record.state) == (no, OrderState.UNKNOWN)
    refused = Closure(SENT, ENTRY.id, Ending.REFUSED, "wash_trade")
    assert state(ACT, no, refused) is OrderState.CLOSED


def test_what_filled_is_what_fills_or_the_report_say_whichever_is_more() -> None:
    fills = [fill_of(ENTRY, n, 30, "60", SENT) for n in "12"]
    assert book(ENTRY, *fills).orders[ENTRY.id].filled == 60
    more = report_of(ENTRY, Status.PARTIALLY_FILLED, 80, "60")
    assert book(ENTRY, *fills, more).orders[ENTRY.id].filled == 80
    less = report_of(ENTRY, Status.PARTIALLY_FILLED, 50, "60")
    assert book(ENTRY, *fills, less).orders[ENTRY.id].filled == 60


def test_a_report_ahead_of_the_fills_is_a_position_already() -> None:
    ahead = report_of(ENTRY, Status.FILLED, 100, "60.70")
    (held,) = book(ENTRY, ACT, ahead).open
    assert (held.shares, held.avg_price, held.entry_session) == (D(100), D("60.70"), FRIDAY)
    assert held.plan is not None
    heard = fill_of(ENTRY, "1", 30, "60.00", at(FRIDAY, "09:31"))
    (partly,) = book(ENTRY, ACT, ahead, heard).open
    assert (partly.shares, partly.avg_price) == (D(100), D("60.70"))
    rest = fill_of(ENTRY, "2", 70, "61.00", at(FRIDAY, "09:32"))
    (whole,) = book(ENTRY, ACT, ahead, heard, rest).open
    assert (whole.shares, whole.avg_price) == (D(100), D("60.70"))
    assert [e.id for e in whole.executions] == ["1", "2"]


def test_a_report_ahead_of_an_exits_fills_closes_the_position() -> None:
    leave = intent_of(Leg.EXIT, session=MONDAY, reason="time_exit")
    facts = [ENTRY, leave, fill_of(ENTRY, "1", 100, "60", SENT)]
    done = book(*facts, report_of(leave, Status.FILLED, 100, "61.5"))
    assert (done.open, done.closed[0].realized_usd) == ((), D(150))
    assert done.closed_on(MONDAY) == {"KO"}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(1, 9999)), min_size=1, max_size=6),
    st.data(),
)
def test_however_many_fills_were_heard_the_report_makes_up_the_rest(
    parts: list[tuple[int, int]], data: st.DataObject
) -> None:
    total = sum(shares for shares, _ in parts)
    value = sum(shares * D(cents) / 100 for shares, cents in parts)
    entry = replace(ENTRY, shares=D(total))
    report = report_of(entry, Status.FILLED, total)
    order = replace(report.order, filled_avg_price=D(value) / total)
    fills = [
        fill_of(entry, str(n), shares, str(D(cents) / 100), SENT + timedelta(seconds=n))
        for n, (shares, cents) in enumerate(parts)
    ]
    heard = data.draw(st.lists(st.sampled_from(fills), unique_by=lambda f: f.id))
    (held,) = book(entry, replace(report, order=order), *heard).open
    assert held.shares == total
    assert abs(held.avg_price * total - value) < D("1e-15")


def test_two_strategies_in_one_symbol_are_summed() -> None:
    other = intent_of(Leg.ENTRY, strategy="overbought_short", direction=-1)
    both = book(
        ENTRY, other, fill_of(ENTRY, "1", 100, "60", SENT), fill_of(other, "2", 30, "61", SENT)
    )
    assert [(p.strategy, p.signed_shares) for p in both.open] == [
        ("avwap", D(100)),
        ("overbought_short", D(-30)),
    ]
    assert (both.held("KO"), both.held("PEP")) == (D(70), 0)
    assert both.positions_of("KO") == both.open
    assert both.positions_of("PEP") == ()


def test_orders_are_found_by_symbol_leg_and_session() -> None:
    stop = intent_of(Leg.STOP, reason="stop_loss")
    second = intent_of(Leg.ENTRY, attempt=2)
    other = intent_of(Leg.ENTRY, symbol="PEP", session=MONDAY)
    all_ = book(ENTRY, stop, second, other)
    assert [o.id for o in all_.orders_of("KO")] == [ENTRY.id, stop.id, second.id]
    assert [o.id for o in all_.orders_of("KO", Leg.STOP, Leg.EXIT)] == [stop.id]
    assert [o.id for o in all_.entries_on(FRIDAY)] == [ENTRY.id, second.id]
    assert [o.id for o in all_.entries_on(MONDAY)] == [other.id]
    assert all_.symbols == {"KO", "PEP"}


def test_a_symbol_is_closed_today_by_a_stop_or_by_an_exit_that_is_under_way() -> None:
    stop = intent_of(Leg.STOP, reason="stop_loss")
    entered = [ENTRY, stop, fill_of(ENTRY, "1", 100, "60", SENT)]
    stopped = book(*entered, fill_of(stop, "2", 100, "57", at(MONDAY, "15:59:59")))
    assert (stopped.closed_on(FRIDAY), stopped.closed_on(MONDAY)) == (frozenset(), {"KO"})
    leave = intent_of(Leg.EXIT, session=TUESDAY, reason="time_exit")
    assert book(*entered, leave).closed_on(TUESDAY) == {"KO"}
    trim = intent_of(Leg.TRIM1, 50, session=TUESDAY)
    assert book(*entered, trim).closed_on(TUESDAY) == frozenset()


def test_the_session_of_a_late_fill_is_new_yorks_day() -> None:
    stop = intent_of(Leg.STOP, reason="stop_loss")
    late = at(FRIDAY, "20:30").astimezone(UTC)
    done = book(ENTRY, stop, fill_of(ENTRY, "1", 9, "60", SENT), fill_of(stop, "2", 9, "57", late))
    assert done.closed_on(FRIDAY) == {"KO"}


def halts(*changes: tuple[HaltLevel, str, date | None]) -> Book:
    moments = (SENT + timedelta(minutes=n) for n in range(len(changes)))
    return book(
        *(
            HaltChange(moment, level, source, "why", until)
            for moment, (level, source, until) in zip(moments, changes, strict=True)
        )
    )


def level(folded: Book, session: date) -> HaltLevel:
    change = folded.halt(session)
    return HaltLevel.NONE if change is None else change.level


def test_the_severest_halt_in_force_counts() -> None:
    both = halts(
        (HaltLevel.FLATTEN, "person", None),
        (HaltLevel.NO_ENTRIES, "drawdown", None),
        (HaltLevel.REDUCE_ONLY, "refusals", None),
    )
    assert level(both, FRIDAY) is HaltLevel.FLATTEN
    assert [h.rank for h in HaltLevel] == [0, 1, 2, 3]


def test_a_halt_of_one_session_ends_with_it_and_leaves_the_others() -> None:
    both = halts(
        (HaltLevel.REDUCE_ONLY, "daily_loss", MONDAY), (HaltLevel.NO_ENTRIES, "drawdown", None)
    )
    assert level(both, FRIDAY) is HaltLevel.REDUCE_ONLY
    assert level(both, MONDAY) is HaltLevel.NO_ENTRIES


def test_resume_lifts_all_that_came_before_and_nothing_after() -> None:
    lifted = ((HaltLevel.FLATTEN, "person", None), (HaltLevel.NONE, "person", None))
    assert level(halts(*lifted), FRIDAY) is HaltLevel.NONE
    after = halts(*lifted, (HaltLevel.NO_ENTRIES, "daily_loss", MONDAY))
    assert level(after, FRIDAY) is HaltLevel.NO_ENTRIES
    milder = halts((HaltLevel.FLATTEN, "person", None), (HaltLevel.NO_ENTRIES, "person", None))
    assert level(milder, FRIDAY) is HaltLevel.NO_ENTRIES


def test_a_state_lasts_from_its_first_notice_to_its_end() -> None:
    begin = Notice(SENT, FRIDAY, "unprotected", "KO", "no stop", page=True)
    later = replace(begin, at=SENT + timedelta(minutes=1))
    end = replace(begin, begins=False)
    other = replace(begin, key="PEP")
    assert book(begin, other, later).states == {"KO": begin, "PEP": other}
    assert book(begin, other, end).states == {"PEP": other}
    assert book(begin, end, later).states == {"KO": later}
    assert book(end).states == {}


def test_closed_positions_are_told_in_the_order_in_which_they_ended() -> None:
    facts: list[Fact] = []
    fills: list[Fill] = []
    for n, symbol in enumerate(("KO", "PEP", "AA")):
        entry = intent_of(Leg.ENTRY, symbol=symbol)
        leave = intent_of(Leg.EXIT, symbol=symbol, session=MONDAY)
        facts += [entry, leave]
        fills += [
            fill_of(entry, f"e{n}", 10, "60", SENT),
            fill_of(leave, f"x{n}", 10, "61", at(MONDAY, f"1{2 - n // 2}:00")),
        ]
    done = book(*facts, *fills, hand_fill("avwap", "h", Side.BUY, 1, "9", at(MONDAY, "14:00")))
    assert [p.symbol for p in done.closed] == ["AA", "KO", "PEP"]
    assert done.open == (), "what a person buys from flat is theirs"
