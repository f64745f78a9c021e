"""Prices: which ones an order must carry, may carry, and on which ticks they lie."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from avwap_cli.exchange.broker.orders import OrderClass, OrderRequest, OrderType, Side
from avwap_cli.exchange.broker.rules import order_refusals

PENNY = Decimal("0.01")
FINEST_PRICE = Decimal("0.0001")
LOWEST_TRAIL_PERCENT = Decimal("0.1")
COLLAR_FROM_USD = Decimal(50)
LOW_COLLAR = Decimal("1.04")
HIGH_COLLAR = Decimal("1.025")

_LIMITED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_STOPPED = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})


def tick(price: Decimal) -> Decimal:
    """The smallest step of a price: a cent from 1 USD on, a hundredth of that below."""
    return PENNY if price >= 1 else FINEST_PRICE


def buy_stop_limit(stop_price: Decimal) -> Decimal:
    """The limit that a buy stop gets when it is elected: 4 % above it, from 50 USD on 2.5 %."""
    collar = LOW_COLLAR if stop_price < COLLAR_FROM_USD else HIGH_COLLAR
    limit = stop_price * collar
    return limit.quantize(tick(limit), ROUND_DOWN)


def check_prices(request: OrderRequest) -> None:
    """Refuse prices that are missing, foreign to the type, not positive or between ticks."""
    _check_positive(request)
    _check_limit_and_stop(request)
    _check_trail(request)
    for name, price in _tick_prices(request):
        if price is not None and price % tick(price):
            raise order_refusals.sub_penny(name, price)


def check_legs(request: OrderRequest) -> None:
    """Refuse a complex order without its legs, or with legs on the wrong sides of each other."""
    kind = request.order_class
    if kind is OrderClass.SIMPLE:
        return
    needs_both = kind is not OrderClass.OTO
    if request.take_profit is None and needs_both:
        raise order_refusals.orders_require(kind, "take_profit.limit_price")
    if request.stop_loss is None and (needs_both or request.stop_loss_limit is not None):
        raise order_refusals.orders_require(kind, "stop_loss.stop_price")
    if request.take_profit is None and request.stop_loss is None:
        raise order_refusals.orders_require(kind, "take_profit.limit_price or stop_loss.stop_price")
    if request.take_profit is None or request.stop_loss is None:
        return
    if kind is OrderClass.OTO:
        raise order_refusals.orders_require(kind, "only one of take_profit or stop_loss")
    check_leg_sides(request.take_profit, request.stop_loss, exit_side(request))


def exit_side(request: OrderRequest) -> Side:
    """The side of a complex order's legs: of an OCO its own, else the other one."""
    return request.side if request.order_class is OrderClass.OCO else request.side.opposite


def check_leg_sides(take_profit: Decimal, stop_loss: Decimal, side: Side) -> None:
    """Refuse exits on that side of which the profit does not lie beyond the stop."""
    if side is Side.SELL and take_profit <= stop_loss:
        raise order_refusals.wrong_leg("take_profit.limit_price", "> stop_loss.stop_price")
    if side is Side.BUY and take_profit >= stop_loss:
        raise order_refusals.wrong_leg("take_profit.limit_price", "< stop_loss.stop_price")


def _check_positive(request: OrderRequest) -> None:
    trails = [("trail price", request.trail_price), ("trail percent", request.trail_percent)]
    for name, price in [*_tick_prices(request), *trails]:
        if price is not None and price <= 0:
            raise order_refusals.must_be(name if "." in name else name.replace("_", " "), "> 0")


def _check_limit_and_stop(request: OrderRequest) -> None:
    limited, stopped = request.type in _LIMITED, request.type in _STOPPED
    if (request.limit_price is not None and not limited) or (
        request.stop_price is not None and not stopped
    ):
        raise order_refusals.price_foreign(request.type)
    priced_by_leg = request.order_class is OrderClass.OCO
    if (limited and request.limit_price is None and not priced_by_leg) or (
        stopped and request.stop_price is None
    ):
        raise order_refusals.price_needed(request.type)


def _check_trail(request: OrderRequest) -> None:
    trails = {"trail_price": request.trail_price, "trail_percent": request.trail_percent}
    given = [name for name, value in trails.items() if value is not None]
    if request.type is not OrderType.TRAILING_STOP:
        if given:
            raise order_refusals.trail_foreign(request.type, given[0])
        return
    if len(given) != 1:
        raise order_refusals.price_needed(request.type)
    percent = request.trail_percent
    if percent is not None and percent < LOWEST_TRAIL_PERCENT:
        raise order_refusals.must_be("trail_percent", ">= 0.1")
    if percent is not None and percent >= 100:
        raise order_refusals.must_be("trail_percent", "< 100")


def _tick_prices(request: OrderRequest) -> list[tuple[str, Decimal | None]]:
    return [
        ("limit_price", request.limit_price),
        ("stop_price", request.stop_price),
        ("take_profit.limit_price", request.take_profit),
        ("stop_loss.stop_price", request.stop_loss),
        ("stop_loss.limit_price", request.stop_loss_limit),
    ]
