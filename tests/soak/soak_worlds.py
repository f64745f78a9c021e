"""Worlds: what a seed makes of some sessions: prices, splits, halts, and each day's candidates."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
from trading_rig import HISTORY_SESSIONS, candidate, clock_time, tape_of

from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market import sessions
from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.splits import Split

NAMES = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG")
STRANGER = "ZZZ"  # never a candidate; a person's own
STRATEGIES = (
    "rsi_mean_reversion",
    "overbought_short",
    "adx_pullback",
    "bb_squeeze",
    "regime_momentum",
    "avwap",
    "avwap",
)
# Thanksgiving and its half day, the end of daylight saving, Christmas, its beginning, a plain week
STARTS = (
    date(2026, 11, 23),
    date(2026, 10, 29),
    date(2026, 12, 22),
    date(2027, 3, 10),
    date(2026, 9, 14),
)
RATIOS = (2.0, 3.0, 1.5, 0.5)
TIMES = ("09:30", "09:40", "09:50", "10:00", "10:40", "11:30", "12:20", "13:00", "14:30", "15:40")

Path_ = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class World:
    """Some sessions in a row.

    Attributes:
        paths: symbol -> session -> waypoints, as traded.
        candidates: of each session's plan.
    """

    seed: int
    days: tuple[date, ...]
    paths: Mapping[str, Mapping[date, Path_]]
    splits: tuple[Split, ...]
    candidates: Mapping[date, tuple[Mapping[str, Any], ...]]

    def tape(self) -> Tape:
        return tape_of(self.paths, self.splits, missing=self._missing())

    def _missing(self) -> dict[str, list[tuple[str, str]]]:
        """Minutes without a print, at the same time of each day."""
        chance = random.Random(f"missing {self.seed}")
        return {chance.choice(NAMES): [("11:02", chance.choice(["11:05", "11:12", "11:40"]))]}

    def bars_before(self, session: date, count: int) -> BarTable:
        """Daily bars on the basis of `session`, as the evening's cache would hold them."""
        rows = [row for name in (*NAMES, STRANGER) for row in self._bars_of(name, session)]
        symbol, day, opens, high, low, close, volume = zip(*rows, strict=True)
        arrays = (np.array(column, dtype=float) for column in (opens, high, low, close, volume))
        return bar_table(list(symbol), np.array(day, dtype="datetime64[D]"), *arrays)

    def _bars_of(self, name: str, session: date) -> Iterator[tuple[Any, ...]]:
        first = self.days[0]
        for n in range(HISTORY_SESSIONS, 0, -1):
            day = sessions.offset(first, -n)
            base = 100.0 / self._ratio(name, day, session)
            wave = base * (1 + 0.01 * (n % 3 - 1))
            yield name, day, wave, wave * 1.005, wave * 0.995, wave, 39e6
        for day in (d for d in self.days if d < session):
            ratio = self._ratio(name, day, session)
            prices = [price / ratio for _, price in self.paths[name][day]]
            yield name, day, prices[0], max(prices), min(prices), prices[-1], 39e6

    def _ratio(self, name: str, day: date, session: date) -> float:
        """Shares of `session` per share of `day`."""
        ratio = 1.0
        for split in self.splits:
            if split.symbol == name and day < split.ex_date <= session:
                ratio *= split.ratio
        return ratio


@dataclass
class DailyBars:
    """A store of the world's daily bars."""

    world: World

    def read(self, last: date, count: int) -> BarTable:
        return self.world.bars_before(sessions.next_session(last), count)


def world_of(seed: int, length: int) -> World:
    """The world of a seed; the same for ever."""
    chance = random.Random(f"world {seed}")
    first = STARTS[seed % len(STARTS)]
    days = tuple(sessions.offset(first, n) for n in range(length))
    splits = _splits(chance, days)
    paths: dict[str, dict[date, Path_]] = {name: {} for name in (*NAMES, STRANGER)}
    candidates: dict[date, tuple[Mapping[str, Any], ...]] = {}
    last = dict.fromkeys(paths, 100.0)
    for day in days:
        for split in splits:
            if split.ex_date == day:
                last[split.symbol] = round(last[split.symbol] / split.ratio, 2)
        plans = _plans(chance, last)
        wanted = {plan["symbol"]: plan for plan in plans if plan["strategy"] == "avwap"}
        for name, of_name in paths.items():
            of_name[day] = _path(chance, last[name], wanted.get(name))
        candidates[day] = tuple(plans)
        last = {name: _at_close(paths[name][day], day) for name in paths}
    return World(seed, days, paths, splits, candidates)


def _splits(chance: random.Random, days: Sequence[date]) -> tuple[Split, ...]:
    mine = [Split(STRANGER, chance.choice(days[1:]), 2.0)]
    for name in chance.sample(NAMES, 3):
        mine.append(Split(name, chance.choice(days[1:]), chance.choice(RATIOS)))
    return tuple(mine)


def _plans(chance: random.Random, last: Mapping[str, float]) -> list[dict[str, Any]]:
    names = chance.sample(NAMES, chance.randint(4, len(NAMES)))
    return [
        _candidate(chance, name, rank, round(last[name], 2))
        for rank, name in enumerate(names, start=1)
    ]


def _candidate(chance: random.Random, name: str, rank: int, close: float) -> dict[str, Any]:
    strategy = chance.choice(STRATEGIES)
    way = -1 if strategy == "overbought_short" or chance.random() < 0.3 else 1
    if strategy == "rsi_mean_reversion":
        way = 1
    atr = round(close * chance.uniform(0.01, 0.03), 2)
    far = chance.uniform(1.0, 2.0) * atr
    return candidate(
        name,
        strategy,
        rank,
        direction="long" if way > 0 else "short",
        prev_close=close,
        atr=atr,
        entry=close,
        stop=round(close - way * 2 * atr, 2),
        r1=round(close + way * (atr + far), 2),
        r2=round(close + way * (atr + 1.7 * far), 2) if strategy == "avwap" else None,
    )


def _path(chance: random.Random, last: float, plan: Mapping[str, Any] | None) -> Path_:
    """Waypoints of a day: a gap, a drift, and now and then a crash or a spike."""
    at = last * (1 + chance.gauss(0, 0.004))
    if chance.random() < 0.06:
        at *= chance.choice((0.85, 0.93, 1.08, 1.15))
    points = [(TIMES[0], at)]
    if plan is not None and chance.random() < 0.8:  # a break through the entry level that holds
        way = 1 if plan["direction"] == "long" else -1
        level = plan["entry"]
        points = [
            (TIMES[n], level * (1 + way * move))
            for n, move in enumerate((-0.005, 0.0025, 0.01, 0.012))
        ]
        at = points[-1][1]
    for time in TIMES[len(points) :]:
        at *= 1 + chance.gauss(0, 0.012)
        if chance.random() < 0.04:
            at *= chance.choice((0.88, 0.93, 1.07, 1.12))
        points.append((time, at))
    points.append(("16:00", at * (1 + chance.gauss(0, 0.004))))
    return tuple((time, round(max(price, 5.0), 2)) for time, price in points)


def _at_close(path: Path_, day: date) -> float:
    """The price at the day's close, which may be an early one."""
    closes = sessions.closes_at(day)
    moments = [(clock_time(time, day), price) for time, price in path]
    for (a, low), (b, high) in pairwise(moments):
        if a <= closes <= b:
            return round(low + (high - low) * ((closes - a) / (b - a)), 2)
    return path[-1][1]
