"""Anchored VWAP: the average price paid since an event, and which anchor wins.

AVWAP(a) = sum(price * V, a..t) / sum(V, a..t).  Sums are taken from t backwards once
for all rows, so any anchor at any end is a difference of two of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avwap_cli.errors import InputError
from avwap_cli.market.bars import Floats
from avwap_cli.market.panel import Bools, Ints, Panel
from avwap_cli.signals.anchors import Anchors
from avwap_cli.signals.indicators import rel_change
from avwap_cli.signals.rules import AnchorRules


@dataclass(frozen=True, slots=True)
class Prices:
    """Traded value and volume summed to the end, for any volume-weighted average.

    Attributes:
        kind: "vwap" where the bars' own volume-weighted price is used, else "typical".
        value: (T + 1, N) USD, row i = sum(price * volume) of bars i..t; the last row is 0.
        volume: (T + 1, N) shares, likewise.
    """

    kind: str
    value: Floats
    volume: Floats

    def average(self, begin: Ints | int, end: int) -> Floats:
        """(N,) or (K, N) VWAP of the bars from row `begin` up to but not including `end`.

        NaN while the volume sum is 0.
        """
        columns = np.arange(self.value.shape[1])
        value = self.value[begin, columns] - self.value[end]
        volume = self.volume[begin, columns] - self.volume[end]
        with np.errstate(invalid="ignore", divide="ignore"):
            average: Floats = np.where(volume > 0, value / volume, np.nan)
        return average

    def anchored(self, row: Ints, back: int = 0) -> Floats:
        """(K, N) AVWAP at t - back of anchors on `row`; NaN where there is none by then."""
        end = len(self.value) - 1 - back
        held = (row >= 0) & (row < end)
        return np.where(held, self.average(np.where(held, row, 0), end), np.nan)

    def rolling(self, n: int, back: int = 0) -> Floats:
        """(N,) VWAP of the n bars that end `back` bars before t; NaN if there are fewer."""
        end = len(self.value) - 1 - back
        if end < n:
            return np.full(self.value.shape[1], np.nan)
        return self.average(end - n, end)


def traded(panel: Panel, choice: str) -> Prices:
    """Sums of value and volume by the choice of price: one choice per scan.

    Args:
        panel: sealed at t.
        choice: "vwap", "typical" = (H+L+C)/3, or "auto" = vwap when every bar has it.

    Raises:
        InputError: "vwap" is wanted and no bar has one.
    """
    bare = np.isnan(panel.vwap) & (panel.session >= 0)
    if choice == "auto":
        choice = "typical" if bare.any() else "vwap"
    if choice == "vwap" and bare.sum() == panel.bars.sum():
        raise InputError(
            "the bars carry no volume-weighted price of their own",
            "set scan.avwap_price to auto or typical",
        )
    depth, width = panel.close.shape
    value, volume = (np.empty((depth + 1, width)) for _ in range(2))
    value[-1] = volume[-1] = 0.0
    price = np.empty(width)
    for row in range(depth - 1, -1, -1):
        if choice == "vwap":
            np.multiply(panel.vwap[row], panel.volume[row], out=price)
        else:
            np.add(panel.high[row], panel.low[row], out=price)
            price += panel.close[row]
            price /= 3.0
            price *= panel.volume[row]
        np.add(value[row + 1], price, out=value[row])
        np.add(volume[row + 1], panel.volume[row], out=volume[row])
    return Prices(choice, value, volume)


@dataclass(frozen=True, slots=True)
class Choice:
    """The anchors of one direction, priced and scored, and the winner.

    Attributes:
        avwap: (K, N) USD at t.
        slope_pct, dist_pct, score: (K, N).
        reclaim: (K, N) whether the close crossed AVWAP(t) in the last session.
        status: (K, N) object: valid, or the first test it failed (none, young,
            collapsed, side, far, slope, trend).
        winner: (N,) int, the row of the best anchor; -1 where none is valid.
        confluence: (N,) int, other valid anchors near the winner.
        strength: (N,) the winner's score + bonus per confluence; NaN without a winner.
    """

    avwap: Floats
    slope_pct: Floats
    dist_pct: Floats
    score: Floats
    reclaim: Bools
    status: NDArray[np.object_]
    winner: Ints
    confluence: Ints
    strength: Floats

    def of_winner(self, values: Floats) -> Floats:
        """(N,) the winner's entry of a (K, N) array, NaN without a winner."""
        picked = values[np.maximum(self.winner, 0), np.arange(len(self.winner))]
        return np.where(self.winner >= 0, picked, np.nan)


