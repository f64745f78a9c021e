"""Refusals: status, code, text and extra fields, as the broker's clients know them."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal

import pytest

from avwap_cli.exchange.broker.orders import OrderType, Side
from avwap_cli.exchange.broker.rules import account_refusals, order_refusals
from avwap_cli.exchange.refusals import Refusal

ORDER_ID = "00000000-0000-4000-8000-000000000000"


def test_shares_held_for_orders_are_told_with_the_orders() -> None:
    refusal = account_refusals.insufficient_qty("F", Decimal(1), Decimal(3), Decimal(3), [ORDER_ID])
    assert refusal.extras == {
        "available": "0",
        "existing_qty": "3",
        "held_for_orders": "3",
        "related_orders": [ORDER_ID],
        "symbol": "F",
    }


def test_buying_power_is_told_as_texts() -> None:
    refusal = account_refusals.insufficient_buying_power(Decimal("10.50"), Decimal("1E+3"))
    assert refusal.extras == {"buying_power": "10.5", "cost_basis": "1000"}


@pytest.mark.parametrize(
    ("existing", "reason"),
    [
        (OrderType.STOP, "opposite side market/stop order exists"),
        (OrderType.MARKET, "opposite side market/stop order exists"),
        (OrderType.LIMIT, "opposite side limit order exists"),
        (OrderType.STOP_LIMIT, "opposite side limit order exists"),
    ],
)
def test_a_wash_trade_names_the_other_order(existing: OrderType, reason: str) -> None:
    refusal = account_refusals.wash_trade(ORDER_ID, existing)
    assert refusal.extras == {"existing_order_id": ORDER_ID, "reject_reason": reason}


@pytest.mark.parametrize(("side", "word"), [(Side.SELL, "less"), (Side.BUY, "greater")])
def test_a_passed_stop_tells_both_prices(side: Side, word: str) -> None:
    refusal = order_refusals.wrong_side_stop(side, Decimal("11.50"), Decimal(10))
    assert refusal.message == f"stop price must be {word} than current price"
    assert refusal.extras == {"market_price": "10", "stop_price": "11.5"}


def test_long_texts_are_not_echoed_whole() -> None:
    for refusal in (
        order_refusals.unknown_asset("X" * 999),
        account_refusals.no_order("X" * 999),
        account_refusals.no_symbol("X" * 999),
    ):
        assert len(refusal.message) < 110


def test_a_refusal_passes_through_a_context_manager() -> None:
    @contextmanager
    def around():
        yield

    with pytest.raises(Refusal, match="404 40410000 position does not exist"), around():
        raise account_refusals.no_position()
