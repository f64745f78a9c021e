"""Refusals: every answer with which the broker says no, in its own words and codes.

Here are those that depend on the books: an order's state, the positions, the account.
Those of what an order says by itself are in `order_refusals`.  A refused request changes
nothing.  `CATALOGUE` gives one example of each by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from avwap_cli.exchange.broker.orders import OrderType, PositionIntent, Side, Status
from avwap_cli.exchange.broker.rules import order_refusals
from avwap_cli.exchange.refusals import DAY_TRADING, Refusal, absent, forbidden, plain, unacceptable

__all__ = ["CATALOGUE", "Refusal"]


def already(status: Status) -> Refusal:
    """A cancel of an order that is over."""
    return unacceptable(f'order is already in "{status}" state')


def not_replaceable(status: Status) -> Refusal:
    """A replace of an order in a state that has to pass first."""
    return unacceptable(f"cannot replace order in {status} status")


def not_open() -> Refusal:
    return unacceptable("unable to replace order, order is not open")


def already_replaced() -> Refusal:
    return unacceptable("order already replaced")


def chain_unfinished() -> Refusal:
    """The order before this one has not been replaced yet."""
    return unacceptable("order chain not fully replaced")


def not_changed() -> Refusal:
    return unacceptable("order parameters are not changed")


def below_filled() -> Refusal:
    return unacceptable("qty must be > filled_qty")


def fixed_part(kind: str, part: str) -> Refusal:
    """A part of the order that a replace cannot change: `notional`, `orders`."""
    return unacceptable(f"{part} of {kind} orders cannot be replaced")


def insufficient_buying_power(buying_power: Decimal, cost_basis: Decimal) -> Refusal:
    return forbidden(
        "insufficient buying power",
        buying_power=plain(buying_power),
        cost_basis=plain(cost_basis),
    )


def insufficient_qty(
    symbol: str, requested: Decimal, existing: Decimal, held: Decimal, related: Sequence[str]
) -> Refusal:
    """More shares than the position has, less those that open orders hold.

    `existing` and `held` count shares without a sign, `related` are the holding orders' ids.
    """
    available = plain(max(existing - held, Decimal(0)))
    return forbidden(
        "insufficient qty available for order "
        f"(requested: {plain(requested)}, available: {available})",
        available=available,
        existing_qty=plain(existing),
        held_for_orders=plain(held),
        related_orders=list(related),
        symbol=symbol,
    )


def wash_trade(existing_order_id: str, existing_type: OrderType) -> Refusal:
    """An order that could trade with the account's own order on the other side."""
    limits = existing_type in {OrderType.LIMIT, OrderType.STOP_LIMIT}
    return forbidden(
        "potential wash trade detected. use complex orders",
        existing_order_id=existing_order_id,
        reject_reason=f"opposite side {'limit' if limits else 'market/stop'} order exists",
    )


def opposite_opening(side: Side) -> Refusal:
    """An order that would open on one side while an order to open on the other is open."""
    if side is Side.BUY:
        return forbidden("cannot open a long buy while a short sell order is open")
    return forbidden("cannot open a short sell while a long buy order is open")


def no_shorting() -> Refusal:
    return forbidden("account is not allowed to short")


def not_shortable(symbol: str) -> Refusal:
    return unacceptable(f'asset "{symbol}" cannot be sold short')


def hard_to_borrow(symbol: str) -> Refusal:
    return unacceptable(f'only day orders are allowed for hard-to-borrow asset "{symbol}"')


def intent_mismatch(inferred: PositionIntent, specified: PositionIntent) -> Refusal:
    """An order that opens though it says that it closes, or closes though it says it opens."""
    return unacceptable(f"position intent mismatch, inferred: {inferred}, specified: {specified}")


def over_cap(symbol: str) -> Refusal:
    """A position larger than six times the equity."""
    return forbidden(f"position of {symbol} would exceed 600% of the account's equity")


