"""The fault box: each rule strikes as if it were alone; the first one ordered wins a moment."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.faults import Fault, FaultBox, FaultKind
from avwap_cli.exchange.instants import MINUTE, Instant, hours
from avwap_cli.market.sessions import parse_session

OPEN: Instant = hours(parse_session("2026-11-23")).open
ORDERS = "POST /v2/orders"
LOST, HTML, HANG, HALT = FaultKind.LOST_EVENT, FaultKind.HTML, FaultKind.HANG, FaultKind.HALT
ALL = frozenset(FaultKind)


def strikes(
    box: FaultBox, moments: int, where: str = ORDERS, symbol: str | None = None
) -> list[FaultKind | None]:
    """What strikes at so many moments at one place."""
    struck = [box.draw(ALL, where, symbol, OPEN + i) for i in range(moments)]
    return [None if fault is None else fault.kind for fault in struck]


def test_no_rule_strikes_without_being_ordered() -> None:
    assert strikes(FaultBox(7), 3) == [None] * 3


def test_each_time_unless_told_otherwise() -> None:
    assert strikes(FaultBox(7, [Fault(HTML)]), 3) == [HTML] * 3


def test_only_the_nth_time() -> None:
    assert strikes(FaultBox(7, [Fault(HTML, nth=2)]), 4) == [None, HTML, None, None]


def test_at_most_so_many_times() -> None:
    assert strikes(FaultBox(7, [Fault(HTML, times=2)]), 4) == [HTML, HTML, None, None]


@pytest.mark.parametrize(
    ("pattern", "where", "strikes_there"),
    [
        ("*", ORDERS, True),
        (ORDERS, ORDERS, True),
        (ORDERS, "GET /v2/orders", False),
        ("POST /v2/*", ORDERS, True),
        ("POST /v2/order?", ORDERS, True),
        ("post /v2/orders", ORDERS, False),
        ("trade_updates *", "trade_updates fill", True),
    ],
)
def test_only_at_its_place(pattern: str, where: str, strikes_there: bool) -> None:
    struck = FaultBox(7, [Fault(HTML, pattern)]).draw(ALL, where, None, OPEN)
    assert (struck is not None) == strikes_there


def test_only_for_its_symbol_and_only_that_is_counted() -> None:
    box = FaultBox(7, [Fault(HTML, symbol="SPY", nth=2)])
    drawn = [box.draw(ALL, ORDERS, symbol, OPEN) for symbol in ("SPY", "AAPL", None, "SPY")]
    assert [fault is not None for fault in drawn] == [False, False, False, True]


def test_only_at_its_time_of_day() -> None:
    box = FaultBox(7, [Fault(HTML, after=time(9, 31), before=time(9, 33))])
    drawn = [box.draw(ALL, ORDERS, None, OPEN + i * MINUTE) for i in range(5)]
    assert [fault is not None for fault in drawn] == [False, True, True, False, False]


def test_only_where_its_kind_is_asked_for() -> None:
    box = FaultBox(7, [Fault(HALT, nth=1)])
    assert box.draw({HTML, HANG}, ORDERS, None, OPEN) is None
    assert box.draw({HALT}, "halt", "SPY", OPEN) == Fault(HALT, nth=1)


def test_chances_come_from_the_seed() -> None:
    rule = Fault(HTML, probability=0.3)
    struck = strikes(FaultBox(7, [rule]), 1000)
    assert strikes(FaultBox(7, [rule]), 1000) == struck
    assert strikes(FaultBox(8, [rule]), 1000) != struck
    assert 250 < struck.count(HTML) < 350
    assert strikes(FaultBox(7, [Fault(HTML, probability=0.0)]), 100).count(HTML) == 0


def test_two_rules_of_one_kind_have_chances_of_their_own() -> None:
    first = strikes(FaultBox(7, [Fault(HTML, probability=0.5)]), 64)
    second = strikes(FaultBox(7, [Fault(HTML, nth=99), Fault(HTML, probability=0.5)]), 64)
    assert first != second


def test_the_first_rule_ordered_wins_and_the_other_has_had_its_turn() -> None:
    box = FaultBox(7, [Fault(HTML, times=2), Fault(HANG, times=3)])
    assert strikes(box, 5) == [HTML, HTML, HANG, None, None]
    assert box.fired == {HTML: 2, HANG: 1}


def test_how_two_streams_interleave_decides_nothing() -> None:
    together = FaultBox(7, [Fault(LOST, probability=0.5)])
    apart = FaultBox(7, [Fault(LOST, probability=0.5)])
    mixed = [strikes(together, 1, where)[0] for _ in range(32) for where in ("iex b", "sip q")]
    bars, quotes = strikes(apart, 32, "iex b"), strikes(apart, 32, "sip q")
    assert (mixed[::2], mixed[1::2]) == (bars, quotes)
    assert bars != quotes


def test_rules_have_numbers_and_are_taken_back_by_them() -> None:
    box = FaultBox(7, [Fault(HTML)])
    assert box.add(Fault(HANG)) == 2
    box.remove(1)
    box.remove(1)
    assert box.rules == {2: Fault(HANG)}
    assert strikes(box, 1) == [HANG]
    assert box.add(Fault(HTML)) == 3, "no number comes twice"
    box.clear()
    assert box.rules == {}
    assert strikes(box, 1) == [None]
    assert box.fired == {HANG: 1}


RULES = st.builds(
    Fault,
    st.sampled_from([HTML, HANG]),
    nth=st.none() | st.integers(1, 8),
    times=st.none() | st.integers(1, 4),
    probability=st.sampled_from([0.3, 0.7, 1.0]),
)


@given(st.lists(RULES, min_size=1, max_size=4))
def test_law_a_rule_strikes_as_if_it_were_alone(rules: list[Fault]) -> None:
    """Of several, each moment shows the first that would have struck alone."""
    alone = []
    for number, rule in enumerate(rules):
        never = [Fault(HALT, "nowhere")] * number  # keeps the rule's number
        alone.append(strikes(FaultBox(7, [*never, rule]), 12))
    expected = [next((kind for kind in kinds if kind), None) for kinds in zip(*alone, strict=True)]
    assert strikes(FaultBox(7, rules), 12) == expected
