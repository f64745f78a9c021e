"""Each of the broker's refusals has its name; the code alone never has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.trading.refusals import RefusalName, named

TABLE = [
    (401, 0, "unauthorized.", "unauthorized"),
    (403, 0, "forbidden.", "unauthorized"),
    (403, 40310000, "insufficient buying power", "insufficient_buying_power"),
    (
        403,
        40310000,
        "insufficient qty available for order (requested: 1, available: 0)",
        "insufficient_qty",
    ),
    (403, 40310000, "potential wash trade detected. use complex orders", "wash_trade"),
    (403, 40310000, "opg orders must be submitted after 7:00pm and before 9:28am", "window"),
    (403, 40310000, "cls orders must be submitted after 7:00pm and before 3:55pm", "window"),
    (403, 40310000, "cannot open a long buy while a short sell order is open", "opposite_side"),
    (403, 40310000, "cannot open a short sell while a long buy order is open", "opposite_side"),
    (403, 40310000, 'asset "X" is not fractionable', "not_fractionable"),
    (403, 40310000, "account is not allowed to short", "shorting_not_allowed"),
    (403, 40310000, "account is restricted to liquidation only", "liquidation_only"),
    (403, 40310100, "trade denied due to pattern day trading protection", "day_trading"),
    (403, 40310100, "denied", "day_trading"),
    (404, 40410000, "order not found for 20261123.a.X.L.stop.1", "order_missing"),
    (404, 40410000, "position does not exist", "position_missing"),
    (404, 40410000, "symbol not found: X", "asset_missing"),
    (404, 40410000, "asset not found for X", "asset_missing"),
    (422, 40010001, "client_order_id must be unique", "duplicate_id"),
    (422, 40010001, "qty must be > 0", "malformed"),
    (422, 40010001, "notional must be >= 1.00", "malformed"),
    (422, 40010001, "limit orders require a limit price", "malformed"),
    (422, 40010001, "stop limit orders require both stop and limit price", "malformed"),
    (422, 40010001, "only one of qty or notional is accepted", "malformed"),
    (422, 40010001, "market orders require no stop or limit price", "malformed"),
    (422, 40010001, "asset X is not active", "asset_not_active"),
    (422, 40010001, "client_order_id must be no more than 128 characters", "malformed"),
    (
        422,
        42210000,
        "invalid limit_price 290.123. sub-penny increment does not fulfill minimum pricing criteria",
        "sub_penny",
    ),
    (422, 42210000, "fractional orders must be DAY orders", "fractional"),
    (422, 42210000, "fractional orders cannot be sold short", "fractional"),
    (422, 42210000, "bracket orders must be entry orders", "complex_order"),
    (422, 42210000, "take_profit.limit_price must be >= base_price + 0.01", "complex_order"),
    (422, 42210000, "stop price must be less than current price", "stop_through"),
    (422, 42210000, "stop price must be greater than current price", "stop_through"),
    (422, 42210000, "extended hours order must be DAY or GTC limit orders", "extended_hours"),
    (422, 42210000, 'asset "X" not found', "asset_missing"),
    (422, 42210000, 'asset "X" cannot be sold short', "not_shortable"),
    (422, 42210000, "asset X is not tradable", "asset_not_tradable"),
    (
        422,
        42210000,
        'only day orders are allowed for hard-to-borrow asset "X"',
        "hard_to_borrow_day_only",
    ),
    (
        422,
        42210000,
        "position intent mismatch, inferred: sell_to_open, specified: sell_to_close",
        "position_intent",
    ),
    (422, 42210000, 'order is already in "filled" state', "already_final"),
    (422, 42210000, 'order is already in "canceled" state', "already_final"),
    (422, 42210000, 'order is already in "pending_cancel" state', "change_pending"),
    (422, 42210000, "cannot replace order in accepted status", "not_replaceable"),
    (422, 42210000, "cannot replace order in pending_replace status", "change_pending"),
    (422, 42210000, "order already replaced", "already_final"),
    (422, 42210000, "order chain not fully replaced", "change_pending"),
    (422, 42210000, "order parameters are not changed", "unchanged"),
    (422, 42210000, "qty must be > filled_qty", "below_filled"),
    (422, 42210000, "unable to replace order, order is not open", "already_final"),
    (403, 40310000, "trading in X is halted", "halted"),
]


@pytest.mark.parametrize(("status", "code", "text", "name"), TABLE, ids=[row[2] for row in TABLE])
def test_the_text_names_it(status: int, code: int, text: str, name: str) -> None:
    assert named(status, code, text, {}) == name
    assert named(status, code, text.upper(), {}) == name


@pytest.mark.parametrize(
    ("extras", "name"),
    [
        ({"held_for_orders": "3"}, "insufficient_qty"),
        ({"existing_order_id": "x"}, "wash_trade"),
        ({"buying_power": "0", "cost_basis": "9"}, "insufficient_buying_power"),
        ({"buying_power": "0"}, "unknown"),
        ({"market_price": "9", "stop_price": "10"}, "stop_through"),
        ({}, "unknown"),
    ],
)
def test_other_words_are_named_by_their_extras(extras: dict[str, str], name: str) -> None:
    assert named(403, 40310000, "words of tomorrow", extras) == name


@given(
    status=st.integers(400, 499),
    code=st.sampled_from([0, 40310000, 42210000, 40010001]),
    text=st.text("qwxyz ", max_size=20),
)
def test_what_is_not_known_is_unknown(status: int, code: int, text: str) -> None:
    wanted = RefusalName.UNAUTHORIZED if status == 401 else RefusalName.UNKNOWN
    assert named(status, code, text, {}) is wanted
