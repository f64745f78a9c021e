"""Paths: the minutes of a day of which only the daily bar is known.

A path is made up, but never at odds with the bar: it begins at the open, triggers high and
low, ends at the close, and its shares add up to the day's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avwap_cli.exchange.tape.days import CENT, DOLLAR, Ints
from avwap_cli.exchange.tape.folding import Columns
from avwap_cli.market.bars import Floats

POINTS = 4  # prices per minute: a minute of four shares can trade each of them
ROUGHNESS = 0.6  # how much of the day's range a free walk over the day would cover (1 sigma)
DIP_FIRST = 0.7  # chance that a rising day makes its low first
NOISE = 0.5  # sigma of the log of a minute's volume
AUCTIONS = (4.0, 6.0)  # how much heavier the first and the last minute are


@dataclass(frozen=True, slots=True)
class DayBar:
    """One daily bar in tape prices and shares; low <= open, close <= high, all positive."""

    open: int
    high: int
    low: int
    close: int
    volume: int


def path(rng: np.random.Generator, bar: DayBar, starts: Ints, missing_frac: float) -> Columns:
    """Minutes that fold into the bar.

    1. Choose the minutes that trade: no more than the shares allow, four each; the first
       and the last one of `starts` always, unless there is room for one only.
    2. Walk through the bar's four prices, in an order that chance chooses, as bridges.
    3. Share out the volume: heavy at the open and at the close, light at noon.

    Args:
        rng: every chance is taken from it.
        bar: of at least one share.
        starts: (n,) first instants of the minutes that may trade, ascending, at least one.
        missing_frac: chance of each minute but the first and the last to have no print.
    """
    chosen = _chosen(rng, bar.volume, len(starts), missing_frac)
    points = _walk(rng, bar, len(chosen)).reshape(-1, POINTS)
    return Columns(
        starts[chosen],
        points[:, 0].copy(),
        points.max(axis=1),
        points.min(axis=1),
        points[:, -1].copy(),
        _volumes(rng, bar.volume, chosen, len(starts)),
    )


def _chosen(rng: np.random.Generator, volume: int, n: int, missing_frac: float) -> Ints:
    """(k,) places of the minutes that trade, ascending."""
    room = max(1, volume // POINTS)
    places = np.arange(n)
    if missing_frac > 0:
        there = rng.random(n) >= missing_frac
        there[[0, -1]] = True
        places = places[there]
    if room >= len(places):
        return places
    if room == 1:
        return places[:1]
    inner = np.sort(rng.permutation(places[1:-1])[: room - 2])
    return np.concatenate([places[:1], inner, places[-1:]])


def _walk(rng: np.random.Generator, bar: DayBar, minutes: int) -> Ints:
    """(minutes * POINTS,) prices: bridges of noise between the bar's prices, kept in its range."""
    n = minutes * POINTS
    where, prices = _turns(rng, bar, n)
    x = np.arange(n, dtype=np.float64)
    noise = np.cumsum(rng.standard_normal(n))
    noise -= np.interp(x, where, noise[where])
    width = bar.high - bar.low
    y: Floats = np.interp(x, where, prices) + noise * (ROUGHNESS * width / np.sqrt(n))
    y = bar.low + np.abs(y - bar.low)
    y = bar.high - np.abs(bar.high - y)
    whole_cents = bar.low >= DOLLAR and all(
        price % CENT == 0 for price in (bar.open, bar.high, bar.low, bar.close)
    )
    step = CENT if whole_cents else 1
    return np.rint(np.clip(y, bar.low, bar.high) / step).astype(np.int64) * step


def _turns(rng: np.random.Generator, bar: DayBar, n: int) -> tuple[list[int], list[int]]:
    """Places and prices that the path must pass: open, the two extremes, close."""
    rising = bar.close >= bar.open
    low_first = bool(rng.random() < (DIP_FIRST if rising else 1 - DIP_FIRST))
    one, other = int(rng.integers(1, n - 1)), int(rng.integers(1, n - 2))
    other += other >= one
    earlier, later = sorted((one, other))
    extremes = (bar.low, bar.high) if low_first else (bar.high, bar.low)
    turns = [(0, bar.open)]
    turns += [
        (place, price)
        for place, price in zip((earlier, later), extremes, strict=True)
        if price not in (bar.open, bar.close)
    ]
    turns.append((n - 1, bar.close))
    return [place for place, _ in turns], [price for _, price in turns]


def _volumes(rng: np.random.Generator, volume: int, chosen: Ints, n: int) -> Ints:
    """(k,) shares of each minute, adding up to the volume; four at least if there are enough."""
    each = POINTS if volume >= POINTS * len(chosen) else 0
    rest = volume - each * len(chosen)
    noon = (2.0 * chosen + 1.0) / n - 1.0
    weight = (0.4 + noon * noon) * np.exp(NOISE * rng.standard_normal(len(chosen)))
    weight[0] *= AUCTIONS[0]
    weight[-1] *= AUCTIONS[1]
    upto = np.cumsum(weight)
    part = np.floor(upto * (rest / upto[-1])).astype(np.int64)
    part[-1] = rest
    shares: Ints = np.diff(part, prepend=0) + each
    return shares
