"""Quotes: bid and ask around every print, and through the hours in which nothing is traded.

Before the open the quotes lead each minute from the previous close to the day's open, so
that a gap shows before it trades; after the close they stay around the last price.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avwap_cli.exchange.instants import MINUTE, Hours
from avwap_cli.exchange.tape.days import CENT, DOLLAR, Ints, Prints, Quotes
from avwap_cli.market.bars import Floats

WIDER = 4.0  # times the regular spread outside of regular hours
WIDER_TICKS = 3  # and at least so many ticks
SETTLED = 10  # minutes before the open by which made-up quotes have reached it
LOT = 100
LOTS = 10  # most round lots quoted on a side


@dataclass(frozen=True, slots=True)
class Known:
    """What the quotes lead through.

    Attributes:
        previous: tape price before the day, on the day's basis.
        opening, closing: the day's first and last regular price.
        half_spread_frac: half of the spread over the price, in regular hours.
    """

    previous: int
    opening: int
    closing: int
    half_spread_frac: float


def quotes(rng: np.random.Generator, hours: Hours, prints: Prints, known: Known) -> Quotes:
    """The day's quotes, ascending in time.

    At each print: around the print.  In each minute before the open and after the close:
    around a line through the known prices and the prints of those hours.  A day without a
    regular print is quoted minute by minute all day.
    """
    regular = (prints.at >= hours.open) & (prints.at < hours.close)
    grid = _grid(hours, bool(regular.any()))
    middle = _middle(rng, hours, prints, regular, known, grid)
    at = np.concatenate([grid, prints.at])
    order = np.argsort(at, kind="stable")
    at = at[order]
    last = np.append(at[1:] != at[:-1], True)  # a print's quote hides the grid's
    order, at = order[last], at[last]
    price = np.concatenate([middle, prints.price])[order]
    wide = (at < hours.open) | (at >= hours.close)
    bid, ask = around(price, wide, known.half_spread_frac)
    sizes = rng.integers(1, LOTS + 1, size=(2, len(at))) * LOT
    return Quotes(at, bid, ask, np.where(bid > 0, sizes[0], 0), sizes[1])


def around(price: Ints, wide: NDArray[np.bool_], half_spread_frac: float) -> tuple[Ints, Ints]:
    """Bid and ask of each price: bid <= price <= ask, bid < ask, on whole ticks.

    A tick is a cent from one dollar up and 0.0001 below.  Where the spread is no even number
    of ticks, the odd one falls on either side in turn.  A bid of 0 is no bid.
    """
    tick = np.where(price >= DOLLAR, float(CENT), 1.0)
    exact = price / tick
    below, above = np.floor(exact), np.ceil(exact)
    spread = exact * (2.0 * half_spread_frac) * np.where(wide, WIDER, 1.0)
    spread = np.maximum(spread, np.where(wide, WIDER_TICKS, 1.0))
    more = np.rint(spread) - (above - below)
    odd = np.arange(len(price)) % 2
    down = np.floor((more + odd) * 0.5)
    bid = np.maximum((below - down) * tick, 0.0)
    ask = (above + more - down) * tick
    passed = (price < DOLLAR) & (ask > DOLLAR)
    ask[passed] = np.ceil(ask[passed] / CENT) * CENT
    return bid.astype(np.int64), ask.astype(np.int64)


def _grid(hours: Hours, traded: bool) -> Ints:
    """First instants of the minutes that are quoted without a print."""
    if not traded:
        return np.arange(hours.pre_open, hours.after_close, MINUTE, dtype=np.int64)
    before = np.arange(hours.pre_open, hours.open, MINUTE, dtype=np.int64)
    after = np.arange(hours.close, hours.after_close, MINUTE, dtype=np.int64)
    return np.concatenate([before, after])


def _middle(
    rng: np.random.Generator,
    hours: Hours,
    prints: Prints,
    regular: NDArray[np.bool_],
    known: Known,
    grid: Ints,
) -> Ints:
    """(g,) the price each minute of the grid is quoted around; the first is the previous close."""
    quiet = (hours.open - hours.pre_open) // MINUTE - SETTLED
    begin, end = sorted(int(minute) for minute in rng.integers(0, quiet, size=2))
    outside, price = prints.at[~regular], prints.price[~regular]
    early = outside < hours.open
    if early.any():
        before, led = outside[early], price[early]
    else:
        before = hours.pre_open + np.array([begin, end + 1]) * MINUTE
        led = np.array([known.previous, known.opening])
    at = np.concatenate(([hours.pre_open], before, [hours.open, hours.close], outside[~early]))
    through = np.concatenate(
        ([known.previous], led, [known.opening, known.closing], price[~early])
    ).astype(np.float64)
    line: Floats = np.interp(grid - hours.pre_open, at - hours.pre_open, through)
    sway = rng.uniform(-0.5, 0.5, len(grid)) * (known.half_spread_frac * WIDER)
    sway[0] = 0.0
    return np.maximum(np.rint(line * (1.0 + sway)), 1).astype(np.int64)
