"""Anchors: the sessions from which a volume-weighted price is worth following.

An anchor is an event that many traders remember: the first session of the year, a
gap, a breakout on volume, a report.  Each kind gives at most one session per symbol;
this module finds them, `avwap` prices and scores them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from avwap_cli.market.bars import Floats
from avwap_cli.market.panel import Bools, Ints, Panel
from avwap_cli.signals.indicators import rolling_mean
from avwap_cli.signals.rules import AnchorRules

BUILT_IN = ("YTD", "Gap", "VolBreakout", "MTD", "Earnings", "SwingLow", "SwingHigh")
UserAnchors = Mapping[str, Mapping[str, tuple[date, int]]]


@dataclass(frozen=True, slots=True)
class Anchors:
    """K possible anchors of N symbols.

    Attributes:
        kinds: (K, N) object, the anchor's name; one name per row but for users' own rows.
        row: (K, N) int, the panel row of the anchor's session, -1 where there is none.
        priority: (K, N) int.
        present: (K, N) found, old enough, and not collapsed into another.
        young, collapsed: (K, N) why a found one is not present.
    """

    kinds: NDArray[np.object_]
    row: Ints
    priority: Ints
    present: Bools
    young: Bools
    collapsed: Bools


def find_anchors(
    panel: Panel,
    rules: AnchorRules,
    direction: int,
    earnings: Ints,
    user: UserAnchors,
) -> Anchors:
    """All anchors of every symbol for one direction (+1 long, -1 short).

    Args:
        panel: sealed at t.
        rules: windows and thresholds.
        direction: side of the setup.
        earnings: (N,) index into the panel's sessions of the last known report, -1 if none.
        user: symbol -> name -> (session, priority).
    """
    age = rules.min_age_sessions
    swing = panel.low[-rules.swing_sessions :], panel.high[-rules.swing_sessions :]
    found = {
        "YTD": panel.rows_of(_period_start(panel, "Y")),
        "Gap": _last_row(_gaps(panel, rules, direction), age, panel.depth),
        "VolBreakout": _last_row(_breakouts(panel, rules, direction), age, panel.depth),
        "MTD": panel.rows_of(_period_start(panel, "M")),
        "Earnings": _recent(panel.rows_of(earnings), panel.depth - rules.window_sessions),
        "SwingLow": _extreme(swing[0], panel.depth),
        "SwingHigh": _extreme(-swing[1], panel.depth),
    }
    priority = {name: rules.priority[_mirrored(name, direction)] for name in BUILT_IN}
    kinds = [np.full(panel.width, name, dtype=object) for name in BUILT_IN]
    rows = [found[name] for name in BUILT_IN]
    weights = [np.full(panel.width, priority[name], dtype=np.int64) for name in BUILT_IN]
    for own_kinds, own_rows, own_weights in _own(panel, user):
        kinds.append(own_kinds)
        rows.append(own_rows)
        weights.append(own_weights)
    return _settle(np.array(kinds, dtype=object), np.array(rows), np.array(weights), panel, rules)


def _settle(
    kinds: NDArray[np.object_], row: Ints, priority: Ints, panel: Panel, rules: AnchorRules
) -> Anchors:
    """Leave out the young, and of those on one session all but the highest priority."""
    exists = row >= 0
    young = exists & (row > panel.depth - 1 - rules.min_age_sessions)
    old = exists & ~young
    collapsed = np.zeros_like(old)
    for k in range(len(row)):
        for other in range(len(row)):
            first = (priority[other] > priority[k]) | (
                (priority[other] == priority[k]) & (other < k)
            )
            collapsed[k] |= old[k] & old[other] & (row[other] == row[k]) & first
    return Anchors(kinds, row, priority, old & ~collapsed, young, collapsed)


def _mirrored(name: str, direction: int) -> str:
    """For shorts the two swing anchors change places."""
    swapped = {"SwingLow": "SwingHigh", "SwingHigh": "SwingLow"}
    return swapped.get(name, name) if direction < 0 else name


def _period_start(panel: Panel, unit: str) -> Ints:
    """(N,) the calendar position of the first session of t's year or month; -1 if not held."""
    period = panel.sessions.astype(f"datetime64[{unit}]")
    position = int(np.argmax(period == period[-1]))
    # The window's first session starts the period only if the one before it is held too.
    known = position > 0
    return np.full(panel.width, position if known else -1, dtype=np.int64)


