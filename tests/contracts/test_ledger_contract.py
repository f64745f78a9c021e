"""One suite for every ledger: the one in SQLite and the tests' own in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_ledger import LISTS, MemoryLedger

from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.errors import LedgerDiffers
from avwap_cli.ports import Ledger
from avwap_cli.trading.facts import (
    Acceptance,
    Act,
    Answer,
    Closure,
    Decision,
    Denied,
    Ending,
    EquityClose,
    Fact,
    Facts,
    HaltChange,
    HaltLevel,
    Mark,
    Notice,
    Report,
    RunStarted,
    SplitTaken,
    Verb,
)
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import (
    BrokerOrder,
    Effect,
    Fill,
    OrderKind,
    Side,
    Status,
    TimeInForce,
    Transfer,
)

DAY = date(2024, 3, 8)
AT = datetime(2024, 3, 8, 9, 30, 0, 123456, tzinfo=ZoneInfo("America/New_York"))
D = Decimal
ROLE = Role(DAY, "avwap", "BRK.B", 1, Leg.ENTRY)
INTENT = Intent(
    id=ROLE.attempt(1),
    role=ROLE,
    kind=OrderKind.LIMIT,
    tif=TimeInForce.DAY,
    shares=D(12),
    limit_price=D("410.10"),
    stop_price=None,
    reason="",
    decision_price=D("409.0750"),
    plan='{"a":"ä\\u20ac"}',
    replaces=None,
    made_at=AT,
)
ORDER = BrokerOrder(
    id="b-1",
    client_id=INTENT.id,
    symbol="BRK.B",
    side=Side.BUY,
    effect=Effect.OPEN,
    kind=OrderKind.LIMIT,
    tif=TimeInForce.DAY,
    status=Status.PARTIALLY_FILLED,
    shares=D(12),
    filled_shares=D(5),
    filled_avg_price=D("409.9921"),
    limit_price=D("410.10"),
    stop_price=None,
    submitted_at=AT,
    updated_at=AT + timedelta(seconds=1),
    replaced_by="b-2",
)
FILL = Fill("f-1", "b-1", INTENT.id, "BRK.B", Side.BUY, D(5), D("409.9921"), AT)
ONE_OF_EACH: tuple[Fact, ...] = (
    INTENT,
    Act(AT, Verb.SUBMIT, INTENT.id),
    Answer(AT, Verb.REPLACE, INTENT.id, 422, 42210000, "unchanged", "no\nchange"),
    Closure(AT, INTENT.id, Ending.UNSENT, "too late"),
    Report(AT, ORDER),
    FILL,
    Transfer("t-1", AT, D("-250.00")),
    Decision(AT, DAY, "avwap", "BRK.B", Leg.TRIM1, "trim_r1", D("425.5"), D(6)),
    SplitTaken(AT, "BRK.B", DAY, 50, 1),
    Acceptance(AT, "avwap", "BRK.B", D(-2), D("400"), "spin-off"),
    HaltChange(AT, HaltLevel.REDUCE_ONLY, "person", "holiday", date(2024, 3, 11)),
    Mark(AT, DAY, "avwap", "BRK.B", D("412"), D("408.5")),
    EquityClose(AT, DAY, D("100123.45"), D("0")),
    Denied(AT, DAY, "boh", "avwap", "BRK.B", "gap", "0.041", "at most 0.03"),
    Notice(AT, DAY, "unprotected", "BRK.B", "no stop", page=True, begins=False),
    RunStarted(AT, DAY, "monitor", 4711),
)
EVERY_ONE_COUNTS = (
    Answer,
    Decision,
    SplitTaken,
    Acceptance,
    HaltChange,
    EquityClose,
    Notice,
    RunStarted,
)


@pytest.fixture(params=["sqlite", "memory"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger of each kind."""
    if request.param == "memory":
        yield MemoryLedger()
        return
    with SqliteLedger.open(tmp_path / "ledger.sqlite3", "PA123") as made:
        yield made


