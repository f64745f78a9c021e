"""Risk: whether the account may place an order now, given all that it holds and has open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from avwap_cli.exchange.broker.assets import Asset, Borrow
from avwap_cli.exchange.broker.orders import (
    FINEST_SHARE,
    ZERO,
    Order,
    OrderClass,
    OrderRequest,
    OrderType,
    PositionIntent,
    Side,
    Tif,
)
from avwap_cli.exchange.broker.positions import Position
from avwap_cli.exchange.broker.rules import account_refusals, order_refusals
from avwap_cli.exchange.broker.rules.balances import Balances
from avwap_cli.exchange.broker.rules.prices import PENNY, exit_side
from avwap_cli.exchange.broker.rules.reservations import (
    BookView,
    cost_usd,
    held_shares,
    holding_orders,
    market_price,
    reserved_usd,
    without_group,
)

CAP = 6


def check(request: OrderRequest, view: BookView, instead_of: Order | None = None) -> PositionIntent:
    """Refuse an order that the account may not place, else tell what it opens or closes.

    Args:
        instead_of: the order that this one is to replace; what it holds is free for this one,
            and the shares it has already filled count as filled of this one.  Of a leg only its
            prices are looked at, as its shares are its group's.

    Raises:
        Refusal: the first reason against it.
    """
    client_id = request.client_order_id
    if client_id is not None and view.client_id_known(client_id):
        raise order_refusals.client_id_taken()
    position = view.position(request.symbol)
    if instead_of is not None and instead_of.parent_id is not None:
        if position is not None:
            _check_stop(request, view, instead_of)
        return instead_of.intent
    intent = inferred_intent(request.side, position)
    if request.intent is not None and request.intent is not intent:
        raise account_refusals.intent_mismatch(intent, request.intent)
    _check_class(request, intent, position)
    _check_stop(request, view, instead_of)
    check_leg_distances(request, view)
    others = view.open_orders(request.symbol)
    if instead_of is not None:
        others = without_group(others, instead_of)
        request = _unfilled(request, instead_of)
    _check_borrow(request, view.asset(request.symbol))
    if position is not None and intent.closes:
        _check_shares(request, position, others, view)
    else:
        _check_opposite_opening(request.side, others)
    _check_wash_trade(request, others, instead_of)
    if not intent.closes:
        balances = view.balances()
        _check_shorting(intent, request.symbol, view, balances)
        _check_buying_power(request, view, balances, instead_of)
    return intent


def inferred_intent(side: Side, position: Position | None) -> PositionIntent:
    """What an order of that side does: it closes what is held on the other side, or opens."""
    closes = position is not None and position.closing_side is side
    if side is Side.BUY:
        return PositionIntent.BUY_TO_CLOSE if closes else PositionIntent.BUY_TO_OPEN
    return PositionIntent.SELL_TO_CLOSE if closes else PositionIntent.SELL_TO_OPEN


def _unfilled(request: OrderRequest, instead_of: Order) -> OrderRequest:
    if request.qty is None:
        return request
    return replace(request, qty=request.qty - instead_of.filled_qty)


def _check_class(request: OrderRequest, intent: PositionIntent, position: Position | None) -> None:
    kind = request.order_class
    if kind is OrderClass.BRACKET and position is not None:
        raise order_refusals.orders_must_be(kind, "entry orders")
    if kind is OrderClass.OTO and intent.closes:
        raise order_refusals.orders_must_be(kind, "entry orders")
    if kind is OrderClass.OCO and not intent.closes:
        raise order_refusals.orders_must_be(kind, "exit orders")


def _check_stop(request: OrderRequest, view: BookView, instead_of: Order | None) -> None:
    """A stop must not have been passed by the market; one that stays where it was may.

    A trail must leave its stop above nothing.
    """
    stop, market = request.stop_price, view.price(request.symbol)
    trail = request.trail_price if request.side is Side.SELL else None
    if trail is not None and market is not None and trail >= market:
        raise order_refusals.trail_too_wide(market)
    if stop is None or market is None:
        return
    if instead_of is not None and instead_of.stop_price == stop:
        return
    if (market - stop) * request.side.sign >= 0:
        raise order_refusals.wrong_side_stop(request.side, stop, market)


def check_leg_distances(request: OrderRequest, view: BookView) -> None:
    """Refuse legs less than a cent from the base price, the entry's limit or the last print."""
    is_exit = request.order_class is OrderClass.OCO
    base = request.limit_price if request.limit_price and not is_exit else None
    if base is None:
        base = view.price(request.symbol)
    if base is None or request.order_class is OrderClass.SIMPLE:
        return
    up = 1 if exit_side(request) is Side.SELL else -1
    above, below = ">= base_price + 0.01", "<= base_price - 0.01"
    profit, loss = request.take_profit, request.stop_loss
    if profit is not None and not is_exit and (profit - base) * up < PENNY:
        raise order_refusals.wrong_leg("take_profit.limit_price", above if up > 0 else below, base)
    if loss is not None and (base - loss) * up < PENNY:
        raise order_refusals.wrong_leg("stop_loss.stop_price", below if up > 0 else above, base)


