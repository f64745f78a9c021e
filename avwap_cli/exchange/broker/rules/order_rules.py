"""Order rules: what an order must look like, whoever sends it and whatever is held.

Orders for an auction are taken in a window around the night: for the open from 19:00 until
09:28, for the close from 19:00 until ten minutes before it (15:50; 12:50 on a half day).  On
days without a session the window is open all day.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import time
from decimal import Decimal

from avwap_cli.exchange.broker.assets import Asset
from avwap_cli.exchange.broker.orders import (
    FINAL,
    FINEST_SHARE,
    ZERO,
    Order,
    OrderClass,
    OrderRequest,
    OrderType,
    Replacement,
    Side,
    Status,
    Tif,
)
from avwap_cli.exchange.broker.rules import account_refusals, order_refusals
from avwap_cli.exchange.broker.rules.prices import check_legs, check_prices
from avwap_cli.exchange.instants import MINUTE, Instant, at_clock, day_of, hours
from avwap_cli.exchange.settings import Settings
from avwap_cli.market import sessions

LONGEST_CLIENT_ID = 128
QTY_PLACES = -FINEST_SHARE.adjusted()
NOTIONAL_PLACES = 2
WINDOW_OPENS = time(19, 0)
LASTING = frozenset({Tif.DAY, Tif.GTC})
AT_AUCTION = frozenset({Tif.OPG, Tif.CLS})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
UNSETTLED = frozenset(
    {Status.ACCEPTED, Status.PENDING_NEW, Status.PENDING_CANCEL, Status.PENDING_REPLACE}
)


def check(
    request: OrderRequest,
    asset: Asset | None,
    now: Instant,
    settings: Settings,
    position_qty: Decimal = ZERO,
) -> None:
    """Refuse an order that breaks a rule for orders.

    Args:
        asset: of the request's symbol; None = no such asset.
        position_qty: signed shares held of it, as a fraction of a share cannot be sold short.

    Raises:
        Refusal: the first rule that is broken.
    """
    if request.client_order_id is not None and len(request.client_order_id) > LONGEST_CLIENT_ID:
        raise order_refusals.client_id_too_long()
    if request.client_order_id is not None and _CONTROL.search(request.client_order_id):
        raise order_refusals.bad_field("client_order_id")
    _check_asset(request.symbol, asset)
    _check_amount(request)
    _check_class(request)
    check_prices(request)
    check_legs(request)
    _check_time_in_force(request, settings)
    _check_extended_hours(request)
    if asset is not None and is_fractional(request.qty, request.notional):
        _check_fraction(request, asset, position_qty)
    if request.tif in AT_AUCTION and not window_open(request.tif, now):
        raise order_refusals.outside_window(request.tif)


def check_replacement(
    order: Order,
    changes: Replacement,
    asset: Asset | None,
    now: Instant,
    settings: Settings,
    position_qty: Decimal = ZERO,
) -> OrderRequest:
    """Refuse a change that cannot be made, else give the order as it would be.

    What is returned stands for the order alone, without class and legs.  Held legs of a
    complex order may move their prices; nothing but prices of a complex order may change.

    Raises:
        Refusal: the first rule that is broken.
    """
    _check_replaceable(order)
    _check_fixed_parts(order, changes)
    if not _changes_any(order, changes):
        raise account_refusals.not_changed()
    revised = _revised(order, changes)
    check(revised, asset, now, settings, position_qty)
    if revised.qty is not None and revised.qty <= order.filled_qty:
        raise account_refusals.below_filled()
    return revised


def is_fractional(qty: Decimal | None, notional: Decimal | None) -> bool:
    """Whether an amount is other than whole shares."""
    return notional is not None or (qty is not None and qty != qty.to_integral_value())


def window_open(tif: Tif, now: Instant) -> bool:
    """Whether orders for the auction of that time in force are taken now."""
    day = day_of(now)
    if not sessions.is_session(day):
        return True
    today = hours(day)
    until = today.open - 2 * MINUTE if tif is Tif.OPG else today.close - 10 * MINUTE
    return now < until or now >= at_clock(day, WINDOW_OPENS)


def _check_asset(symbol: str, asset: Asset | None) -> None:
    if asset is None:
        raise order_refusals.unknown_asset(symbol)
    if not asset.active:
        raise order_refusals.inactive_asset(symbol)
    if not asset.tradable:
        raise order_refusals.untradable_asset(symbol)


def _check_amount(request: OrderRequest) -> None:
    if request.qty is not None and request.notional is not None:
        raise order_refusals.both_amounts()
    if request.notional is not None:
        if request.notional < 1:
            raise order_refusals.must_be("notional", ">= 1.00")
        if _places(request.notional) > NOTIONAL_PLACES:
            raise order_refusals.too_many_decimals("notional", NOTIONAL_PLACES)
        return
    if request.qty is None:
        raise order_refusals.missing_field("qty or notional")
    if request.qty <= 0:
        raise order_refusals.must_be("qty", "> 0")
    if _places(request.qty) > QTY_PLACES:
        raise order_refusals.too_many_decimals("qty", QTY_PLACES)


def _places(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _check_class(request: OrderRequest) -> None:
    kind = request.order_class
    if kind is OrderClass.SIMPLE:
        return
    if is_fractional(request.qty, request.notional):
        raise order_refusals.orders_must_be("fractional", "simple orders")
    if request.type is OrderType.TRAILING_STOP:
        raise order_refusals.orders_must_be("trailing stop", "simple orders")
    if kind is OrderClass.BRACKET and request.type not in {OrderType.MARKET, OrderType.LIMIT}:
        raise order_refusals.complex_type(kind, "market or limit orders")
    if kind is OrderClass.OCO and request.type is not OrderType.LIMIT:
        raise order_refusals.complex_type(kind, "limit orders")


def _check_time_in_force(request: OrderRequest, settings: Settings) -> None:
    if request.tif in LASTING:
        return
    if request.order_class is not OrderClass.SIMPLE:
        raise order_refusals.orders_must_be(request.order_class, "DAY or GTC orders")
    if request.type not in {OrderType.MARKET, OrderType.LIMIT}:
        raise order_refusals.orders_must_be(request.type.replace("_", " "), "DAY or GTC orders")
    if not settings.elite:
        raise order_refusals.elite_only(request.tif)


def _check_extended_hours(request: OrderRequest) -> None:
    if not request.extended_hours:
        return
    if request.type is not OrderType.LIMIT or request.tif not in LASTING:
        raise order_refusals.not_extended()
    if request.order_class is not OrderClass.SIMPLE:
        raise order_refusals.orders_must_be("extended hours", "simple orders")


def _check_fraction(request: OrderRequest, asset: Asset, position_qty: Decimal) -> None:
    if not asset.fractionable:
        raise order_refusals.not_fractionable(request.symbol)
    if request.type is OrderType.TRAILING_STOP:
        raise order_refusals.orders_must_be(
            "fractional", "market, limit, stop or stop limit orders"
        )
    if request.tif is not Tif.DAY:
        raise order_refusals.orders_must_be("fractional", "DAY orders")
    if request.side is Side.SELL and position_qty <= 0:
        raise order_refusals.fractional_short()


def _check_replaceable(order: Order) -> None:
    if order.status is Status.REPLACED:
        raise account_refusals.already_replaced()
    if order.status in FINAL:
        raise account_refusals.not_open()
    if order.status in UNSETTLED:
        if order.replaces is not None and order.status is Status.PENDING_NEW:
            raise account_refusals.chain_unfinished()
        raise account_refusals.not_replaceable(order.status)


def _check_fixed_parts(order: Order, changes: Replacement) -> None:
    if order.notional is not None:
        raise account_refusals.fixed_part("notional", "parameters")
    if changes.qty is not None and changes.qty != order.qty:
        if is_fractional(order.qty, None):
            raise account_refusals.fixed_part("fractional", "qty")
        if is_fractional(changes.qty, None):
            raise order_refusals.must_be("qty", "integer")
    if order.order_class is OrderClass.SIMPLE:
        return
    if changes.qty not in {None, order.qty}:
        raise account_refusals.fixed_part(order.order_class, "qty")
    if changes.tif not in {None, order.tif}:
        raise account_refusals.fixed_part(order.order_class, "time_in_force")


def _trail(order: Order) -> Decimal | None:
    return order.trail_percent if order.trail_price is None else order.trail_price


def _changes_any(order: Order, changes: Replacement) -> bool:
    asked = (changes.qty, changes.tif, changes.limit_price, changes.stop_price, changes.trail)
    present = (order.qty, order.tif, order.limit_price, order.stop_price, _trail(order))
    return any(new not in {None, old} for new, old in zip(asked, present, strict=True))


def _revised(order: Order, changes: Replacement) -> OrderRequest:
    """The order with its changes; prices that the broker set itself (an elected buy stop's
    limit, a trailing stop's stop) do not count as asked for."""
    by_limit = order.type in {OrderType.LIMIT, OrderType.STOP_LIMIT}
    by_stop = order.type in {OrderType.STOP, OrderType.STOP_LIMIT}
    revised = OrderRequest(
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        tif=changes.tif or order.tif,
        qty=order.qty if changes.qty is None else changes.qty,
        limit_price=_either(changes.limit_price, order.limit_price if by_limit else None),
        stop_price=_either(changes.stop_price, order.stop_price if by_stop else None),
        trail_price=order.trail_price,
        trail_percent=order.trail_percent,
        extended_hours=order.extended_hours,
        client_order_id=changes.client_order_id,
    )
    if changes.trail is None:
        return revised
    if order.type is not OrderType.TRAILING_STOP:
        raise order_refusals.trail_foreign(order.type, "trail")
    if order.trail_price is not None:
        return replace(revised, trail_price=changes.trail)
    return replace(revised, trail_percent=changes.trail)


def _either(new: Decimal | None, old: Decimal | None) -> Decimal | None:
    return old if new is None else new
