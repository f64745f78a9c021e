"""Hostile clients: whatever comes in, the books stay whole and the next good request works."""

from __future__ import annotations

import json
import resource
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from avwap_cli.exchange.http_wire import Limits
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.server import Served, serving
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market.sessions import EASTERN

Open = Callable[..., LocalExchange]
MIB = 1024 * 1024
CONNECTIONS = 1000
IMPATIENT = Limits(body_s=0.2, idle_s=0.4, stop_s=0.2)
BUY = {"symbol": "AAPL", "qty": 1, "side": "buy", "type": "market", "time_in_force": "day"}


class Target:
    """A served exchange with one order in its books."""

    def __init__(self, exchange: LocalExchange, served: Served) -> None:
        self.exchange = exchange
        self.served = served
        self.client = requests.Session()
        self.client.headers.update(
            {
                "APCA-API-KEY-ID": exchange.keys.key_id,
                "APCA-API-SECRET-KEY": exchange.keys.secret,
            }
        )
        self.client.post(f"{served.url}/v2/orders", json=BUY)
        self.before = self.books()

    def books(self) -> dict[str, object]:
        snapshot = self.exchange.snapshot()
        del snapshot["requests"]
        return snapshot

    def is_well(self) -> None:
        """The books are as they were, and a good request is answered."""
        assert self.books() == self.before
        answer = self.client.get(f"{self.served.url}/v2/orders", timeout=5)
        assert answer.status_code == 200
        assert len(answer.json()) == 1

    def raw(self, data: bytes, timeout: float = 3.0) -> bytes:
        """What comes back until the server closes the connection."""
        found = b""
        with socket.create_connection((self.served.host, self.served.port)) as wire:
            wire.settimeout(timeout)
            wire.sendall(data)
            while part := _received(wire):
                found += part
        return found


def _sent(wire: socket.socket, data: bytes) -> bool:
    try:
        wire.sendall(data)
    except ConnectionError:
        return False
    return True


def _received(wire: socket.socket) -> bytes:
    try:
        return wire.recv(65536)
    except ConnectionError:
        return b""


def before_the_open(tape: Tape) -> LocalExchange:
    settings = Settings(cash=Decimal(100_000), requests_per_minute=0)
    return LocalExchange(tape, settings, start=datetime(2026, 11, 23, 8, 0, tzinfo=EASTERN))


@pytest.fixture(scope="module")
def target(small_tape: Tape) -> Iterator[Target]:
    exchange = before_the_open(small_tape)
    with serving(exchange, limits=IMPATIENT) as served:
        yield Target(exchange, served)


def post(target: Target, body: bytes) -> tuple[int, Any]:
    answer = target.client.post(f"{target.served.url}/v2/orders", data=body, timeout=5)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"AAPL"',
        b"1e999",
        b"\xff\xfe",
        b'{"symbol": "AAPL"',
        b'{"symbol": "AAPL", "symbol": "AAPL"}',
        b'{"qty": NaN}',
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"qty": ' + b"9" * 100_000 + b"}",
        json.dumps({**BUY, "client_order_id": "x" * 500_000}).encode(),
        json.dumps({**BUY, "symbol": "\x00"}).encode(),
        b"\x1f\x8b\x08\x00garbage",
    ],
)
def test_bodies_that_are_no_order_are_refused(target: Target, body: bytes) -> None:
    status, document = post(target, body)
    assert 400 <= status < 500
    assert document["message"]
    target.is_well()


WRONG = [None, True, -1, 0, 1e300, "", "x", "1e5", "NaN", [], [1], {}, {"a": 1}, "9" * 60, "🦊"]