def no_price(symbol: str) -> Refusal:
    """An order that only a market price can value, while there is none."""
    return forbidden(f"no market price is known for {symbol}")


def liquidation_only() -> Refusal:
    return forbidden("account is restricted to liquidation only")


def day_trading() -> Refusal:
    """The refusal of the retired day-trading rule; only faults bring it back."""
    return Refusal(403, DAY_TRADING, "trade denied due to pattern day trading protection")


def no_order(order_id: str) -> Refusal:
    return absent(f"order not found for {order_id[: order_refusals.LONGEST_ECHO]}")


def no_position() -> Refusal:
    return absent("position does not exist")


def no_symbol(symbol: str) -> Refusal:
    return absent(f"symbol not found: {symbol[: order_refusals.LONGEST_ECHO]}")


CATALOGUE: Mapping[str, Callable[[], Refusal]] = {
    "insufficient-buying-power": lambda: insufficient_buying_power(Decimal(0), Decimal(1000)),
    "insufficient-qty": lambda: insufficient_qty("F", Decimal(1), Decimal(3), Decimal(3), ()),
    "wash-trade": lambda: wash_trade("00000000-0000-4000-8000-000000000000", OrderType.STOP),
    "long-buy-while-short-sell": lambda: opposite_opening(Side.BUY),
    "short-sell-while-long-buy": lambda: opposite_opening(Side.SELL),
    "opg-window": lambda: order_refusals.outside_window("opg"),
    "cls-window": lambda: order_refusals.outside_window("cls"),
    "not-fractionable": lambda: order_refusals.not_fractionable("X"),
    "no-shorting": no_shorting,
    "liquidation-only": liquidation_only,
    "day-trading": day_trading,
    "no-order": lambda: no_order("X"),
    "no-position": no_position,
    "no-symbol": lambda: no_symbol("X"),
    "client-id-taken": order_refusals.client_id_taken,
    "client-id-too-long": order_refusals.client_id_too_long,
    "qty-not-positive": lambda: order_refusals.must_be("qty", "> 0"),
    "notional-too-small": lambda: order_refusals.must_be("notional", ">= 1.00"),
    "qty-and-notional": order_refusals.both_amounts,
    "limit-price-needed": lambda: order_refusals.price_needed(OrderType.LIMIT),
    "both-prices-needed": lambda: order_refusals.price_needed(OrderType.STOP_LIMIT),
    "price-foreign": lambda: order_refusals.price_foreign(OrderType.MARKET),
    "inactive-asset": lambda: order_refusals.inactive_asset("X"),
    "sub-penny": lambda: order_refusals.sub_penny("limit_price", Decimal("290.123")),
    "fractional-not-day": lambda: order_refusals.orders_must_be("fractional", "DAY orders"),
    "fractional-not-simple": lambda: order_refusals.orders_must_be("fractional", "simple orders"),
    "fractional-short": order_refusals.fractional_short,
    "not-entry": lambda: order_refusals.orders_must_be("bracket", "entry orders"),
    "not-exit": lambda: order_refusals.orders_must_be("oco", "exit orders"),
    "wrong-side-stop": lambda: order_refusals.wrong_side_stop(Side.SELL, Decimal(11), Decimal(10)),
    "not-extended": order_refusals.not_extended,
    "unknown-asset": lambda: order_refusals.unknown_asset("X"),
    "not-shortable": lambda: not_shortable("X"),
    "hard-to-borrow": lambda: hard_to_borrow("X"),
    "intent-mismatch": lambda: intent_mismatch(
        PositionIntent.SELL_TO_OPEN, PositionIntent.SELL_TO_CLOSE
    ),
    "already-filled": lambda: already(Status.FILLED),
    "not-replaceable": lambda: not_replaceable(Status.ACCEPTED),
    "already-replaced": already_replaced,
    "chain-unfinished": chain_unfinished,
    "not-changed": not_changed,
    "below-filled": below_filled,
    "not-open": not_open,
}
