"""Planned exits: what the daily closes decide about positions, carried out after the next open.

1. RSI beyond the strategy's figure on the side of the profit.
2. A short's place in the Bollinger band below its figure.
3. Held for as many sessions as the plan allows; that needs the ledger and the calendar alone,
   so a symbol without bars keeps it.

RSI and band are those of the scan, over the same window of bars.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from avwap_cli.market.panel import Panel
from avwap_cli.signals.columns import Columns
from avwap_cli.signals.rules import ExitRules
from avwap_cli.trading.positions import Position
from avwap_cli.verdicts import ExitReason


@dataclass(frozen=True, slots=True)
class Closing:
    """A symbol at its last close.

    Attributes:
        session: of that close.
        close: USD, split-adjusted as of that session.
        rsi: 0..100; None while undefined.
        pct_b: place in the Bollinger band, 0 at the lower; None while undefined.
    """

    session: date
    close: float
    rsi: float | None
    pct_b: float | None


@dataclass(frozen=True, slots=True)
class PlannedExit:
    """What the closes decided about one position.

    Attributes:
        position: as it was then.
        closing: None where no bar of the as-of session is at hand.
        held_sessions: at the session planned for; the entry session counts 0.
        max_hold_sessions: None for a person's purchase.
        reason: None = it is kept.
        rule: the rule that fired, with its figure; empty where none did.
    """

    position: Position
    closing: Closing | None
    held_sessions: int
    max_hold_sessions: int | None
    reason: ExitReason | None
    rule: str


def closings(panel: Panel) -> dict[str, Closing]:
    """The last bar of every symbol of the panel that has one."""
    columns = Columns(panel, rows=1, lookback=0)
    close, rsi, pct_b = columns.close()[-1], columns.rsi()[-1], columns.pct_b()[-1]
    found = {}
    for place, symbol in enumerate(panel.symbols):
        if panel.bars[place] and math.isfinite(close[place]):
            day: date = panel.sessions[panel.session[-1, place]].item()
            figures = (_defined(rsi[place]), _defined(pct_b[place]))
            found[symbol] = Closing(day, float(close[place]), *figures)
    return found


def planned_exit(
    position: Position, session: date, as_of: date, closing: Closing | None, rules: ExitRules | None
) -> PlannedExit:
    """What to do with the position at the open of `session`.

    Args:
        closing: of its symbol; one of another session than `as_of` is none.
        rules: of its strategy; None = the strategy is no longer known.
    """
    current = closing if closing is not None and closing.session == as_of else None
    held = position.held_sessions(session)
    limit = None if position.plan is None else position.plan.max_hold_sessions
    fired = _by_closes(position, current, rules)
    if fired is None and limit is not None and held >= limit:
        fired = (ExitReason.TIME_EXIT, f"held >= {limit} sessions")
    reason, rule = fired or (None, "")
    return PlannedExit(position, current, held, limit, reason, rule)


def planned_exits(
    positions: tuple[Position, ...],
    session: date,
    as_of: date,
    known: Mapping[str, Closing],
    rules: Mapping[str, ExitRules],
) -> tuple[PlannedExit, ...]:
    """One for each position, by symbol and strategy."""
    ordered = sorted(positions, key=lambda p: (p.symbol, p.strategy))
    return tuple(
        planned_exit(p, session, as_of, known.get(p.symbol), rules.get(p.strategy)) for p in ordered
    )


def _by_closes(
    position: Position, closing: Closing | None, rules: ExitRules | None
) -> tuple[ExitReason, str] | None:
    if closing is None or rules is None:
        return None
    rsi, pct_b = closing.rsi, closing.pct_b
    if position.direction > 0:
        above = rules.long_rsi_above
        if above is not None and rsi is not None and rsi > above:
            return ExitReason.RSI_TARGET, f"RSI > {above:g}"
        return None
    below, band = rules.short_rsi_below, rules.short_pct_b_below
    if below is not None and rsi is not None and rsi < below:
        return ExitReason.RSI_TARGET, f"RSI < {below:g}"
    if band is not None and pct_b is not None and pct_b < band:
        return ExitReason.BAND_TARGET, f"pct_b < {band:g}"
    return None


def _defined(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