def choose(
    panel: Panel,
    prices: Prices,
    anchors: Anchors,
    trend: Floats,
    rules: AnchorRules,
    direction: int,
) -> Choice:
    """Price every anchor, test it, score it and pick the best.

    For a long: C > AVWAP, at most `max_dist_pct` above it, AVWAP not falling by more
    than `min_slope_pct` (waived when the close has just reclaimed it).  Shorts mirror.

    Args:
        panel, prices, anchors: of one scan and direction.
        trend: (N,) TrendScore of that direction.
        rules: thresholds and bonuses.
        direction: +1 long, -1 short.
    """
    close, before = panel.close[-1], panel.close[-2]
    now, then = prices.anchored(anchors.row), prices.anchored(anchors.row, rules.slope_sessions)
    slope = 100.0 * rel_change(now, then)
    with np.errstate(invalid="ignore", divide="ignore"):
        dist = 100.0 * (close - now) / now
    on_side = direction * (close - now) > 0
    reclaim = (direction * (before - now) <= 0) & on_side
    near = np.abs(dist) <= rules.max_dist_pct
    rising = (direction * slope >= rules.min_slope_pct) | reclaim
    valid = anchors.present & on_side & near & rising & ~np.isnan(trend)
    score = _score(anchors, trend, dist, on_side, reclaim, rules)
    winner = _best(np.where(valid, score, -np.inf), anchors.priority, valid)
    confluence = _confluence(now, valid, winner, rules.confluence_pct)
    tests = {"side": on_side, "far": near, "slope": rising, "trend": ~np.isnan(trend)}
    columns = np.arange(len(winner))
    strength = score[winner, columns] + rules.confluence_bonus * confluence
    return Choice(
        now,
        slope,
        dist,
        score,
        reclaim,
        _status(anchors, tests),
        winner,
        confluence,
        np.where(winner >= 0, strength, np.nan),
    )


def _score(
    anchors: Anchors,
    trend: Floats,
    dist: Floats,
    on_side: Bools,
    reclaim: Bools,
    rules: AnchorRules,
) -> Floats:
    """(K, N) priority + trend - distance + bonuses; NaN where there is no anchor."""
    near = on_side & (np.abs(dist) <= rules.near_pct)
    score = (
        anchors.priority
        + rules.trend_weight * trend
        - np.abs(dist)
        + rules.near_bonus * near
        + rules.reclaim_bonus * reclaim
    )
    return np.where(anchors.present, score, np.nan)


def _status(anchors: Anchors, tests: dict[str, Bools]) -> NDArray[np.object_]:
    status = np.full(anchors.row.shape, "valid", dtype=object)
    for name, passed in reversed(tests.items()):
        status[~np.broadcast_to(passed, status.shape)] = name
    status[anchors.collapsed] = "collapsed"
    status[anchors.young] = "young"
    status[anchors.row < 0] = "none"
    return status


def _best(score: Floats, priority: Ints, valid: Bools) -> Ints:
    """(N,) the row of the highest score; of equal scores the higher priority."""
    best = score == score.max(axis=0)
    winner = np.argmax(np.where(best & valid, priority, -1), axis=0)
    return np.where(valid.any(axis=0), winner, -1)


def _confluence(avwap: Floats, valid: Bools, winner: Ints, within_pct: float) -> Ints:
    """(N,) how many other valid anchors lie within `within_pct` of the winner's AVWAP."""
    columns = np.arange(len(winner))
    own = avwap[np.maximum(winner, 0), columns]
    with np.errstate(invalid="ignore"):
        close_by = valid & (100.0 * np.abs(avwap - own) / own <= within_pct)
    return np.where(winner >= 0, close_by.sum(axis=0) - 1, 0)
