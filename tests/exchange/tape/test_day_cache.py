"""The day cache: what is asked for again is not made again, and what is kept is bounded."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from avwap_cli.exchange.tape.day_cache import OLDER_DAYS, DayCache

FIRST = date(2026, 10, 5)
NAMES = [f"S{number}" for number in range(1200)]


class Maker:
    """Counts what it makes; a day is its name."""

    def __init__(self) -> None:
        self.made: Counter[tuple[str, date]] = Counter()

    def __call__(self, symbol: str, session: date) -> Any:
        self.made[symbol, session] += 1
        return f"{symbol} {session}"


def test_every_day_of_the_two_newest_sessions_is_kept() -> None:
    maker = Maker()
    cache = DayCache(maker)
    for _ in range(3):
        for day in (FIRST, FIRST + timedelta(1)):
            assert [cache.day(name, day) for name in NAMES] == [f"{name} {day}" for name in NAMES]
    assert set(maker.made.values()) == {1}


def test_of_older_sessions_the_last_ones_are_kept() -> None:
    maker = Maker()
    cache = DayCache(maker)
    for offset in range(6):
        for name in NAMES[:50]:
            cache.day(name, FIRST + timedelta(offset))
    for offset in range(1, 6):
        for name in NAMES[:50]:
            cache.day(name, FIRST + timedelta(offset))
    assert set(maker.made.values()) == {1}
    for name in NAMES:
        cache.day(name, FIRST)
    assert len(cache._older) == OLDER_DAYS
    cache.day(NAMES[0], FIRST)
    assert maker.made[NAMES[0], FIRST] == 2


def test_a_day_without_a_bar_is_remembered_too() -> None:
    asked: list[str] = []

    def none(symbol: str, session: date) -> None:
        asked.append(symbol)

    cache = DayCache(none)
    for session in (FIRST, FIRST + timedelta(9), FIRST + timedelta(10), FIRST):
        assert [cache.day("F", session), cache.day("F", session)] == [None, None]
    assert len(asked) == 3
