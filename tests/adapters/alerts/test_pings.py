"""The heartbeat: one request, and whatever happens to it stops nothing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from avwap_cli.adapters.alerts import pings
from avwap_cli.adapters.alerts.pings import ping


class Listener(HTTPServer):
    """Answers with `status`, after `wait_s`; `asked` are the paths asked for."""

    status = 200
    wait_s = 0.0

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Answering)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/ping/s3cret-uuid"


class Answering(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        time.sleep(self.server.wait_s)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_address_is_asked_for_once(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    ping(listener.url)
    assert listener.asked == ["/ping/s3cret-uuid"]
    assert caplog.records == []


def test_a_no_is_said_without_the_address(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    listener.status = 404
    ping(listener.url)
    assert [r.getMessage() for r in caplog.records] == ["the heartbeat failed: HTTP 404"]


def test_an_answer_that_does_not_come_is_not_waited_for(
    listener: Listener, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pings, "TIMEOUT_S", 0.1)
    listener.wait_s = 0.5
    begun = time.monotonic()
    ping(listener.url)
    assert time.monotonic() - begun < 0.4
    assert "heartbeat" in caplog.text
    assert "s3cret" not in caplog.text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    "url", ["", "nonsense", "http://", "ftp://x/y", "http://[::1", "http://127.0.0.1:{port}/s3cret"]
)
def test_an_address_that_cannot_be_asked_stops_nothing(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    ping(url.format(port=free_port()))
    assert caplog.text.count("the heartbeat failed") == 1
    assert "s3cret" not in caplog.text
