"""Refusals: every answer with which the broker says no, in its own words and codes.

Here are those that depend on the books: an order's state, the positions, the account.
Those of what an order says by itself are in `order_refusals`.  A refused request changes
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from avwap_cli.exchange.broker.orders import OrderType, PositionIntent, Side, Status
from avwap_cli.exchange.decimals import decimal_text
from avwap_cli.exchange.refusals import (
    DAY_TRADING,
    Refusal,
    absent,
    echo,
    forbidden,
    unacceptable,
)


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
        buying_power=decimal_text(buying_power),
        cost_basis=decimal_text(cost_basis),
    )


def insufficient_qty(
    symbol: str, requested: Decimal, existing: Decimal, held: Decimal, related: Sequence[str]
) -> Refusal:
    """More shares than the position has, less those that open orders hold.

    `existing` and `held` count shares without a sign, `related` are the holding orders' ids.
    """
    available = decimal_text(max(existing - held, Decimal(0)))
    return forbidden(
        "insufficient qty available for order "
        f"(requested: {decimal_text(requested)}, available: {available})",
        available=available,
        existing_qty=decimal_text(existing),
        held_for_orders=decimal_text(held),
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
    return absent(f"order not found for {echo(order_id)}")


def no_position() -> Refusal:
    return absent("position does not exist")


def no_symbol(symbol: str) -> Refusal:
    return absent(f"symbol not found: {echo(symbol)}")