def everything(facts: Facts) -> dict[str, list[Fact]]:
    return {f.name: list(getattr(facts, f.name)) for f in fields(Facts)}


def test_a_new_ledger_holds_nothing(ledger: Ledger) -> None:
    assert everything(ledger.facts()) == {f.name: [] for f in fields(Facts)}
    assert ledger.append() == 0


def test_every_kind_of_fact_comes_back_as_it_was_given(ledger: Ledger) -> None:
    assert {type(fact) for fact in ONE_OF_EACH} == set(LISTS)
    assert ledger.append(*ONE_OF_EACH) == len(LISTS) == 16
    assert everything(ledger.facts()) == {LISTS[type(fact)]: [fact] for fact in ONE_OF_EACH}


@pytest.mark.parametrize("fact", ONE_OF_EACH, ids=lambda f: type(f).__name__)
def test_a_fact_told_twice_is_there_once_unless_every_one_counts(
    ledger: Ledger, fact: Fact
) -> None:
    twice = isinstance(fact, EVERY_ONE_COUNTS)
    assert ledger.append(fact) == 1
    assert ledger.append(fact) == int(twice)
    assert ledger.append(fact, fact) == 2 * int(twice)
    held = getattr(ledger.facts(), LISTS[type(fact)])
    assert held == [fact] * (4 if twice else 1)


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (INTENT, replace(INTENT, shares=D(13))),
        (INTENT, replace(INTENT, plan="{}")),
        (FILL, replace(FILL, price=D("409.9922"))),
        (FILL, replace(FILL, client_id="by-hand.avwap")),
    ],
)
def test_another_content_under_an_id_is_refused_with_all_that_came_along(
    ledger: Ledger, first: Intent | Fill, other: Fact
) -> None:
    ledger.append(first)
    with pytest.raises(LedgerDiffers, match=first.id.replace(".", r"\.")):
        ledger.append(RunStarted(AT, DAY, "enter", 1), other)
    with pytest.raises(LedgerDiffers):
        ledger.append(other)
    assert ledger.facts().runs == []
    assert getattr(ledger.facts(), LISTS[type(first)]) == [first]


def test_two_contents_under_an_id_in_one_append_are_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerDiffers):
        ledger.append(FILL, replace(FILL, shares=D(6)))
    assert ledger.facts().fills == []
    assert ledger.append(FILL) == 1


def test_the_same_number_and_moment_in_other_words_is_the_same_content(ledger: Ledger) -> None:
    ledger.append(FILL)
    other = replace(FILL, shares=D("5.000"), at=FILL.at.astimezone(timezone(timedelta(hours=2))))
    assert ledger.append(other) == 0
    assert len(ledger.facts().fills) == 1


def test_a_report_is_news_only_where_the_order_changed(ledger: Ledger) -> None:
    later = AT + timedelta(seconds=20)
    final = replace(ORDER, status=Status.FILLED, filled_shares=D(12))
    elsewhere = replace(ORDER, id="b-9", client_id="")
    told = [
        ledger.append(Report(AT, ORDER)),
        ledger.append(Report(later, ORDER)),
        ledger.append(Report(later, elsewhere), Report(later, final)),
        ledger.append(Report(later, final), Report(later, elsewhere)),
        ledger.append(Report(later, ORDER)),
    ]
    assert told == [1, 0, 2, 0, 1]
    assert [r.order for r in ledger.facts().reports] == [ORDER, elsewhere, final, ORDER]


