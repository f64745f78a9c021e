"""Corporate matters: splits, delistings and borrow, all at 04:00 of a session.

A split of ratio r makes r shares of one.  Positions follow, fractions stay.  A plain GTC
limit order follows too, to whole shares and ticks; stops and the legs of complex orders do
not: they wait at a price that has become another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from avwap_cli.exchange.broker import groups
from avwap_cli.exchange.broker.assets import Borrow
from avwap_cli.exchange.broker.books import Books
from avwap_cli.exchange.broker.orders import (
    FINEST_SHARE,
    ZERO,
    Order,
    OrderClass,
    OrderType,
    PositionIntent,
    Status,
)
from avwap_cli.exchange.broker.positions import after_split, overnight, times
from avwap_cli.exchange.broker.rules.prices import FINEST_PRICE, tick
from avwap_cli.exchange.faults import FaultKind
from avwap_cli.exchange.tape.days import usd
from avwap_cli.market.sessions import previous_session
from avwap_cli.market.splits import Split


def carry_overnight(books: Books) -> None:
    """Note the last close in each position that traded then, before any split of the day."""
    before = previous_session(books.session)
    for symbol, held in tuple(books.account.positions.items()):
        close = books.tape.close_before(symbol, books.session)
        if close is not None and books.tape.day(symbol, before) is not None:
            books.account.hold(symbol, overnight(held, usd(close)))


def split_all(books: Books) -> None:
    """Carry positions and orders over today's splits."""
    for split in books.tape.splits_on(books.session):
        held = books.account.positions.get(split.symbol)
        if held is not None:
            books.account.hold(split.symbol, after_split(held, split.fraction))
        limits = [order for order in books.open_orders(split.symbol) if _follows(order)]
        if limits and books.settings.splits_move_limits and not _left_alone(books, split):
            _move(books, limits, split.fraction)


def drop_delisted(books: Books) -> None:
    """Cancel the open orders of symbols that are no longer listed."""
    for symbol in sorted({order.symbol for order in books.open_orders()}):
        if not books.tape.listed(symbol, books.session):
            end_all(books, books.open_orders(symbol))


def recall_borrowed(books: Books) -> None:
    """Let ordered faults change what is easy to borrow; open short sales of the rest end."""
    kinds = {FaultKind.HARD_TO_BORROW}
    if any(rule.kind in kinds for rule in books.faults.rules.values()):
        for symbol in books.directory.symbols():
            fault = books.faults.draw(kinds, "borrow", symbol, books.now)
            if fault is not None:
                books.directory.set_borrow(symbol, Borrow(fault.value or Borrow.HARD))
    shorts = [order for order in books.open_orders() if order.intent is PositionIntent.SELL_TO_OPEN]
    end_all(books, [order for order in shorts if not _easy(books, order.symbol)])


def end_all(books: Books, orders: Sequence[Order]) -> None:
    """Cancel these orders as far as they are still open."""
    for order in orders:
        if books.orders[order.id].open:
            groups.end(books, books.orders[order.id], Status.CANCELED)


def _easy(books: Books, symbol: str) -> bool:
    asset = books.directory.asset(symbol, books.session)
    return asset is None or asset.borrow is Borrow.EASY


def _follows(order: Order) -> bool:
    return order.type is OrderType.LIMIT and order.order_class is OrderClass.SIMPLE


def _left_alone(books: Books, split: Split) -> bool:
    kinds = {FaultKind.UNADJUSTED_LEGS}
    return books.faults.draw(kinds, "split", split.symbol, books.now) is not None


def _move(books: Books, orders: Sequence[Order], ratio: Fraction) -> None:
    for order in orders:
        limit = times(order.limit_price or ZERO, 1 / ratio)
        limit = max(limit.quantize(tick(limit), ROUND_HALF_EVEN), FINEST_PRICE)
        filled = times(order.filled_qty, ratio).quantize(FINEST_SHARE)
        left = Decimal(int(times(order.remaining, ratio)))
        average = order.filled_avg_price
        moved = replace(
            order,
            limit_price=limit,
            qty=filled + left,
            filled_qty=filled,
            filled_avg_price=None if average is None else times(average, 1 / ratio),
        )
        if left > 0:
            books.put(moved)
        else:
            groups.end(books, order, Status.CANCELED)
