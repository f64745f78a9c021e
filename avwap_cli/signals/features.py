"""Features: what the gates measure, one number per symbol at t.

Every feature is computed for every symbol, also for those that an early gate drops,
because `explain` must show all gates and sectors are ranked by their members.
An undefined feature is NaN, fails its gate and fires nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avwap_cli.market.bars import Floats
from avwap_cli.market.panel import Ints, Panel
from avwap_cli.signals.columns import Columns
from avwap_cli.signals.indicators import rel_change, rolling_mean, sma_at
from avwap_cli.signals.rules import ScanRules, TrendRules, WeeklyRules

FLAT_FRAC = 1e-12
MONDAY = np.datetime64("1970-01-05", "D")


@dataclass(frozen=True, slots=True)
class Features:
    """Per symbol at t, each (N,) float64 unless said otherwise.

    Attributes:
        close: USD.
        volume_mean: shares, mean of 20.
        dollar_volume_mean: USD, mean of close x volume of 20.
        atr_sma: USD, SMA of the true range.
        atr_pct: 100 * atr_sma / C.
        atr_pct_median: of the last 120; NaN while undefined.
        sma_fast, sma_slow: USD.
        slope_frac: rel_change of the slow mean.
        adx: 0..100.
        atr, atr_frac: Wilder's, in USD and as a fraction of C.
        volatility: v of the TrendScore.
        volume_ratio: V / SMA20(V).
        change_rs: rel_change(C, rs_sessions).
        weeks: (N,) int, completed weeks with a bar, counted up to what the rule needs.
        weekly_fast, weekly_slow: USD, means of weekly closes.
        pivot: (H+L+C)/3 of the last bar, USD.
    """

    close: Floats
    volume_mean: Floats
    dollar_volume_mean: Floats
    atr_sma: Floats
    atr_pct: Floats
    atr_pct_median: Floats
    sma_fast: Floats
    sma_slow: Floats
    slope_frac: Floats
    adx: Floats
    atr: Floats
    atr_frac: Floats
    volatility: Floats
    volume_ratio: Floats
    change_rs: Floats
    weeks: Ints
    weekly_fast: Floats
    weekly_slow: Floats
    pivot: Floats


def features(columns: Columns, rules: ScanRules, week_is_over: bool) -> Features:
    """Measure every symbol of the panel behind `columns` (asked for one row).

    Args:
        columns: of the sealed panel.
        rules: of the scan.
        week_is_over: whether the as-of session is the last of its week.
    """
    p, n = columns.panel, rules.liquidity.mean_sessions
    close = p.close[-1]
    traded = p.close[-n:] * p.volume[-n:]
    atr_sma, atr_pct, median = _volatility(columns, rules)
    slow, slow_before = (
        sma_at(p.close, rules.trend.slow_sma, back) for back in (0, rules.trend.slope_sessions)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        v = np.clip(atr_pct / median, 0.0, rules.trend.volatility_cap)
    weeks, weekly_fast, weekly_slow = _weekly(p, rules.weekly, week_is_over)
    return Features(
        close=close,
        volume_mean=sma_at(p.volume, n),
        dollar_volume_mean=sma_at(traded, n),
        atr_sma=atr_sma,
        atr_pct=atr_pct,
        atr_pct_median=median,
        sma_fast=sma_at(p.close, rules.trend.fast_sma),
        sma_slow=slow,
        slope_frac=rel_change(slow, slow_before),
        adx=columns.adx()[-1],
        atr=columns.atr()[-1],
        atr_frac=columns.atr_frac()[-1],
        volatility=np.where(np.isnan(median), 1.0, v),
        volume_ratio=columns.volume_ratio()[-1],
        change_rs=columns.change(rules.ranking.rs_sessions)[-1],
        weeks=weeks,
        weekly_fast=weekly_fast,
        weekly_slow=weekly_slow,
        pivot=(p.high[-1] + p.low[-1] + close) / 3.0,
    )


def trend_score(f: Features, rules: TrendRules, direction: int) -> Floats:
    """(N,) 2 * slope + 0.7 * ADX * sign(slope) - 10 * v; a short's slope is negated, v is not."""
    # Two equal means may differ by the rounding of their sums; that is no slope.
    slope_frac = np.where(np.abs(f.slope_frac) < FLAT_FRAC, 0.0, f.slope_frac)
    slope = direction * 100.0 * slope_frac
    return (
        rules.slope_weight * slope
        + rules.adx_weight * f.adx * np.sign(slope)
        - rules.volatility_weight * f.volatility
    )


def _volatility(columns: Columns, rules: ScanRules) -> tuple[Floats, Floats, Floats]:
    """atr_sma, atr_pct and the median of atr_pct, which needs all its sessions."""
    rows = min(rules.trend.atr_median_sessions, columns.panel.depth)
    atr = rolling_mean(columns.true_range, rules.atr_sma_sessions, rows)
    pct = 100.0 * atr / columns.panel.close[-rows:]
    median = np.median(pct, axis=0)
    if rows < rules.trend.atr_median_sessions:
        median = np.full_like(median, np.nan)
    return atr[-1], pct[-1], median


def _weekly(panel: Panel, rules: WeeklyRules, week_is_over: bool) -> tuple[Ints, Floats, Floats]:
    """Completed weeks and the two means of weekly closes.

    A week's close is the symbol's last bar in it; weeks without a bar of the symbol do
    not exist.  Weeks are numbered from a Monday, so a year's turn needs no care.
    """
    needed = max(rules.min_weeks, rules.slow_weeks)
    rows = min(5 * (needed + 1), panel.depth)
    week_of = ((panel.sessions - MONDAY).astype(np.int64) // 7).astype(np.int32)
    session = panel.session[-rows:]
    week = np.where(session >= 0, week_of[session], -1)
    closes = np.empty(week.shape, dtype=bool)
    np.not_equal(week[:-1], week[1:], out=closes[:-1])
    closes[-1] = (week[-1] != week_of[-1]) | week_is_over
    closes &= session >= 0
    back = np.cumsum(closes[::-1], axis=0, dtype=np.int32)[::-1]
    price = np.where(closes, panel.close[-rows:], 0.0)
    weeks = back[0].astype(np.int64)
    means = [
        np.where(weeks >= n, np.where(back <= n, price, 0.0).sum(axis=0) / n, np.nan)
        for n in (rules.fast_weeks, rules.slow_weeks)
    ]
    return weeks, means[0], means[1]
