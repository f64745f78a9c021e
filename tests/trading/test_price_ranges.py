"""Price ranges: extremes by session, as the fold keeps them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import traded_days as day
from held_positions import MON, TUE, WED, D, moment
from hypothesis import given
from hypothesis import strategies as st
from memory_ledger import MemoryLedger

from avwap_cli.trading.books import fold
from avwap_cli.trading.facts import Fact, Mark, SplitTaken
from avwap_cli.trading.positions import Position
from avwap_cli.trading.price_ranges import PriceRange, extreme_before, rebased, widened


def held(*facts: Fact) -> Position:
    book = fold(MemoryLedger(day.JKL, *facts, *_fills(day.JKL.id)).facts())
    (position,) = book.open
    return position


def _fills(client_id: str) -> list[Fact]:
    return [f for f in day.FACTS if getattr(f, "client_id", "") == client_id]


def mark(session: object, text: str, high: str, low: str) -> Mark:
    at = moment(session, text)  # type: ignore[arg-type]
    return Mark(at, session, "avwap", "JKL", D(high), D(low))  # type: ignore[arg-type]


def test_fills_and_marks_are_kept_by_their_session() -> None:
    position = held(
        mark(MON, "09:00", "500", "1"),  # before the entry at 10:10
        mark(MON, "11:00", "104", "100.5"),
        mark(MON, "12:00", "103", "99"),
        mark(TUE, "10:00", "107", "102"),
    )
    assert position.ranges == (
        PriceRange(MON, D(104), D(99)),
        PriceRange(TUE, D(107), D(102)),
    )
    assert (position.high, position.low) == (D(107), D(99))


def test_only_sessions_before_count() -> None:
    position = held(mark(MON, "11:00", "104", "99"), mark(TUE, "10:00", "107", "102"))
    assert position.extreme_before(MON) is None
    assert position.extreme_before(TUE) == D(104)
    assert position.extreme_before(WED) == D(107)
    assert replace(position, direction=-1).extreme_before(WED) == D(99)


def test_a_split_rebases_them() -> None:
    split = SplitTaken(moment(TUE, "08:00"), "JKL", TUE, 4, 1)
    position = held(mark(MON, "11:00", "104", "100"), split, mark(TUE, "10:00", "27", "25"))
    assert position.ranges == (PriceRange(MON, D(26), D(25)), PriceRange(TUE, D(27), D(25)))
    assert rebased(rebased(position.ranges, Fraction(3)), Fraction(1, 3)) == position.ranges


prices = st.integers(1, 10**6).map(Decimal)


@given(st.lists(st.tuples(st.sampled_from([MON, TUE, WED]), prices, prices), max_size=12))
def test_law_the_extreme_is_that_of_all_earlier_prices_in_any_order(seen: list[tuple]) -> None:  # type: ignore[type-arg]
    rows = [(session, max(a, b), min(a, b)) for session, a, b in seen]
    ranges: tuple[PriceRange, ...] = ()
    backwards: tuple[PriceRange, ...] = ()
    for row in rows:
        ranges = widened(ranges, *row)
    for row in reversed(rows):
        backwards = widened(backwards, *row)
    assert ranges == backwards
    for session in (MON, TUE, WED):
        highs = [high for day_, high, _ in rows if day_ < session]
        lows = [low for day_, _, low in rows if day_ < session]
        assert extreme_before(ranges, session, 1) == (max(highs) if highs else None)
        assert extreme_before(ranges, session, -1) == (min(lows) if lows else None)
