"""Requests: JSON in any shape becomes a request or a refusal, quickly."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avwap_cli.exchange.broker.orders import (
    OrderClass,
    OrderRequest,
    OrderType,
    PositionIntent,
    Replacement,
    Side,
    Tif,
)
from avwap_cli.exchange.broker.rules.requests import order_request, replacement
from avwap_cli.exchange.refusals import Refusal

Parsed = OrderRequest | Replacement
PLAIN = {"symbol": "AAPL", "side": "buy", "type": "market", "time_in_force": "day", "qty": "10"}


def with_(**fields: object) -> dict[str, object]:
    return {**PLAIN, **fields}


def test_the_whole_of_an_order() -> None:
    document = {
        "symbol": "BRK.B",
        "side": "sell",
        "type": "stop_limit",
        "time_in_force": "gtc",
        "qty": 10.5,
        "limit_price": "190.5",
        "stop_price": 191,
        "client_order_id": "swing-1",
        "order_class": "oto",
        "take_profit": {"limit_price": 200.1, "time_in_force": "gtc"},
        "stop_loss": {"stop_price": "180", "limit_price": "179.5"},
        "position_intent": "sell_to_close",
        "extended_hours": "True",
        "never_heard_of": {"a": [1]},
    }
    assert order_request(document) == OrderRequest(
        symbol="BRK.B",
        side=Side.SELL,
        type=OrderType.STOP_LIMIT,
        tif=Tif.GTC,
        qty=Decimal("10.5"),
        limit_price=Decimal("190.5"),
        stop_price=Decimal(191),
        extended_hours=True,
        client_order_id="swing-1",
        order_class=OrderClass.OTO,
        take_profit=Decimal("200.1"),
        stop_loss=Decimal(180),
        stop_loss_limit=Decimal("179.5"),
        intent=PositionIntent.SELL_TO_CLOSE,
    )


def test_a_float_keeps_its_binary_noise() -> None:
    assert order_request(with_(limit_price=10.1 * 3)).limit_price == Decimal("30.299999999999997")


def test_a_trail_and_a_notional() -> None:
    fields = with_(qty=None, notional=100, trail_price="0.5", trail_percent=1.5)
    request = order_request(fields)
    assert (request.qty, request.notional) == (None, Decimal(100))
    assert (request.trail_price, request.trail_percent) == (Decimal("0.5"), Decimal("1.5"))


@pytest.mark.parametrize("order_class", [None, "", "simple"])
def test_legs_of_a_simple_order_are_ignored(order_class: str | None) -> None:
    fields = with_(order_class=order_class, stop_loss={"stop_price": 9}, take_profit="nonsense")
    assert order_request(fields) == order_request(PLAIN)


@pytest.mark.parametrize("value", [True, "True", "true", "TRUE"])
def test_truth_may_be_text(value: object) -> None:
    assert order_request(with_(extended_hours=value)).extended_hours is True


@pytest.mark.parametrize("value", [False, None, "False", "false"])
def test_untruth_may_be_text(value: object) -> None:
    assert order_request(with_(extended_hours=value)).extended_hours is False


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("symbol", None, "symbol is required"),
        ("symbol", "", "symbol is required"),
        ("symbol", 7, "invalid symbol"),
        ("symbol", "A" * 33, "invalid symbol"),
        ("symbol", "A\x00", "invalid symbol"),
        ("symbol", "\ud800", "invalid symbol"),
        ("side", None, "side is required"),
        ("side", "long", "invalid side"),
        ("side", ["buy"], "invalid side"),
        ("side", "BUY", "invalid side"),
        ("type", None, "type is required"),
        ("type", "iceberg", "invalid order type"),
        ("time_in_force", None, "time_in_force is required"),
        ("time_in_force", "gtd", "invalid time_in_force"),
        ("order_class", "mleg", "invalid order_class"),
        ("order_class", 1, "invalid order_class"),
        ("position_intent", "buy", "invalid position_intent"),
        ("client_order_id", 12, "invalid client_order_id"),
        ("client_order_id", "\udfff", "invalid client_order_id"),
        ("extended_hours", "yes", "invalid extended_hours"),
        ("extended_hours", 1, "invalid extended_hours"),
        ("qty", True, "invalid qty"),
        ("qty", "ten", "invalid qty"),
        ("qty", " 1", "invalid qty"),
        ("qty", "1_000", "invalid qty"),
        ("qty", "\u0661", "invalid qty"),
        ("qty", "0x10", "invalid qty"),
        ("qty", float("nan"), "invalid qty"),
        ("qty", float("inf"), "invalid qty"),
        ("qty", "NaN", "invalid qty"),
        ("qty", "Infinity", "invalid qty"),
        ("qty", "1e999999", "invalid qty"),
        ("qty", "1e-999999", "invalid qty"),
        ("qty", "1e16", "invalid qty"),
        ("qty", 10**400, "invalid qty"),
        ("qty", "9" * 41, "invalid qty"),
        ("qty", "1." + "0" * 39, "invalid qty"),
        ("qty", {"value": 1}, "invalid qty"),
        ("notional", [1], "invalid notional"),
        ("limit_price", "1.2.3", "invalid limit_price"),
        ("stop_price", "-", "invalid stop_price"),
        ("trail_price", {}, "invalid trail_price"),
        ("trail_percent", "1%", "invalid trail_percent"),
    ],
)
def test_what_cannot_be_read_is_named(field: str, value: object, message: str) -> None:
    with pytest.raises(Refusal) as caught:
        order_request(with_(**{field: value}))
    assert (caught.value.status, caught.value.code) == (422, 40010001)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("legs", "message"),
    [
        ({"take_profit": "12"}, "invalid take_profit"),
        ({"stop_loss": [9]}, "invalid stop_loss"),
        ({"take_profit": {"limit_price": "x"}}, "invalid take_profit.limit_price"),
        ({"stop_loss": {"stop_price": True}}, "invalid stop_loss.stop_price"),
        ({"stop_loss": {"limit_price": {}}}, "invalid stop_loss.limit_price"),
    ],
)
def test_a_leg_that_cannot_be_read_is_named(legs: dict[str, object], message: str) -> None:
    with pytest.raises(Refusal) as caught:
        order_request(with_(order_class="bracket", **legs))
    assert (caught.value.status, caught.value.code) == (422, 40010001)
    assert caught.value.message == message


def test_a_replacement() -> None:
    fields = {
        "qty": "5",
        "time_in_force": "gtc",
        "limit_price": 10.5,
        "stop_price": None,
        "trail": "",
        "client_order_id": "b",
    }
    assert replacement(fields) == Replacement(
        qty=Decimal(5), tif=Tif.GTC, limit_price=Decimal("10.5"), client_order_id="b"
    )
    assert replacement({}) == Replacement()


@pytest.mark.parametrize(
    ("field", "value"),
    [("qty", "x"), ("time_in_force", "never"), ("trail", False), ("client_order_id", {})],
)
def test_a_replacement_that_cannot_be_read(field: str, value: object) -> None:
    with pytest.raises(Refusal) as caught:
        replacement({field: value})
    assert (caught.value.status, caught.value.code) == (422, 40010001)
    assert caught.value.message == f"invalid {field}"


def outcome(
    parse: Callable[[dict[str, object]], Parsed], document: dict[str, object]
) -> Parsed | Refusal:
    """What became of the document; any other exception fails the test."""
    try:
        return parse(document)
    except Refusal as refusal:
        return refusal


@pytest.mark.parametrize("field", ["qty", "symbol", "client_order_id", "type", "take_profit"])
def test_long_values_cost_little(field: str) -> None:
    started = time.process_time()
    for value in ("9" * 1_000_000, "1e" + "9" * 1_000_000, 7**300_000):
        found = outcome(order_request, with_(order_class="bracket", **{field: value}))
        if field == "client_order_id" and isinstance(value, str):
            assert isinstance(found, OrderRequest)
        else:
            assert isinstance(found, Refusal)
            assert len(found.message) < 100
    assert time.process_time() - started < 1


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NUMBERS = ANY_JSON | st.from_regex(r"[+-]?[0-9]{0,45}\.?[0-9]{0,9}([eE][+-]?[0-9]{1,7})?\Z")
LEGS = NUMBERS | st.fixed_dictionaries({}, optional={"limit_price": NUMBERS, "stop_price": NUMBERS})
ORDERS = st.fixed_dictionaries(
    {
        "symbol": st.just("AAPL") | ANY_JSON,
        "side": st.sampled_from(["buy", "sell"]) | ANY_JSON,
        "type": st.sampled_from([word.value for word in OrderType]) | ANY_JSON,
        "time_in_force": st.sampled_from([word.value for word in Tif]) | ANY_JSON,
    },
    optional={
        "qty": NUMBERS,
        "notional": NUMBERS,
        "limit_price": NUMBERS,
        "trail": NUMBERS,
        "order_class": st.sampled_from(["bracket", "oco", "oto", "simple"]) | ANY_JSON,
        "take_profit": LEGS,
        "stop_loss": LEGS,
        "extended_hours": ANY_JSON,
        "client_order_id": ANY_JSON,
    },
)


@settings(max_examples=150)
@given(st.dictionaries(st.text(), ANY_JSON, max_size=3) | ORDERS)
def test_any_document_is_read_or_refused(document: dict[str, object]) -> None:
    for parse in (order_request, replacement):
        found = outcome(parse, document)
        if isinstance(found, Refusal):
            assert (found.status, found.code) == (422, 40010001)
            assert found.message.isascii()
        else:
            numbers = [getattr(found, name) for name in ("qty", "limit_price", "stop_price")]
            assert all(number is None or number.is_finite() for number in numbers)


@given(st.decimals(min_value=0, max_value=10**9, places=9))
def test_texts_and_numbers_mean_the_same(number: Decimal) -> None:
    assert order_request(with_(qty=format(number, "f"))).qty == number
    assert order_request(with_(qty=float(number))).qty == Decimal(repr(float(number)))
