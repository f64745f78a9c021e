"""The heartbeat: one request, and whatever happens to it stops nothing."""

from __future__ import annotations

import socket
import time

import pytest
from watchmen import Watchman

from avwap_cli.adapters.alerts import pings
from avwap_cli.adapters.alerts.pings import ping


def test_the_address_is_asked_for_once(
    watchman: Watchman, caplog: pytest.LogCaptureFixture
) -> None:
    ping(watchman.url)
    assert watchman.heard == ["/ping/s3cret-uuid"]
    assert caplog.records == []


def test_a_no_is_said_without_the_address(
    watchman: Watchman, caplog: pytest.LogCaptureFixture
) -> None:
    watchman.status = 404
    ping(watchman.url)
    assert [r.getMessage() for r in caplog.records] == ["the heartbeat failed: HTTP 404"]


def test_an_answer_that_does_not_come_is_not_waited_for(
    watchman: Watchman, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pings, "TIMEOUT_S", 0.1)
    watchman.wait_s = 0.5
    begun = time.monotonic()
    ping(watchman.url)
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
