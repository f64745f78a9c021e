"""A receiver that plays Slack's webhook on loopback, well or badly, as a list of moods says."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATH = "/services/T00CANARY/B00CANARY/XcanaryTOKENcanary"
OK = "ok"


class SlackReceiver(ThreadingHTTPServer):
    """Answers each request in the next mood, and when none is left in the last one.

    Moods: ok, hang, drip (a header that never ends), reset, garbage, portal (200 and a page),
    a status, or (429, Retry-After).
    """

    daemon_threads = True

    def __init__(self) -> None:
        self.moods: list[Any] = [OK]
        self.asked: list[str] = []
        self.heard: list[dict[str, Any]] = []
        self.hang_s = 1.0
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Answering)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{PATH}"

    def mood(self) -> Any:
        with self.lock:
            return self.moods.pop(0) if len(self.moods) > 1 else self.moods[0]

    def texts(self) -> list[str]:
        """Title and body of each message that was taken."""
        return [f"{one['text']}\n{one['attachments'][0]['text']}" for one in self.heard]

    def handle_error(self, *about: object) -> None:
        """A caller who hangs up is no news."""


class _Answering(BaseHTTPRequestHandler):
    server: SlackReceiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mood = self.server.mood()
        self.server.asked.append(self.path)
        if mood == "hang":
            time.sleep(self.server.hang_s)
        elif mood == "drip":
            with suppress(OSError):
                self._drip()
        elif mood == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        elif mood == "garbage":
            self.wfile.write(b"\x00\xff\x01 nonsense\r\n\r\n")
        elif mood == "portal":
            self._answer(200, b"<html>please log in</html>")
        elif mood == OK:
            self.server.heard.append(json.loads(body))
            self._answer(200, b"ok")
        else:
            status, wait = mood if isinstance(mood, tuple) else (mood, None)
            self._answer(status, b"no", wait)

    def _drip(self) -> None:
        until = time.monotonic() + self.server.hang_s
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while time.monotonic() < until:
            self.wfile.write(b"x")
            time.sleep(0.05)
        self.close_connection = True

    def _answer(self, status: int, body: bytes, retry_after: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def receiving() -> Iterator[SlackReceiver]:
    server = SlackReceiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
