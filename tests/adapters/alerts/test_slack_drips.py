"""A server that sends a byte now and then keeps nobody waiting."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from threading import Thread

from avwap_cli.adapters.alerts.slack_posts import post_to_slack
from avwap_cli.review.digests import Message, Severity


def dripping(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(200):
            connection.sendall(b"x")
            time.sleep(0.05)


def test_an_answer_that_drips_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=dripping, args=(server,), daemon=True).start()
        began = time.monotonic()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/services/T/B/X"
        answer = post_to_slack(url, Message(Severity.INFO, "x", ()), 0.4)
    assert time.monotonic() - began < 3
    assert not answer.delivered
