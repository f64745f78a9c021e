"""Reservations: what open orders hold of a position and of the buying power.

Both are functions of the open orders alone, so a canceled order gives back exactly what it
held.  Orders of which at most one can fill hold once, as much as the largest of them: the
legs of one complex order, and an order with the one that is to replace it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from avwap_cli.exchange.broker.assets import Asset
from avwap_cli.exchange.broker.orders import (
    ZERO,
    Order,
    OrderRequest,
    OrderType,
    Side,
    Status,
)
from avwap_cli.exchange.broker.positions import Position
from avwap_cli.exchange.broker.rules.balances import Balances
from avwap_cli.exchange.broker.rules.prices import buy_stop_limit
from avwap_cli.exchange.instants import Instant, Phase, phase
from avwap_cli.exchange.settings import Settings

SHORT_MARKUP = Decimal("1.03")


class BookView(Protocol):
    """What may be asked of the books."""

    @property
    def now(self) -> Instant:
        """The present moment."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""

    def position(self, symbol: str) -> Position | None:
        """The position in a symbol; None = flat."""

    def open_orders(self, symbol: str | None = None) -> Sequence[Order]:
        """Every open order, legs included."""

    def price(self, symbol: str) -> Decimal | None:
        """The last print, or the last close."""

    def quote(self, symbol: str) -> tuple[Decimal | None, Decimal | None]:
        """Bid and ask."""

    def asset(self, symbol: str) -> Asset | None:
        """The asset of a symbol; None = unknown."""

    def balances(self) -> Balances:
        """The account's money now."""

    def client_id_known(self, client_order_id: str) -> bool:
        """Whether any order ever had that client order id."""


def holding_orders(position: Position, orders: Sequence[Order]) -> tuple[Order, ...]:
    """The open orders of its symbol that hold shares of it: those that would reduce it.

    Legs still held because their entry has not been filled hold nothing; in a live pair
    of legs, the held stop counts with its partner.
    """
    closing = [
        order
        for order in orders
        if order.open
        and order.symbol == position.symbol
        and order.side is position.closing_side
        and order.intent.closes
    ]
    groups = _groups(closing)
    live = {groups[order.id] for order in closing if order.status is not Status.HELD}
    return tuple(order for order in closing if groups[order.id] in live)


def held_shares(
    position: Position | None, orders: Sequence[Order], price: Decimal | None = None
) -> Decimal:
    """Shares of the position, without a sign, that open orders hold.

    Args:
        price: what an order for USD is converted with; without it such an order holds all.
    """
    if position is None:
        return ZERO
    holding = holding_orders(position, orders)
    groups = _groups(holding)
    held: dict[str, Decimal] = {}
    for order in holding:
        group = groups[order.id]
        held[group] = max(held.get(group, ZERO), _wanted(order, position, price))
    return sum(held.values(), ZERO)


def qty_available(
    position: Position | None, orders: Sequence[Order], price: Decimal | None = None
) -> Decimal:
    """Signed shares that a new order may close; 0 for no position."""
    if position is None:
        return ZERO
    free = max(abs(position.qty) - held_shares(position, orders, price), ZERO)
    return free.copy_sign(position.qty) if free else ZERO


def without_group(orders: Sequence[Order], order: Order) -> tuple[Order, ...]:
    """The orders that do not hold together with that one."""
    groups = _groups([*orders, order])
    return tuple(other for other in orders if groups[other.id] != groups[order.id])


def reserved_usd(orders: Sequence[Order], view: BookView) -> Decimal:
    """What open orders that would open a position take off the buying power, USD."""
    opening = [order for order in orders if order.open and not order.intent.closes]
    groups = _groups(opening)
    reserved: dict[str, Decimal] = {}
    for order in opening:
        group = groups[order.id]
        reserved[group] = max(reserved.get(group, ZERO), unfilled_usd(order, view))
    return sum(reserved.values(), ZERO)


def cost_usd(request: OrderRequest, view: BookView) -> Decimal | None:
    """What an opening order would reserve, USD; None when no price is known to value it with."""
    if request.notional is not None:
        return request.notional
    share = share_cost(request, view)
    return None if share is None or request.qty is None else request.qty * share


def share_cost(order: OrderRequest | Order, view: BookView) -> Decimal | None:
    """What one share counts, USD: of a buy its limit or the market, of a short sale the larger
    of its limit and 103 % of the ask."""
    if order.side is Side.BUY and (own := _own_price(order)) is not None:
        return own
    market = market_price(order.symbol, view)
    if order.side is Side.SELL:
        prices = [order.limit_price, None if market is None else market * SHORT_MARKUP]
        return max((price for price in prices if price is not None), default=None)
    return market


def market_price(symbol: str, view: BookView) -> Decimal | None:
    """What orders are valued with: the ask in regular hours, the middle of the quote in
    extended hours, the last print while the market is closed."""
    bid, ask = view.quote(symbol)
    now = phase(view.now)
    if now is Phase.REGULAR and ask is not None:
        return ask
    if now in {Phase.PRE, Phase.AFTER} and bid is not None and ask is not None:
        return (bid + ask) / 2
    return view.price(symbol)


def has_fixed_cost(order: Order) -> bool:
    """Whether what it reserves depends on the order alone, not on the market."""
    return order.notional is not None or (order.side is Side.BUY and _own_price(order) is not None)


def unfilled_usd(order: Order, view: BookView | None = None) -> Decimal:
    """What one order reserves for the shares it has not filled, USD.

    Args:
        view: may be None for an order of fixed cost.
    """
    if order.notional is not None:
        return order.notional - order.filled_qty * (order.filled_avg_price or ZERO)
    share = _own_price(order) if view is None else share_cost(order, view)
    return order.remaining * (share or ZERO)


def _own_price(order: OrderRequest | Order) -> Decimal | None:
    """The limit of a purchase, or the one that its stop is going to get."""
    if order.limit_price is None and order.type is OrderType.STOP and order.stop_price is not None:
        return buy_stop_limit(order.stop_price)
    return order.limit_price


def _groups(orders: Sequence[Order]) -> dict[str, str]:
    """For each order's id the id of its group; an order stands with its replacement."""
    successors = {order.replaces: order.id for order in orders if order.replaces}
    heads = {order.id: order.parent_id or order.id for order in orders}
    return {order_id: successors.get(head, head) for order_id, head in heads.items()}


def _wanted(order: Order, position: Position, price: Decimal | None) -> Decimal:
    if order.qty is not None:
        return order.remaining
    if order.notional is None or not price:
        return abs(position.qty)
    return min(order.notional / price - order.filled_qty, abs(position.qty))
