"""Tapes: what was printed, from the economic paths.

A tape is *as traded*: prices in cents (four decimals below one dollar) on the basis of
the day itself, with splits, halts, listings and delistings.  A vendor's adjusted series
is the tape divided by the splits since, see `market`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from avwap_cli.adapters.synthetic.companies import Companies
from avwap_cli.adapters.synthetic.paths import Events, Paths
from avwap_cli.adapters.synthetic.returns import BLOCK
from avwap_cli.adapters.synthetic.sectors import FUNDS
from avwap_cli.adapters.synthetic.streams import Bools, Floats, Stream, growth, stream

SPLIT_ABOVE_USD = 230.0
REVERSE_BELOW_USD = 2.2
SPLIT_AFTER_SESSIONS = 40  # not before so many sessions of trading
FORWARD = (2.0, 3.0, 4.0, 5.0, 10.0)
REVERSE = (1 / 5, 1 / 8, 1 / 10, 1 / 15, 1 / 20)
MAX_HALT_SESSIONS = 14
FUND_SHARES = (7.0e7, *(9.0e6 for _ in FUNDS[1:]))
MIN_SHARES = 100.0


@dataclass(frozen=True, slots=True)
class RowSplit:
    """A split of one row: the first session ordinal on the new basis, and new shares per old."""

    row: int
    ordinal: int
    ratio: float


@dataclass(frozen=True, slots=True)
class Tape:
    """(R, W) as traded, NaN where nothing was: prices in USD, volume in shares."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats


def row_splits(asked: Events, who: Companies) -> tuple[RowSplit, ...]:
    """The splits that happen: of dear shares forward, of penny shares in reverse."""
    basis = np.ones(len(FUNDS) + len(who))
    splits = []
    listed = zip(
        asked.row.tolist(), asked.ordinal.tolist(), asked.draw.tolist(), asked.price.tolist(),
        strict=True,
    )  # fmt: skip
    for row, ordinal, draw, price in listed:
        born, dies = who.born[row - len(FUNDS)], who.dies[row - len(FUNDS)]
        if not born + SPLIT_AFTER_SESSIONS <= ordinal < dies:
            continue
        ratio = _ratio(price / float(basis[row]), draw)
        if ratio != 1.0:
            basis[row] *= ratio
            splits.append(RowSplit(row, ordinal, ratio))
    return tuple(splits)


def _ratio(price: float, draw: float) -> float:
    if price > SPLIT_ABOVE_USD:
        usual = FORWARD[int(draw * draw * len(FORWARD))]
        return usual if price / usual > 12.0 else 2.0
    if price < REVERSE_BELOW_USD:
        return REVERSE[int(draw * len(REVERSE))]
    return 1.0


def print_tape(seed: int, who: Companies, paths: Paths, splits: Sequence[RowSplit]) -> Tape:
    """The bars of the window, as traded."""
    scale = _scale(paths, splits)
    spread, noise, mix = _draws(seed, paths)
    body_high = np.maximum(paths.open, paths.close)
    body_low = np.minimum(paths.open, paths.close)
    reach = paths.sigma * (0.30 * spread + 1.1 * spread**5)
    high = _ticks(body_high * (1.0 + reach[0]) * scale)
    low = _ticks(body_low * (1.0 - np.minimum(reach[1], 0.5)) * scale)
    open, close = _ticks(paths.open * scale), _ticks(paths.close * scale)
    middle = (0.3 + 0.4 * mix) * (open + close) / 2.0 + (0.7 - 0.4 * mix) * (high + low) / 2.0
    vwap = np.clip(np.round(middle, 4), low, high)
    volume = np.maximum(np.rint(_shares(who, paths, noise) / scale), MIN_SHARES)
    traded = _traded(who, paths)
    columns = (np.where(traded, x, np.nan) for x in (open, high, low, close, volume, vwap))
    return Tape(*columns)


def _draws(seed: int, paths: Paths) -> tuple[Floats, Floats, Floats]:
    """Uniform (2, R, W) and (R, W) for the ranges and the mean price, normal for the volume."""
    rows, width = paths.close.shape
    uniform = np.empty((3, rows, width))
    normal = np.empty((rows, width))
    last = paths.first + width - 1
    for number in range(paths.first // BLOCK, last // BLOCK + 1):
        start = number * BLOCK
        begin, until = max(paths.first - start, 0), min(last + 1 - start, BLOCK)
        there = slice(start + begin - paths.first, start + until - paths.first)
        u = stream(seed, Stream.RANGES, number).random((rows, 3, BLOCK))
        z = stream(seed, Stream.VOLUMES, number).standard_normal((rows, BLOCK))
        uniform[:, :, there] = u[:, :, begin:until].transpose(1, 0, 2)
        normal[:, there] = z[:, begin:until]
    return uniform[:2], normal, uniform[2]


def _shares(who: Companies, paths: Paths, noise: Floats) -> Floats:
    """(R, W) shares on the basis of the listing day: more on large moves, reports and news.

    A dearer market trades fewer shares for somewhat more dollars.
    """
    usual = np.concatenate([FUND_SHARES, who.dollar_volume / who.price])
    move = np.minimum(np.abs(paths.close / paths.open - 1.0) / paths.sigma, 4.0)
    news = np.minimum(np.abs(paths.shock), 4.0)
    return (
        usual[:, None]
        / (0.5 + 0.5 * paths.market)
        * growth(0.28 * noise + 0.22 * (move - 0.8) + 0.28 * news)
    )


def _scale(paths: Paths, splits: Sequence[RowSplit]) -> Floats:
    """(R, W) price as traded / economic price."""
    scale = np.ones(paths.close.shape)
    for split in splits:
        scale[split.row, max(split.ordinal - paths.first, 0) :] /= split.ratio
    return scale


def _traded(who: Companies, paths: Paths) -> Bools:
    """(R, W) where there is a bar."""
    width = paths.close.shape[1]
    ordinal = paths.first + np.arange(width)
    traded = np.ones(paths.close.shape, dtype=bool)
    traded[len(FUNDS) :] = (ordinal >= who.born[:, None]) & (ordinal < who.dies[:, None])
    lengths = 1 + np.floor(paths.halts.draw * MAX_HALT_SESSIONS).astype(np.int64)
    begins = paths.halts.ordinal - paths.first
    for row, begin, length in zip(
        paths.halts.row.tolist(), begins.tolist(), lengths.tolist(), strict=True
    ):
        traded[row, max(begin, 0) : max(begin + length, 0)] = False
    return traded


def _ticks(price: Floats) -> Floats:
    """Whole cents; four decimals below one dollar."""
    return np.where(price >= 1.0, np.round(price, 2), np.maximum(np.round(price, 4), 0.0001))
