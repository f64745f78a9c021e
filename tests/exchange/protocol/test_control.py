"""The control endpoints."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.messages import Request

Open = Callable[..., LocalExchange]


class Client:
    """Asks with the right keys, unless told others."""

    def __init__(self, exchange: LocalExchange) -> None:
        self.exchange = exchange
        self.headers = {
            "apca-api-key-id": exchange.keys.key_id,
            "apca-api-secret-key": exchange.keys.secret,
        }

    def __call__(self, method: str, path: str, body: object = None, **query: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body else b""
        request = Request(method, path, tuple(query.items()), self.headers, data)
        answer = self.exchange.handle(request)
        return answer.status, json.loads(answer.body) if answer.body else None


@pytest.fixture
def client(open_exchange: Open) -> Client:
    return Client(open_exchange("09:25"))


BUY = {"symbol": "AAPL", "qty": 10, "side": "buy", "type": "market", "time_in_force": "day"}


@pytest.mark.parametrize(
    ("body", "now"),
    [
        ({"seconds": 90}, "2026-11-23T09:26:30-05:00"),
        ({"seconds": 0.5}, "2026-11-23T09:25:00.5-05:00"),
        ({"seconds": 0}, "2026-11-23T09:25:00-05:00"),
        ({"to": "2026-11-23T09:31"}, "2026-11-23T09:31:00-05:00"),
        ({"to": "2026-11-23T14:31:00Z"}, "2026-11-23T09:31:00-05:00"),
        ({"to": "2026-11-24T09:31:00-05:00"}, "2026-11-24T09:31:00-05:00"),
    ],
)
def test_a_step_moves_the_time(client: Client, body: object, now: str) -> None:
    assert client("POST", "/_exchange/step", body) == (200, {"now": now, "speed": 0.0})


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        ({"to": "2026-11-23T09:24"}, 422, "time does not run backwards"),
        ({"to": "2034-11-23T09:24"}, 422, "no further"),
        ({"to": "yesterday"}, 422, "'yesterday' is not a date and time"),
        ({"to": "0001-01-01T00:00+14:00"}, 422, "time does not run backwards"),
        ({"to": "9999-12-31T23:59-14:00"}, 422, "no further"),
        ({"to": 5}, 422, 'send {"to"'),
        ({"seconds": -1}, 422, "a step is 0 to"),
        ({"seconds": 1e300}, 422, "a step is 0 to"),
        ({"seconds": True}, 422, "a step is 0 to"),
        ({"seconds": "60"}, 422, 'send {"to"'),
        ({"seconds": 1, "to": "2026-11-23T09:31"}, 422, 'send {"to"'),
        ({"sec": 1}, 422, 'send {"to"'),
        (b"", 400, "expecting value"),
        (b"[]", 400, "not an object"),
        (b'{"seconds": NaN}', 400, "NaN"),
    ],
)
def test_a_wrong_step_is_refused_and_changes_nothing(
    client: Client, body: object, status: int, part: str
) -> None:
    before = client.exchange.snapshot()
    answered, document = client("POST", "/_exchange/step", body)
    assert answered == status
    assert part in document["message"]
    assert client.exchange.snapshot() == {**before, "requests": 1}


def test_the_speed_changes(client: Client) -> None:
    now = "2026-11-23T09:25:00-05:00"
    assert client("POST", "/_exchange/speed", {"speed": 0})[1] == {"now": now, "speed": 0.0}
    assert client("POST", "/_exchange/speed", {"speed": 60})[0] == 200
    assert client.exchange.speed == 60


@pytest.mark.parametrize("speed", [-1, 86_401, True, "1", None])
def test_a_wrong_speed_is_refused(client: Client, speed: object) -> None:
    status, document = client("POST", "/_exchange/speed", {"speed": speed})
    assert status == 422
    assert "speed" in document["message"]
    assert client.exchange.speed == 0


def test_a_deposit_is_a_transfer(client: Client) -> None:
    assert client("POST", "/_exchange/deposit", {"amount": 5000}) == (200, {"cash": "105000"})
    assert client("POST", "/_exchange/deposit", {"amount": 0.1}) == (200, {"cash": "105000.1"})
    assert client("POST", "/_exchange/deposit", {"amount": "-5000.10"}) == (200, {"cash": "100000"})
    found = client("GET", "/v2/account/activities")[1]
    assert [(row["activity_type"], row["net_amount"]) for row in found] == [
        ("CSW", "-5000.1"),
        ("CSD", "0.1"),
        ("CSD", "5000"),
    ]


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"amount": 0}, "a deposit is"),
        ({"amount": 0.001}, "a deposit is"),
        ({"amount": 1e300}, "a deposit is"),
        ({"amount": "NaN"}, "a deposit is"),
        ({"amount": -100_001}, "the account holds 100,000.00 USD"),
        ({"amount": "much"}, 'send {"amount"'),
        ({"amount": True}, 'send {"amount"'),
        ({"amount": 1, "to": "me"}, 'send {"amount"'),
        ({}, "request body"),
    ],
)
def test_a_wrong_deposit_is_refused_and_changes_nothing(
    client: Client, body: object, part: str
) -> None:
    before = client.exchange.snapshot()
    status, document = client("POST", "/_exchange/deposit", body)
    assert status == (422 if body else 400)
    assert part in document["message"]
    assert client.exchange.snapshot() == {**before, "requests": 1}


def test_faults_are_ordered_listed_and_taken_back(client: Client) -> None:
    made = client("POST", "/_exchange/faults", {"fault": "500@GET /v2/clock,times=1"})
    assert made == (200, {"number": 1, "fault": "500@GET /v2/clock,times=1"})
    client("POST", "/_exchange/faults", {"fault": "429@POST /v2/orders"})
    assert client("GET", "/v2/clock")[0] == 500
    assert client("GET", "/_exchange/faults")[1] == {
        "faults": [
            {"number": 1, "fault": "500@GET /v2/clock,times=1"},
            {"number": 2, "fault": "429@POST /v2/orders"},
        ],
        "fired": {"500": 1},
    }
    assert client("DELETE", "/_exchange/faults/1") == (204, None)
    assert client("DELETE", "/_exchange/faults/1")[0] == 404
    assert client("DELETE", "/_exchange/faults/x")[0] == 404
    assert client("DELETE", "/_exchange/faults") == (204, None)
    assert client("GET", "/_exchange/faults")[1] == {"faults": [], "fired": {"500": 1}}


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"fault": "504-after-acept"}, "504-after-accept"),
        ({"fault": "500,often=1"}, "often"),
        ({"fault": 5}, "send"),
        ({"rule": "500"}, "send"),
    ],
)
def test_a_wrong_fault_is_explained(client: Client, body: object, part: str) -> None:
    status, document = client("POST", "/_exchange/faults", body)
    assert status == 422
    assert part in document["message"]
    assert client.exchange.context.faults.rules == {}


def test_events_come_in_order_and_once(client: Client) -> None:
    client("POST", "/v2/orders", BUY)
    client("POST", "/_exchange/step", {"seconds": 600})
    page = client("GET", "/_exchange/events")[1]
    names = [event["event"] for event in page["events"]]
    assert names[-1] == "fill"
    assert [event["seq"] for event in page["events"]] == list(range(1, page["last"] + 1))
    assert page["events"][-1]["qty"] == "10"
    assert page["events"][-1]["order"]["status"] == "filled"
    rest = client("GET", "/_exchange/events", after=str(page["last"] - 1))[1]
    assert rest == {"events": page["events"][-1:], "last": page["last"]}
    none = client("GET", "/_exchange/events", after=str(page["last"]))[1]
    assert none == {"events": [], "last": page["last"]}


def test_the_snapshot_is_the_handles(client: Client) -> None:
    client("POST", "/v2/orders", BUY)
    status, document = client("GET", "/_exchange/snapshot")
    assert status == 200
    assert document == json.loads(json.dumps(client.exchange.snapshot()))
    assert len(document["orders"]) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_exchange/snapshot"),
        ("POST", "/_exchange/step"),
        ("POST", "/_exchange/speed"),
        ("POST", "/_exchange/deposit"),
        ("GET", "/_exchange/events"),
        ("GET", "/_exchange/faults"),
        ("DELETE", "/_exchange/faults"),
    ],
)
def test_the_keys_are_needed(client: Client, method: str, path: str) -> None:
    client.headers["apca-api-secret-key"] = "wrong"
    status, document = client(method, path, {"seconds": 60})
    assert status == 401
    assert "message" in document
    assert client.exchange.now().minute == 25


def test_unknown_paths_and_methods_are_told(client: Client) -> None:
    assert client("GET", "/_exchange/nothing")[0] == 404
    assert client("GET", "/_exchange/step")[0] == 405


def test_no_fault_strikes_the_control(client: Client) -> None:
    client("POST", "/_exchange/faults", {"fault": "500"})
    assert client("GET", "/v2/clock")[0] == 500
    assert client("GET", "/_exchange/faults")[0] == 200
