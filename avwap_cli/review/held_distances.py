"""Held distances: how near each position came to its stop and its target, by the ledger alone.

The ledger keeps the extremes of a position's prices session by session, not every price; so what
is told is the range of the last session in which a price was seen, and how near its ends came.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from avwap_cli.review import figures
from avwap_cli.review.standings import standings
from avwap_cli.trading.books import Book
from avwap_cli.trading.positions import Position


def held_distances(book: Book, session: date) -> tuple[dict[str, Any], ...]:
    """Every position held in that session, JSON-ready, by symbol.

    Returns:
        symbol, strategy, direction, shares, avg_price, stop, target (USD, None = there is none,
        or no single one), held_sessions, seen_session, seen_low, seen_high (USD), and
        to_stop_frac, to_target_frac: the least distance in that session as a fraction of the
        price, negative = beyond it.
    """
    positions = {(p.symbol, p.strategy): p for p in book.open}
    rows = []
    for held in standings(book, session, {}):
        position = positions[held.symbol, held.strategy]
        low, high, seen = _range(position)
        worst, best = (low, high) if position.direction > 0 else (high, low)
        rows.append(
            {
                "symbol": held.symbol,
                "strategy": held.strategy,
                "direction": held.direction,
                "shares": figures.shares(position.shares),
                "avg_price": held.avg_price,
                "stop": held.stop,
                "target": held.target,
                "held_sessions": held.held_sessions,
                "seen_session": seen.isoformat(),
                "seen_low": low,
                "seen_high": high,
                "to_stop_frac": _distance(worst, held.stop, position.direction),
                "to_target_frac": _distance(best, held.target, -position.direction),
            }
        )
    return tuple(rows)


def _range(position: Position) -> tuple[float, float, date]:
    """Low, high and session of the last prices kept."""
    if position.ranges:
        last = position.ranges[-1]
        low, high, seen = last.low, last.high, last.session
    else:
        low, high, seen = position.low, position.high, position.entry_session
    return round(float(low), 4), round(float(high), 4), seen


def _distance(price: float, level: float | None, way: int) -> float | None:
    """From the level to the price, as a fraction of the price; `way` 1 = the price is above."""
    if level is None or price <= 0:
        return None
    return round(way * (price - level) / price, 6)
