"""Ground: what all funnels of one scan stand on, measured once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avwap_cli.market.bars import Floats
from avwap_cli.market.panel import Bools, Panel
from avwap_cli.signals.avwap import Prices
from avwap_cli.signals.features import Features
from avwap_cli.signals.regime import Market
from avwap_cli.signals.reports import Reports


@dataclass(frozen=True, slots=True)
class Listed:
    """The lists, arranged over the panel's columns.

    Attributes:
        member, equity, sp500: (N,) bool.
        skipped: (N,) bool, known to be illiquid, so that no bars were fetched.
        sector: (N,) text.
    """

    member: Bools
    equity: Bools
    sp500: Bools
    skipped: Bools
    sector: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Ground:
    """What all funnels of one scan stand on: the panel and everything measured once."""

    panel: Panel
    listed: Listed
    features: Features
    reports: Reports
    market: Market
    prices: Prices
    bad_bars: Floats
    split_ratio: Floats
