"""Corporate matters: splits, delistings and borrow, all at 04:00 of a session.

A split of ratio r makes r shares of one.  Positions follow, fractions stay.  A plain GTC
limit order follows too, to whole shares and ticks; stops and the legs of complex orders do
not: they wait at a price that has become another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

from avwap_cli.exchange.broker import groups
from avwap_cli.exchange.broker.books import Books
from avwap_cli.exchange.broker.last_prices import share_ratio
from avwap_cli.exchange.broker.matching import FINEST_PRICE, FINEST_SHARE
from avwap_cli.exchange.broker.orders import (
    ZERO,
    Order,
    OrderClass,
    OrderType,
    PositionIntent,
    Status,
)
from avwap_cli.exchange.broker.positions import Position, after_split, overnight
from avwap_cli.exchange.broker.rules.prices import tick
from avwap_cli.exchange.faults import FaultKind
from avwap_cli.exchange.tape.days import usd
from avwap_cli.market.sessions import previous_session
from avwap_cli.market.splits import Split

EASY = "easy_to_borrow"


def carry_overnight(books: Books) -> None:
    """Note the last close in each position that traded then, before any split of the day."""
    before = previous_session(books.session)
    for symbol, held in books.positions.items():
        close = books.tape.close_before(symbol, books.session)
        if close is not None and books.tape.day(symbol, before) is not None:
            books.positions[symbol] = overnight(held, usd(close))


def split_all(books: Books) -> None:
    """Carry positions and orders over today's splits."""
    for split in books.tape.splits_on(books.session):
        ratio = share_ratio(split)
        held = books.positions.get(split.symbol)
        if held is not None:
            books.positions[split.symbol] = _whole(after_split(held, ratio), held.cost_basis)
        limits = [order for order in books.open_orders(split.symbol) if _follows(order)]
        if limits and books.settings.splits_move_limits and not _left_alone(books, split):
            _move(books, limits, ratio)


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
                books.directory.set_borrow(symbol, fault.value or "hard_to_borrow")
    shorts = [order for order in books.open_orders() if order.intent is PositionIntent.SELL_TO_OPEN]
    end_all(books, [order for order in shorts if not _easy(books, order.symbol)])


def end_all(books: Books, orders: Sequence[Order]) -> None:
    """Cancel these orders as far as they are still open."""
    for order in orders:
        if books.orders[order.id].open:
            groups.end(books, books.orders[order.id], Status.CANCELED)


def _whole(held: Position, cost: Decimal) -> Position:
    """The position in shares of at most nine decimals, at the cost it had."""
    qty = held.qty.quantize(FINEST_SHARE).normalize()
    return replace(held, qty=qty, avg_entry_price=cost / qty)


def _easy(books: Books, symbol: str) -> bool:
    asset = books.directory.asset(symbol, books.session)
    return asset is None or asset.borrow == EASY


def _follows(order: Order) -> bool:
    return order.type is OrderType.LIMIT and order.order_class is OrderClass.SIMPLE


def _left_alone(books: Books, split: Split) -> bool:
    kinds = {FaultKind.UNADJUSTED_LEGS}
    return books.faults.draw(kinds, "split", split.symbol, books.now) is not None


def _move(books: Books, orders: Sequence[Order], ratio: Decimal) -> None:
    for order in orders:
        limit = (order.limit_price or ZERO) / ratio
        limit = max(limit.quantize(tick(limit), ROUND_HALF_EVEN), FINEST_PRICE)
        filled = order.filled_qty * ratio
        left = Decimal(int(order.remaining * ratio))
        average = order.filled_avg_price
        moved = replace(
            order,
            limit_price=limit,
            qty=filled + left,
            filled_qty=filled,
            filled_avg_price=None if average is None else average / ratio,
        )
        if left > 0:
            books.put(moved)
        else:
            groups.end(books, order, Status.CANCELED)
