"""Somebody who watches that pings come: an HTTP server on this computer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer


class Watchman(HTTPServer):
    """A dead-man's switch: answers with `status`, after `wait_s`; `heard` are the paths."""

    status = 200
    wait_s = 0.0

    def __init__(self) -> None:
        self.heard: list[str] = []
        super().__init__(("127.0.0.1", 0), Answering)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/ping/s3cret-uuid"


class Answering(BaseHTTPRequestHandler):
    server: Watchman

    def do_GET(self) -> None:
        self.server.heard.append(self.path)
        time.sleep(self.server.wait_s)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def watching() -> Iterator[Watchman]:
    """A watchman for the length of a `with` block."""
    server = Watchman()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
