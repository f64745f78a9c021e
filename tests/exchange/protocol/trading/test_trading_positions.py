"""Positions over REST: what is held, and closing it."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from rest_calls import Calls


@pytest.fixture
def calls(open_exchange):
    """Ten AAPL long and three MSFT short."""
    client = Calls(open_exchange("10:00"))
    client.order(qty="10")
    client.order(symbol="MSFT", qty="3", side="sell")
    client.exchange.step(600)
    return client


def closed(answer):
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def test_a_long_position_adds_up(calls):
    held = calls.get("/v2/positions/AAPL")
    assert (held["qty"], held["side"], held["qty_available"]) == ("10", "long", "10")
    assert (held["exchange"], held["asset_class"]) == (
        calls.get("/v2/assets/AAPL")["exchange"],
        "us_equity",
    )
    entry, price = Decimal(held["avg_entry_price"]), Decimal(held["current_price"])
    assert Decimal(held["cost_basis"]) == 10 * entry
    assert Decimal(held["market_value"]) == 10 * price
    assert Decimal(held["unrealized_pl"]) == 10 * (price - entry)
    assert held["unrealized_intraday_pl"] == held["unrealized_pl"]
    share = (price - entry) / entry
    assert abs(Decimal(held["unrealized_plpc"]) - share) < Decimal("1e-9")
    last = Decimal(held["lastday_price"])
    assert abs(Decimal(held["change_today"]) - (price - last) / last) < Decimal("1e-9")


def test_a_short_position_is_negative(calls):
    held = calls.get("/v2/positions/MSFT")
    assert (held["qty"], held["side"], held["qty_available"]) == ("-3", "short", "-3")
    assert Decimal(held["market_value"]) < 0
    assert Decimal(held["cost_basis"]) < 0


def test_open_orders_hold_shares(calls):
    calls.limit("250", qty="4", side="sell")
    assert calls.get("/v2/positions/AAPL")["qty_available"] == "6"
    status, code, message = calls.refusal("DELETE", "/v2/positions/AAPL")
    assert (status, code) == (403, 40310000)
    assert message.startswith("insufficient qty available for order")


def test_positions_are_found_by_symbol_and_by_asset_id(calls):
    asset = calls.get("/v2/assets/AAPL")
    assert calls.get(f"/v2/positions/{asset['id']}")["symbol"] == "AAPL"
    assert calls.get("/v2/positions/aapl")["symbol"] == "AAPL"
    assert [held["symbol"] for held in calls.get("/v2/positions")] == ["AAPL", "MSFT"]


@pytest.mark.parametrize(
    ("method", "target", "refusal"),
    [
        ("GET", "/v2/positions/SPY", (404, 40410000, "position does not exist")),
        ("DELETE", "/v2/positions/SPY", (404, 40410000, "position does not exist")),
        ("GET", "/v2/positions/NOPE", (404, 40410000, "symbol not found: NOPE")),
        ("DELETE", "/v2/positions/AAPL?qty=0", (422, 40010001, "qty must be > 0")),
        (
            "DELETE",
            "/v2/positions/AAPL?percentage=101",
            (422, 40010001, "percentage must be between 0 and 100"),
        ),
        (
            "DELETE",
            "/v2/positions/AAPL?qty=1&percentage=50",
            (422, 40010001, "only one of qty or percentage is accepted"),
        ),
        ("DELETE", "/v2/positions/AAPL?qty=some", (422, 40010001, "invalid qty: some")),
    ],
)
def test_wrong_questions_are_refused(calls, method, target, refusal):
    assert calls.refusal(method, target) == refusal


@pytest.mark.parametrize(
    ("target", "side", "qty"),
    [
        ("/v2/positions/AAPL", "sell", "10"),
        ("/v2/positions/AAPL?qty=3", "sell", "3"),
        ("/v2/positions/AAPL?percentage=50", "sell", "5"),
        ("/v2/positions/MSFT", "buy", "3"),
    ],
)
def test_closing_answers_with_the_order(calls, target, side, qty):
    order = closed(calls.send("DELETE", target))
    assert (order["side"], order["qty"], order["type"]) == (side, qty, "market")
    assert order["position_intent"] == f"{side}_to_close"


def test_closing_all_is_207_with_a_line_for_each(calls):
    resting = calls.limit("250", qty="4", side="sell")
    lines = json.loads(calls.send("DELETE", "/v2/positions?cancel_orders=True").body)
    assert [(line["symbol"], line["status"]) for line in lines] == [("AAPL", 200), ("MSFT", 200)]
    assert [line["body"]["qty"] for line in lines] == ["10", "3"]
    assert calls.get(f"/v2/orders/{resting['id']}")["status"] == "canceled"
    calls.exchange.step(600)
    assert calls.get("/v2/positions") == []


def test_closing_all_reports_what_cannot_be_closed(calls):
    calls.limit("250", qty="4", side="sell")
    answer = calls.send("DELETE", "/v2/positions")
    assert answer.status == 207
    failed, done = json.loads(answer.body)
    assert (failed["symbol"], failed["status"], failed["body"]["code"]) == ("AAPL", 403, 40310000)
    assert (failed["body"]["held_for_orders"], failed["body"]["symbol"]) == ("4", "AAPL")
    assert (done["symbol"], done["status"]) == ("MSFT", 200)
