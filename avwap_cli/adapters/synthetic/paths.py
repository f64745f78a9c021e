"""Paths: the price of every fund and company, from the market's first session to the last.

Prices here are economic: on the basis of the day of listing, whatever splits came
since, and not yet rounded to cents.  All sessions are walked, because a price is the
product of all returns before it; only the last ones are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avwap_cli.adapters.synthetic.climate import Climate
from avwap_cli.adapters.synthetic.companies import Companies
from avwap_cli.adapters.synthetic.report_dates import ReportDates
from avwap_cli.adapters.synthetic.returns import (
    BLOCK,
    NEWS_FRAC,
    fund_returns,
    returns,
    weights,
)
from avwap_cli.adapters.synthetic.sectors import FUNDS
from avwap_cli.adapters.synthetic.streams import Floats, Ints

HALT_FRAC = 0.00009  # of all sessions of a company, those on which a halt begins
SPLIT_FRAC = 0.003  # likewise those on which it may split, if its price asks for it
FUND_PRICES = (310.0, *(58.0 + 7.0 * i for i in range(len(FUNDS) - 1)))


@dataclass(frozen=True, slots=True)
class Events:
    """E rare events in order of time.

    Attributes:
        row: (E,) row of the paths.
        ordinal: (E,) the session.
        draw: (E,) uniform in 0..1, for the event's size.
        price: (E,) the close before it, USD.
    """

    row: Ints
    ordinal: Ints
    draw: Floats
    price: Floats


@dataclass(frozen=True, slots=True)
class Paths:
    """R rows (the funds, then the companies) by the last W sessions.

    Attributes:
        first: ordinal of the first column.
        open, close: (R, W) USD.
        sigma: (R, W) daily volatility, a fraction.
        shock: (R, W) the answer to a report or news, in sigmas.
        market: (W,) level of the whole market, 1 at its first session.
        halts, splits: where halts begin and splits may happen, over the whole history.
    """

    first: int
    open: Floats
    close: Floats
    sigma: Floats
    shock: Floats
    market: Floats
    halts: Events
    splits: Events


def walk(
    seed: int, who: Companies, weather: Climate, reports: ReportDates, last: int, depth: int
) -> Paths:
    """Walk to session ordinal `last` and keep `depth` sessions (all, where there are fewer)."""
    width = min(depth, last + 1)
    first = last + 1 - width
    kept = np.zeros((4, len(FUNDS) + len(who), width))
    level = np.concatenate([FUND_PRICES, who.price])
    halts: list[Events] = []
    splits: list[Events] = []
    for number in range(last // BLOCK + 1):
        start = number * BLOCK
        price = level[len(FUNDS) :]
        block = returns(seed, number, who, weather, reports, price)
        value = weights(who, price, start)
        night, day = (
            np.concatenate([fund_returns(each, who, value), each])
            for each in (block.overnight, block.intraday)
        )
        close = level[:, None] * np.cumprod((1.0 + night) * (1.0 + day), axis=1)
        before = np.concatenate([level[:, None], close[:, :-1]], axis=1)
        until = min(last + 1 - start, BLOCK)
        halts.append(_events(block.event, before, start, until, NEWS_FRAC, HALT_FRAC))
        splits.append(_events(block.event, before, start, until, 1.0 - SPLIT_FRAC, SPLIT_FRAC))
        begin = max(first - start, 0)
        if begin < until:
            there = slice(start + begin - first, start + until - first)
            sigma = np.concatenate([_fund_sigma(weather, start), block.sigma])
            shock = np.concatenate([np.zeros((len(FUNDS), BLOCK)), block.shock])
            for at, values in enumerate((before * (1.0 + night), close, sigma, shock)):
                kept[at][:, there] = values[:, begin:until]
        level = close[:, -1]
    market = kept[1][0] / FUND_PRICES[0]
    return Paths(first, kept[0], kept[1], kept[2], kept[3], market, _joined(halts), _joined(splits))


def _events(
    event: Floats, before: Floats, start: int, until: int, low: float, width: float
) -> Events:
    """Where the draw lies in low..low+width, in order of session, then row."""
    draw = event[:, :until]
    column, row = np.nonzero(((draw >= low) & (draw < low + width)).T)
    at = row + len(FUNDS)
    return Events(at, start + column, (draw[row, column] - low) / width, before[at, column])


def _joined(events: list[Events]) -> Events:
    return Events(
        np.concatenate([e.row for e in events]),
        np.concatenate([e.ordinal for e in events]),
        np.concatenate([e.draw for e in events]),
        np.concatenate([e.price for e in events]),
    )


def _fund_sigma(weather: Climate, start: int) -> Floats:
    """(12, BLOCK) the market's volatility, and somewhat more for the sectors."""
    factor = np.array([1.0, *(1.2 for _ in FUNDS[1:])])
    return factor[:, None] * weather.sigma[start : start + BLOCK]
