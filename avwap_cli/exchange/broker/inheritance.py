"""Inheritance: positions and orders of an earlier life of the account, with which its books open.

They are taken over as they are: nothing of it is an event, a fill or a transfer of these books.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from avwap_cli.exchange.broker import arrivals
from avwap_cli.exchange.broker.books import Books
from avwap_cli.exchange.broker.orders import ZERO, Order, Status, Tif
from avwap_cli.exchange.broker.positions import Position, overnight
from avwap_cli.exchange.broker.schedule import Due, Kind
from avwap_cli.exchange.instants import hours
from avwap_cli.exchange.tape.days import usd
from avwap_cli.market.sessions import previous_session

ON_THEIR_WAY = frozenset({Status.ACCEPTED, Status.PENDING_NEW})


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What there was before.

    Attributes:
        positions: symbol -> signed shares and their average entry price, USD.
        orders: in the order of their submission; number and asset are given by the books.
            Those that are open go on resting, all others are only known.
        last_equity: of the account at the last close, USD.
    """

    positions: dict[str, tuple[Decimal, Decimal]]
    orders: Sequence[Order]
    last_equity: Decimal


def inherit(books: Books, before: Inheritance) -> None:
    """Open the books with it; they are empty yet."""
    for symbol, (qty, price) in before.positions.items():
        close = books.tape.close_before(symbol, books.session)
        held = Position.at(symbol, qty, price)
        books.account.hold(symbol, overnight(held, ZERO if close is None else usd(close)))
    books.account.closes.append((hours(previous_session(books.session)).close, before.last_equity))
    books.ids.taken |= {order.id for order in before.orders}
    for number, order in enumerate(before.orders, start=1):
        asset = books.directory.asset(order.symbol, books.session)
        books.add(replace(order, seq=number, asset_id="" if asset is None else asset.id))
        if order.open:
            _rest(books, books.orders[order.id])


def _rest(books: Books, order: Order) -> None:
    """Let an open order wait for its price, and for the end of its life."""
    if order.tif is Tif.GTC and order.expires_at is not None:
        books.schedule.add(Due(order.expires_at, Kind.GTC_EXPIRY, order.id))
    if order.status in ON_THEIR_WAY:
        arrivals.arrive(books, order)
    else:
        books.work(order.id, books.now)