def test_marks_and_denials_are_news_only_where_they_differ_from_the_last_of_their_key(
    ledger: Ledger,
) -> None:
    later = AT + timedelta(minutes=1)
    mark = Mark(AT, DAY, "avwap", "KO", D(60), D(59))
    other = replace(mark, strategy="bb_squeeze")
    higher = replace(mark, high=D(61))
    assert ledger.append(mark, other, replace(mark, at=later)) == 2
    assert ledger.append(higher, replace(higher, at=later), mark) == 2
    denied = Denied(AT, DAY, "boh", "avwap", "KO", "no_room", None, "stop below price")
    assert ledger.append(denied, replace(denied, at=later), replace(denied, group="moo")) == 2
    assert ledger.append(replace(denied, gate="gap", measured="0.05"), denied) == 2
    assert [m.high for m in ledger.facts().marks if m.strategy == "avwap"] == [D(60), D(61), D(60)]


def test_another_moment_makes_another_act_and_another_closure(ledger: Ledger) -> None:
    later = AT + timedelta(seconds=5)
    act, end = Act(AT, Verb.CANCEL, "x", "b-1"), Closure(AT, "x", Ending.REFUSED, "no")
    assert ledger.append(act, end, replace(act, at=later), replace(end, at=later)) == 4
    assert ledger.append(act, end) == 0


def test_a_transfer_is_there_once_whatever_is_told_of_it_later(ledger: Ledger) -> None:
    assert ledger.append(Transfer("t", AT, D(100)), Transfer("t", AT, D(90))) == 1
    assert [t.amount_usd for t in ledger.facts().transfers] == [D(100)]


def test_facts_once_given_do_not_change_when_more_is_appended(ledger: Ledger) -> None:
    ledger.append(FILL)
    before = ledger.facts()
    ledger.append(replace(FILL, id="f-2"), INTENT)
    assert [f.id for f in ledger.facts().fills] == ["f-1", "f-2"]
    assert (len(before.fills), len(before.intents)) == (1, 0)


def test_each_kind_keeps_the_order_in_which_it_was_committed(ledger: Ledger) -> None:
    times = [AT + timedelta(seconds=s) for s in (5, 1, 9, 3)]
    for n, at in enumerate(times):
        ledger.append(RunStarted(at, DAY, "enter", n), Act(at, Verb.SUBMIT, f"i{n}"))
    assert [r.pid for r in ledger.facts().runs] == [0, 1, 2, 3]
    assert [a.at for a in ledger.facts().acts] == times


_MOMENTS = st.datetimes(timezones=st.just(UTC))
_NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12)
_TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
_FILLS = st.builds(
    Fill,
    id=st.sampled_from(["1", "2", "3"]),
    order_id=_TEXTS,
    client_id=_TEXTS,
    symbol=_TEXTS,
    side=st.sampled_from(Side),
    shares=_NUMBERS,
    price=_NUMBERS,
    at=_MOMENTS,
)
_MARKS = st.builds(
    Mark,
    at=_MOMENTS,
    session=st.dates(),
    strategy=st.sampled_from(["a", "b"]),
    symbol=st.just("KO"),
    high=st.sampled_from([D(1), D(2), D("1.0")]),
    low=st.just(D(1)),
)
_ANSWERS = st.builds(
    Answer,
    at=_MOMENTS,
    verb=st.sampled_from(Verb),
    client_id=_TEXTS,
    status=st.integers(0, 999),
    code=st.integers(-(2**60), 2**60),
    name=_TEXTS,
    text=_TEXTS,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(st.one_of(_FILLS, _MARKS, _ANSWERS), max_size=4), max_size=6))
def test_both_ledgers_say_the_same_of_any_facts(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[Fact]]
) -> None:
    path = tmp_path_factory.mktemp("law") / "ledger.sqlite3"
    memory = MemoryLedger()
    with SqliteLedger.open(path, "PA1") as written:
        for batch in batches:
            assert said(written.append, batch) == said(memory.append, batch)
        assert everything(written.facts()) == everything(memory.facts())
    with SqliteLedger.open(path, "PA1", read_only=True) as again:
        assert everything(again.facts()) == everything(memory.facts())


def said(append: Callable[..., int], batch: list[Fact]) -> int | str:
    """How many were new, or that the ledger differs."""
    try:
        return append(*batch)
    except LedgerDiffers:
        return "differs"
