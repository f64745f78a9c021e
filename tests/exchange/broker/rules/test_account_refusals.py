"""Refusals: status, code, text and extra fields, as the broker's clients know them."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal

import pytest

from avwap_cli.exchange.broker.orders import OrderType, Side
from avwap_cli.exchange.broker.rules import account_refusals, order_refusals
from avwap_cli.exchange.broker.rules.account_refusals import CATALOGUE
from avwap_cli.exchange.refusals import Refusal, plain

ORDER_ID = "00000000-0000-4000-8000-000000000000"
TABLE = [
    ("insufficient-buying-power", 403, 40310000, "insufficient buying power"),
    (
        "insufficient-qty",
        403,
        40310000,
        "insufficient qty available for order (requested: 1, available: 0)",
    ),
    ("wash-trade", 403, 40310000, "potential wash trade detected. use complex orders"),
    (
        "long-buy-while-short-sell",
        403,
        40310000,
        "cannot open a long buy while a short sell order is open",
    ),
    (
        "short-sell-while-long-buy",
        403,
        40310000,
        "cannot open a short sell while a long buy order is open",
    ),
    (
        "opg-window",
        403,
        40310000,
        "opg orders must be submitted after 7:00pm and before 9:28am",
    ),
    (
        "cls-window",
        403,
        40310000,
        "cls orders must be submitted after 7:00pm and before 3:55pm",
    ),
    ("not-fractionable", 403, 40310000, 'asset "X" is not fractionable'),
    ("no-shorting", 403, 40310000, "account is not allowed to short"),
    ("liquidation-only", 403, 40310000, "account is restricted to liquidation only"),
    ("day-trading", 403, 40310100, "trade denied due to pattern day trading protection"),
    ("no-order", 404, 40410000, "order not found for X"),
    ("no-position", 404, 40410000, "position does not exist"),
    ("no-symbol", 404, 40410000, "symbol not found: X"),
    ("client-id-taken", 422, 40010001, "client_order_id must be unique"),
    (
        "client-id-too-long",
        422,
        40010001,
        "client_order_id must be no more than 128 characters",
    ),
    ("qty-not-positive", 422, 40010001, "qty must be > 0"),
    ("notional-too-small", 422, 40010001, "notional must be >= 1.00"),
    ("qty-and-notional", 422, 40010001, "only one of qty or notional is accepted"),
    ("limit-price-needed", 422, 40010001, "limit orders require a limit price"),
    (
        "both-prices-needed",
        422,
        40010001,
        "stop limit orders require both stop and limit price",
    ),
    ("price-foreign", 422, 40010001, "market orders require no stop or limit price"),
    ("inactive-asset", 422, 40010001, "asset X is not active"),
    (
        "sub-penny",
        422,
        42210000,
        "invalid limit_price 290.123. "
        "sub-penny increment does not fulfill minimum pricing criteria",
    ),
    ("fractional-not-day", 422, 42210000, "fractional orders must be DAY orders"),
    ("fractional-not-simple", 422, 42210000, "fractional orders must be simple orders"),
    ("fractional-short", 422, 42210000, "fractional orders cannot be sold short"),
    ("not-entry", 422, 42210000, "bracket orders must be entry orders"),
    ("not-exit", 422, 42210000, "oco orders must be exit orders"),
    ("wrong-side-stop", 422, 42210000, "stop price must be less than current price"),
    ("not-extended", 422, 42210000, "extended hours order must be DAY or GTC limit orders"),
    ("unknown-asset", 422, 42210000, 'asset "X" not found'),
    ("not-shortable", 422, 42210000, 'asset "X" cannot be sold short'),
    (
        "hard-to-borrow",
        422,
        42210000,
        'only day orders are allowed for hard-to-borrow asset "X"',
    ),
    (
        "intent-mismatch",
        422,
        42210000,
        "position intent mismatch, inferred: sell_to_open, specified: sell_to_close",
    ),
    ("already-filled", 422, 42210000, 'order is already in "filled" state'),
    ("not-replaceable", 422, 42210000, "cannot replace order in accepted status"),
    ("already-replaced", 422, 42210000, "order already replaced"),
    ("chain-unfinished", 422, 42210000, "order chain not fully replaced"),
    ("not-changed", 422, 42210000, "order parameters are not changed"),
    ("below-filled", 422, 42210000, "qty must be > filled_qty"),
    ("not-open", 422, 42210000, "unable to replace order, order is not open"),
]


@pytest.mark.parametrize(("name", "status", "code", "message"), TABLE)
def test_the_table(name: str, status: int, code: int, message: str) -> None:
    refusal = CATALOGUE[name]()
    assert (refusal.status, refusal.code, refusal.message) == (status, code, message)


def test_the_table_is_whole() -> None:
    assert [name for name, *_ in TABLE] == list(CATALOGUE)


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


@pytest.mark.parametrize(
    ("value", "text"),
    [("190.50", "190.5"), ("1E+3", "1000"), ("-0.0", "0"), ("1E-9", "0.000000001"), ("100", "100")],
)
def test_plain_numbers(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text
