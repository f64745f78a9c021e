"""Setup context: labels that put a candidate in words.  They never decide anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from avwap_cli.market.bars import Floats
from avwap_cli.market.panel import Bools, Panel
from avwap_cli.signals.indicators import rel_change, sma_at
from avwap_cli.signals.rules import SetupRules, TrendRules

Labels = NDArray[np.str_]
Cases = Sequence[tuple["Bools | np.bool_", str]]


def control(close: Floats, average: Floats, buffer_pct: float) -> Labels:
    """(N,) who is in control: bullish above the average by the buffer, bearish below it."""
    dist = _dist_pct(close, average)
    return _label(
        [(dist > buffer_pct, "bullish"), (dist < -buffer_pct, "bearish")], "neutral", dist
    )


def reclaim_cross(
    close: Floats, average: Floats, close_before: Floats, average_before: Floats
) -> Labels:
    """(N,) whether the close crossed its average between t-1 and t, each on its own session."""
    up = (close_before <= average_before) & (close > average)
    down = (close_before >= average_before) & (close < average)
    return _label([(up, "bullish"), (down, "bearish")], "none", average)


def acceptance(closes: Floats, averages: Floats) -> Labels:
    """(N,) all closes on one side, each against the average of its own session.

    Args:
        closes, averages: (rows, N).
    """
    above = (closes > averages).all(axis=0)
    below = (closes < averages).all(axis=0)
    return _label([(above, "bullish"), (below, "bearish")], "none", averages[0])


def extension(close: Floats, average: Floats, rules: SetupRules) -> Labels:
    """(N,) how far the close is from the average: balanced, moderate or extended."""
    dist = np.abs(_dist_pct(close, average))
    return _label(
        [(dist <= rules.balanced_pct, "balanced"), (dist >= rules.extended_pct, "extended")],
        "moderate",
        dist,
    )


def gap_reset(panel: Panel, rules: SetupRules) -> Labels:
    """(N,) whether the last gap of either direction is recent, stale, or there was none."""
    rows = min(rules.gap_window_sessions, panel.depth - 1)
    jump = np.abs(panel.open[-rows:] / panel.close[-rows - 1 : -1] - 1.0) * 100.0
    gaps = jump >= rules.gap_pct
    ago = np.argmax(gaps[::-1], axis=0)
    found = gaps.any(axis=0)
    recent = found & (ago <= rules.gap_recent_sessions)
    return _label([(recent, "recent"), (found, "stale")], "none", panel.close[-1])


def structure(panel: Panel, trend: TrendRules, rules: SetupRules) -> Labels:
    """(N,) fast mean against slow mean, with the slope of the slow one."""
    fast, slow = sma_at(panel.close, trend.fast_sma), sma_at(panel.close, trend.slow_sma)
    slope = rel_change(slow, sma_at(panel.close, trend.slow_sma, rules.structure_slope_sessions))
    up = (fast > slow) & (slope > 0)
    down = (fast < slow) & (slope < 0)
    return _label([(up, "bullish"), (down, "bearish")], "neutral", slope)


def context(
    panel: Panel, averages: Mapping[str, Floats], trend: TrendRules, rules: SetupRules
) -> dict[str, NDArray[np.str_] | Floats]:
    """All labels.

    Args:
        panel: sealed at t.
        averages: name -> (acceptance_closes or more, N), newest last, the average at each
            session; for example the rolling VWAP and the chosen AVWAP.
        trend, rules: parameters.
    """
    n = rules.acceptance_closes
    close, before = panel.close[-1], panel.close[-2]
    labels: dict[str, NDArray[np.str_] | Floats] = {}
    for name, series in averages.items():
        labels[f"{name}_control"] = control(close, series[-1], rules.control_buffer_pct)
        labels[f"{name}_reclaim_cross"] = reclaim_cross(close, series[-1], before, series[-2])
        labels[f"{name}_acceptance"] = acceptance(panel.close[-n:], series[-n:])
        labels[f"{name}_dist_pct"] = _dist_pct(close, series[-1])
        labels[f"{name}_extension"] = extension(close, series[-1], rules)
    labels["gap_reset"] = gap_reset(panel, rules)
    labels["structure"] = structure(panel, trend, rules)
    return labels


def _dist_pct(close: Floats, average: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        dist: Floats = 100.0 * (close - average) / average
    return dist


def _label(cases: Cases, otherwise: str, basis: Floats) -> Labels:
    """The first case that holds, else `otherwise`; empty where the basis is undefined."""
    label = np.full(len(basis), otherwise, dtype="<U12")
    for mask, name in reversed(cases):
        label[mask] = name
    label[np.isnan(basis)] = ""
    return label
