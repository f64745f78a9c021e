"""Which keys go where is decided before anything is sent."""

from __future__ import annotations

import pytest

from avwap_cli.adapters.broker.alpaca_broker import AlpacaBroker
from avwap_cli.adapters.broker.alpaca_quotes import AlpacaQuotes
from avwap_cli.adapters.broker.doors import checked_door
from avwap_cli.adapters.clocks import SystemClock
from avwap_cli.errors import ConfigError
from avwap_cli.settings import BrokerSettings

LOCAL, PAPER, LIVE = "AVWAPLOCAL0123456789", "PK0123456789", "AK0123456789"
LOOPBACK = "http://127.0.0.1:4010"
HOST = "https://api.alpaca.markets"


def chosen(mode: str, url: str = "", data_url: str = "") -> BrokerSettings:
    return BrokerSettings(mode, url, data_url, 1.0, (), (), 190)  # type: ignore[arg-type]


def test_paper_is_alpacas_paper_host() -> None:
    door = checked_door(chosen("paper"), PAPER, {"AVWAP_LIVE": "123"})
    assert (door.name, door.trading_url) == ("paper", "https://paper-api.alpaca.markets")
    assert door.data_url == "https://data.alpaca.markets"
    assert door.trade_stream_url == "wss://paper-api.alpaca.markets/stream"
    assert door.bar_stream_url("iex") == "wss://stream.data.alpaca.markets/v2/iex"
    assert door.live_account is None
    door.checked_account("whatever")


@pytest.mark.parametrize(
    "url", [LOOPBACK, "http://localhost:1", "http://[::1]:4010", f"{LOOPBACK}/"]
)
def test_an_exchange_is_on_loopback(url: str) -> None:
    door = checked_door(chosen("exchange", url), LOCAL, {})
    plain = url.rstrip("/")
    assert (door.name, door.trading_url, door.data_url) == ("exchange", plain, plain)
    assert door.trade_stream_url == plain.replace("http", "ws") + "/stream"
    assert door.bar_stream_url("sip") == plain.replace("http", "ws") + "/v2/sip"


def test_live_money_needs_the_mode_the_address_and_the_account() -> None:
    door = checked_door(chosen("live", HOST), LIVE, {"AVWAP_LIVE": " 987654321 "})
    assert (door.name, door.trading_url) == ("live", "https://api.alpaca.markets")
    door.checked_account("987654321")
    for number in ("987654322", "", "98765432"):
        with pytest.raises(ConfigError, match="another account") as caught:
            door.checked_account(number)
        assert "987654321" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "key", "environment", "said"),
    [
        (chosen("paper"), "", {}, "avwap demo"),
        (chosen("exchange", LOOPBACK), "", {}, "avwap demo"),
        (chosen("exchange", LOOPBACK), PAPER, {}, "not issued by a local exchange"),
        (chosen("exchange", LOOPBACK), LIVE, {"AVWAP_LIVE": "1"}, "not issued by a local exchange"),
        (chosen("exchange"), LOCAL, {}, "broker.url"),
        (chosen("exchange", "http://10.0.0.1:4010"), LOCAL, {}, "broker.url"),
        (chosen("exchange", "http://[::1/path"), LOCAL, {}, "broker.url"),
        (chosen("exchange", "http://127.0.0.1.evil.example"), LOCAL, {}, "broker.url"),
        (chosen("exchange", "http://127.0.0.1@evil.example"), LOCAL, {}, "broker.url"),
        (chosen("exchange", "http://evil@127.0.0.1:1"), LOCAL, {}, "broker.url"),
        (chosen("exchange", "http://127.0.0.1:1/v2"), LOCAL, {}, "broker.url"),
        (chosen("exchange", "https://api.alpaca.markets"), LOCAL, {}, "broker.url"),
        (
            chosen("exchange", LOOPBACK, "https://data.alpaca.markets"),
            LOCAL,
            {},
            "broker.data_url",
        ),
        (chosen("paper"), LOCAL, {}, "of a local exchange"),
        (chosen("paper", LOOPBACK), PAPER, {}, "broker.url"),
        (chosen("paper", "https://api.alpaca.markets"), LIVE, {}, "broker.url"),
        (chosen("paper", "http://paper-api.alpaca.markets"), PAPER, {}, "broker.url"),
        (chosen("paper", "", LOOPBACK), PAPER, {}, "broker.data_url"),
        (chosen("live", HOST), LIVE, {}, "AVWAP_LIVE"),
        (chosen("live"), LIVE, {"AVWAP_LIVE": "1"}, "broker.url is empty"),
        (chosen("live", HOST), LIVE, {"AVWAP_LIVE": " "}, "AVWAP_LIVE"),
        (chosen("live", HOST), LOCAL, {"AVWAP_LIVE": "1"}, "of a local exchange"),
        (chosen("live", LOOPBACK), LIVE, {"AVWAP_LIVE": "1"}, "broker.url"),
        (chosen("live", "https://paper-api.alpaca.markets"), LIVE, {"AVWAP_LIVE": "1"}, "broker."),
    ],
)
def test_what_may_not_go_there_is_refused(
    settings: BrokerSettings, key: str, environment: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said.replace(".", r"\.")):
        checked_door(settings, key, environment)
    for made in (AlpacaBroker, AlpacaQuotes):
        with pytest.raises(ConfigError):
            made(settings, key, "SECRETSECRET", SystemClock(), environment=environment)


def test_a_missing_secret_is_said() -> None:
    for made in (AlpacaBroker, AlpacaQuotes):
        with pytest.raises(ConfigError, match="ALPACA_SECRET_KEY"):
            made(chosen("paper"), PAPER, "", SystemClock())
