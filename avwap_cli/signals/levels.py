"""Levels: entry at the winner's AVWAP, a structural stop, targets in units of the risk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avwap_cli.market.bars import Floats
from avwap_cli.market.panel import Panel
from avwap_cli.signals.rules import LevelRules


@dataclass(frozen=True, slots=True)
class Levels:
    """Per symbol, each (N,) float64 in USD unless named otherwise; NaN without a setup.

    Attributes:
        entry, stop, r1, r2: prices.
        risk_frac: |entry - stop| / entry.
        reward_risk: |R2 - C| / |C - stop|, measured from the close.
        pivot_r1, pivot_r2: the floor pivots beyond the close's side of the last session.
    """

    entry: Floats
    stop: Floats
    r1: Floats
    r2: Floats
    risk_frac: Floats
    reward_risk: Floats
    pivot_r1: Floats
    pivot_r2: Floats


def levels(
    panel: Panel, entry: Floats, atr_sma: Floats, pivot: Floats, rules: LevelRules, direction: int
) -> Levels:
    """Stop and targets around `entry`, for one direction (+1 long, -1 short).

    The stop of a long is the lowest of: the last strict swing low less a buffer if that
    lies below the entry, entry - atr_sma, and entry less `min_stop_frac`.  A short's is
    the mirror image about the entry.
    """
    extreme = panel.low if direction > 0 else -panel.high
    swing = direction * _last_swing_low(extreme[-rules.swing_sessions :])
    swing = swing * (1.0 - direction * rules.swing_buffer_frac)
    wanted = direction * swing < direction * entry
    farthest = np.fmin(
        np.where(wanted, direction * swing, np.inf),
        np.fmin(
            direction * entry - atr_sma, direction * entry * (1.0 - direction * rules.min_stop_frac)
        ),
    )
    stop = np.where(np.isnan(entry) | np.isnan(atr_sma), np.nan, direction * farthest)
    risk = direction * (entry - stop)
    high, low, close = panel.high[-1], panel.low[-1], panel.close[-1]
    pivot_r1 = 2.0 * pivot - (low if direction > 0 else high)
    pivot_r2 = pivot + direction * (high - low)
    by_risk = rules.targets == "risk"
    r1 = entry + direction * risk if by_risk else pivot_r1
    r2 = entry + direction * 2.0 * risk if by_risk else pivot_r2
    with np.errstate(invalid="ignore", divide="ignore"):
        reward_risk = direction * (r2 - close) / (direction * (close - stop))
        risk_frac = risk / entry
    return Levels(entry, stop, r1, r2, risk_frac, reward_risk, pivot_r1, pivot_r2)


def _last_swing_low(low: Floats) -> Floats:
    """(N,) the last value strictly below both of its neighbours; NaN where there is none."""
    inner = low[1:-1]
    strict = (inner < low[:-2]) & (inner < low[2:])
    row = len(inner) - 1 - np.argmax(strict[::-1], axis=0)
    return np.where(strict.any(axis=0), inner[row, np.arange(low.shape[1])], np.nan)
