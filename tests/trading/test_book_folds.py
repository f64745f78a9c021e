"""The book's fold that goes on: the same book as folded at once, by the work that is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hand_facts import FRIDAY, MONDAY, D, at, fill_of, hand_fill, intent_of, report_of
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_ledger import LISTS, MemoryLedger

from avwap_cli.stages.day.folding import Folding
from avwap_cli.trading import histories
from avwap_cli.trading.books import BookFold, fold
from avwap_cli.trading.facts import (
    Acceptance,
    Act,
    Answer,
    Closure,
    Decision,
    Ending,
    Fact,
    Facts,
    Mark,
    Notice,
    SplitTaken,
    Verb,
)
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.orders import Side, Status

ENTRY, OTHER = intent_of(Leg.ENTRY), intent_of(Leg.ENTRY, strategy="bb_squeeze")
EXIT = intent_of(Leg.EXIT, reason="time")
NOON = at(FRIDAY, "12:00")
DAY: tuple[Fact, ...] = (
    ENTRY,
    Act(NOON, Verb.SUBMIT, ENTRY.id),
    report_of(ENTRY, Status.PARTIALLY_FILLED, 40, "60"),
    fill_of(ENTRY, "1", 40, "60", at(FRIDAY, "09:34")),
    fill_of(ENTRY, "2", 60, "61", at(FRIDAY, "09:36")),
    report_of(ENTRY, Status.FILLED, 100, "60.60"),
    OTHER,
    Answer(NOON, Verb.SUBMIT, OTHER.id, 403, 0, "insufficient_qty", "no"),
    Closure(NOON, OTHER.id, Ending.REFUSED, "no"),
    Mark(at(FRIDAY, "11:00"), FRIDAY, "avwap", "KO", D("64"), D("60")),
    Notice(NOON, FRIDAY, "halt", "halt", "begun"),
    hand_fill("avwap", "3", Side.SELL, 30, "62", at(FRIDAY, "13:00")),
    Acceptance(at(FRIDAY, "13:30"), "bb_squeeze", "KO", D(5), D("62"), "why"),
    SplitTaken(at(MONDAY, "09:00"), "KO", MONDAY, 2, 1),
    Notice(at(MONDAY, "09:01"), MONDAY, "halt", "halt", "over", begins=False),
    Decision(at(MONDAY, "10:00"), MONDAY, "avwap", "KO", Leg.EXIT, "time", None, None),
    EXIT,
    Act(at(MONDAY, "10:00"), Verb.SUBMIT, EXIT.id),
    Act(at(MONDAY, "10:01"), Verb.CANCEL, EXIT.id),
    fill_of(EXIT, "4", 140, "32", at(MONDAY, "10:02")),
)


@settings(max_examples=60, deadline=None)
@given(st.permutations(DAY), st.lists(st.integers(1, len(DAY)), max_size=8))
def test_a_fold_that_goes_on_says_what_a_fold_at_once_says(
    facts: list[Fact], stops: list[int]
) -> None:
    going_on, told = BookFold(), Facts()
    for number, fact in enumerate(facts, 1):
        getattr(told, LISTS[type(fact)]).append(fact)
        if number in stops:
            assert going_on.of(told) == fold(told)
    assert going_on.of(told) == fold(told)
    assert {o.id for o in going_on.of(told).orders.values()} == {ENTRY.id, OTHER.id, EXIT.id}


def test_a_book_stays_as_it_was_when_the_fold_goes_on() -> None:
    going_on, told = BookFold(), Facts()
    for fact in DAY[:6]:
        getattr(told, LISTS[type(fact)]).append(fact)
    early = going_on.of(told)
    for fact in DAY[6:]:
        getattr(told, LISTS[type(fact)]).append(fact)
    late = going_on.of(told)
    assert (set(early.orders), set(early.fills), early.states) == ({ENTRY.id}, {"1", "2"}, {})
    assert [p.shares for p in early.open] == [100]
    assert (len(late.orders), len(late.fills), len(late.closed)) == (3, 4, 1)


class Counted(list[Any]):
    """A list that counts how many of its rows were handed out."""

    read = 0

    def __iter__(self) -> Iterator[Any]:
        for row in super().__iter__():
            self.read += 1
            yield row

    def __getitem__(self, where: Any) -> Any:
        found = super().__getitem__(where)
        self.read += len(found) if isinstance(where, slice) else 1
        return found


def _counted(symbols: int) -> Facts:
    """Facts of so many round trips, each in a symbol of its own."""
    facts = Facts(**{f.name: Counted() for f in fields(Facts)})
    for number in range(symbols):
        symbol = f"S{number}"
        entry, exit_ = intent_of(Leg.ENTRY, symbol=symbol), intent_of(Leg.EXIT, symbol=symbol)
        facts.intents += [entry, exit_]
        facts.acts += [Act(o.made_at, Verb.SUBMIT, o.id) for o in (entry, exit_)]
        facts.fills.append(fill_of(entry, f"{symbol}.1", 100, "60", at(FRIDAY, "09:31")))
        facts.marks.append(Mark(NOON, FRIDAY, "avwap", symbol, D("64"), D("60")))
        facts.decisions.append(
            Decision(NOON, FRIDAY, "avwap", symbol, Leg.EXIT, "time", None, None)
        )
        facts.fills.append(fill_of(exit_, f"{symbol}.2", 100, "62", at(FRIDAY, "12:01")))
        facts.splits.append(SplitTaken(NOON, symbol, FRIDAY, 2, 1))
    return facts


DECIDING = ("intents", "acts", "fills", "marks", "decisions", "splits", "reports")


def _read(facts: Facts) -> int:
    return sum(getattr(facts, kind).read for kind in DECIDING)


def test_the_first_fold_reads_each_fact_a_few_times_however_many_symbols_there_are() -> None:
    few, many = _counted(10), _counted(200)
    fold(few)
    fold(many)
    assert 10 * 9 <= _read(few) <= 2 * 10 * 9
    assert _read(many) == 20 * _read(few)


def test_after_one_append_one_symbol_is_folded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    worked: Counter[str] = Counter()
    once = histories.folded

    def counted(history: Any) -> Any:
        worked[history.symbol] += 1
        return once(history)

    monkeypatch.setattr(histories, "folded", counted)
    facts, going_on = _counted(200), BookFold()
    going_on.of(facts)
    assert worked == {f"S{number}": 1 for number in range(200)}
    worked.clear()
    read = _read(facts)
    facts.marks.append(Mark(at(MONDAY, "10:00"), MONDAY, "avwap", "S7", D("64"), D("60")))
    going_on.of(facts)
    assert worked == {"S7": 1}
    assert _read(facts) - read <= 200 + 1  # the splits, which the book shows
    facts.acts.append(Act(at(MONDAY, "10:00"), Verb.CANCEL, facts.intents[0].id))
    going_on.of(facts)
    assert worked == {"S7": 1}  # what moves no shares folds no position


def test_a_ledger_is_folded_from_where_the_last_pass_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worked: list[str] = []
    once = histories.folded
    monkeypatch.setattr(histories, "folded", lambda h: [worked.append(h.symbol), once(h)][1])
    ledger, folding = MemoryLedger(*DAY[:6]), Folding()
    assert folding.of(ledger) == fold(ledger.facts())
    beside = intent_of(Leg.ENTRY, symbol="PEP")
    ledger.append(beside, fill_of(beside, "9", 10, "60", at(FRIDAY, "12:30")))
    worked.clear()
    held = {p.symbol: p.shares for p in folding.of(ledger).open}
    assert (held, worked) == ({"KO": 100, "PEP": 10}, ["PEP"])


def test_a_fold_that_failed_midway_is_not_gone_on_with() -> None:
    bad = replace(OTHER, plan="no plan")
    ledger, folding = MemoryLedger(*DAY[:5]), Folding()
    before = folding.of(ledger)
    with pytest.raises(ValueError, match="Expecting value"):
        folding.of(MemoryLedger(*DAY[:5], bad, replace(EXIT, made_at=NOON + timedelta(hours=1))))
    assert folding.of(MemoryLedger(*DAY[:6])) == fold(MemoryLedger(*DAY[:6]).facts())
    assert before == fold(ledger.facts())
