"""The gateway: keys, limits, unknown paths, hostile bodies, and ordered faults."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_calls import Calls

from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.endpoints import ROUTES
from avwap_cli.exchange.protocol.messages import Fate, Request
from avwap_cli.exchange.protocol.ordered_faults.refusal_catalogue import CATALOGUE
from avwap_cli.exchange.settings import Settings

ORDER = {"symbol": "AAPL", "qty": 1, "side": "buy", "type": "market", "time_in_force": "day"}

BRACKET = {
    "order_class": "bracket",
    "take_profit": {"limit_price": "250"},
    "stop_loss": {"stop_price": "150"},
}


@pytest.fixture
def exchange(open_exchange):
    return open_exchange("10:00")


@pytest.fixture
def calls(exchange):
    return Calls(exchange)


def faulty(open_exchange, *faults: str | Fault) -> Calls:
    return Calls(open_exchange("10:00", faults=faults))


def test_keys_are_taken_from_both_headers_or_basic_authorization(exchange):
    keys = exchange.keys
    token = base64.b64encode(f"{keys.key_id}:{keys.secret}".encode()).decode()
    for headers in (
        {"apca-api-key-id": keys.key_id, "apca-api-secret-key": keys.secret},
        {"authorization": f"Basic {token}"},
    ):
        assert exchange.handle(Request("GET", "/v2/clock", (), headers)).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"apca-api-key-id": "AVWAPLOCAL"},
        {"apca-api-key-id": "x", "apca-api-secret-key": "ü\udcff"},
        {"authorization": "Bearer token"},
        {"authorization": "Basic !!!"},
        {"authorization": "Basic /////w=="},
        {"authorization": "Basic"},
    ],
)
@pytest.mark.parametrize("path", ["/v2/account", "/v2/stocks/bars", "/_exchange/snapshot"])
def test_wrong_keys_are_401_and_never_repeated(exchange, headers, path):
    answer = exchange.handle(Request("GET", path, (), headers))
    assert answer.status == 401
    assert json.loads(answer.body) == {"message": "unauthorized."}


def test_one_wrong_half_of_the_keys_is_wrong(exchange):
    keys = exchange.keys
    for key_id, secret in ((keys.key_id, "x"), ("x", keys.secret)):
        headers = {"apca-api-key-id": key_id, "apca-api-secret-key": secret}
        assert exchange.handle(Request("GET", "/v2/account", (), headers)).status == 401


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [
        ("GET", "/v2/options/contracts", (404, 40410000, "endpoint not found.")),
        ("GET", "/v3/clock", (404, 40410000, "endpoint not found.")),
        ("GET", "//v2/account", (404, 40410000, "endpoint not found.")),
        ("GET", "/v2/stocks/AAPL/nothing", (404, None, "Not Found")),
        ("PUT", "/v2/orders", (405, None, "Method Not Allowed")),
    ],
)
def test_unknown_paths_are_json_too(calls, method, path, refusal):
    assert calls.refusal(method, path) == refusal


def test_a_body_of_more_than_a_mebibyte_is_413(calls):
    assert calls.refusal("POST", "/v2/orders", b" " * (1024 * 1024 + 1))[0] == 413
    assert calls.refusal("POST", "/v2/orders", b" " * (1024 * 1024))[0] == 400


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"qty":NaN}', b"\xff", b"[" * 100_000, b'{"a":1,"a":2}'],
    ids=lambda body: repr(body[:12]),
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v2/orders"), ("PATCH", "/v2/account/configurations")],
)
def test_hostile_bodies_change_nothing(calls, method, path, body):
    before = calls.exchange.snapshot()["account"], calls.get("/v2/orders?status=all")
    status, code, message = calls.refusal(method, path, body)
    assert (status, code) == (400, 40010000)
    assert message.startswith("request body format is invalid")
    assert (calls.exchange.snapshot()["account"], calls.get("/v2/orders?status=all")) == before


@pytest.mark.parametrize("field", ORDER)
@pytest.mark.parametrize("value", [None, [], {}, True, -1, 0, "", "x" * 10_000, 1e308, "NaN", "٣"])
def test_wrong_kinds_of_values_are_refused(calls, field, value):
    answer = calls.send("POST", "/v2/orders", {**ORDER, field: value})
    assert answer.status in {400, 403, 404, 422}, answer.body
    assert len(json.loads(answer.body)["message"]) < 300
    assert calls.get("/v2/orders?status=all") == []


def test_the_rate_limit_is_told_and_kept(small_tape, exchange):
    limited = LocalExchange(
        small_tape,
        replace(Settings(), requests_per_minute=2),
        start=exchange.now(),
    )
    calls = Calls(limited)
    answers = [calls.send("GET", "/v2/clock") for _ in range(2)]
    assert [a.headers["X-RateLimit-Remaining"] for a in answers] == ["1", "0"]
    assert answers[0].headers["X-RateLimit-Limit"] == "2"
    reset = int(answers[0].headers["X-RateLimit-Reset"])
    assert reset == exchange.now().timestamp() + 60
    assert calls.refusal("GET", "/v2/clock") == (429, 42910000, "rate limit exceeded")
    data = calls.send("GET", "/v2/stocks/bars/latest?symbols=AAPL")
    assert (data.status, data.headers["X-RateLimit-Remaining"]) == (200, "1")
    assert calls.send("GET", "/_exchange/snapshot").status == 200
    limited.step(60)
    assert calls.send("GET", "/v2/clock").status == 200


def test_a_refused_order_still_carries_the_rate_headers(small_tape, exchange):
    calls = Calls(LocalExchange(small_tape, Settings(), start=exchange.now()))
    answer = calls.send("POST", "/v2/orders", {})
    assert answer.status == 422
    assert answer.headers["X-RateLimit-Remaining"] == "199"


def test_effects_come_after_the_answer(calls):
    order = calls.order()
    assert order["status"] == "pending_new"
    assert calls.get(f"/v2/orders/{order['id']}")["status"] == "new"


@pytest.mark.parametrize(
    ("kind", "status", "fate"),
    [
        ("hang", 504, Fate.HANG),
        ("reset", 504, Fate.RESET),
        ("429", 429, Fate.DELIVER),
        ("429-bare", 429, Fate.DELIVER),
        ("500", 500, Fate.DELIVER),
        ("html", 502, Fate.DELIVER),
        ("401", 401, Fate.DELIVER),
        ("refuse", 403, Fate.DELIVER),
    ],
)
def test_these_faults_keep_an_order_from_the_books(open_exchange, kind, status, fate):
    calls = faulty(open_exchange, f"{kind}@POST /v2/orders,nth=1")
    answer = calls.send("POST", "/v2/orders", ORDER)
    assert (answer.status, answer.fate) == (status, fate)
    assert calls.get("/v2/orders?status=all") == []
    assert calls.send("POST", "/v2/orders", ORDER).status == 200


@pytest.mark.parametrize(
    ("kind", "status", "fate"),
    [
        ("hang-after-accept", 200, Fate.HANG),
        ("reset-after-accept", 200, Fate.RESET),
        ("504-after-accept", 504, Fate.DELIVER),
    ],
)
def test_these_faults_lose_the_answer_of_an_order_that_lives(open_exchange, kind, status, fate):
    calls = faulty(open_exchange, f"{kind}@POST /v2/orders,nth=1")
    assert calls.send("POST", "/v2/orders", {}).status == 422  # was not accepted: does not count
    body = {**ORDER, "client_order_id": "mine"}
    answer = calls.send("POST", "/v2/orders", body)
    assert (answer.status, answer.fate) == (status, fate)
    assert calls.refusal("POST", "/v2/orders", body) == (
        422,
        40010001,
        "client_order_id must be unique",
    )
    found = calls.get("/v2/orders:by_client_order_id?client_order_id=mine")
    assert found["status"] == "new"


def test_a_429_comes_with_headers_or_without_anything(open_exchange, small_tape):
    calls = faulty(open_exchange, "429-bare,nth=1")
    bare = calls.send("GET", "/v2/clock")
    assert (bare.body, bare.headers) == (b"", {})
    start = calls.exchange.now()
    told = Calls(LocalExchange(small_tape, Settings(), start=start, faults=["429"]))
    answer = told.send("GET", "/v2/clock")
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert answer.headers["X-RateLimit-Limit"] == "200"
    assert json.loads(answer.body)["message"] == "rate limit exceeded"


def test_html_takes_any_status(open_exchange):
    answer = faulty(open_exchange, "html,value=200").send("GET", "/v2/account")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")
    assert answer.body.startswith(b"<html>")


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_refusal_can_be_had(open_exchange, name):
    calls = faulty(open_exchange, f"refuse@POST /v2/orders,value={name}")
    expected = CATALOGUE[name]()
    assert calls.refusal("POST", "/v2/orders", ORDER) == (
        expected.status,
        expected.code,
        expected.message,
    )


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/v2/orders", {**ORDER, "symbol": "MSFT"}),
        ("GET", "/v2/stocks/bars/latest?symbols=AAPL,MSFT", None),
        ("GET", "/v2/assets/msft", None),
        ("GET", "/v2/positions/MSFT", None),
        ("GET", "/v2/orders?symbols=MSFT", None),
    ],
)
def test_a_rule_for_one_symbol_meets_requests_about_it(open_exchange, method, target, body):
    calls = faulty(open_exchange, "500,symbol=MSFT")
    assert calls.send(method, target, body).status == 500


@pytest.mark.parametrize(
    "target", ["/v2/assets/AAPL", "/v2/account", "/v2/orders?symbols=SPY,AAPL"]
)
def test_a_rule_for_one_symbol_leaves_the_others_alone(open_exchange, target):
    assert faulty(open_exchange, "500,symbol=MSFT").send("GET", target).status == 200


def test_a_rule_for_one_symbol_meets_the_cancel_of_its_order(open_exchange):
    calls = faulty(open_exchange, "500@DELETE *,symbol=AAPL")
    own, other = calls.order(), calls.order(symbol="MSFT")
    assert calls.send("DELETE", f"/v2/orders/{own['id']}").status == 500
    assert calls.send("DELETE", f"/v2/orders/{other['id']}").status == 204
    assert calls.send("DELETE", "/v2/orders/nothing").status == 404


def test_control_knows_no_faults(open_exchange):
    calls = faulty(open_exchange, "500")
    assert calls.send("GET", "/v2/account").status == 500
    assert calls.send("GET", "/_exchange/snapshot").status == 200


def test_an_answer_without_a_body_is_not_tampered_with(open_exchange):
    calls = faulty(open_exchange, Fault(FaultKind.MISSING_FIELD, "DELETE *", value="id"))
    order = calls.order()
    assert calls.send("DELETE", f"/v2/orders/{order['id']}").status == 204


_words = st.sampled_from(
    ["AAPL", "NOPE", "1", "-1", "true", "all", "asc", "2026-11-23", "1Day", "1D", "%", "\ud800"]
) | st.text(max_size=6)
_names = st.sampled_from(
    [
        "symbols",
        "limit",
        "status",
        "after",
        "until",
        "start",
        "end",
        "nested",
        "timeframe",
        "period",
        "page_token",
        "qty",
        "percentage",
        "cancel_orders",
        "client_order_id",
        "feed",
        "sort",
        "adjustment",
        "date",
    ]
)
_fields = st.sampled_from(
    [
        "symbol",
        "qty",
        "notional",
        "side",
        "type",
        "time_in_force",
        "limit_price",
        "stop_price",
        "trail_percent",
        "order_class",
        "take_profit",
        "stop_loss",
        "extended_hours",
        "position_intent",
    ]
)
_values = (
    st.sampled_from(["AAPL", "buy", "sell", "limit", "market", "day", "gtc", "opg", "bracket", "1"])
    | st.integers(-2, 200)
    | st.floats()
    | st.fixed_dictionaries(
        {"limit_price": st.integers(-1, 300), "stop_price": st.integers(-1, 300)}
    )
    | st.none()
    | st.booleans()
)

_asked = st.tuples(
    st.sampled_from(ROUTES),
    _words,
    st.lists(st.tuples(_names, _words), max_size=4),
    st.dictionaries(_fields, _values, max_size=8),
)


@given(st.lists(_asked, min_size=1, max_size=6))
@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_whatever_is_asked_is_answered_and_a_refusal_changes_nothing(open_exchange, asked):
    calls = Calls(open_exchange("10:00"))
    calls.order(**BRACKET)
    for route, part, query, body in asked:
        path = (part.replace("/", "") or "x").join(re.split(r"\{\w+\}", route.pattern))
        data = json.dumps(body).encode() if route.method in {"POST", "PATCH"} else b""
        before = calls.exchange.snapshot()
        answer = calls.exchange.handle(
            Request(route.method, path, tuple(query), calls.headers, data)
        )
        assert 200 <= answer.status < 500
        if answer.status >= 400:
            assert json.loads(answer.body)["message"]
            assert calls.exchange.snapshot() == {**before, "requests": calls.exchange.requests}
