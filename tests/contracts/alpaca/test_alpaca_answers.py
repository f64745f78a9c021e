"""What answers look like, and what alpaca-py makes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
import requests
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import AccountStatus, OrderClass, OrderStatus
from alpaca.trading.models import Order
from alpaca.trading.requests import GetCalendarRequest, GetOrdersRequest
from pydantic import ValidationError
from street import Street, eastern, refusal
from street_orders import at_limit, at_market, bracket, plain, trailing

from avwap_cli.exchange.instants import instant

DECIMAL = re.compile(r"-?\d+(\.\d+)?")
WRONG = ("SOMEBODY", "no secret at all")
ALPACAS = ("PKABCDEFGHIJKLMNOP", "no secret at all")
ORDER_KEYS = [
    "id",
    "client_order_id",
    "created_at",
    "updated_at",
    "submitted_at",
    "filled_at",
    "expired_at",
    "expires_at",
    "canceled_at",
    "failed_at",
    "replaced_at",
    "replaced_by",
    "replaces",
    "asset_id",
    "symbol",
    "asset_class",
    "notional",
    "qty",
    "filled_qty",
    "filled_avg_price",
    "order_class",
    "order_type",
    "type",
    "side",
    "time_in_force",
    "limit_price",
    "stop_price",
    "status",
    "extended_hours",
    "legs",
    "trail_percent",
    "trail_price",
    "hwm",
    "subtag",
    "source",
    "position_intent",
]

OpenStreet = Callable[..., Street]


@pytest.mark.fact("1.5.1", "2.14.18")
def test_a_refusal_is_an_error_that_knows_its_status(market_open: Street) -> None:
    with pytest.raises(APIError) as caught:
        market_open.trading.get_open_position("AAPL")
    error = caught.value
    assert (error.status_code, error.code) == (404, 40410000)
    assert error.message == "position does not exist"
    assert market_open.body() == {"code": 40410000, "message": "position does not exist"}


@pytest.mark.fact("1.5.2", "2.14.15")
@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_html_error_has_a_status_and_no_code(market_open: Street, status: int) -> None:
    market_open.fault(f"html@GET /v2/account,value={status}")
    with pytest.raises(APIError) as caught:
        market_open.trading.get_account()
    assert caught.value.status_code == status
    with pytest.raises(json.JSONDecodeError):
        _ = caught.value.code
    assert market_open.exchange.requests == 1, "these are not repeated by the client"


@pytest.mark.fact("1.5.3", "1.5.6", "2.14.1")
def test_wrong_keys_are_told_without_a_code(market_open: Street) -> None:
    stranger = market_open.client(TradingClient, *WRONG)
    with pytest.raises(APIError) as caught:
        stranger.get_account()
    assert caught.value.status_code == 401
    assert caught.value.message == "unauthorized."
    with pytest.raises(KeyError):
        _ = caught.value.code
    assert market_open.body() == {"message": "unauthorized."}


@pytest.mark.fact("1.5.6")
def test_a_key_of_alpacas_own_is_told_to_stay_at_home(market_open: Street) -> None:
    told = refusal(market_open.client(TradingClient, *ALPACAS).get_account)
    assert (told.status, told.code) == (401, None)
    assert told.text.startswith("unauthorized. this is a local exchange")
    assert ALPACAS[0] not in str(told.body)


@pytest.mark.fact("1.5.7", "2.14.1")
def test_wrong_keys_may_be_told_in_html(market_open: Street) -> None:
    market_open.fault("html@GET /v2/clock,value=401")
    with pytest.raises(APIError, match="<html>") as caught:
        market_open.trading.get_clock()
    assert caught.value.status_code == 401


@pytest.mark.fact("1.5.4")
def test_html_with_200_is_no_json(market_open: Street) -> None:
    market_open.fault("html@GET /v2/account,value=200")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        market_open.trading.get_account()


@pytest.mark.fact("1.5.5")
def test_a_200_to_a_post_has_a_body(market_open: Street) -> None:
    market_open.submit(at_market())
    assert market_open.last is not None
    assert market_open.last.status_code == 200
    assert int(market_open.last.headers["Content-Length"]) == len(market_open.last.content) > 500


@pytest.mark.fact("1.5.8")
@pytest.mark.parametrize(
    "field",
    [
        "id",
        "client_order_id",
        "created_at",
        "updated_at",
        "submitted_at",
        "time_in_force",
        "status",
        "extended_hours",
    ],
)
def test_an_order_needs_its_fields(market_open: Street, field: str) -> None:
    market_open.submit(at_market())
    market_open.fault(f"missing-field@GET /v2/orders,value={field}")
    with pytest.raises(ValidationError, match=field):
        market_open.trading.get_orders()


@pytest.mark.fact("1.5.9", "1.8.3")
def test_a_simple_order_has_an_empty_class(market_open: Street) -> None:
    assert market_open.submit(at_market()).order_class is OrderClass.SIMPLE
    assert market_open.body()["order_class"] == ""
    market_open.fault("missing-field@GET /v2/orders,value=order_class")
    (order,) = market_open.trading.get_orders()
    assert order.order_class is OrderClass.SIMPLE
    assert "order_class" not in market_open.body()[0]


@pytest.mark.fact("1.5.10")
def test_trails_are_texts(market_open: Street) -> None:
    market_open.held()
    order = market_open.submit(trailing(trail_price=2.5))
    assert market_open.body()["trail_price"] == "2.5"
    assert market_open.body()["trail_percent"] is None
    assert (order.trail_price, order.trail_percent) == ("2.5", None)
    assert market_open.order(order).hwm == "190"
    assert market_open.body()["hwm"] == "190"


@pytest.mark.fact("1.5.11")
def test_a_position_has_its_fields(market_open: Street) -> None:
    market_open.held()
    position = market_open.trading.get_open_position("AAPL")
    assert (position.symbol, position.qty, position.side.value) == ("AAPL", "10", "long")
    assert (position.avg_entry_price, position.cost_basis) == ("190.04", "1900.4")
    assert position.asset_id == market_open.trading.get_asset("AAPL").id
    raw = market_open.raw.get_open_position("AAPL")
    money = [raw[name] for name in ("qty", "avg_entry_price", "cost_basis", "market_value")]
    assert all(isinstance(value, str) and DECIMAL.fullmatch(value) for value in money)
    market_open.fault("missing-field@GET /v2/positions*,value=cost_basis")
    with pytest.raises(ValidationError, match="cost_basis"):
        market_open.trading.get_all_positions()


@pytest.mark.fact("1.5.12")
def test_an_account_has_its_fields(market_open: Street) -> None:
    account = market_open.trading.get_account()
    assert isinstance(account.id, UUID)
    assert account.status is AccountStatus.ACTIVE
    assert account.account_number
    assert (account.cash, account.equity, account.buying_power) == ("100000", "100000", "200000")
    raw = market_open.raw.get_account()
    money = ("cash", "equity", "last_equity", "buying_power", "long_market_value", "multiplier")
    assert all(isinstance(raw[name], str) for name in money)
    for field in ("id", "account_number", "status"):
        assert raw[field]
    market_open.fault("unknown-enum@GET /v2/account,value=status")
    with pytest.raises(ValidationError, match="status"):
        market_open.trading.get_account()


@pytest.mark.fact("1.5.13", "1.5.23")
def test_an_asset_has_both_words_for_borrowing(market_open: Street) -> None:
    asset = market_open.trading.get_asset("AAPL")
    assert (asset.symbol, asset.tradable, asset.easy_to_borrow) == ("AAPL", True, True)
    raw = market_open.raw.get_asset("AAPL")
    assert raw["easy_to_borrow"] is True
    assert raw["borrow_status"] == "easy_to_borrow"
    needed = "id class exchange symbol status tradable marginable shortable fractionable"
    assert [field for field in needed.split() if raw.get(field) is None] == []


@pytest.mark.fact("1.5.24")
def test_without_the_retired_flag_only_raw_assets_work(open_street: OpenStreet) -> None:
    street = open_street(legacy_borrow_flag=False)
    with pytest.raises(ValidationError, match="easy_to_borrow"):
        street.trading.get_asset("AAPL")
    with pytest.raises(ValidationError, match="easy_to_borrow"):
        street.trading.get_all_assets()
    raw = street.raw.get_asset("AAPL")
    assert "easy_to_borrow" not in raw
    assert raw["borrow_status"] == "easy_to_borrow"


@pytest.mark.fact("1.5.14", "1.7.33")
def test_the_clock_has_new_yorks_offset(market_open: Street) -> None:
    clock = market_open.trading.get_clock()
    assert clock.is_open is True
    assert clock.timestamp == eastern("09:45")
    assert clock.next_close == eastern("16:00")
    assert market_open.body() == {
        "timestamp": "2026-11-23T09:45:00-05:00",
        "is_open": True,
        "next_open": "2026-11-24T09:30:00-05:00",
        "next_close": "2026-11-23T16:00:00-05:00",
    }
    market_open.to("16:00")
    assert market_open.trading.get_clock().is_open is False, "extended hours are not open"


@pytest.mark.fact("1.5.15", "1.7.31", "1.7.32")
def test_the_calendar_has_hours_and_minutes(market_open: Street) -> None:
    asked = GetCalendarRequest(start=date(2026, 11, 25), end=date(2026, 11, 27))
    wednesday, friday = market_open.trading.get_calendar(asked)
    assert (wednesday.open, wednesday.close) == (
        datetime(2026, 11, 25, 9, 30),  # noqa: DTZ001
        datetime(2026, 11, 25, 16),  # noqa: DTZ001
    )
    assert friday.close == datetime(2026, 11, 27, 13)  # noqa: DTZ001
    assert market_open.body()[1] == {
        "date": "2026-11-27",
        "open": "09:30",
        "close": "13:00",
        "session_open": "0400",
        "session_close": "1700",
        "settlement_date": "2026-11-30",
    }


@pytest.mark.fact("1.5.16")
def test_a_portfolio_history_has_numbers_alone(market_open: Street) -> None:
    market_open.held()
    history = market_open.trading.get_portfolio_history()
    assert history.timeframe == "1D"
    assert len(history.timestamp) == len(history.equity) == len(history.profit_loss) > 0
    assert None not in (*history.equity, *history.profit_loss, *history.profit_loss_pct)
    assert history.equity[-1] == pytest.approx(100_000 - 0.04 * 10)
    market_open.fault("missing-field@GET /v2/account/portfolio/history,value=equity")
    with pytest.raises(ValidationError, match="equity"):
        market_open.trading.get_portfolio_history()


@pytest.mark.fact("1.5.17")
def test_closing_all_positions_answers_with_bodies(market_open: Street) -> None:
    market_open.held()
    (closed,) = market_open.trading.close_all_positions()
    assert (closed.symbol, closed.status) == ("AAPL", 200)
    assert isinstance(closed.body, Order)
    assert (closed.body.symbol, closed.body.qty, closed.body.side.value) == ("AAPL", "10", "sell")
    market_open.fault("missing-field@DELETE /v2/positions,value=body")
    with pytest.raises(ValidationError, match="body"):
        market_open.trading.close_all_positions()


@pytest.mark.fact("1.5.19")
@pytest.mark.parametrize("field", ["status", "type", "time_in_force", "order_class", "side"])
def test_an_unknown_word_is_an_error(market_open: Street, field: str) -> None:
    market_open.submit(at_market())
    market_open.fault(f"unknown-enum@GET /v2/orders,value={field}")
    with pytest.raises(ValidationError, match=field):
        market_open.trading.get_orders()


@pytest.mark.fact("1.5.20")
def test_one_bad_element_fails_the_list(market_open: Street) -> None:
    for _ in range(3):
        market_open.submit(at_limit(150))
    assert len(market_open.trading.get_orders()) == 3
    market_open.fault("unknown-enum@GET /v2/orders,value=status")
    with pytest.raises(ValidationError) as caught:
        market_open.trading.get_orders()
    assert caught.value.error_count() == 1
    assert len(market_open.raw.get_orders()) == 3


@pytest.mark.fact("1.5.22", "2.12.1")
def test_held_is_a_word_that_the_client_knows(market_open: Street) -> None:
    order = market_open.submit(bracket(200, 180))
    assert order.legs is not None
    assert [leg.status for leg in order.legs] == [OrderStatus.HELD, OrderStatus.HELD]


@pytest.mark.fact("1.5.25")
def test_nanoseconds_are_cut_to_microseconds(market_open: Street) -> None:
    market_open.exchange.advance(instant(eastern("09:45")) + 123_456_789)
    order = market_open.submit(at_market())
    assert market_open.body()["created_at"] == "2026-11-23T14:45:00.123456789Z"
    assert order.created_at == datetime(2026, 11, 23, 14, 45, 0, 123_456, tzinfo=UTC)


@pytest.mark.fact("1.5.26")
def test_unknown_fields_are_ignored(market_open: Street) -> None:
    order = market_open.submit(at_market())
    sent = market_open.body()
    assert {"subtag", "source"} <= sent.keys()
    assert not hasattr(order, "subtag")
    assert not hasattr(order, "source")


@pytest.mark.fact("1.5.27")
def test_raw_data_is_plain(market_open: Street) -> None:
    raw = market_open.raw
    assert type(raw.get_account()) is dict
    assert type(raw.get_all_assets()) is list
    assert type(raw.submit_order(at_market())) is dict
    assert type(raw.get_orders(GetOrdersRequest(limit=5))) is list


def orders_in_all_states(street: Street) -> dict[str, Any]:
    """One order each: just sent, resting, partially filled, filled, canceled, bracket."""
    filled = street.held()
    resting = street.submit(at_limit(150))
    dead = street.submit(at_limit(151))
    street.trading.cancel_order_by_id(dead.id)
    part = street.submit(at_market(symbol="THIN", qty=25))
    street.submit(bracket(500, 300, symbol="MSFT"))
    street.exchange.step(70)
    raw = street.raw.get_order_by_id
    return {order.id: raw(order.id) for order in (filled, resting, dead, part)}


@pytest.mark.fact("1.8.1")
def test_an_order_has_the_same_keys_in_every_state(market_open: Street) -> None:
    states = orders_in_all_states(market_open)
    assert [order["status"] for order in states.values()] == [
        "filled",
        "new",
        "canceled",
        "partially_filled",
    ]
    assert len(ORDER_KEYS) == 36
    for order in states.values():
        assert set(ORDER_KEYS) - set(order) <= {"expires_at"}
        assert set(order) <= set(ORDER_KEYS)
    filled, resting, dead, _ = states.values()
    assert filled["filled_at"] == "2026-11-23T14:46:00Z"
    assert (resting["filled_at"], resting["filled_avg_price"]) == (None, None)
    assert resting["legs"] is None
    assert dead["canceled_at"] is not None


@pytest.mark.fact("1.8.2")
def test_money_and_quantities_are_decimal_texts(market_open: Street) -> None:
    for order in orders_in_all_states(market_open).values():
        for field in ("qty", "filled_qty", "limit_price", "filled_avg_price"):
            assert order[field] is None or DECIMAL.fullmatch(order[field]), (field, order[field])
    sent = market_open.raw.post("/orders", plain(type="limit", limit_price=120.10, qty=3.0))
    assert (sent["limit_price"], sent["qty"]) == ("120.1", "3")
