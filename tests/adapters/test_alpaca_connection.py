"""What alpaca-py does not do by itself: give up, keep to itself, send once."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime

import pytest
from alpaca.data.historical.stock import StockHistoricalDataClient
from alpaca.data.live.stock import StockDataStream
from alpaca.trading.client import TradingClient
from alpaca.trading.stream import TradingStream

from avwap_cli.adapters.alpaca_connection import AlpacaConnection, NoAnswer, NotSent
from avwap_cli.adapters.rate_budget import RateBudget


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("an order is never waited for")


def connected(url: str, timeout_s: float = 0.2) -> AlpacaConnection:
    client = TradingClient("K", "S", raw_data=True, url_override=url)
    return AlpacaConnection(client, timeout_s, RateBudget(Clock(), 100), Clock())


def test_the_parts_of_the_library_that_are_mended_are_there() -> None:
    for client in (TradingClient("K", "S"), StockHistoricalDataClient("K", "S")):
        assert client._retry == 3
        assert client._session.get_adapter("https://x")
        assert client._base_url
    assert StockDataStream("K", "S")._loop is None
    assert TradingStream("K", "S")._loop is None


def test_a_server_that_says_nothing_is_left_after_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        connection = connected(f"http://127.0.0.1:{mute.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            connection.send("POST", "/orders", {"qty": "1"})
        assert 0.15 < time.monotonic() - began < 2.0


def test_nobody_there_means_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(NotSent):
        connected(f"http://127.0.0.1:{port}").send("DELETE", "/orders/x")


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_a_proxy_of_the_shell_is_not_asked_for_loopback(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.3)
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        with pytest.raises(NotSent):
            connected(f"http://127.0.0.1:{port}").send("POST", "/orders", {})
        with pytest.raises(TimeoutError):
            proxy.accept()
