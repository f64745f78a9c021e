"""Regime days: the market's regime as each evening of the past weeks would have told it."""

from __future__ import annotations

from datetime import date

from avwap_cli.market import sessions
from avwap_cli.market.panel import Panel
from avwap_cli.review.pages.report_records import RegimeDay
from avwap_cli.signals.columns import Columns
from avwap_cli.signals.indicators import rolling_mean
from avwap_cli.signals.regime import classify
from avwap_cli.signals.rules import RegimeRules

DAYS = 60


def regime_days(panel: Panel, rules: RegimeRules) -> tuple[RegimeDay, ...]:
    """The last 60 evenings of the panel whose regime can be told, oldest first.

    Each is named by the trade session that it was for: the one after its close.
    """
    column = panel.column(rules.symbol)
    if column is None or not panel.bars[column]:
        return ()
    rows = min(DAYS, int(panel.bars[column]))
    columns = Columns(panel, rows=rows, lookback=0)
    mean = rolling_mean(panel.close[:, [column]], rules.mean_sessions, rows)[:, 0].tolist()
    parts = (columns.close(), columns.adx(), columns.atr_frac())
    close, adx, atr_frac = (part[:, column].tolist() for part in parts)
    days = panel.sessions[panel.session[-rows:, column]].tolist()
    found = []
    for day, at, average, trend, volatility in zip(days, close, mean, adx, atr_frac, strict=True):
        regime = classify(at, average, trend, volatility, rules)
        if regime is not None:
            found.append(RegimeDay(_acted_on(day), regime.family, regime.direction, round(at, 4)))
    return tuple(found)


def _acted_on(day: date) -> date:
    return sessions.next_session(day)
