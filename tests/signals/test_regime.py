"""Regimes: the first that holds, and the weights' proportions."""

from __future__ import annotations

import pytest

from avwap_cli.signals.regime import Regime, classify, relative_weight
from avwap_cli.signals.rules import ScanRules


@pytest.mark.parametrize(
    ("adx", "atr_frac", "mean", "regime"),
    [
        (30.0, 0.021, 99.0, Regime.HIGH_VOLATILITY),
        (30.0, 0.020, 99.0, Regime.TREND_UP),
        (22.0, 0.010, 101.0, Regime.TREND_DOWN),
        (21.9, 0.010, 99.0, Regime.UNCERTAIN),
        (18.0, 0.010, 99.0, Regime.UNCERTAIN),
        (17.9, 0.010, 99.0, Regime.RANGING),
        (float("nan"), 0.010, 99.0, None),
        (30.0, float("nan"), 99.0, None),
        (30.0, 0.010, float("nan"), None),
    ],
)
def test_the_first_regime_that_holds(
    scan_rules: ScanRules, adx: float, atr_frac: float, mean: float, regime: Regime | None
) -> None:
    assert classify(100.0, mean, adx, atr_frac, scan_rules.regime) is regime


def test_weights_are_relative_to_the_largest_of_the_regime(scan_rules: ScanRules) -> None:
    assert relative_weight(Regime.TREND_UP, "avwap", scan_rules.regime) == 1.0
    assert relative_weight(Regime.TREND_UP, "bb_squeeze", scan_rules.regime) == pytest.approx(0.5)
    assert relative_weight(Regime.RANGING, "avwap", scan_rules.regime) == pytest.approx(0.8)
    assert relative_weight(None, "avwap", scan_rules.regime) == pytest.approx(0.75)
    assert relative_weight(Regime.RANGING, "unheard_of", scan_rules.regime) == 0.0
