"""Headless Chromium, driven by its own protocol over one socket: enough to look at a page."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
PATIENCE_S = 60


class Tab:
    """One page in the browser; what it complains of is kept in `complaints`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.complaints: list[str] = []
        self.events: list[str] = []
        self.number = 0
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and give its answer."""
        self.number += 1
        call = {"id": self.number, "method": method, "params": parameters}
        self.socket.send(json.dumps(call))
        while True:
            message = json.loads(self.socket.recv(timeout=PATIENCE_S))
            if message.get("id") == self.number:
                assert "error" not in message, (method, message["error"])
                return dict(message["result"])
            self._heard(message)

    def wait_for(self, event: str) -> None:
        """Until the browser tells of that event."""
        while event not in self.events:
            self._heard(json.loads(self.socket.recv(timeout=PATIENCE_S)))
        self.events.clear()

    def _heard(self, message: dict[str, Any]) -> None:
        method, told = message.get("method", ""), message.get("params", {})
        self.events.append(method)
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"]))
        if method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.complaints.append(told["entry"]["text"])
        if method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            self.complaints.append(json.dumps(told["args"]))
        if method == "Network.requestWillBeSent":
            url = told["request"]["url"]
            if not url.startswith(("file:", "data:", "about:")):
                self.complaints.append(f"asked for {url}")

    def screen(self, width: int, height: int, *, dark: bool = False, phone: bool = False) -> None:
        """The size of the screen, and what it prefers."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, path: Path) -> None:
        """Load the file to its end."""
        self.events.clear()
        self.ask("Page.navigate", url=path.as_uri())
        self.wait_for("Page.loadEventFired")

    def run(self, script: str) -> Any:
        """The value of a script, promises awaited."""
        answer = self.ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def picture(self, clip: dict[str, float] | None = None) -> bytes:
        """A PNG of the region of the page, or of all of it."""
        more = {} if clip is None else {"clip": {**clip, "scale": 1}}
        answer = self.ask("Page.captureScreenshot", captureBeyondViewport=True, **more)
        return base64.b64decode(answer["data"])

    def paper(self) -> bytes:
        """The page as it is printed, a PDF."""
        answer = self.ask("Page.printToPDF", printBackground=True)
        return base64.b64decode(answer["data"])


@contextmanager
def browser(folder: Path) -> Iterator[Tab]:
    """A browser with its profile in the folder; gone at the end."""
    assert CHROMIUM is not None
    command = [CHROMIUM, *ARGUMENTS, f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        port = _port(process)
        with connect(f"ws://127.0.0.1:{port[0]}{port[1]}", max_size=2**28) as whole:
            target = _first_page(whole)
        address = f"ws://127.0.0.1:{port[0]}/devtools/page/{target}"
        with connect(address, max_size=2**28) as socket:
            yield Tab(socket)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)
        if process.stderr is not None:
            process.stderr.close()


def _port(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Where the browser listens, as it says itself."""
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(r"listening on ws://127\.0\.0\.1:(\d+)(/\S+)", line)
        if found:
            return found[1], found[2]
    raise AssertionError(f"chromium ended with {process.wait()}")


def _first_page(socket: ClientConnection) -> str:
    socket.send(json.dumps({"id": 1, "method": "Target.getTargets"}))
    while True:
        message = json.loads(socket.recv(timeout=PATIENCE_S))
        if message.get("id") == 1:
            pages = message["result"]["targetInfos"]
            return str(next(each["targetId"] for each in pages if each["type"] == "page"))
