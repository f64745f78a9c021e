"""Orders in few words: each gives a request of alpaca-py's own classes."""

from __future__ import annotations

from typing import Any

from alpaca.trading.enums import OrderClass, OrderSide, TimeInForce
from alpaca.trading.requests import (
    LimitOrderRequest,
    MarketOrderRequest,
    StopLimitOrderRequest,
    StopLossRequest,
    StopOrderRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)


def _usual(more: dict[str, Any]) -> dict[str, Any]:
    """Ten shares of AAPL, to buy, for the day, unless said otherwise."""
    fields: dict[str, Any] = {"symbol": "AAPL", "side": OrderSide.BUY, **more}
    fields["time_in_force"] = TimeInForce(fields.pop("tif", "day"))
    if "notional" not in fields:
        fields.setdefault("qty", 10)
    return fields


def at_market(**more: Any) -> MarketOrderRequest:
    return MarketOrderRequest(**_usual(more))


def at_limit(limit_price: float | None, **more: Any) -> LimitOrderRequest:
    return LimitOrderRequest(limit_price=limit_price, **_usual(more))


def stop(stop_price: float, **more: Any) -> StopOrderRequest:
    return StopOrderRequest(stop_price=stop_price, **_usual({"side": OrderSide.SELL, **more}))


def stop_limit(stop_price: float, limit_price: float, **more: Any) -> StopLimitOrderRequest:
    fields = _usual({"side": OrderSide.SELL, **more})
    return StopLimitOrderRequest(stop_price=stop_price, limit_price=limit_price, **fields)


def trailing(**more: Any) -> TrailingStopOrderRequest:
    return TrailingStopOrderRequest(**_usual({"side": OrderSide.SELL, **more}))


def legs(
    profit: float | None = None, loss: float | None = None, loss_limit: float | None = None
) -> dict[str, Any]:
    """Take profit and stop loss, as a complex order carries them."""
    found: dict[str, Any] = {}
    if profit is not None:
        found["take_profit"] = TakeProfitRequest(limit_price=profit)
    if loss is not None:
        found["stop_loss"] = StopLossRequest(stop_price=loss, limit_price=loss_limit)
    return found


def bracket(profit: float, loss: float, limit: float | None = None, **more: Any) -> Any:
    """An entry, at market or at a limit, with both legs."""
    loss_limit = more.pop("loss_limit", None)
    fields = {"order_class": OrderClass.BRACKET, **legs(profit, loss, loss_limit), **more}
    return at_market(**fields) if limit is None else at_limit(limit, **fields)


def oto(loss: float, **more: Any) -> MarketOrderRequest:
    """An entry at market with a stop."""
    return at_market(order_class=OrderClass.OTO, **legs(loss=loss), **more)


def oco(profit: float, loss: float, **more: Any) -> LimitOrderRequest:
    """The exit of a long position at a profit or at a loss."""
    fields = {"side": OrderSide.SELL, "order_class": OrderClass.OCO, **legs(profit, loss), **more}
    return at_limit(None, **fields)


def plain(**more: Any) -> dict[str, Any]:
    """The body of an order as it travels, for what alpaca-py's classes would not let out."""
    usual = {"symbol": "AAPL", "qty": "10", "side": "buy", "type": "market"}
    fields = {**usual, "time_in_force": "day", **more}
    return {name: value for name, value in fields.items() if value is not None}
