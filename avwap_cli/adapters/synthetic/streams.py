"""Random streams: every number of the market is drawn from a stream of its own.

A stream is a PCG64 generator keyed by the seed, what it is for, and where it stands
(the block of sessions, the quarter).  A later session therefore never shifts what an
earlier one drew, and a later company never what an older one drew: arrays are drawn
company by company, so that more companies only append.

The mathematics keeps to additions, products and rounding where it can, which every
machine does alike; the few logarithms and powers are rounded at once.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from avwap_cli.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Days = NDArray[np.datetime64]


class Stream(IntEnum):
    """What a stream is for; the numbers are part of the market and never change."""

    NAMES = 1
    TRAITS = 2
    SHAPES = 3
    STATES = 4
    FACTORS = 5
    KNOTS = 6
    RETURNS = 7
    EVENTS = 8
    RANGES = 9
    VOLUMES = 10
    REPORTS = 11
    SURPRISES = 12


def stream(seed: int, purpose: Stream, place: int = 0) -> np.random.Generator:
    """The generator of one purpose at one place.

    Raises:
        UsageError: the seed is negative.
    """
    if seed < 0:
        raise UsageError(f"seed {seed} is negative", "use 0 or more")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, int(purpose), place])))


def growth(x: Floats) -> Floats:
    """(1 + x/64)^64, close to exp(x) for |x| < 8, from products alone."""
    y = 1.0 + x / 64.0
    for _ in range(6):
        y = y * y
    return y
