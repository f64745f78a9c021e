"""Order refusals: those of an order for what it says, whoever sends it.

First those of a request's form (code 40010001), then those of the rules for orders.
"""

from __future__ import annotations

from decimal import Decimal

from avwap_cli.exchange.broker.orders import OrderType, Side
from avwap_cli.exchange.decimals import decimal_text
from avwap_cli.exchange.refusals import BAD_BODY, Refusal, echo, forbidden, malformed, unacceptable

_NEEDED = {
    OrderType.LIMIT: "limit orders require a limit price",
    OrderType.STOP: "stop orders require a stop price",
    OrderType.STOP_LIMIT: "stop limit orders require both stop and limit price",
    OrderType.TRAILING_STOP: (
        "trailing stop orders must specify one of trail_price or trail_percent"
    ),
}
_FOREIGN = {
    OrderType.MARKET: "market orders require no stop or limit price",
    OrderType.LIMIT: "limit orders require no stop price",
    OrderType.STOP: "stop orders require no limit price",
    OrderType.TRAILING_STOP: "trailing stop orders require no stop or limit price",
}


def bad_body() -> Refusal:
    """The body is no JSON object."""
    return Refusal(400, BAD_BODY, "request body format is invalid")


def bad_field(name: str) -> Refusal:
    """A field that cannot be read."""
    return malformed(f"invalid {name}")


def missing_field(name: str) -> Refusal:
    """A field without which there is no order."""
    return malformed(f"{name} is required")


def must_be(name: str, bound: str) -> Refusal:
    """A number that is not what it must be: `qty`, `> 0`."""
    return malformed(f"{name} must be {bound}")


def both_amounts() -> Refusal:
    """Shares and USD at once."""
    return malformed("only one of qty or notional is accepted")


def too_many_decimals(name: str, places: int) -> Refusal:
    """More decimals than are counted."""
    return unacceptable(f"{name} value must be limited to {places} decimal places")


def price_needed(order_type: OrderType) -> Refusal:
    """A price is missing that this type of order needs."""
    return malformed(_NEEDED[order_type])


def price_foreign(order_type: OrderType) -> Refusal:
    """A limit or stop price that this type of order does not have."""
    return malformed(_FOREIGN[order_type])


def trail_foreign(order_type: OrderType, name: str) -> Refusal:
    """A trail outside of a trailing stop."""
    return malformed(f"{order_type.replace('_', ' ')} orders must not have {name}")


def client_id_too_long() -> Refusal:
    return malformed("client_order_id must be no more than 128 characters")


def client_id_taken() -> Refusal:
    """An order with this id has been seen before, in whatever state."""
    return malformed("client_order_id must be unique")


def sub_penny(name: str, price: Decimal) -> Refusal:
    """A price between two ticks."""
    shown = decimal_text(price)
    return unacceptable(
        f"invalid {name} {shown}. sub-penny increment does not fulfill minimum pricing criteria"
    )


def orders_must_be(kind: str, shape: str) -> Refusal:
    """A kind of order in a shape it does not come in: `fractional`, `DAY orders`."""
    return unacceptable(f"{kind} orders must be {shape}")


def orders_require(kind: str, need: str) -> Refusal:
    """A complex order without one of its parts."""
    return unacceptable(f"{kind} orders require {need}")


def complex_type(kind: str, shape: str) -> Refusal:
    """A complex order whose type it does not come with: `oco`, `limit orders`."""
    return malformed(f"{kind} orders must be {shape}")


def not_extended() -> Refusal:
    return unacceptable("extended hours order must be DAY or GTC limit orders")


def elite_only(time_in_force: str) -> Refusal:
    """A time in force that the account's routing does not offer."""
    return unacceptable(f"time_in_force {time_in_force} is not available for this account")


def outside_window(time_in_force: str) -> Refusal:
    """An order for the opening or closing auction at a time when none is taken.

    The text for the close says 3:55pm, as the broker's does, though the window ends at 3:50pm.
    """
    until = "9:28am" if time_in_force == "opg" else "3:55pm"
    return forbidden(f"{time_in_force} orders must be submitted after 7:00pm and before {until}")


def unknown_asset(symbol: str) -> Refusal:
    return unacceptable(f'asset "{echo(symbol)}" not found')


def inactive_asset(symbol: str) -> Refusal:
    return malformed(f"asset {symbol} is not active")


def untradable_asset(symbol: str) -> Refusal:
    return unacceptable(f"asset {symbol} is not tradable")


def not_fractionable(symbol: str) -> Refusal:
    return forbidden(f'asset "{symbol}" is not fractionable')


def fractional_short() -> Refusal:
    return unacceptable("fractional orders cannot be sold short")


def wrong_leg(name: str, bound: str, base_price: Decimal | None = None) -> Refusal:
    """A leg's price on the wrong side: `take_profit.limit_price`, `>= base_price + 0.01`."""
    extras = {} if base_price is None else {"base_price": decimal_text(base_price)}
    return unacceptable(f"{name} must be {bound}", **extras)


def trail_too_wide(market_price: Decimal) -> Refusal:
    """A trail whose stop would lie at no price at all."""
    return unacceptable(
        "trail_price must be less than current price", market_price=decimal_text(market_price)
    )


def wrong_side_stop(side: Side, stop_price: Decimal, market_price: Decimal) -> Refusal:
    """A stop that the market has already passed."""
    word = "less" if side is Side.SELL else "greater"
    return unacceptable(
        f"stop price must be {word} than current price",
        market_price=decimal_text(market_price),
        stop_price=decimal_text(stop_price),
    )
