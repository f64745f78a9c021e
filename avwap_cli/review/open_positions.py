"""Open positions: where each stands at a session's end, in R and in USD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from avwap_cli.review import figures
from avwap_cli.review.pages.report_records import Held
from avwap_cli.trading.books import Book
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.plans import DIRECTION_WORDS
from avwap_cli.trading.positions import Position
from avwap_cli.trading.stop_levels import targets


@dataclass(frozen=True, slots=True)
class LastPrice:
    """The last known price of a symbol, USD, and of when, in words."""

    price: Decimal
    at: str


def open_positions(book: Book, session: date, last: Mapping[str, LastPrice]) -> tuple[Held, ...]:
    """Every position held at the end of that session, by symbol."""
    held = [p for p in book.open if p.entry_session <= session]
    return tuple(_held(book, p, session, last.get(p.symbol)) for p in held)


def _held(book: Book, position: Position, session: date, last: LastPrice | None) -> Held:
    stops, plan = book.stops_of(position), position.plan
    pnl = None if last is None else _result(position, last.price)
    return Held(
        symbol=position.symbol,
        strategy=position.strategy,
        direction=DIRECTION_WORDS[position.direction],
        entry_session=position.entry_session,
        shares=float(position.shares),
        avg_price=float(round(position.avg_price, figures.PRICE_PLACES)),
        stop=figures.price(stops[0].intent.stop_price) if len(stops) == 1 else None,
        target=figures.price(_next_target(position)),
        last=None if last is None else figures.price(last.price),
        last_at="" if last is None else last.at,
        r=figures.frac(_in_r(position, pnl)),
        pnl_usd=figures.money(pnl),
        held_sessions=position.held_sessions(session),
        max_hold_sessions=None if plan is None else plan.max_hold_sessions,
    )


def _result(position: Position, last: Decimal) -> Decimal:
    """What was realized, and what is open at that price."""
    return position.realized_usd + position.signed_shares * (last - position.avg_price)


def _in_r(position: Position, pnl: Decimal | None) -> Decimal | None:
    """The same in units of what was at risk when the position was opened."""
    stop = position.own_stop
    if stop is None or pnl is None:
        return None
    risk = position.direction * (position.avg_price - stop) * position.opened_shares
    return pnl / risk if risk > 0 else None


def _next_target(position: Position) -> Decimal | None:
    """The nearest target that is not reached yet; after the last trim the trail goes on alone."""
    aims = targets(position)
    if not position.is_avwap:
        return aims.take_profit
    left = [
        p for p, leg in ((aims.r1, Leg.TRIM1), (aims.r2, Leg.TRIM2)) if leg not in position.trims
    ]
    return left[0] if left else None