def _check_borrow(request: OrderRequest, asset: Asset | None) -> None:
    """Sales of what is hard to borrow are good for the day only, those of a long too."""
    if asset is None or asset.borrow is not Borrow.HARD:
        return
    if request.side is Side.SELL and request.tif is not Tif.DAY:
        raise account_refusals.hard_to_borrow(request.symbol)


def _check_shares(
    request: OrderRequest, position: Position, others: Sequence[Order], view: BookView
) -> None:
    """Closing orders together never want more than is held, so no position changes its side."""
    price = market_price(request.symbol, view)
    if request.qty is not None:
        wanted = request.qty
    elif request.notional is not None and price:
        wanted = (request.notional / price).quantize(FINEST_SHARE)
    else:
        raise account_refusals.no_price(request.symbol)
    held = held_shares(position, others, price)
    existing = abs(position.qty)
    if wanted > existing - held:
        related = [order.id for order in holding_orders(position, others)]
        raise account_refusals.insufficient_qty(request.symbol, wanted, existing, held, related)


def _check_opposite_opening(side: Side, others: Sequence[Order]) -> None:
    if any(order.side is side.opposite and not order.intent.closes for order in others):
        raise account_refusals.opposite_opening(side)


def _check_wash_trade(
    request: OrderRequest, others: Sequence[Order], instead_of: Order | None
) -> None:
    """An order must not be able to trade with the account's own; complex orders are exempt."""
    is_complex = request.order_class is not OrderClass.SIMPLE or (
        instead_of is not None and instead_of.order_class is not OrderClass.SIMPLE
    )
    if is_complex or request.type is OrderType.TRAILING_STOP:
        return
    for order in others:
        if order.side is request.side.opposite and _may_cross(request, order):
            raise account_refusals.wash_trade(order.id, order.type)


def _may_cross(request: OrderRequest, order: Order) -> bool:
    if order.order_class is not OrderClass.SIMPLE or order.type is OrderType.TRAILING_STOP:
        return False
    limits = {OrderType.LIMIT, OrderType.STOP_LIMIT}
    if request.type not in limits or order.type not in limits:
        return True
    if request.limit_price is None or order.limit_price is None:
        return True
    return (request.limit_price - order.limit_price) * request.side.sign >= 0


def _check_shorting(
    intent: PositionIntent, symbol: str, view: BookView, balances: Balances
) -> None:
    if intent is not PositionIntent.SELL_TO_OPEN:
        return
    if not view.settings.shorting or balances.multiplier == 1:
        raise account_refusals.no_shorting()
    asset = view.asset(symbol)
    if asset is None or asset.borrow is not Borrow.EASY:
        raise account_refusals.not_shortable(symbol)


def _check_buying_power(
    request: OrderRequest, view: BookView, balances: Balances, instead_of: Order | None
) -> None:
    cost = cost_usd(request, view)
    if cost is None:
        raise account_refusals.no_price(request.symbol)
    freed = ZERO if instead_of is None else reserved_usd([instead_of], view)
    available = balances.buying_power + freed
    if cost > available:
        raise account_refusals.insufficient_buying_power(available, cost)
    if _exposure(request.symbol, view) + cost > balances.equity * CAP:
        raise account_refusals.over_cap(request.symbol)


def _exposure(symbol: str, view: BookView) -> Decimal:
    position = view.position(symbol)
    if position is None:
        return ZERO
    return abs(position.market_value(view.price(symbol) or position.avg_entry_price))
