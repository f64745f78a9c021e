"""Returns: what moves each company, one block of sessions at a time.

Per session the return has an overnight part and an intraday part, each the sum of

1. beta times the market's, and the sector's (see `climate`),
2. the company's own noise; its volatility and drift wander from block to block,
3. overnight, the answer to a report or to news.

Blocks are drawn from streams of their own, so that a later last session leaves the past
alone.  The funds' returns are those of their members, weighted by market value at the
block's begin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avwap_cli.adapters.synthetic.climate import Climate
from avwap_cli.adapters.synthetic.companies import Companies
from avwap_cli.adapters.synthetic.report_dates import ReportDates
from avwap_cli.adapters.synthetic.sectors import SECTORS
from avwap_cli.adapters.synthetic.streams import Floats, Stream, growth, stream

BLOCK = 32
OWN_OVERNIGHT, OWN_INTRADAY = 0.42, 0.88
DRIFT_KNOT = 0.0011
VOLATILITY_KNOT = 0.28
RETURN_HOME = 0.0005  # of the log distance to its peers that a price makes good per session
SURPRISE_SIGMAS = 2.6
NEWS_FRAC = 0.0022  # of all sessions of a company, those with news
NEWS_SIGMAS = (2.0, 6.0)


@dataclass(frozen=True, slots=True)
class Returns:
    """One block of N companies.

    Attributes:
        overnight, intraday: (N, BLOCK) fractions; 0 before the listing.
        sigma: (N, BLOCK) own daily volatility.
        shock: (N, BLOCK) the answer to a report or news, in sigmas; 0 without one.
        event: (N, BLOCK) uniform draws that news, halts and splits share.
    """

    overnight: Floats
    intraday: Floats
    sigma: Floats
    shock: Floats
    event: Floats


def returns(
    seed: int, number: int, who: Companies, weather: Climate, reports: ReportDates, price: Floats
) -> Returns:
    """The returns of block `number`.

    Args:
        seed: of the market.
        number: block 0 begins with the market's first session.
        who: the companies.
        weather: at least to the block's end.
        reports: the reports of those sessions.
        price: (N,) USD at the block's begin.
    """
    part = slice(number * BLOCK, (number + 1) * BLOCK)
    z = stream(seed, Stream.RETURNS, number).standard_normal((len(who), 2, BLOCK))
    event = stream(seed, Stream.EVENTS, number).random((len(who), BLOCK))
    calm, drift = _wander(seed, number, who)
    sigma = calm * weather.own[part]
    shock = _shocks(event, part.start, reports)
    drift = drift + _homing(who, price, part.start)[:, None]
    beta, load = who.beta[:, None], who.sector_load[:, None]
    night, day = (
        beta * weather.market[i, part] + load * weather.sectors[i, :, part][who.sector]
        for i in (0, 1)
    )
    night += sigma * (OWN_OVERNIGHT * z[:, 0] + shock)
    day += OWN_INTRADAY * sigma * z[:, 1] + drift
    listed = np.arange(part.start, part.stop) >= who.born[:, None]
    return Returns(
        np.clip(night, -0.5, 0.8) * listed, np.clip(day, -0.4, 0.6) * listed, sigma, shock, event
    )


def weights(who: Companies, price: Floats, ordinal: int) -> Floats:
    """(N,) market value in USD, 0 for those that are not listed."""
    value: Floats = who.cap * price / who.price * who.alive(ordinal)
    return value


def fund_returns(each: Floats, who: Companies, value: Floats) -> Floats:
    """(12, BLOCK) the weighted means of the members: the market, then each sector.

    A sector without a member goes with the market.
    """
    gained = value[:, None] * each
    groups = [who.sector == code for code in range(len(SECTORS))]
    total = np.stack([gained[group].sum(axis=0) for group in groups])
    held = np.array([value[group].sum() for group in groups])
    market = total.sum(axis=0) / held.sum()
    with np.errstate(invalid="ignore"):
        sector = np.where(held[:, None] > 0.0, total / held[:, None], market)
    return np.concatenate([market[None], sector])


def _wander(seed: int, number: int, who: Companies) -> tuple[Floats, Floats]:
    """(N, BLOCK) volatility and drift, on straight lines from knot to knot."""
    left, right = (
        stream(seed, Stream.KNOTS, place).standard_normal((len(who), 2, 1))
        for place in (number, number + 1)
    )
    share = np.arange(BLOCK) / BLOCK
    at = left + (right - left) * share
    return (
        who.sigma[:, None] * growth(VOLATILITY_KNOT * at[:, 0]),
        DRIFT_KNOT * at[:, 1] * np.minimum(who.sigma[:, None] / 0.02, 1.5),
    )


def _shocks(event: Floats, start: int, reports: ReportDates) -> Floats:
    """(N, BLOCK) answers to news and reports, in sigmas."""
    low, high = NEWS_SIGMAS
    draw = event / NEWS_FRAC * 2.0  # 0..2 where there is news: the half says which way
    size = np.where(draw < 1.0, 1.0, -1.0) * (low + (high - low) * (draw % 1.0))
    shock = np.where(event < NEWS_FRAC, size, 0.0)
    here = (reports.reaction >= start) & (reports.reaction < start + BLOCK)
    row, column = reports.row[here], reports.reaction[here] - start
    shock[row, column] = SURPRISE_SIGMAS * reports.surprise[here]
    return shock


def _homing(who: Companies, price: Floats, ordinal: int) -> Floats:
    """(N,) drift of those that ran away from the rest since their listing."""
    away = np.round(np.log(price / who.price), 6)
    value = weights(who, price, ordinal)
    mean = (away * value).sum() / value.sum()
    drift: Floats = RETURN_HOME * (mean - away) * (who.born < ordinal)
    return drift
