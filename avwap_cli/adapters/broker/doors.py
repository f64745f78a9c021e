"""Doors: which keys may go to which address, decided before the first byte.

    mode      address                         keys                         else needed
    exchange  a loopback URL                  those that it issued itself
    paper     Alpaca's paper host             any but those
    live      Alpaca's live host, by name     any but those                AVWAP_LIVE=<account number>

Keys of a local exchange never leave this computer, no other key ever goes to a loopback URL,
and money is at stake only where three things say so at once: the mode, the address, and an
environment that names the account which then answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from avwap_cli.adapters.alpaca_connection import LOOPBACK
from avwap_cli.errors import ConfigError
from avwap_cli.settings import BrokerSettings

LOCAL_KEYS = "AVWAPLOCAL"
LIVE_ACCOUNT = "AVWAP_LIVE"
PAPER_URL = "https://paper-api.alpaca.markets"
LIVE_URL = "https://api.alpaca.markets"
DATA_URL = "https://data.alpaca.markets"
BAR_STREAM = "wss://stream.data.alpaca.markets"
NOTHING: Mapping[str, str] = MappingProxyType({})  # an environment that names no account


@dataclass(frozen=True, slots=True)
class Door:
    """Where one pair of keys goes.

    Attributes:
        name: paper, exchange or live.
        trading_url, data_url: `url_override` of the clients; no slash at the end.
        trade_stream_url: of order news.
        live_account: the account number that must answer; None where no money is at stake.
    """

    name: str
    trading_url: str
    data_url: str
    trade_stream_url: str
    live_account: str | None

    def bar_stream_url(self, feed: str) -> str:
        """Of the bars of a feed, iex or sip."""
        base = BAR_STREAM if self.data_url == DATA_URL else _web_socket(self.data_url)
        return f"{base}/v2/{feed}"

    def checked_account(self, number: str) -> None:
        """Refuse an account that is not the one named for live money.

        Raises:
            ConfigError: another account answered.
        """
        if self.live_account is not None and number != self.live_account:
            raise ConfigError(
                f"environment {LIVE_ACCOUNT} names another account than the one that answers",
                "set it to the number of the live account, or broker.mode: paper",
            )


def checked_door(settings: BrokerSettings, key_id: str, environment: Mapping[str, str]) -> Door:
    """The door for these keys.

    Raises:
        ConfigError: keys are missing, or may not go where the settings point.
    """
    if settings.is_nowhere:
        raise ConfigError(
            "broker.mode is exchange, and broker.url names no local exchange",
            "start `avwap exchange` and set the address it prints, e.g. http://127.0.0.1:4010",
        )
    if not key_id:
        raise ConfigError(
            "no keys of a broker are set",
            "set ALPACA_API_KEY and ALPACA_SECRET_KEY, or try `avwap demo`, which needs none",
        )
    if settings.mode == "exchange":
        return _exchange(settings, key_id)
    if key_id.startswith(LOCAL_KEYS):
        raise ConfigError(
            f"these keys are of a local exchange, and broker.mode is {settings.mode}",
            "set broker.mode: exchange and broker.url, or the keys of your account",
        )
    data_url = _only(settings.data_url, DATA_URL, "broker.data_url")
    if settings.mode == "paper":
        url = _only(settings.url, PAPER_URL, "broker.url")
        return Door("paper", url, data_url, f"{_web_socket(url)}/stream", None)
    account = environment.get(LIVE_ACCOUNT, "").strip()
    if not account:
        raise ConfigError(
            f"broker.mode is live, and the environment has no {LIVE_ACCOUNT}",
            "set it to the number of the live account, or broker.mode: paper",
        )
    if not settings.url.strip():
        raise ConfigError(
            "broker.mode is live, and broker.url is empty",
            f"set it to {LIVE_URL}, or broker.mode: paper",
        )
    url = _only(settings.url, LIVE_URL, "broker.url")
    return Door("live", url, data_url, f"{_web_socket(url)}/stream", account)


def local_door(settings: BrokerSettings, key_id: str) -> Door:
    """The door of a local exchange.

    Raises:
        ConfigError: the mode is another one, or as `checked_door`.
    """
    if settings.mode != "exchange":
        raise ConfigError(
            f"broker.mode is {settings.mode}, which is no local exchange",
            "set broker.mode: exchange and broker.url",
        )
    return checked_door(settings, key_id, {})


def _exchange(settings: BrokerSettings, key_id: str) -> Door:
    url = _loopback(settings.url, "broker.url")
    data_url = _loopback(settings.data_url or url, "broker.data_url")
    if not key_id.startswith(LOCAL_KEYS):
        raise ConfigError(
            "broker.mode is exchange, and these keys were not issued by a local exchange",
            f"use the keys that `avwap exchange` prints; they begin with {LOCAL_KEYS}",
        )
    return Door("exchange", url, data_url, f"{_web_socket(url)}/stream", None)


def _loopback(url: str, name: str) -> str:
    plain = url.strip().rstrip("/")
    if not _is_loopback(plain):
        raise ConfigError(
            f"{name}: expected the address of a local exchange, found {url!r}",
            "start `avwap exchange` and set the address it prints, e.g. http://127.0.0.1:4010",
        )
    return plain


def _is_loopback(plain: str) -> bool:
    try:
        parts = urlsplit(plain)
    except ValueError:  # e.g. half of an IPv6 host
        return False
    bare = plain == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
    return parts.scheme == "http" and parts.hostname in LOOPBACK and bare


def _only(url: str, allowed: str, name: str) -> str:
    """The one address that this mode may use; empty stands for it."""
    if url.strip().rstrip("/") not in {"", allowed}:
        raise ConfigError(
            f"{name}: expected nothing or {allowed} in this mode, found {url!r}",
            "leave it empty, or set broker.mode: exchange for a local one",
        )
    return allowed


def _web_socket(url: str) -> str:
    return "ws" + url.removeprefix("http")
