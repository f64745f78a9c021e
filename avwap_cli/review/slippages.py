"""Slippages: what each order's fill cost against the price at which it was decided.

Decision, arrival, fill: from the decision to the moment the order was sent the market may have
moved (delay), and from there to the fill the order paid for being filled (market).  Positive is
a cost, whichever side; negative is a gain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from avwap_cli.market.sessions import EASTERN, session_of
from avwap_cli.review import figures
from avwap_cli.review.pages.report_records import Slippage
from avwap_cli.trading.books import Book
from avwap_cli.trading.order_records import OrderRecord
from avwap_cli.trading.orders import ZERO, Fill, OrderKind
from avwap_cli.trading.quotes import PriceBar

RESTING = frozenset({OrderKind.STOP, OrderKind.STOP_LIMIT, OrderKind.TRAILING_STOP})
BPS = Decimal(10_000)
Tape = Mapping[str, Sequence[PriceBar]]


@dataclass(frozen=True, slots=True)
class Arrival:
    """The market's price when an order was sent, USD, and where it is from, in words."""

    price: Decimal | None
    source: str


UNKNOWN = Arrival(None, "not known")
RESTED = Arrival(None, "it rested")


def slippages(book: Book, session: date, tape: Tape) -> tuple[Slippage, ...]:
    """One row per order that filled in the session, in the order of the first fills.

    Args:
        book: the folded ledger.
        session: the trade session.
        tape: symbol -> its minute bars of the session, ascending; empty where there are none.
    """
    filled: dict[str, list[Fill]] = {}
    for fill in sorted(book.fills.values(), key=lambda f: (f.at, f.id)):
        if fill.client_id in book.orders and session_of(fill.at) == session:
            filled.setdefault(fill.client_id, []).append(fill)
    return tuple(
        _slippage(book.orders[key], fills, tape.get(book.orders[key].symbol, ()))
        for key, fills in filled.items()
    )


def _slippage(order: OrderRecord, fills: Iterable[Fill], bars: Sequence[PriceBar]) -> Slippage:
    fills = list(fills)
    shares = sum((f.shares for f in fills), ZERO)
    average = sum((f.shares * f.price for f in fills), ZERO) / shares
    decision = order.intent.decision_price
    if decision is None:
        decision = order.intent.stop_price
    arrival = arrival_of(order, bars)
    signed = order.intent.side.sign * shares
    cost = _part(signed, decision, average)
    return Slippage(
        symbol=order.symbol,
        strategy=order.intent.role.strategy,
        leg=order.leg.value,
        side=order.intent.side.value,
        shares=float(shares),
        decision=figures.price(decision),
        arrival=figures.price(arrival.price),
        fill=figures.price(average),
        arrival_from=arrival.source,
        delay_usd=figures.money(_part(signed, decision, arrival.price)),
        market_usd=figures.money(_part(signed, arrival.price, average)),
        cost_usd=figures.money(cost),
        cost_bps=figures.money(_bps(cost, decision, shares)),
    )


def arrival_of(order: OrderRecord, bars: Sequence[PriceBar]) -> Arrival:
    """The open of the minute in which the order was sent, or of the first minute after it.

    The ledger keeps no quote of that moment.  A stop rests until its price comes, so it has no
    such price.
    """
    if order.intent.kind in RESTING:
        return RESTED
    if order.sent_at is None:
        return UNKNOWN
    bar = next((bar for bar in bars if bar.end > order.sent_at), None)
    return UNKNOWN if bar is None else Arrival(bar.open, f"open of {_time(bar.start)}")


def _part(signed: Decimal, before: Decimal | None, after: Decimal | None) -> Decimal | None:
    return None if before is None or after is None else signed * (after - before)


def _bps(cost: Decimal | None, decision: Decimal | None, shares: Decimal) -> Decimal | None:
    """The cost in hundredths of a percent of what the shares were worth by the decision."""
    if cost is None or not decision:
        return None
    return BPS * cost / (decision * shares)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(EASTERN):%H:%M}"