@pytest.mark.parametrize("field", [*BUY, "client_order_id", "limit_price", "stop_loss", "notional"])
def test_values_of_the_wrong_type_are_refused_or_meant(target: Target, field: str) -> None:
    for value in WRONG:
        order = {**BUY, "qty": 0, field: value}
        if field == "qty":
            order["side"] = "neither"
        status, document = post(target, json.dumps(order).encode())
        assert 400 <= status < 500, (field, value, document)
        assert document["message"]
    target.is_well()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v2/nothing", 404),
        ("GET", "/v2/../../etc/passwd", 404),
        ("GET", "/v2/orders/%00", 422),
        ("GET", "/v2/orders/not-an-id", 422),
        ("GET", "/v2/stocks/" + "A" * 5000, 404),
        ("PUT", "/v2/orders", 405),
        ("OPTIONS", "/v2/orders", 405),
        ("TRACE", "/v2/orders", 405),
        ("NONSENSE", "/v2/orders", 405),
        ("GET", "/v2/orders?limit=x", 422),
        ("GET", "/v2/orders?limit=" + "9" * 5000, 422),
        ("GET", "/v2/stocks/bars?symbols=AAPL&timeframe=1Century", 400),
    ],
)
def test_unknown_paths_methods_and_queries(
    target: Target, method: str, path: str, status: int
) -> None:
    answer = target.client.request(method, target.served.url + path, timeout=5)
    assert answer.status_code in {status, 400, 404, 422} - ({404} if status == 405 else set())
    assert answer.json()["message"]
    target.is_well()


@pytest.mark.parametrize("key", ["PKREALREALREALREAL00", "AKREALREALREALREAL00"])
def test_keys_of_an_alpaca_account_are_refused_and_never_logged(
    target: Target, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    real = {"APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": "real-secret"}
    answer = requests.get(f"{target.served.url}/v2/account", headers=real, timeout=5)
    assert answer.status_code == 401
    assert "this is a local exchange" in answer.json()["message"]
    assert key not in caplog.text + answer.text
    assert "real-secret" not in caplog.text + answer.text
    target.is_well()


@pytest.mark.parametrize(
    ("target_form", "status"),
    [
        ("http://evil.example/v2/clock", b" 403 "),
        ("http://127.0.0.1@evil.example/v2/clock", b" 403 "),
        ("//evil.example/v2/clock", b" 404 "),
        ("*", b" 400 "),
        ("http://127.0.0.1/v2/clock", b" 401 "),
        ("/v2/clock", b" 401 "),
    ],
)
def test_a_target_of_another_host_is_refused(
    target: Target, target_form: str, status: bytes
) -> None:
    head = f"GET {target_form} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    assert status in target.raw(head.encode()).splitlines()[0]
    target.is_well()


def test_a_body_too_large_by_its_own_word(target: Target) -> None:
    head = b"POST /v2/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999999999999\r\n\r\n"
    assert b"413" in target.raw(head).splitlines()[0]
    target.is_well()


def test_a_body_too_large_in_chunks(target: Target) -> None:
    chunks = (b"x" * 65536 for _ in range(64))
    answer = target.client.post(f"{target.served.url}/v2/orders", data=chunks, timeout=5)
    assert answer.status_code == 413
    assert answer.json()["message"] == "request body too large"
    assert answer.headers["Connection"] == "close"
    target.is_well()


def test_the_largest_body_is_read(target: Target) -> None:
    status, _ = post(target, b" " * MIB)
    assert status == 400
    status, _ = post(target, b" " * (MIB + 1))
    assert status == 413
    target.is_well()


def test_a_body_that_does_not_come(target: Target) -> None:
    head = b"POST /v2/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{"
    found = target.raw(head)
    assert b"408" in found.splitlines()[0]
    assert b'{"message":"request timeout"}' in found
    target.is_well()


@pytest.mark.parametrize("sent", [b"", b"GET", b"GET /v2/clock HTTP/1.1\r\nHost: 127.0.0.1\r\nX:"])
def test_half_a_request_is_closed_after_its_time(target: Target, sent: bytes) -> None:
    began = time.monotonic()
    assert target.raw(sent, timeout=10) == b""
    assert time.monotonic() - began > 0.2
    target.is_well()


def test_a_header_in_drops_does_not_last_longer(target: Target) -> None:
    with socket.create_connection((target.served.host, target.served.port)) as wire:
        wire.sendall(b"GET /v2/clock HTTP/1.1\r\n")
        for _ in range(200):
            if not _sent(wire, b"X-Drop: 1\r\n"):
                break
            time.sleep(0.05)
        else:
            pytest.fail("it lasts for as long as drops come")
    target.is_well()


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 100 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"HELO there\r\n\r\n",
        b"GET /v2/clock HTTP/9.9\r\n\r\n",
        b"GET /v2/clock HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n",
        b"GET /v2/clock HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
        b"GET /v2/clock HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v2/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 5000 + b"\r\n",
    ],
)
def test_what_is_no_http_gets_400_or_a_close(target: Target, data: bytes) -> None:
    found = target.raw(data)
    assert found == b"" or b" 400 " in found.splitlines()[0]
    if found:
        assert b'{"message":"bad request"}' in found
    target.is_well()


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from(["", "GET /v2/clock HTTP/1.1\r\nHost: 127.0.0.1\r\n", "POST "]),
    st.binary(max_size=300),
)
def test_law_no_bytes_stop_it(target: Target, head: str, tail: bytes) -> None:
    address = (target.served.host, target.served.port)
    with socket.create_connection(address) as wire:
        wire.sendall(head.encode() + tail + b"\r\n\r\n")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    target.is_well()