def _window(panel: Panel, rules: AnchorRules, extra: int = 0) -> slice:
    return slice(max(panel.depth - rules.window_sessions - extra, 0), panel.depth)


def _gaps(panel: Panel, rules: AnchorRules, direction: int) -> Bools:
    """(rows, N) sessions of the window that opened away from the close before."""
    part = _window(panel, rules, 1)
    jump = direction * (panel.open[part][1:] / panel.close[part][:-1] - 1.0)
    return jump * 100.0 >= rules.gap_pct


def _breakouts(panel: Panel, rules: AnchorRules, direction: int) -> Bools:
    """(rows, N) wide sessions on volume that closed beyond the extreme of those before."""
    ago = rules.breakout_lookback_sessions
    part = _window(panel, rules, ago)
    high, low, close = panel.high[part], panel.low[part], panel.close[part]
    rows = len(close) - ago
    mean = rolling_mean(panel.volume, rules.breakout_volume_sessions, rows)
    loud = panel.volume[-rows:] > rules.breakout_volume_ratio * mean
    beyond = high if direction > 0 else -low
    ceiling = beyond[:rows].copy()
    for shift in range(1, ago):
        np.maximum(ceiling, beyond[shift : shift + rows], out=ceiling)
    high, low, close = high[ago:], low[ago:], close[ago:]
    reach = close - low if direction > 0 else high - close
    with np.errstate(invalid="ignore", divide="ignore"):
        # (C-L)/(H-L) > 0.7 for a long; a short's < 0.3 is the same with H-C.
        strong = reach / (high - low) > rules.breakout_range_frac
    return loud & strong & (direction * close > ceiling)


def _last_row(mask: Bools, age: int, depth: int) -> Ints:
    """(N,) the last row, at least `age` bars old, where a mask of the bottom rows holds."""
    top = depth - len(mask)
    old = mask[: len(mask) - age]
    newest_first = old[::-1]
    row = top + len(old) - 1 - np.argmax(newest_first, axis=0)
    return np.where(old.any(axis=0), row, -1)


def _recent(row: Ints, first: int) -> Ints:
    return np.where(row >= first, row, -1)


def _extreme(low: Floats, depth: int) -> Ints:
    """(N,) the earliest row of the lowest value; -1 where a value is missing."""
    gone = np.isnan(low).any(axis=0)
    row = depth - len(low) + np.argmin(low, axis=0)
    return np.where(gone, -1, row)


def _own(panel: Panel, user: UserAnchors) -> list[tuple[NDArray[np.object_], Ints, Ints]]:
    """Rows for the users' own anchors: the i-th own anchor of every symbol in row i."""
    held = {s: sorted(user[s].items()) for s in sorted(user) if panel.column(s) is not None}
    result = []
    for i in range(max((len(own) for own in held.values()), default=0)):
        kinds = np.full(panel.width, "", dtype=object)
        position = np.full(panel.width, -1, dtype=np.int64)
        weights = np.zeros(panel.width, dtype=np.int64)
        for symbol, own in held.items():
            column = panel.column(symbol)
            if column is None or i >= len(own):
                continue
            name, (day, weight) = own[i]
            at = int(np.searchsorted(panel.sessions, np.datetime64(day, "D")))
            if at < panel.depth and panel.sessions[at] == np.datetime64(day, "D"):
                position[column] = at
            kinds[column], weights[column] = name, weight
        result.append((kinds, panel.rows_of(position), weights))
    return result
