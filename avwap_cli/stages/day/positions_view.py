"""positions: what is held, by whom, and what protects it; at the broker and in the ledger.

Where no broker is named, as after the demo's day, the ledger alone tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from avwap_cli.review import figures
from avwap_cli.stages.day.order_book import BookPorts, Reading, read_both
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.books import Book
from avwap_cli.trading.orders import BrokerOrder
from avwap_cli.trading.plans import DIRECTION_WORDS
from avwap_cli.trading.positions import Position


def run_positions(ports: BookPorts) -> Outcome:
    """Every open position of ours, and beside them what is somebody else's.

    Raises:
        BrokerError, LockBusy: as `read_both`.
    """
    reading = read_both(ports)
    mine = [_row_of_both(position, reading) for position in reading.hearing.book.open]
    held = {row["symbol"] for row in mine}
    foreign = [
        {
            "symbol": symbol,
            "shares": figures.shares(position.shares),
            "avg_price": figures.price(position.avg_price),
            "last_price": figures.price(position.last_price),
        }
        for symbol, position in sorted(reading.view.positions.items())
        if symbol not in held
    ]
    return _outcome(reading.session, mine, foreign, reading.problems)


def positions_by_ledger(book: Book, session: date) -> Outcome:
    """Every open position as the ledger tells of it; nobody is asked.

    Args:
        session: the current one; where a position was entered later, that one.
    """
    day = max((session, *(position.entry_session for position in book.open)))
    mine = []
    for position in book.open:
        stop = max(book.stops_of(position), key=lambda order: order.left, default=None)
        behind = None if stop is None else (stop.intent.stop_price, stop.left)
        mine.append(_row(position, day, None, None, behind))
    return _outcome(day, mine, [], ("no broker is named: this is what the ledger says",))


def _outcome(
    session: date,
    mine: list[dict[str, Any]],
    foreign: list[dict[str, Any]],
    problems: Sequence[str],
) -> Outcome:
    unprotected = [row["symbol"] for row in mine if not row["protected"]]
    noun = "position" if len(mine) == 1 else "positions"
    summary = f"{len(mine)} {noun}"
    if foreign:
        summary += f", and {len(foreign)} that are not ours"
    notes = tuple(f"{symbol}: no stop for its whole quantity" for symbol in unprotected)
    return Outcome(
        stage="positions",
        trade_session=session,
        state=State.DONE,
        summary=summary,
        counts={"positions": len(mine), "foreign": len(foreign), "unprotected": len(unprotected)},
        warnings=(*problems, *notes),
        body={"positions": mine, "foreign": foreign},
    )


def _row_of_both(position: Position, reading: Reading) -> dict[str, Any]:
    there = reading.view.positions.get(position.symbol)
    stop = _stop(position, reading)
    return _row(
        position,
        reading.session,
        reading.view.held(position.symbol),
        None if there is None else there.last_price,
        None if stop is None else (stop.stop_price, stop.left_shares),
    )


def _row(
    position: Position,
    session: date,
    broker_shares: Decimal | None,
    last: Decimal | None,
    stop: tuple[Decimal | None, Decimal] | None,
) -> dict[str, Any]:
    """One position; `stop` is the price and the shares of the order that rests behind it."""
    unrealized = None if last is None else (last - position.avg_price) * position.signed_shares
    return {
        "symbol": position.symbol,
        "strategy": position.strategy,
        "direction": DIRECTION_WORDS[position.direction],
        "shares": figures.shares(position.shares),
        "broker_shares": figures.shares(broker_shares),
        "avg_price": figures.price(position.avg_price),
        "last_price": figures.price(last),
        "unrealized_usd": figures.money(unrealized),
        "entry_session": position.entry_session.isoformat(),
        "held_sessions": position.held_sessions(session),
        "stop": None if stop is None else figures.price(stop[0]),
        "protected": stop is not None and stop[1] == position.shares,
        "leaving": [f"{d.leg}: {d.reason}" for d in position.decisions],
    }


def _stop(position: Position, reading: Reading) -> BrokerOrder | None:
    """The resting stop of the position, the one with the most shares if there are several."""
    mine = {stop.id for stop in reading.hearing.book.stops_of(position)}
    resting = [o for o in reading.view.resting(position.symbol) if o.client_id in mine]
    return max(resting, key=lambda order: order.left_shares, default=None)
