"""The synthetic feed as a vendor of bars."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from avwap_cli.adapters.synthetic import ORIGIN, SyntheticBars, SyntheticMarket
from avwap_cli.market.bars import VALUE_COLUMNS, concat
from avwap_cli.market.sessions import sessions_between

LAST = date(2024, 3, 7)
SESSIONS = np.array(sessions_between(ORIGIN, LAST), dtype="datetime64[D]")


class Steps:
    """A progress that remembers."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.done: list[int] = []
        self.ended = False

    def begin(self, label: str, total: int | None) -> None:
        self.total = total

    def advance(self, done: int, note: str = "") -> None:
        self.done.append(done)

    def end(self, note: str = "") -> None:
        self.ended = True

    def say(self, text: str) -> None:
        raise AssertionError(text)


@pytest.fixture(scope="module")
def feed() -> SyntheticBars:
    return SyntheticBars(SyntheticMarket.build(3, LAST, SESSIONS, names=900, depth=260))


def test_batches_hold_each_symbol_once_and_all_adjusted_bars(feed: SyntheticBars) -> None:
    steps = Steps()
    batches = list(feed.daily_bars(feed.market.symbols, ORIGIN, LAST, steps))
    assert len(batches) >= 3
    held = [symbol for batch in batches for symbol in batch.symbols]
    assert len(held) == len(set(held))
    whole, expected = concat(batches), feed.market.adjusted_bars()
    assert whole.symbols == expected.symbols
    for name in ("symbol", "session", *VALUE_COLUMNS):
        assert (getattr(whole, name) == getattr(expected, name)).all()
    assert steps.done == sorted(steps.done)
    assert steps.done[-1] == steps.total == len(feed.market.symbols)
    assert steps.ended


def test_only_the_days_and_symbols_asked_for(feed: SyntheticBars) -> None:
    first, last = date(2024, 2, 1), date(2024, 2, 29)
    tables = list(feed.daily_bars(["SPY", "NOPE", "XLK"], first, last, Steps()))
    assert [t.symbols for t in tables] == [("SPY", "XLK")]
    assert len(tables[0]) == 2 * len(sessions_between(first, last))
    assert tables[0].session.min() == np.datetime64("2024-02-01")
    assert list(feed.daily_bars(["NOPE"], first, last, Steps())) == []


def test_splits_are_those_of_the_symbols_and_days(feed: SyntheticBars) -> None:
    everything = feed.splits(feed.market.symbols, ORIGIN, LAST)
    assert len(everything) >= 5
    one = everything[-1]
    assert feed.splits([one.symbol], one.ex_date, one.ex_date) == [one]
    assert feed.splits(["SPY"], ORIGIN, LAST) == []
    assert one.ratio > 0
    assert one.ratio != 1.0


def test_the_feed_names_itself(feed: SyntheticBars) -> None:
    assert (feed.provider, feed.feed) == ("synthetic", "sip")
