"""The catalogue of refusals: one example of each, by the name that the fault `refuse` takes.

Every function of `order_refusals` and `account_refusals` has at least one; a name tells what
was wrong, not which function says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from avwap_cli.exchange.broker.orders import OrderType, PositionIntent, Side, Status
from avwap_cli.exchange.broker.rules import account_refusals as account
from avwap_cli.exchange.broker.rules import order_refusals as order
from avwap_cli.exchange.refusals import Refusal

NO_ID = "00000000-0000-4000-8000-000000000000"
OPENS, CLOSES = PositionIntent.SELL_TO_OPEN, PositionIntent.SELL_TO_CLOSE

Example = partial[Refusal]

CATALOGUE: Mapping[str, Example] = {
    # the account
    "insufficient-buying-power": partial(
        account.insufficient_buying_power, Decimal(0), Decimal(1000)
    ),
    "insufficient-qty": partial(
        account.insufficient_qty, "X", Decimal(1), Decimal(3), Decimal(3), ()
    ),
    "wash-trade": partial(account.wash_trade, NO_ID, OrderType.STOP),
    "long-buy-while-short-sell": partial(account.opposite_opening, Side.BUY),
    "short-sell-while-long-buy": partial(account.opposite_opening, Side.SELL),
    "no-shorting": partial(account.no_shorting),
    "not-shortable": partial(account.not_shortable, "X"),
    "hard-to-borrow": partial(account.hard_to_borrow, "X"),
    "intent-mismatch": partial(account.intent_mismatch, OPENS, CLOSES),
    "over-cap": partial(account.over_cap, "X"),
    "no-price": partial(account.no_price, "X"),
    "liquidation-only": partial(account.liquidation_only),
    "day-trading": partial(account.day_trading),
    "no-order": partial(account.no_order, NO_ID),
    "no-position": partial(account.no_position),
    "no-symbol": partial(account.no_symbol, "X"),
    # an order that was sent before
    "already-filled": partial(account.already, Status.FILLED),
    "not-replaceable": partial(account.not_replaceable, Status.ACCEPTED),
    "not-open": partial(account.not_open),
    "already-replaced": partial(account.already_replaced),
    "chain-unfinished": partial(account.chain_unfinished),
    "not-changed": partial(account.not_changed),
    "below-filled": partial(account.below_filled),
    "fixed-part": partial(account.fixed_part, "notional", "parameters"),
    # the form of an order
    "bad-body": partial(order.bad_body),
    "bad-field": partial(order.bad_field, "side"),
    "missing-field": partial(order.missing_field, "symbol"),
    "qty-not-positive": partial(order.must_be, "qty", "> 0"),
    "notional-too-small": partial(order.must_be, "notional", ">= 1.00"),
    "qty-and-notional": partial(order.both_amounts),
    "too-many-decimals": partial(order.too_many_decimals, "notional", 2),
    "limit-price-needed": partial(order.price_needed, OrderType.LIMIT),
    "both-prices-needed": partial(order.price_needed, OrderType.STOP_LIMIT),
    "price-foreign": partial(order.price_foreign, OrderType.MARKET),
    "trail-foreign": partial(order.trail_foreign, OrderType.LIMIT, "trail_price"),
    "client-id-too-long": partial(order.client_id_too_long),
    "client-id-taken": partial(order.client_id_taken),
    # the rules for orders
    "sub-penny": partial(order.sub_penny, "limit_price", Decimal("290.123")),
    "fractional-not-day": partial(order.orders_must_be, "fractional", "DAY orders"),
    "fractional-not-simple": partial(order.orders_must_be, "fractional", "simple orders"),
    "fractional-short": partial(order.fractional_short),
    "not-fractionable": partial(order.not_fractionable, "X"),
    "not-entry": partial(order.orders_must_be, "bracket", "entry orders"),
    "not-exit": partial(order.orders_must_be, "oco", "exit orders"),
    "leg-needed": partial(order.orders_require, "bracket", "take_profit.limit_price"),
    "complex-type": partial(order.complex_type, "oco", "limit orders"),
    "wrong-leg": partial(
        order.wrong_leg, "take_profit.limit_price", ">= base_price + 0.01", Decimal(10)
    ),
    "wrong-side-stop": partial(order.wrong_side_stop, Side.SELL, Decimal(11), Decimal(10)),
    "trail-too-wide": partial(order.trail_too_wide, Decimal(10)),
    "not-extended": partial(order.not_extended),
    "elite-only": partial(order.elite_only, "ioc"),
    "opg-window": partial(order.outside_window, "opg"),
    "cls-window": partial(order.outside_window, "cls"),
    "unknown-asset": partial(order.unknown_asset, "X"),
    "inactive-asset": partial(order.inactive_asset, "X"),
    "untradable-asset": partial(order.untradable_asset, "X"),
}
