"""Orders over REST: sending, finding, listing, replacing and canceling."""

from __future__ import annotations

import json

import pytest
from rest_calls import Calls

BRACKET = {
    "order_class": "bracket",
    "qty": "2",
    "take_profit": {"limit_price": "250"},
    "stop_loss": {"stop_price": "150", "limit_price": 149.5},
}


@pytest.fixture
def calls(open_exchange):
    return Calls(open_exchange("10:00"))


@pytest.fixture
def night(open_exchange):
    return Calls(open_exchange("08:00"))


def ids(orders):
    return [order["client_order_id"] for order in orders]


def test_an_order_answers_with_itself(calls):
    order = calls.order(qty=10.0, type="limit", limit_price=150.1, client_order_id="mine")
    assert order["client_order_id"] == "mine"
    assert (order["qty"], order["limit_price"], order["filled_qty"]) == ("10", "150.1", "0")
    assert (order["order_class"], order["legs"], order["notional"]) == ("", None, None)
    assert (order["status"], order["position_intent"]) == ("pending_new", "buy_to_open")
    assert order["submitted_at"] == "2026-11-23T15:00:00Z"
    assert order["expires_at"] == "2026-11-23T21:00:00Z"


def test_outside_of_market_hours_it_is_accepted(night):
    assert night.order()["status"] == "accepted"


def test_a_bracket_answers_with_its_legs(calls):
    order = calls.order(**BRACKET)
    assert order["order_class"] == "bracket"
    profit, loss = order["legs"]
    assert (profit["type"], profit["limit_price"], profit["side"]) == ("limit", "250", "sell")
    assert (loss["type"], loss["stop_price"], loss["limit_price"]) == ("stop_limit", "150", "149.5")
    assert {profit["status"], loss["status"]} == {"held"}


def test_an_order_is_found_by_either_id(calls):
    order = calls.limit("150", client_order_id="mine")
    assert calls.get(f"/v2/orders/{order['id']}")["id"] == order["id"]
    by_client = calls.get("/v2/orders:by_client_order_id?client_order_id=mine")
    assert by_client["id"] == order["id"]


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/v2/orders/00000000-0000-4000-8000-000000000000", 404, 40410000),
        ("/v2/orders/not-a-uuid", 404, 40410000),
        ("/v2/orders:by_client_order_id?client_order_id=never", 404, 40410000),
        ("/v2/orders:by_client_order_id", 422, 40010001),
        ("/v2/orders?limit=501", 422, 40010001),
        ("/v2/orders?limit=0", 422, 40010001),
        ("/v2/orders?status=opened", 422, 40010001),
        ("/v2/orders?direction=up", 422, 40010001),
        ("/v2/orders?nested=maybe", 422, 40010001),
        ("/v2/orders?side=long", 422, 40010001),
        ("/v2/orders?after=lately", 422, 40010001),
        ("/v2/orders?after_order_id=a&before_order_id=b", 422, 40010001),
        ("/v2/orders?after_order_id=a", 404, 40410000),
    ],
)
def test_wrong_questions_are_refused(calls, target, status, code):
    assert calls.refusal("GET", target)[:2] == (status, code)


def test_nested_by_id_puts_legs_inside(calls):
    order = calls.order(**BRACKET)
    assert calls.get(f"/v2/orders/{order['id']}")["legs"] is None
    assert len(calls.get(f"/v2/orders/{order['id']}?nested=True")["legs"]) == 2


def test_the_list_holds_open_orders_latest_first(calls):
    for name in ("a", "b", "c"):
        calls.limit("150", client_order_id=name)
    assert ids(calls.get("/v2/orders")) == ["c", "b", "a"]
    assert ids(calls.get("/v2/orders?direction=asc&limit=2")) == ["a", "b"]
    calls.send("DELETE", "/v2/orders/" + calls.get("/v2/orders")[1]["id"])
    assert ids(calls.get("/v2/orders")) == ["c", "a"]
    assert ids(calls.get("/v2/orders?status=closed")) == ["b"]
    assert ids(calls.get("/v2/orders?status=all")) == ["c", "b", "a"]


