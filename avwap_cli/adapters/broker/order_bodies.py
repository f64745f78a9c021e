"""Order bodies: an intent as the JSON of an order, every number as its exact text.

Whole shares on whole ticks, by decimal arithmetic; what is neither never reaches the wire.
Only what a split left of a share may be less than one, and only to be sold at the market.
"""

from __future__ import annotations

from decimal import Decimal

from avwap_cli.trading.intents import Intent
from avwap_cli.trading.orders import Effect, OrderKind, TimeInForce
from avwap_cli.trading.ticks import tick

WHOLE = Decimal(1)
FINEST_SHARE = Decimal("1e-9")
LONGEST_ID = 128
PRICES = {
    OrderKind.MARKET: (),
    OrderKind.LIMIT: ("limit_price",),
    OrderKind.STOP: ("stop_price",),
    OrderKind.STOP_LIMIT: ("stop_price", "limit_price"),
}


def order_body(intent: Intent) -> dict[str, str]:
    """The order that an intent asks for, every number as its exact text.

    Raises:
        ValueError: it is no order that may be sent: broken shares, a price between two ticks,
            missing or too many, or a kind or time in force without a name.
    """
    if intent.kind not in PRICES or intent.tif is TimeInForce.OTHER:
        raise ValueError(f"{intent.id}: no {intent.kind} {intent.tif} order can be sent")
    return {
        "symbol": intent.role.symbol,
        "side": intent.side.value,
        "type": intent.kind.value,
        "time_in_force": intent.tif.value,
        "position_intent": f"{intent.side}_to_{intent.effect}",
        **change_body(intent),
    }


def change_body(intent: Intent) -> dict[str, str]:
    """What a replacement may change: shares, prices and the client id; raises as `order_body`."""
    if not 0 < len(intent.id) <= LONGEST_ID:
        raise ValueError(f"{intent.id!r} is no client order id")
    wanted = PRICES.get(intent.kind, ())
    body = {"qty": _shares(intent), "client_order_id": intent.id}
    for name in ("stop_price", "limit_price"):
        price: Decimal | None = getattr(intent, name)
        if (price is None) == (name in wanted):
            raise ValueError(f"{intent.id}: a {intent.kind} order with {name} {price}")
        if price is not None:
            body[name] = _on_tick(intent.id, name, price)
    return body


def _shares(intent: Intent) -> str:
    shares, closes = intent.shares, intent.effect is Effect.CLOSE
    sells_part = closes and (intent.kind, intent.tif) == (OrderKind.MARKET, TimeInForce.DAY)
    finest = FINEST_SHARE if sells_part else WHOLE
    if not shares.is_finite() or shares <= 0 or shares % finest:
        raise ValueError(f"{intent.id}: {shares} is no number of shares that can be ordered")
    return f"{shares.normalize():f}"


def _on_tick(client_id: str, name: str, price: Decimal) -> str:
    if not price.is_finite() or price <= 0:
        raise ValueError(f"{client_id}: {name} {price} is no price")
    step = tick(price)
    if price % step:
        raise ValueError(f"{client_id}: {name} {price} lies between two ticks of {step}")
    return f"{price.quantize(step):f}"
