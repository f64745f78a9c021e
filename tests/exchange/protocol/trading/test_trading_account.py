"""The account over REST: balances, configurations, activities and equity over time."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from rest_calls import Calls

RETIRED = {"pattern_day_trader", "daytrade_count", "daytrading_buying_power"}


@pytest.fixture
def calls(open_exchange):
    return Calls(open_exchange("10:00"))


def configure(calls, **wishes):
    answer = calls.send("PATCH", "/v2/account/configurations", wishes)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def test_a_new_account_is_all_cash(calls):
    account = calls.get("/v2/account")
    assert {account[name] for name in ("cash", "equity", "last_equity", "portfolio_value")} == {
        "100000"
    }
    assert (account["buying_power"], account["multiplier"]) == ("200000", "2")
    assert (account["status"], account["currency"]) == ("ACTIVE", "USD")
    assert account["shorting_enabled"] is True
    assert account["created_at"] == "2026-11-23T15:00:00Z"
    assert account["balance_asof"] == "2026-11-20"
    assert not RETIRED & set(account)


def test_equity_is_cash_and_positions(calls):
    calls.order(qty="10")
    calls.exchange.step(600)
    account = calls.get("/v2/account")
    value = Decimal(calls.get("/v2/positions/AAPL")["market_value"])
    assert Decimal(account["equity"]) == Decimal(account["cash"]) + value
    assert account["position_market_value"] == account["long_market_value"]
    assert Decimal(account["buying_power"]) < 200_000


def test_below_two_thousand_dollars_there_is_no_margin(open_exchange):
    account = Calls(open_exchange("10:00", cash="1999")).get("/v2/account")
    assert (account["multiplier"], account["shorting_enabled"]) == ("1", False)


def test_configurations_are_changed_one_by_one(calls):
    before = calls.get("/v2/account/configurations")
    assert configure(calls, trade_confirm_email="none") == {**before, "trade_confirm_email": "none"}
    sent_back = {**before, "dtbp_check": None, "pdt_check": "both", "no_shorting": True}
    assert configure(calls, **sent_back) == {**before, "no_shorting": True}
    assert calls.get("/v2/account/configurations")["no_shorting"] is True


@pytest.mark.parametrize(
    "wishes",
    [
        {"no_shorting": "yes"},
        {"max_margin_multiplier": "3"},
        {"max_margin_multiplier": 2},
        {"max_options_trading_level": True},
        {"colour": "red"},
        {"no_shorting": True, "suspend_trade": 1},
    ],
)
def test_wrong_configurations_change_nothing(calls, wishes):
    before = calls.get("/v2/account/configurations")
    status, code, _ = calls.refusal("PATCH", "/v2/account/configurations", wishes)
    assert (status, code) == (422, 40010001)
    assert calls.get("/v2/account/configurations") == before


def test_suspended_trading_refuses_new_orders_and_closes(calls):
    calls.order()
    calls.exchange.step(600)
    configure(calls, suspend_trade=True)
    body = {"symbol": "AAPL", "qty": 1, "side": "buy", "type": "market", "time_in_force": "day"}
    expected = (403, 40310000, "new orders are rejected by user request")
    assert calls.refusal("POST", "/v2/orders", body) == expected
    assert calls.refusal("DELETE", "/v2/positions/AAPL") == expected
    assert calls.refusal("DELETE", "/v2/positions") == expected
    assert calls.get("/v2/account")["trade_suspended_by_user"] is True
    configure(calls, suspend_trade=False)
    assert calls.order()["status"] == "pending_new"


def test_margin_and_shorting_can_be_given_up_and_taken_back(calls):
    configure(calls, max_margin_multiplier="1", no_shorting=True)
    account = calls.get("/v2/account")
    assert (account["buying_power"], account["multiplier"]) == ("100000", "1")
    short = {"symbol": "AAPL", "qty": 1, "side": "sell", "type": "market", "time_in_force": "day"}
    assert calls.refusal("POST", "/v2/orders", short)[:2] == (403, 40310000)
    configure(calls, max_margin_multiplier="4", no_shorting=False)
    assert calls.get("/v2/account")["multiplier"] == "2"
    assert calls.send("POST", "/v2/orders", short).status == 200


def test_fractional_trading_can_be_given_up(calls):
    configure(calls, fractional_trading=False)
    body = {"symbol": "AAPL", "side": "buy", "type": "market", "time_in_force": "day"}
    for amount in ({"qty": "0.5"}, {"notional": "10"}):
        assert calls.refusal("POST", "/v2/orders", {**body, **amount})[:2] == (403, 40310000)
    assert calls.order(qty="2")["qty"] == "2"
