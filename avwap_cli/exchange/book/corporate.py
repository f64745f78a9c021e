"""Corporate matters: splits, delistings and borrow, all at 04:00 of a session.

A split of ratio r makes r shares of one.  Positions follow, fractions stay.  A plain GTC
limit order follows too, to whole shares and ticks; stops and the legs of complex orders do
not: they wait at a price that has become another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

from avwap_cli.exchange.book import groups
from avwap_cli.exchange.book.marks import share_ratio
from avwap_cli.exchange.book.matching import FINEST_PRICE, FINEST_SHARE
from avwap_cli.exchange.book.orders import ZERO, Intent, Order, OrderClass, OrderType, Status
from avwap_cli.exchange.book.pit import Pit
from avwap_cli.exchange.book.positions import Position, after_split, overnight
from avwap_cli.exchange.book.rules.prices import tick
from avwap_cli.exchange.faults import FaultKind
from avwap_cli.exchange.tape.days import usd
from avwap_cli.market.sessions import previous_session
from avwap_cli.market.splits import Split

EASY = "easy_to_borrow"


def carry_overnight(pit: Pit) -> None:
    """Note the last close in each position that traded then, before any split of the day."""
    before = previous_session(pit.session)
    for symbol, held in pit.positions.items():
        close = pit.tape.close_before(symbol, pit.session)
        if close is not None and pit.tape.day(symbol, before) is not None:
            pit.positions[symbol] = overnight(held, usd(close))


def split_all(pit: Pit) -> None:
    """Carry positions and orders over today's splits."""
    for split in pit.tape.splits_on(pit.session):
        ratio = share_ratio(split)
        held = pit.positions.get(split.symbol)
        if held is not None:
            pit.positions[split.symbol] = _whole(after_split(held, ratio), held.cost_basis)
        limits = [order for order in pit.open_orders(split.symbol) if _follows(order)]
        if limits and pit.settings.splits_move_limits and not _left_alone(pit, split):
            _move(pit, limits, ratio)


def drop_delisted(pit: Pit) -> None:
    """Cancel the open orders of symbols that are no longer listed."""
    for symbol in sorted({order.symbol for order in pit.open_orders()}):
        if not pit.tape.listed(symbol, pit.session):
            end_all(pit, pit.open_orders(symbol))


def recall_borrowed(pit: Pit) -> None:
    """Let ordered faults change what is easy to borrow; open short sales of the rest end."""
    kinds = {FaultKind.HARD_TO_BORROW}
    if any(rule.kind in kinds for rule in pit.faults.rules.values()):
        for symbol in pit.listing.symbols():
            fault = pit.faults.draw(kinds, "borrow", symbol, pit.now)
            if fault is not None:
                pit.listing.set_borrow(symbol, fault.value or "hard_to_borrow")
    shorts = [order for order in pit.open_orders() if order.intent is Intent.SELL_TO_OPEN]
    end_all(pit, [order for order in shorts if not _easy(pit, order.symbol)])


def end_all(pit: Pit, orders: Sequence[Order]) -> None:
    """Cancel these orders as far as they are still open."""
    for order in orders:
        if pit.orders[order.id].open:
            groups.end(pit, pit.orders[order.id], Status.CANCELED)


def _whole(held: Position, cost: Decimal) -> Position:
    """The position in shares of at most nine decimals, at the cost it had."""
    qty = held.qty.quantize(FINEST_SHARE).normalize()
    return replace(held, qty=qty, avg_entry_price=cost / qty)


def _easy(pit: Pit, symbol: str) -> bool:
    asset = pit.listing.asset(symbol, pit.session)
    return asset is None or asset.borrow == EASY


def _follows(order: Order) -> bool:
    return order.type is OrderType.LIMIT and order.order_class is OrderClass.SIMPLE


def _left_alone(pit: Pit, split: Split) -> bool:
    kinds = {FaultKind.UNADJUSTED_LEGS}
    return pit.faults.draw(kinds, "split", split.symbol, pit.now) is not None


def _move(pit: Pit, orders: Sequence[Order], ratio: Decimal) -> None:
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
            pit.put(moved)
        else:
            groups.end(pit, order, Status.CANCELED)
