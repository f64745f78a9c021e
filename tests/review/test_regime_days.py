"""Regime days against TA-Lib and the rules in words."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import talib

from avwap_cli.market import sessions
from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.panel import build_panel
from avwap_cli.review.regime_days import regime_days
from avwap_cli.signals.rules import ScanRules

AS_OF = date(2024, 3, 7)
DAYS = sessions.last_sessions(AS_OF, 400)
WINDOW = np.array(DAYS, dtype="datetime64[D]")


def fund() -> BarTable:
    """Calm, then a rise, then a fall, then wild days."""
    random = np.random.default_rng(5)
    drift = np.repeat([0.0, 0.004, -0.004, 0.0], 100)
    noise = random.normal(0, np.repeat([0.004, 0.004, 0.004, 0.03], 100))
    close = 400 * np.exp(np.cumsum(drift + noise))
    high, low = close * (1 + np.abs(noise)), close * (1 - np.abs(noise))
    names = ["SPY"] * len(close)
    return bar_table(names, WINDOW, close, high, low, close, np.full(len(close), 1e6))


@pytest.mark.parametrize("end", [400, 320, 250, 180])
def test_each_evening_is_classified_by_its_own_figures(scan_rules: ScanRules, end: int) -> None:
    rules, table = scan_rules.regime, fund()
    part = table.take(slice(0, end))
    found = regime_days(build_panel(part, WINDOW[:end]), rules)
    close, high, low = part.close, part.high, part.low
    adx = talib.ADX(high, low, close, 14)
    volatility = talib.ATR(high, low, close, 14) / close
    mean = talib.SMA(close, rules.mean_sessions)
    wanted = []
    for n in range(end - 60, end):
        if volatility[n] > rules.high_volatility_atr_frac:
            regime = ("HIGH_VOLATILITY", None)
        elif adx[n] >= rules.trend_adx:
            regime = ("TREND", "up" if close[n] > mean[n] else "down")
        else:
            regime = ("RANGING" if adx[n] < rules.ranging_adx else "UNCERTAIN", None)
        wanted.append((sessions.next_session(DAYS[n]), *regime, round(float(close[n]), 4)))
    assert [(d.session, d.name, d.direction, d.close) for d in found] == wanted


def test_without_the_fund_nothing_is_told(scan_rules: ScanRules) -> None:
    other = fund().including(["XYZ"])
    panel = build_panel(other.only(["XYZ"]), WINDOW)
    assert regime_days(panel, scan_rules.regime) == ()
    short = fund().take(slice(380, 400))
    assert regime_days(build_panel(short, WINDOW), scan_rules.regime) == ()