def test_clients_that_go_away_in_the_middle(target: Target) -> None:
    body = json.dumps(BUY).encode()
    head = f"POST /v2/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    whole = head.encode() + body
    for cut in range(1, len(whole), 7):
        with socket.create_connection((target.served.host, target.served.port)) as wire:
            wire.sendall(whole[:cut])
    target.is_well()


def test_a_thousand_connections_block_nobody(small_tape: Tape) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * CONNECTIONS + 200  # both ends live in this process
    if hard < needed:
        pytest.skip(f"only {hard} open files are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    exchange = before_the_open(small_tape)
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        target = Target(exchange, stack.enter_context(serving(exchange)))
        address = (target.served.host, target.served.port)
        wires = [stack.enter_context(socket.create_connection(address)) for _ in range(CONNECTIONS)]
        for wire in wires[::2]:
            wire.sendall(b"GET /v2/clock HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        target.is_well()
        for wire in wires[::2]:
            wire.sendall(b"\r\n")
        for wire in wires[::2]:
            wire.settimeout(5)
            assert b" 401 " in wire.recv(65536).splitlines()[0]
        target.is_well()


FRAME = b"\x81\x85\x00\x00\x00\x00hello"
HANDSHAKE = (
    b"GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.mark.parametrize("path", ["/stream", "/v2/iex", "/v2/sip"])
@pytest.mark.parametrize(
    "message",
    ["", "{", "null", "[]", '{"action": 5}', "[" * 100_000, b"", b"\xc1", b"\x00" * 1000, "🦊"],
)
def test_messages_that_mean_nothing(target: Target, path: str, message: str | bytes) -> None:
    with connect(f"ws://{target.served.host}:{target.served.port}{path}") as stream:
        stream.send(message)
        try:
            while True:
                stream.recv(0.1)
        except (TimeoutError, ConnectionClosed):
            pass
    target.is_well()


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 64,
        b"\x81\x05hello",  # not masked
        b"\x83\x80\x00\x00\x00\x00",  # a reserved opcode
        b"\x89\xfe\x00\xff" + b"\x00" * 300,  # a ping that is too long
        b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",  # 2**63 bytes announced
        b"\x81\x84\x00\x00\x00\x00\xff\xff\xff\xff",  # text that is no UTF-8
        b"\x80\x85\x00\x00\x00\x00hello",  # a continuation of nothing
        FRAME[:7],  # and gone
    ],
)
def test_frames_that_are_none(target: Target, data: bytes) -> None:
    address = (target.served.host, target.served.port)
    with socket.create_connection(address) as wire:
        wire.sendall(HANDSHAKE + data)
        wire.settimeout(0.2)
        try:
            while wire.recv(65536):
                pass
        except OSError:
            pass
    target.is_well()


def test_a_message_too_large_ends_the_stream(target: Target) -> None:
    with connect(target.served.trade_stream_url) as stream:
        stream.send("x" * (MIB + 1))
        with pytest.raises(ConnectionClosed) as end:
            stream.recv(2)
    assert end.value.rcvd is not None
    assert end.value.rcvd.code == 1009
    target.is_well()


def test_a_handshake_that_is_none(target: Target) -> None:
    broken = HANDSHAKE.replace(b"AAAAAAAAAAAAAAAAAAAAAA==", b"short")
    found = target.raw(broken)
    assert b" 400 " in found.splitlines()[0]
    assert b'{"message":"bad request"}' in found
    target.is_well()


def test_many_streams_at_once(target: Target) -> None:
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(connect(target.served.trade_stream_url))
        target.is_well()
    target.is_well()
