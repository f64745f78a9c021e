"""Held distances: how far each position is from its stop and its target, without a broker.

The ledger keeps no last price: only each new extreme of a position, with its time.  The price is
the newest of these, or the close that the evening's exit plans told of, whichever is newer; where
there is neither, the average entry price.  It is named for what it is, as the price may have
turned since an extreme.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from avwap_cli.market import sessions
from avwap_cli.review import figures
from avwap_cli.review.open_positions import open_positions
from avwap_cli.review.scan_documents import is_number, listed
from avwap_cli.trading.books import Book
from avwap_cli.trading.plans import DIRECTION_WORDS
from avwap_cli.trading.positions import Position

_Key = tuple[str, str, str]  # strategy, symbol, entry session


class Source(StrEnum):
    """What the price is that a position is measured from."""

    EXTREME = "newest extreme"
    CLOSE = "close"
    ENTRY = "entry average"


@dataclass(frozen=True, slots=True)
class Closes:
    """Closes of held symbols, USD, on the basis of that session.

    Attributes:
        session: of the closes.
    """

    session: date
    of: Mapping[_Key, Decimal]


@dataclass(frozen=True, slots=True)
class _Price:
    usd: Decimal
    source: Source
    at: datetime | None


def closes_of(exit_plans: Mapping[str, Any], session: date) -> Closes:
    """The closes that an `exits_planned.json` tells of; what makes no sense is left out.

    Args:
        session: the one they are the closes of.
    """
    found: dict[_Key, Decimal] = {}
    for row in listed(exit_plans.get("positions")):
        close = row.get("close") if isinstance(row, Mapping) else None
        if is_number(close) and close > 0:
            key = (str(row.get("strategy")), str(row.get("symbol")), str(row.get("entry_session")))
            found[key] = Decimal(str(close))
    return Closes(session, found)


def beyond(direction: str, level: str) -> str:
    """Where the price is when it has passed that level, `stop` or `target`: below or above it."""
    return "below" if (direction == DIRECTION_WORDS[1]) == (level == "stop") else "above"


def held_distances(
    book: Book, session: date, closes: Closes | None = None
) -> tuple[dict[str, Any], ...]:
    """Every position held in that session, JSON-ready, by symbol.

    Returns:
        symbol, strategy, direction, shares, avg_price, stop, target (USD, None = there is none,
        or no single one), stops (how many), held_sessions, price (USD), price_at (ISO, None for
        the entry average), price_is (see `Source`), and how far the stop and the target are from
        `price`: to_stop_frac and to_target_frac as a fraction of it, to_stop_r and to_target_r in
        units of what a share risked at the entry (None = not known).  Positive = still to go,
        negative = passed.
    """
    positions = {(p.symbol, p.strategy): p for p in book.open}
    rows = []
    for held in open_positions(book, session, {}):
        position = positions[held.symbol, held.strategy]
        known = _known(position, closes)
        row = {
            "symbol": held.symbol,
            "strategy": held.strategy,
            "direction": held.direction,
            "shares": figures.shares(position.shares),
            "avg_price": held.avg_price,
            "stop": held.stop,
            "target": held.target,
            "stops": len(book.stops_of(position)),
            "held_sessions": held.held_sessions,
            "price": figures.price(known.usd),
            "price_at": None if known.at is None else known.at.isoformat(timespec="seconds"),
            "price_is": known.source.value,
        }
        for name, level, way in (
            ("stop", held.stop, position.direction),
            ("target", held.target, -position.direction),
        ):
            row |= _distances(f"to_{name}", position, known.usd, level, way)
        rows.append(row)
    return tuple(rows)


def _known(position: Position, closes: Closes | None) -> _Price:
    """The newest price known, on the position's own basis."""
    prices = []
    if position.seen is not None:
        at = position.seen.at.astimezone(sessions.EASTERN)
        prices.append((at, _Price(position.seen.price, Source.EXTREME, at)))
    key = (position.strategy, position.symbol, position.entry_session.isoformat())
    close = None if closes is None else closes.of.get(key)
    if closes is not None and close is not None:
        at, later = sessions.closes_at(closes.session), position.splits
        if not any(split.first_session > closes.session for split in later):
            prices.append((at, _Price(close, Source.CLOSE, at)))
    if not prices:
        return _Price(position.avg_price, Source.ENTRY, None)
    return max(prices, key=lambda each: each[0])[1]


def _distances(
    name: str, position: Position, price: Decimal, level: float | None, way: int
) -> dict[str, float | None]:
    """From the level to the price; `way` 1 = the level is to be below."""
    if level is None or price <= 0:
        return {f"{name}_frac": None, f"{name}_r": None}
    usd, own = way * (price - Decimal(str(level))), position.own_stop
    risk = None if own is None else position.direction * (position.avg_price - own)
    in_r = usd / risk if risk is not None and risk > 0 else None
    return {f"{name}_frac": figures.frac(usd / price), f"{name}_r": figures.frac(in_r)}
