"""Climate: the state of the whole market and the factors that all companies share.

A Markov chain walks through four states (calm trend, range, high volatility, drawdown),
each with its drift and volatility.  The market's level is drawn back to a slow growth, so
that a drawdown is made good within months.  Each session has an overnight and an
intraday part, for the market and for each sector beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avwap_cli.adapters.synthetic.sectors import SECTORS
from avwap_cli.adapters.synthetic.streams import Floats, Ints, Stream, stream

GROWTH = 0.00050  # of the market, per session
OVERNIGHT = 0.45  # share of a session's volatility that falls on the night
INTRADAY = 0.87
SECTOR_SIGMA = 0.0058


@dataclass(frozen=True, slots=True)
class State:
    """One state of the market.

    Attributes:
        name: for people.
        stay_sessions: how long it lasts on average.
        drift: per session, a fraction, beside the slow growth.
        sigma: the market's daily volatility, a fraction.
        pull: share of the distance to the slow growth that is made good per session.
        own: factor on the companies' own volatility.
        follows: probability of each state after it.
    """

    name: str
    stay_sessions: float
    drift: float
    sigma: float
    pull: float
    own: float
    follows: tuple[float, float, float, float]


STATES = (
    State("calm trend", 70, 0.0002, 0.0062, 0.012, 0.88, (0.0, 0.68, 0.16, 0.16)),
    State("range", 35, 0.0, 0.0068, 0.050, 0.92, (0.80, 0.0, 0.12, 0.08)),
    State("high volatility", 16, 0.0, 0.0170, 0.050, 1.35, (0.62, 0.28, 0.0, 0.10)),
    State("drawdown", 10, -0.0046, 0.0115, 0.0, 1.20, (0.50, 0.10, 0.40, 0.0)),
)


@dataclass(frozen=True, slots=True)
class Climate:
    """T sessions from the market's first.

    Attributes:
        state: (T,) index into STATES.
        own: (T,) factor on the companies' own volatility.
        market: (2, T) overnight and intraday return of the market, fractions.
        sectors: (2, 11, T) likewise of each sector beside the market's.
        sigma: (T,) the market's daily volatility, a fraction.
    """

    state: Ints
    own: Floats
    market: Floats
    sectors: Floats
    sigma: Floats


def climate(seed: int, sessions: int) -> Climate:
    """The climate of the first `sessions` sessions; more of them only append."""
    z = stream(seed, Stream.FACTORS).standard_normal((sessions, 2 + 2 * len(SECTORS)))
    state = _states(seed, sessions)
    sigma = np.array([s.sigma for s in STATES])[state]
    noise = sigma * (OVERNIGHT * z[:, 0] + INTRADAY * z[:, 1])
    lean = _lean(state.tolist(), noise.tolist())
    market = np.stack(
        [OVERNIGHT * sigma * z[:, 0] + 0.4 * lean, INTRADAY * sigma * z[:, 1] + 0.6 * lean]
    )
    weight = SECTOR_SIGMA * np.array([s.own for s in STATES])[state]
    parts = z[:, 2:].T.reshape(2, len(SECTORS), sessions)
    sectors = parts * weight * np.array([OVERNIGHT, INTRADAY])[:, None, None]
    return Climate(state, np.array([s.own for s in STATES])[state], market, sectors, sigma)


def _states(seed: int, sessions: int) -> Ints:
    """Walk the chain; it begins in a calm trend."""
    draws = stream(seed, Stream.STATES).random((sessions, 2)).tolist()
    now, states = 0, []
    for leave, whither in draws:
        states.append(now)
        if leave < 1.0 / STATES[now].stay_sessions:
            now = int(np.searchsorted(np.cumsum(STATES[now].follows)[:-1], whither, side="right"))
    return np.array(states, dtype=np.int64)


def _lean(states: list[int], noise: list[float]) -> Floats:
    """(T,) what the market's return has beside its noise: growth, drift and the pull back."""
    ahead, lean = 0.0, []
    for state, step in zip(states, noise, strict=True):
        now = GROWTH + STATES[state].drift - STATES[state].pull * ahead
        lean.append(now)
        ahead += now + step - GROWTH
    return np.array(lean)
