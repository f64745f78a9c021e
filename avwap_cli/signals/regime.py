"""Market regime: what kind of market SPY is in, and how much each strategy weighs in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from avwap_cli.signals.rules import RegimeRules


class Regime(StrEnum):
    """The five states; the keys of the weight table."""

    TREND_UP = "TREND_UP"
    TREND_DOWN = "TREND_DOWN"
    RANGING = "RANGING"
    HIGH_VOLATILITY = "HIGH_VOLATILITY"
    UNCERTAIN = "UNCERTAIN"

    @property
    def family(self) -> str:
        """The name without its direction: TREND for both trends."""
        return "TREND" if self.direction else str(self)

    @property
    def direction(self) -> str | None:
        """up or down for a trend, None for the others."""
        return {"TREND_UP": "up", "TREND_DOWN": "down"}.get(self)


@dataclass(frozen=True, slots=True)
class Market:
    """The index fund at t.

    Attributes:
        regime: None when it cannot be told.
        close, mean_slow, mean_regime: USD: the close, its long mean (market side) and the
            mean that gives a trend its direction.
        adx, atr_frac: of the index fund.
    """

    regime: Regime | None
    close: float
    mean_slow: float
    mean_regime: float
    adx: float
    atr_frac: float

    @property
    def side(self) -> int:
        """+1 above the long mean, -1 below, 0 when unknown or exactly on it."""
        return 0 if np.isnan(self.mean_slow) else int(np.sign(self.close - self.mean_slow))

    @property
    def known(self) -> bool:
        return not np.isnan(self.mean_slow + self.close)


def classify(
    close: float, mean: float, adx: float, atr_frac: float, rules: RegimeRules
) -> Regime | None:
    """The first regime that holds; None when a number it needs is undefined."""
    if np.isnan([close, mean, adx, atr_frac]).any():
        return None
    if atr_frac > rules.high_volatility_atr_frac:
        return Regime.HIGH_VOLATILITY
    if adx >= rules.trend_adx:
        return Regime.TREND_UP if close > mean else Regime.TREND_DOWN
    return Regime.RANGING if adx < rules.ranging_adx else Regime.UNCERTAIN


def relative_weight(regime: Regime | None, strategy: str, rules: RegimeRules) -> float:
    """The strategy's weight over the largest of the regime, 0..1.

    With an unknown regime no strategy is preferred: UNCERTAIN's weights serve.
    """
    weights = rules.weights[regime or Regime.UNCERTAIN]
    largest = max(weights.values(), default=0.0)
    return weights.get(strategy, 0.0) / largest if largest > 0 else 0.0