def test_the_list_is_filtered_by_symbol_side_and_class(calls):
    calls.limit("150", client_order_id="a")
    calls.limit("300", client_order_id="m", symbol="MSFT")
    assert ids(calls.get("/v2/orders?symbols=msft,SPY")) == ["m"]
    assert ids(calls.get("/v2/orders?side=buy&symbols=AAPL")) == ["a"]
    assert calls.get("/v2/orders?side=sell") == []
    assert calls.get("/v2/orders?asset_class=crypto") == []
    assert len(calls.get("/v2/orders?asset_class=us_equity,crypto")) == 2


def test_after_and_until_leave_their_own_moment_out(calls):
    first = calls.limit("150", client_order_id="a")
    calls.exchange.step(60)
    second = calls.limit("150", client_order_id="b")
    assert ids(calls.get(f"/v2/orders?after={first['submitted_at']}")) == ["b"]
    assert ids(calls.get(f"/v2/orders?until={second['submitted_at']}")) == ["a"]
    assert ids(calls.get("/v2/orders?after=2026-11-23")) == ["b", "a"]
    assert ids(calls.get("/v2/orders?until=2026-11-23")) == []
    assert ids(calls.get(f"/v2/orders?after_order_id={first['id']}")) == ["b"]
    assert ids(calls.get(f"/v2/orders?before_order_id={second['id']}")) == ["a"]


def test_fifty_unless_asked_otherwise(calls):
    for _ in range(60):
        calls.limit("150")
    assert len(calls.get("/v2/orders")) == 50
    assert len(calls.get("/v2/orders?limit=500")) == 60


def test_a_flat_list_has_legs_beside_their_parent_and_a_nested_one_inside(calls):
    calls.order(**BRACKET, client_order_id="entry")
    flat = calls.get("/v2/orders?status=all")
    assert len(flat) == 3
    assert [order["legs"] for order in flat] == [None] * 3
    assert ids(calls.get("/v2/orders")) == ["entry"]  # held legs are not in a flat open list
    nested = calls.get("/v2/orders?nested=True")
    assert ids(nested) == ["entry"]
    assert len(nested[0]["legs"]) == 2


def test_a_filled_entry_stays_in_the_nested_list_while_its_legs_are_open(calls):
    calls.order(**BRACKET, client_order_id="entry")
    calls.exchange.step(600)
    parent = calls.get("/v2/orders:by_client_order_id?client_order_id=entry")
    assert parent["status"] == "filled"
    assert ids(calls.get("/v2/orders?nested=true")) == ["entry"]


def test_replacing_gives_a_new_order(calls):
    old = calls.limit("150", qty="5")
    answer = calls.send("PATCH", f"/v2/orders/{old['id']}", {"qty": "4", "limit_price": 151.25})
    new = json.loads(answer.body)
    assert answer.status == 200
    assert new["id"] != old["id"]
    assert (new["replaces"], new["qty"], new["limit_price"]) == (old["id"], "4", "151.25")
    assert calls.get(f"/v2/orders/{old['id']}")["status"] == "replaced"
    assert calls.get(f"/v2/orders/{old['id']}")["replaced_by"] == new["id"]


def test_a_queued_order_cannot_be_replaced(open_exchange):
    calls = Calls(open_exchange("03:00"))
    old = calls.limit("150")
    assert calls.refusal("PATCH", f"/v2/orders/{old['id']}", {"limit_price": 151}) == (
        422,
        42210000,
        "cannot replace order in accepted status",
    )


def test_canceling_is_204_and_a_second_time_refused(calls):
    order = calls.limit("150")
    answer = calls.send("DELETE", f"/v2/orders/{order['id']}")
    assert (answer.status, answer.body) == (204, b"")
    assert calls.get(f"/v2/orders/{order['id']}")["status"] == "canceled"
    status, code, _ = calls.refusal("DELETE", f"/v2/orders/{order['id']}")
    assert (status, code) == (422, 42210000)


def test_canceling_all_is_207_with_a_line_for_each(calls):
    wanted = {calls.limit("150")["id"], calls.limit("300", symbol="MSFT")["id"]}
    answer = calls.send("DELETE", "/v2/orders")
    assert answer.status == 207
    lines = json.loads(answer.body)
    assert {(line["id"], line["status"]) for line in lines} == {(id_, 200) for id_ in wanted}
    assert calls.get("/v2/orders") == []
    assert json.loads(calls.send("DELETE", "/v2/orders").body) == []


def test_a_text_with_any_character_comes_back_as_sent(calls):
    name = 'ü "\\ \u2028 😀'
    assert calls.limit("150", client_order_id=name)["client_order_id"] == name
