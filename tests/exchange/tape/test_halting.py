"""Halting: a day without what lies in its halts."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.instants import MINUTE, hours
from avwap_cli.exchange.tape.days import SymbolDay
from avwap_cli.exchange.tape.folding import minutes_of
from avwap_cli.exchange.tape.halting import day_without
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market.bars import bar_table

DAY = date(2026, 10, 5)
TIMES = hours(DAY)
COLUMNS = ("start", "open", "high", "low", "close", "volume", "trades", "turnover")


@pytest.fixture(scope="module")
def whole() -> SymbolDay:
    days = np.array([DAY], dtype="datetime64[D]")
    values = [np.array([value]) for value in (50.0, 51.0, 49.0, 50.5, 1e6)]
    made = Tape(bar_table(["F"], days, *values)).day("F", DAY)
    assert made is not None
    return made


def test_minutes_come_back_from_their_prints(whole: SymbolDay) -> None:
    again = minutes_of(whole.prints)
    for name in COLUMNS:
        assert getattr(again, name).tolist() == getattr(whole.minutes, name).tolist()


def test_no_prints_no_minutes(whole: SymbolDay) -> None:
    none = day_without(whole, ((TIMES.pre_open, TIMES.after_close),))
    assert [len(getattr(none.minutes, name)) for name in COLUMNS] == [0] * 8
    assert (len(none.prints.at), len(none.quotes.at)) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 390 * 60), st.integers(1, 7200)), max_size=3))
def test_nothing_lies_in_a_halt_and_all_else_is_left(spans: list[tuple[int, int]]) -> None:
    days = np.array([DAY], dtype="datetime64[D]")
    values = [np.array([value]) for value in (50.0, 51.0, 49.0, 50.5, 1e6)]
    day = Tape(bar_table(["F"], days, *values)).day("F", DAY)
    assert day is not None
    second = MINUTE // 60
    halts = tuple(
        (TIMES.open + start * second, TIMES.open + (start + length) * second)
        for start, length in spans
    )
    cut = day_without(day, halts)
    for before, after in ((day.prints.at, cut.prints.at), (day.quotes.at, cut.quotes.at)):
        kept = [at for at in before.tolist() if not any(s <= at < e for s, e in halts)]
        assert after.tolist() == kept
    assert int(cut.minutes.volume.sum()) == int(cut.prints.size.sum())
    assert set(halts) <= set(cut.halts)
