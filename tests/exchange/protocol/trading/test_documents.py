"""Documents: decimal texts, nulls, and every key that Alpaca's clients look for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from alpaca.trading.models import Asset as AlpacaAsset
from alpaca.trading.models import Order as AlpacaOrder
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.broker.assets import Asset, Borrow
from avwap_cli.exchange.broker.events import Event, EventName, Transfer
from avwap_cli.exchange.broker.orders import (
    Order,
    OrderClass,
    OrderType,
    PositionIntent,
    Role,
    Side,
    Status,
    Tif,
)
from avwap_cli.exchange.instants import instant
from avwap_cli.exchange.protocol.trading.documents import (
    asset_document,
    fill_document,
    order_document,
    transfer_document,
)

SENT = instant(datetime(2026, 10, 2, 13, 25, tzinfo=UTC)) + 123_456_789
CLOSE = instant(datetime(2026, 10, 2, 20, 0, tzinfo=UTC))
ID = "61e69015-8549-4bfd-b9c3-01e75843f47d"
LEG_ID = "0c4a6a5e-2e5a-4f0b-8a51-5b2a3dbd6a5d"
ORDER = Order(
    seq=1,
    id=ID,
    client_order_id="x",
    asset_id="b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
    symbol="AAPL",
    side=Side.BUY,
    type=OrderType.LIMIT,
    tif=Tif.DAY,
    order_class=OrderClass.SIMPLE,
    intent=PositionIntent.BUY_TO_OPEN,
    status=Status.ACCEPTED,
    session=date(2026, 10, 2),
    created_at=SENT,
    updated_at=SENT,
    submitted_at=SENT,
    qty=Decimal("10"),
    limit_price=Decimal("190.50"),
    expires_at=CLOSE,
)
ASSET = Asset("b0b6dd9d-8b9b-48a9-ba46-b9d54906e415", "AAPL", "Apple Inc.", "NASDAQ")

WRITTEN = {
    "id": ID,
    "client_order_id": "x",
    "created_at": "2026-10-02T13:25:00.123456789Z",
    "updated_at": "2026-10-02T13:25:00.123456789Z",
    "submitted_at": "2026-10-02T13:25:00.123456789Z",
    "filled_at": None,
    "expired_at": None,
    "expires_at": "2026-10-02T20:00:00Z",
    "canceled_at": None,
    "failed_at": None,
    "replaced_at": None,
    "replaced_by": None,
    "replaces": None,
    "asset_id": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
    "symbol": "AAPL",
    "asset_class": "us_equity",
    "notional": None,
    "qty": "10",
    "filled_qty": "0",
    "filled_avg_price": None,
    "order_class": "",
    "order_type": "limit",
    "type": "limit",
    "side": "buy",
    "time_in_force": "day",
    "limit_price": "190.5",
    "stop_price": None,
    "status": "accepted",
    "extended_hours": False,
    "legs": None,
    "trail_percent": None,
    "trail_price": None,
    "hwm": None,
    "subtag": None,
    "source": None,
    "position_intent": "buy_to_open",
}


def test_an_order_has_every_key_and_null_where_nothing_is_known():
    assert order_document(ORDER) == WRITTEN


def test_legs_are_inside_when_they_are_given():
    leg = replace(ORDER, id=LEG_ID, parent_id=ID, role=Role.TAKE_PROFIT, status=Status.HELD)
    document = order_document(replace(ORDER, order_class=OrderClass.BRACKET), [leg])
    assert document["order_class"] == "bracket"
    assert [inner["id"] for inner in document["legs"]] == [LEG_ID]
    assert document["legs"][0]["legs"] is None


@given(st.sampled_from(Status), st.sampled_from(OrderType), st.sampled_from(Tif))
def test_alpaca_reads_every_order(status, kind, tif):
    order = replace(
        ORDER, status=status, type=kind, tif=tif, trail_percent=Decimal("1.5"), hwm=Decimal("190")
    )
    read = AlpacaOrder(**json.loads(json.dumps(order_document(order))))
    assert (read.status.value, read.order_type.value) == (status.value, kind.value)
    assert (read.hwm, read.trail_percent, read.qty) == ("190", "1.5", "10")


@pytest.mark.parametrize(
    ("borrow", "easy", "status", "shortable"),
    [
        (Borrow.EASY, True, "easy_to_borrow", True),
        (Borrow.HARD, False, "hard_to_borrow", True),
        (Borrow.NONE, False, "hard_to_borrow", False),
    ],
)
def test_both_borrow_fields_say_the_same(borrow, easy, status, shortable):
    document = asset_document(replace(ASSET, borrow=borrow), legacy_borrow_flag=True)
    assert document["easy_to_borrow"] is easy
    assert document["borrow_status"] == status
    assert document["shortable"] is shortable
    assert AlpacaAsset(**document).symbol == "AAPL"


def test_the_retired_borrow_field_can_be_gone():
    document = asset_document(ASSET, legacy_borrow_flag=False)
    assert "easy_to_borrow" not in document
    with pytest.raises(ValueError, match="easy_to_borrow"):
        AlpacaAsset(**document)


def test_a_fill_is_numbered_in_new_york_time():
    order = replace(ORDER, status=Status.PARTIALLY_FILLED, filled_qty=Decimal(4))
    event = Event(7, SENT, EventName.PARTIAL_FILL, order, LEG_ID, Decimal("190.1"), Decimal(3))
    assert fill_document(event) == {
        "id": f"20261002092500123::{LEG_ID}",
        "activity_type": "FILL",
        "transaction_time": "2026-10-02T13:25:00.123456789Z",
        "type": "partial_fill",
        "price": "190.1",
        "qty": "3",
        "side": "buy",
        "symbol": "AAPL",
        "leaves_qty": "6",
        "order_id": ID,
        "cum_qty": "4",
        "order_status": "partially_filled",
    }


def test_an_event_without_a_price_is_no_fill():
    with pytest.raises(ValueError, match="is not a fill"):
        fill_document(Event(7, SENT, EventName.NEW, ORDER, LEG_ID))


def test_transfers_in_and_out():
    incoming = transfer_document(Transfer(SENT, LEG_ID, Decimal("500.00")))
    assert (incoming["activity_type"], incoming["net_amount"]) == ("CSD", "500")
    assert incoming["date"] == "2026-10-02"
    assert transfer_document(Transfer(SENT, LEG_ID, Decimal(-1)))["activity_type"] == "CSW"


def test_a_delisted_asset_can_be_neither_borrowed_nor_traded():
    gone = replace(ASSET, active=False, tradable=False)
    document = asset_document(gone, legacy_borrow_flag=True)
    assert (document["status"], document["tradable"]) == ("inactive", False)
    assert (document["shortable"], document["easy_to_borrow"]) == (False, False)
    assert document["borrow_status"] == "hard_to_borrow"


def test_an_average_has_at_most_nine_decimals():
    third = replace(ORDER, filled_avg_price=Decimal(100) / 3)
    assert order_document(third)["filled_avg_price"] == "33.333333333"
