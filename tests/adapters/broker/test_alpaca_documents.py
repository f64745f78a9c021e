"""Reading the broker's documents: strict where money hangs on it, tolerant elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.adapters.broker.alpaca_documents import (
    Damaged,
    account_of,
    asset_of,
    fill_of,
    fills_of,
    order_of,
    position_of,
    positions_of,
    transfer_of,
)
from avwap_cli.trading.orders import Effect, OrderKind, Side, Status, TimeInForce

ORDER = {
    "id": "1",
    "client_order_id": "c",
    "symbol": "BRK.B",
    "side": "sell",
    "type": "stop_limit",
    "time_in_force": "gtc",
    "status": "held",
    "qty": "3",
    "filled_qty": "1",
    "filled_avg_price": "450.123456789",
    "limit_price": 449.5,
    "stop_price": "451",
    "submitted_at": "2026-11-23T14:30:00.123456789Z",
    "updated_at": "2026-11-23T09:30:01-05:00",
    "position_intent": "sell_to_close",
    "replaces": None,
    "replaced_by": "2",
    "a_new_field": {"of": "tomorrow"},
}

FILL = {
    "id": "20261123093000000::1",
    "order_id": "o",
    "symbol": "F",
    "side": "sell_short",
    "qty": "2",
    "price": "12.5",
    "transaction_time": "2026-11-23T14:30:00Z",
}


def test_an_order_is_read_to_the_last_digit() -> None:
    order = order_of(ORDER)
    assert (order.side, order.effect, order.kind) == (Side.SELL, Effect.CLOSE, OrderKind.STOP_LIMIT)
    assert (order.tif, order.status) == (TimeInForce.GTC, Status.HELD)
    assert order.filled_avg_price == Decimal("450.123456789")
    assert (order.limit_price, order.stop_price) == (Decimal("449.5"), Decimal(451))
    assert order.submitted_at == datetime(2026, 11, 23, 14, 30, 0, 123456, UTC)
    assert order.updated_at == datetime(2026, 11, 23, 14, 30, 1, 0, UTC)
    assert (order.replaces, order.replaced_by, order.left_shares) == (None, "2", Decimal(2))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": None}, "id"),
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"side": "hold"}, "'hold'"),
        ({"qty": "NaN"}, "qty"),
        ({"qty": True}, "qty"),
        ({"qty": None}, "qty"),
        ({"filled_qty": "ten"}, "filled_qty"),
        ({"filled_qty": None}, "filled_qty"),
        ({"stop_price": [1]}, "stop_price"),
        ({"submitted_at": "yesterday", "created_at": "2026-11-23T09:30:01Z"}, "submitted_at"),
        ({"submitted_at": "2026-11-23T09:30:01"}, "submitted_at"),
        ({"submitted_at": None}, "created_at"),
        ({"filled_qty": "-1"}, "filled_qty of -1"),
        ({"filled_avg_price": "0"}, "filled_avg_price of 0"),
        ({"filled_avg_price": "-450"}, "filled_avg_price of -450"),
        ({"updated_at": "9999-12-31T23:59:59Z"}, "the year 9999 in updated_at"),
        ({"submitted_at": "0001-01-01T00:00:00Z"}, "the year 1 in submitted_at"),
        ({"updated_at": "2150-01-04T15:00:00Z"}, "the year 2150 in updated_at"),
    ],
)
def test_a_damaged_order_says_where(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Damaged, match=said):
        order_of({**ORDER, **changes})


def test_an_order_by_value_has_no_shares_yet() -> None:
    order = order_of({**ORDER, "qty": None, "notional": "500", "filled_qty": "0"})
    assert (order.shares, order.left_shares) == (None, Decimal(0))


@given(word=st.text(min_size=1, max_size=12).filter(lambda w: w not in list(Status)))
def test_a_status_that_nobody_knows_is_open(word: str) -> None:
    order = order_of({**ORDER, "status": word})
    assert order.status is Status.UNKNOWN
    assert not order.status.final


@given(
    document=st.dictionaries(
        st.sampled_from(sorted(ORDER)),
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    )
)
def test_whatever_comes_is_an_order_or_damaged(document: dict[str, Any]) -> None:
    try:
        order = order_of({**ORDER, **document})
    except Damaged:
        return
    assert order.filled_shares.is_finite()
    assert order.submitted_at.tzinfo is not None


@pytest.mark.parametrize(
    ("side", "qty", "shares"), [("long", "5", 5), ("short", "-5", -5), ("short", "5", -5)]
)
def test_a_short_is_negative_however_it_is_told(side: str, qty: str, shares: int) -> None:
    row = {"symbol": "F", "side": side, "qty": qty, "avg_entry_price": "12", "current_price": None}
    found = position_of(row)
    assert (found.shares, found.last_price) == (Decimal(shares), None)


@pytest.mark.parametrize(
    ("side", "qty"), [("long", "-5"), ("flat", "5"), ("", "5"), ("long", None)]
)
def test_a_position_that_contradicts_itself_is_damaged(side: str, qty: str | None) -> None:
    with pytest.raises(Damaged):
        position_of({"symbol": "F", "side": side, "qty": qty, "avg_entry_price": "12"})


@pytest.mark.parametrize("average", [None, "", "0", "-3", "?", "NaN"])
def test_a_position_whose_average_is_no_price_has_none(average: str | None) -> None:
    row = {"symbol": "F", "side": "long", "qty": "5", "avg_entry_price": average}
    found = position_of(row)
    assert (found.shares, found.avg_price) == (Decimal(5), None)


def test_only_what_is_no_stock_may_be_unreadable_among_the_positions() -> None:
    mine = {"symbol": "F", "side": "long", "qty": "5", "avg_entry_price": "12"}
    odd = {**mine, "symbol": "F260116C00012000", "qty": None}
    for kind in ("us_option", "crypto"):
        assert [p.symbol for p in positions_of([mine, {**odd, "asset_class": kind}])] == ["F"]
    for stock in (odd, {**odd, "asset_class": "us_equity"}):
        with pytest.raises(Damaged, match="qty"):
            positions_of([mine, stock])


def test_fills_of_others_need_not_be_readable() -> None:
    odd = {**FILL, "symbol": "ZZZ", "price": None}
    option = {**FILL, "symbol": "F260116C00012000", "side": None}
    assert [f.symbol for f in fills_of([odd, FILL, option], {"F", "KO"})] == ["F"]
    assert [f.symbol for f in fills_of([FILL, option], None)] == ["F"]
    for rows, symbols in (([odd], {"ZZZ"}), ([odd], None), ([{**odd, "symbol": None}], {"F"})):
        with pytest.raises(Damaged):
            fills_of(rows, symbols)


@pytest.mark.parametrize(
    ("fields", "easy"),
    [
        ({"borrow_status": "easy_to_borrow", "easy_to_borrow": True}, True),
        ({"borrow_status": "easy_to_borrow"}, True),
        ({"easy_to_borrow": True}, True),
        ({"borrow_status": "hard_to_borrow", "easy_to_borrow": True}, False),
        ({"borrow_status": "easy_to_borrow", "easy_to_borrow": False}, False),
        ({"borrow_status": "unheard_of"}, False),
        ({}, False),
        ({"borrow_status": None, "easy_to_borrow": None}, False),
        ({"easy_to_borrow": "true"}, False),
    ],
)
def test_easy_to_borrow_needs_every_word_that_is_there(fields: dict[str, Any], easy: bool) -> None:
    row = {"symbol": "F", "tradable": True, "shortable": True, "status": "active", **fields}
    assert asset_of(row).easy_to_borrow is easy


@pytest.mark.parametrize("name", ["trading_blocked", "account_blocked"])
def test_a_block_that_is_not_denied_is_one(name: str) -> None:
    row: dict[str, Any] = dict.fromkeys(
        ("equity", "last_equity", "cash", "buying_power", "multiplier"), "1"
    )
    row |= {"account_number": "1", "status": "ACTIVE", "shorting_enabled": "true"}
    row |= {"trading_blocked": False, "account_blocked": False}
    assert not account_of(row).blocked
    assert not account_of(row).shorting_enabled
    assert account_of({**row, name: True}).blocked
    assert account_of({**row, name: None}).blocked
    assert account_of({**row, "trade_suspended_by_user": True}).blocked


def test_fills_and_transfers_need_their_numbers_and_times() -> None:
    assert (fill_of(FILL).side, fill_of(FILL).client_id) == (Side.SELL, "")
    for name in FILL:
        with pytest.raises(Damaged, match=name):
            fill_of({**FILL, name: None})
    for name, value in (("price", "0"), ("price", "-1"), ("qty", "0"), ("qty", "-2")):
        with pytest.raises(Damaged, match=f"{value} in {name}"):
            fill_of({**FILL, name: value})
    for at in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        with pytest.raises(Damaged, match="transaction_time"):
            fill_of({**FILL, "transaction_time": at})
    transfer = {"id": "t", "net_amount": "-3.5", "date": "2026-11-23"}
    assert transfer_of(transfer).at == datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    for name in transfer:
        with pytest.raises(Damaged, match=name):
            transfer_of({**transfer, name: None})
