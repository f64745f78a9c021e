"""The server: one exchange over HTTP and websockets, driven from outside and from Python."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import msgpack
import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from avwap_cli.errors import UsageError
from avwap_cli.exchange.http_wire import Limits
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.streams.frames import Frame, StreamSession
from avwap_cli.exchange.server import Served, Server, serving
from avwap_cli.market.sessions import EASTERN

Open = Callable[..., LocalExchange]
OPEN = datetime(2026, 11, 23, 9, 30, tzinfo=EASTERN)
BUY = {"symbol": "AAPL", "qty": 10, "side": "buy", "type": "market", "time_in_force": "day"}
SHORT = Limits(stop_s=0.2, queue_bytes=1024 * 1024)


@pytest.fixture
def exchange(open_exchange: Open) -> LocalExchange:
    return open_exchange("09:29")


@pytest.fixture
def served(exchange: LocalExchange) -> Iterator[Served]:
    with serving(exchange, limits=SHORT) as where:
        yield where


@pytest.fixture
def client(exchange: LocalExchange) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers.update(key_headers(exchange))
        yield session


def key_headers(exchange: LocalExchange) -> dict[str, str]:
    return {
        "APCA-API-KEY-ID": exchange.keys.key_id,
        "APCA-API-SECRET-KEY": exchange.keys.secret,
    }


@contextmanager
def trade_stream(exchange: LocalExchange, served: Served) -> Iterator[ClientConnection]:
    keys = {"key_id": exchange.keys.key_id, "secret_key": exchange.keys.secret}
    with connect(served.trade_stream_url) as stream:
        stream.send(json.dumps({"action": "authenticate", "data": keys}))
        assert json.loads(stream.recv(2))["data"]["status"] == "authorized"
        stream.send(json.dumps({"action": "listen", "data": {"streams": ["trade_updates"]}}))
        assert json.loads(stream.recv(2))["data"] == {"streams": ["trade_updates"]}
        yield stream


@contextmanager
def data_stream(
    exchange: LocalExchange, served: Served, **wanted: list[str]
) -> Iterator[ClientConnection]:
    keys = {"key": exchange.keys.key_id, "secret": exchange.keys.secret}
    packed = {"Content-Type": "application/msgpack"}
    with connect(served.data_stream_url(), additional_headers=packed, max_size=None) as stream:
        assert unpacked(stream)[0]["msg"] == "connected"
        stream.send(msgpack.packb({"action": "auth", **keys}))
        assert unpacked(stream)[0]["msg"] == "authenticated"
        message = msgpack.packb({"action": "subscribe", **wanted})
        stream.send([message[:5], message[5:], b""])  # in fragments, as alpaca-py sends it
        assert unpacked(stream)[0]["T"] == "subscription"
        yield stream


def unpacked(stream: ClientConnection) -> list[dict[str, Any]]:
    message = stream.recv(2)
    assert isinstance(message, bytes)
    return list(msgpack.unpackb(message, timestamp=3))


def test_answers_keep_the_connection_and_say_their_length(
    exchange: LocalExchange, served: Served
) -> None:
    with closing(http.client.HTTPConnection(served.host, served.port, timeout=5)) as wire:
        wire.connect()
        first = wire.sock
        for _ in range(3):
            wire.request("GET", "/v2/clock", headers=key_headers(exchange))
            answer = wire.getresponse()
            body = answer.read()
            assert answer.status == 200
            assert int(answer.headers["Content-Length"]) == len(body)
            assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
            assert wire.sock is first
    assert exchange.requests == 3


def test_queries_and_paths_arrive_decoded(
    exchange: LocalExchange, served: Served, client: requests.Session
) -> None:
    client.post(f"{served.url}/v2/orders", json={**BUY, "client_order_id": "a b&c"})
    found = client.get(
        f"{served.url}/v2/orders:by_client_order_id", params={"client_order_id": "a b&c"}
    )
    assert found.json()["client_order_id"] == "a b&c"
    assert client.get(f"{served.url}/v2/assets/%41APL").json()["symbol"] == "AAPL"
    assert client.delete(f"{served.url}/v2/orders/{found.json()['id']}").content == b""


def test_a_second_slash_is_another_path(served: Served, client: requests.Session) -> None:
    assert client.get(f"{served.url}//v2/account").status_code == 404


def test_it_listens_on_loopback_alone(served: Served) -> None:
    assert served.url == f"http://127.0.0.1:{served.port}"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", served.port), timeout=2)


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("Host", "127.0.0.1:{port}", 200),
        ("Host", "LOCALHOST:{port}", 200),
        ("Host", "[::1]", 200),
        ("Host", "rebound.example:{port}", 403),
        ("Host", "127.0.0.1.example", 403),
        ("Host", "", 403),
        ("Origin", "http://localhost:3000", 200),
        ("Origin", "https://page.example", 403),
        ("Origin", "null", 403),
    ],
)
def test_only_loopback_names_are_answered(
    served: Served, client: requests.Session, name: str, value: str, status: int
) -> None:
    answer = client.get(f"{served.url}/v2/clock", headers={name: value.format(port=served.port)})
    assert answer.status_code == status
    assert not [header for header in answer.headers if header.lower().startswith("access-control")]
    if status == 403:
        assert "message" in answer.json()


def test_a_foreign_page_gets_no_stream(served: Served) -> None:
    page = {"Origin": "https://page.example"}
    with pytest.raises(InvalidStatus, match="403"):
        connect(served.trade_stream_url, additional_headers=page)


def test_a_hanging_answer_never_comes_and_disturbs_nobody(
    exchange: LocalExchange, served: Served, client: requests.Session
) -> None:
    exchange.fault("hang-after-accept@POST /v2/orders,times=1")
    with pytest.raises(requests.ReadTimeout):
        client.post(f"{served.url}/v2/orders", json=BUY, timeout=0.3)
    assert len(client.get(f"{served.url}/v2/orders", timeout=2).json()) == 1


def test_a_reset_breaks_the_connection(
    exchange: LocalExchange, served: Served, client: requests.Session
) -> None:
    exchange.fault("reset@POST /v2/orders,times=1")
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        client.post(f"{served.url}/v2/orders", json=BUY, timeout=2)
    assert client.get(f"{served.url}/v2/orders", timeout=2).json() == []


def test_trade_updates_follow_orders_and_steps_from_python(
    exchange: LocalExchange, served: Served, client: requests.Session
) -> None:
    with trade_stream(exchange, served) as stream:
        client.post(f"{served.url}/v2/orders", json=BUY)
        exchange.step(120)
        events = []
        while not events or events[-1] != "fill":
            message = stream.recv(2)
            assert isinstance(message, bytes)
            events.append(json.loads(message)["data"]["event"])
    assert events[-2:] == ["new", "fill"]


def test_minute_bars_follow_steps_of_the_control(
    exchange: LocalExchange, served: Served, client: requests.Session
) -> None:
    with data_stream(exchange, served, bars=["AAPL", "SPY"]) as stream:
        client.post(f"{served.url}/_exchange/step", json={"to": "2026-11-23T09:32"})
        found = []
        while len(found) < 4:
            found += unpacked(stream)
    assert [(bar["T"], bar["S"]) for bar in found] == [("b", "AAPL"), ("b", "SPY")] * 2
    starts = {bar["t"].astimezone(EASTERN) for bar in found}
    assert starts == {OPEN, OPEN + timedelta(minutes=1)}


def test_a_running_clock_feeds_the_streams_by_itself(open_exchange: Open) -> None:
    exchange = open_exchange("09:29", speed=600)
    with (
        serving(exchange, limits=SHORT) as served,
        data_stream(exchange, served, bars=["AAPL"]) as stream,
    ):
        assert unpacked(stream)[0]["S"] == "AAPL"
    assert exchange.now() > OPEN + timedelta(minutes=1)


def test_pings_are_answered(exchange: LocalExchange, served: Served) -> None:
    with trade_stream(exchange, served) as stream:
        assert stream.ping().wait(2)


def test_a_mute_socket_stays_open_and_silent(
    exchange: LocalExchange, served: Served, client: requests.Session
) -> None:
    with trade_stream(exchange, served) as stream:
        exchange.fault("mute-socket")
        client.post(f"{served.url}/v2/orders", json=BUY)
        exchange.step(120)
        with pytest.raises(TimeoutError):
            stream.recv(0.3)
        assert stream.ping().wait(2)


def test_an_unknown_stream_is_refused(served: Served) -> None:
    with pytest.raises(InvalidStatus, match="404"):
        connect(f"ws://{served.host}:{served.port}/v2/nothing")


def test_a_reader_that_lags_is_told_and_dropped(
    exchange: LocalExchange, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = msgpack.packb([{"T": "t", "S": "AAPL", "p": 1.0}] * 50_000)
    pumped: list[int] = []

    def pump(
        wanted: Iterable[StreamSession],
    ) -> list[tuple[StreamSession, list[Frame]]]:
        pumped.append(1)
        return [(session, [batch]) for session in wanted]

    sessions: list[StreamSession] = []
    connected = exchange.connect
    monkeypatch.setattr(
        exchange, "connect", lambda *how: sessions.append(connected(*how)) or sessions[-1]
    )
    with data_stream(exchange, served, trades=["AAPL"]) as stream:
        monkeypatch.setattr(exchange, "pump", pump)
        for _ in range(200):
            exchange.step(1)
            time.sleep(0.005)
            if sessions[0].closed:
                break
        found: list[dict[str, Any]] = []
        with suppress(ConnectionClosed):
            while True:
                found += unpacked(stream)[-1:]
    assert found[-1] == {"T": "error", "code": 407, "msg": "slow client"}
    assert 1 < len(found) < len(pumped)  # what waited in the queue was never sent
    assert requests.get(f"{served.url}/v2/clock").status_code == 401


def test_a_mistake_of_ours_is_a_500_and_logged_without_the_request(
    exchange: LocalExchange,
    served: Served,
    client: requests.Session,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a slip")

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(exchange.gateway, "handle", broken)
        answer = client.post(f"{served.url}/v2/orders", json=BUY)
    assert answer.status_code == 500
    assert answer.json() == {"code": 50010000, "message": "internal server error occurred"}
    assert "RuntimeError: a slip" in caplog.text
    assert exchange.keys.secret not in caplog.text
    assert exchange.keys.key_id not in caplog.text
    assert client.get(f"{served.url}/v2/clock").status_code == 200


def test_a_port_in_use_is_said(served: Served, open_exchange: Open) -> None:
    with (
        pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{served.port}.*--port"),
        serving(open_exchange(), served.port),
    ):
        pass


def test_it_stops_whoever_is_connected(exchange: LocalExchange) -> None:
    exchange.fault("hang@GET /v2/clock")
    with ExitStack() as stack:
        with serving(exchange, limits=SHORT) as served:
            stream = stack.enter_context(trade_stream(exchange, served))
            hanging = http.client.HTTPConnection(served.host, served.port, timeout=5)
            stack.enter_context(closing(hanging))
            hanging.request("GET", "/v2/clock", headers=key_headers(exchange))
            time.sleep(0.1)
        with pytest.raises(ConnectionError):
            hanging.getresponse()
        with pytest.raises(ConnectionClosed) as closed:
            stream.recv(2)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    assert exchange.changed == []


def test_each_of_two_doors_gets_what_its_own_clients_are_sent(exchange: LocalExchange) -> None:
    with (
        serving(exchange, limits=SHORT) as one,
        serving(exchange, limits=SHORT) as other,
        trade_stream(exchange, one) as trades,
        data_stream(exchange, other, bars=["AAPL"]) as bars,
        requests.Session() as client,
    ):
        client.headers.update(key_headers(exchange))
        client.post(f"{other.url}/v2/orders", json=BUY)
        for _ in range(20):
            exchange.step(30)
        events, minutes = [], []
        while "fill" not in events:
            events.append(json.loads(trades.recv(2))["data"]["event"])
        while len(minutes) < 8:
            minutes += [bar["t"].astimezone(EASTERN) for bar in unpacked(bars)]
    assert events[-2:] == ["new", "fill"]
    assert minutes[:8] == [OPEN + timedelta(minutes=i) for i in range(8)]


def test_a_server_that_cannot_begin_says_why(
    exchange: LocalExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise OSError("no more sockets")

    monkeypatch.setattr(Server, "_keep_time", broken)
    entered = False
    with pytest.raises(OSError, match="no more sockets"), serving(exchange, limits=SHORT):
        entered = True
    assert not entered
    assert exchange.changed == []


def test_a_clock_that_begins_to_run_ticks(open_exchange: Open) -> None:
    exchange = open_exchange("09:29")
    with (
        serving(exchange, limits=SHORT) as served,
        data_stream(exchange, served, bars=["AAPL"]) as stream,
    ):
        exchange.set_speed(6000)
        assert unpacked(stream)[0]["S"] == "AAPL"
