"""Trades: closed round trips, measured.

A trade is a position from its first fill until it is flat.  Totals in USD do not depend on
splits; prices and shares are on the basis of the last day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from avwap_cli.market.sessions import session_of
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.orders import ZERO
from avwap_cli.trading.positions import Execution, Position


@dataclass(frozen=True, slots=True)
class Departure:
    """What one order took out of a position, as reported.

    Attributes:
        session: of its first fill.
        leg: None for a sale by hand.
        reason: an `ExitReason`.
        price: mean, USD.
        decision_price: at which it was decided, USD; None where no price decided.
        slippage_usd: what it got less than the decision price would have, in all; negative =
            more.
    """

    session: date
    client_id: str
    leg: Leg | None
    reason: str
    shares: Decimal
    price: Decimal
    decision_price: Decimal | None
    slippage_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Trade:
    """One round trip.

    Attributes:
        shares: all that were ever entered.
        entry_price, exit_price: means, USD.
        pnl_usd: without fees.
        r_multiple: pnl over what was at risk between the entry and the first stop; None where
            the position had no stop of its own.
        mfe_frac, mae_frac: the farthest that the price went with and against the position,
            fractions of the entry price, never negative.
        sessions_held: the entry session counts 0.
        reason: of the last departure.
        entry_slippage_usd, exit_slippage_usd: in all, paid more or got less than decided;
            None where no decision price is known.
    """

    symbol: str
    strategy: str
    direction: int
    entry_session: date
    exit_session: date
    entered_at: datetime
    closed_at: datetime
    shares: Decimal
    entry_price: Decimal
    exit_price: Decimal
    pnl_usd: Decimal
    r_multiple: Decimal | None
    mfe_frac: Decimal
    mae_frac: Decimal
    sessions_held: int
    reason: str
    departures: tuple[Departure, ...]
    entry_slippage_usd: Decimal | None
    exit_slippage_usd: Decimal | None


def trade_of(position: Position) -> Trade:
    """The trade that a closed position was.

    Raises:
        ValueError: it is still open.
    """
    closed = position.closed_at
    if closed is None or position.shares:
        raise ValueError(f"{position.symbol} is still open")
    way, average = position.direction, position.avg_price
    entries = [e for e in position.executions if e.shares * way > 0]
    exits = [e for e in position.executions if e.shares * way < 0]
    best, worst = (position.high, position.low) if way > 0 else (position.low, position.high)
    exit_session = session_of(closed)
    return Trade(
        symbol=position.symbol,
        strategy=position.strategy,
        direction=way,
        entry_session=position.entry_session,
        exit_session=exit_session,
        entered_at=position.entered_at,
        closed_at=closed,
        shares=position.opened_shares,
        entry_price=average,
        exit_price=_value(exits) / position.opened_shares,
        pnl_usd=position.realized_usd,
        r_multiple=r_multiple(position),
        mfe_frac=_part(way * (best - average), average),
        mae_frac=_part(way * (average - worst), average),
        sessions_held=position.held_sessions(exit_session),
        reason=exits[-1].reason,
        departures=departures(position),
        entry_slippage_usd=_slippage(entries),
        exit_slippage_usd=_slippage(exits),
    )


def trades_until(positions: Iterable[Position], session: date) -> tuple[Trade, ...]:
    """The round trips closed in that session or before, oldest first."""
    trades = (trade_of(p) for p in positions if p.closed_at is not None)
    past = [t for t in trades if t.exit_session <= session]
    return tuple(sorted(past, key=lambda t: (t.closed_at, t.symbol, t.strategy)))


def departures(position: Position) -> tuple[Departure, ...]:
    """What each order took out of the position so far, in the order of the first fills."""
    by_order: dict[str, list[Execution]] = {}
    for execution in position.executions:
        if execution.shares * position.direction < 0:
            by_order.setdefault(execution.client_id, []).append(execution)
    return tuple(_departure(client_id, fills) for client_id, fills in by_order.items())


def r_multiple(position: Position) -> Decimal | None:
    """What was realized, in units of what was at risk when the position was opened."""
    stop = position.own_stop
    if stop is None:
        return None
    risk = position.direction * (position.avg_price - stop) * position.opened_shares
    return position.realized_usd / risk if risk > 0 else None


def _departure(client_id: str, fills: list[Execution]) -> Departure:
    first = fills[0]
    shares = sum((abs(f.shares) for f in fills), ZERO)
    return Departure(
        session=session_of(first.at),
        client_id=client_id,
        leg=first.leg,
        reason=first.reason,
        shares=shares,
        price=_value(fills) / shares,
        decision_price=first.decision_price,
        slippage_usd=_slippage(fills),
    )


def _part(change: Decimal, average: Decimal) -> Decimal:
    """A change as a fraction of the average price, 0 at least; 0 of what cost nothing."""
    return max(ZERO, change / average) if average > 0 else ZERO


def _value(fills: list[Execution]) -> Decimal:
    return sum((abs(f.shares) * f.price for f in fills), ZERO)


def _slippage(fills: list[Execution]) -> Decimal | None:
    """Paid above the decision price, or got below it; of the fills that have one."""
    parts = [f.shares * (f.price - f.decision_price) for f in fills if f.decision_price is not None]
    return sum(parts, ZERO) if parts else None
