"""Sanity: bars that cannot be, and splits that nobody adjusted for."""

from __future__ import annotations

import numpy as np

from avwap_cli.market.bars import Floats
from avwap_cli.market.panel import Panel
from avwap_cli.signals.rules import SanityRules

RATIOS = np.array(sorted({*range(2, 51), *(1 / k for k in range(2, 51)), 3 / 2, 2 / 3}))


def bad_bars(panel: Panel) -> Floats:
    """(N,) number of impossible bars: a NaN, a price <= 0, high or low on the wrong side.

    A session that came twice counts as one more.
    """
    has_bar = panel.session >= 0
    open_, high, low, close = panel.open, panel.high, panel.low, panel.close
    sane = low > 0
    sane &= low <= open_
    sane &= low <= close
    sane &= open_ <= high
    sane &= close <= high
    sane &= high < np.inf
    sane &= panel.volume >= 0
    bad: Floats = (has_bar & ~sane).sum(axis=0) + panel.duplicated.astype(np.float64)
    return bad


def unadjusted_split(panel: Panel, rules: SanityRules) -> Floats:
    """(N,) the newest close-to-close ratio that looks like a split left unadjusted, else NaN.

    r = C/C(t-1) is far from 1; r and O/C(t-1) are both near the nearest plain ratio q;
    and volume in the new shares did not jump: V * q < k * mean(V of the bars before).
    """
    rows = min(rules.split_window_sessions, panel.depth - 1)
    before = panel.close[-rows - 1 : -1]
    with np.errstate(invalid="ignore", divide="ignore"):
        r = panel.close[-rows:] / before
    far = np.log(rules.split_min_ratio)
    result = np.full(panel.width, np.nan)
    # Few bars move that far, so the exact test is made only for those.
    moved = (r > np.exp(far)) | (r < np.exp(-far))
    for row, column in zip(*np.nonzero(moved), strict=True):
        at = panel.depth - rows + row
        first = max(at - rules.split_volume_sessions, int(panel.first[column]))
        close_ratio, open_ratio = (
            float(r[row, column]),
            float(panel.open[at, column] / before[row, column]),
        )
        q = float(RATIOS[np.argmin(np.abs(np.log(RATIOS / close_ratio)))])
        mean_volume = float(panel.volume[first:at, column].mean())
        near = max(abs(close_ratio / q - 1), abs(open_ratio / q - 1)) <= rules.split_tolerance_frac
        quiet = panel.volume[at, column] * q < rules.split_volume_ratio * mean_volume
        if near and quiet:
            result[column] = close_ratio
    return result
