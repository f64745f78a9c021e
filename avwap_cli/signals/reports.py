"""Reports seen from t: how near the next one is, and when the last one was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avwap_cli.market.bars import Days, Floats
from avwap_cli.market.earnings import EarningsDates
from avwap_cli.market.panel import Ints, Panel


@dataclass(frozen=True, slots=True)
class Reports:
    """Per symbol of a panel.

    Attributes:
        next_in: (N,) float, sessions from t to the next report, 0 = on t itself and not
            known to have come before the open; NaN = no date from t on is known.
        last: (N,) int, index into the panel's sessions of the last report up to t, -1 if none.
    """

    next_in: Floats
    last: Ints


def reports(panel: Panel, earnings: EarningsDates, calendar: Days) -> Reports:
    """Place the report dates of the panel's symbols on sessions.

    A date that is no session counts as the next session.

    Args:
        panel: sealed at t.
        earnings: sorted by (symbol, day).
        calendar: (S,) XNYS sessions from the panel's first to well beyond t; a report
            after the last of them is further away than any rule looks.
    """
    next_in = np.full(panel.width, np.nan)
    last = np.full(panel.width, -1, dtype=np.int64)
    if not len(earnings):
        return Reports(next_in, last)
    column = _columns(panel, earnings.symbols)[earnings.symbol]
    t = int(np.searchsorted(calendar, panel.sessions[-1]))
    at = np.searchsorted(calendar, earnings.day)
    mine = column >= 0
    over = (at == t) & earnings.before_open
    ahead = mine & (at >= t) & ~over
    # Rows are sorted by day, so writing them backwards leaves the nearest.
    next_in[column[ahead][::-1]] = (at[ahead] - t)[::-1]
    begin = int(np.searchsorted(calendar, panel.sessions[0]))
    past = mine & (at <= t) & (earnings.day >= panel.sessions[0])
    last[column[past]] = at[past] - begin
    return Reports(next_in, last)


def _columns(panel: Panel, symbols: tuple[str, ...]) -> Ints:
    """(len(symbols),) the panel column of each symbol, -1 where it has none."""
    place = {s: i for i, s in enumerate(panel.symbols)}
    return np.array([place.get(s, -1) for s in symbols], dtype=np.int64)
