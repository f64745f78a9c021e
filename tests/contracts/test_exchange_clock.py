"""The clock of a local exchange: its time is told, and sleeping moves it."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from broker_street import at, settings, street_tape

from avwap_cli.adapters.broker.exchange_clock import ExchangeClock
from avwap_cli.errors import BrokerUnclear, BrokerUnreachable, ConfigError
from avwap_cli.exchange.http_wire import Limits
from avwap_cli.exchange.in_process import InProcess
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.server import serving
from avwap_cli.exchange.settings import Settings


def clock_of(exchange: LocalExchange) -> ExchangeClock:
    keys = exchange.keys
    return ExchangeClock(
        settings("http://127.0.0.1:1"), keys.key_id, keys.secret, transport=InProcess(exchange)
    )


def test_a_standing_exchange_moves_by_what_is_slept() -> None:
    exchange = LocalExchange(street_tape(), Settings(), start=at("09:45"))
    clock = clock_of(exchange)
    assert clock.now() == at("09:45")
    clock.sleep(90.5)
    assert clock.now() == exchange.now() == at("09:45") + timedelta(seconds=90.5)
    assert clock.now().utcoffset() == timedelta(hours=-5)


def test_a_running_exchange_is_waited_for_in_its_own_time() -> None:
    exchange = LocalExchange(street_tape(), Settings(), start=at("09:45"), speed=600.0)
    clock = clock_of(exchange)
    began = time.monotonic()
    clock.sleep(120)
    assert 0.2 <= time.monotonic() - began < 2.0
    assert clock.now() >= at("09:47")


def test_over_a_socket_it_is_the_same() -> None:
    exchange = LocalExchange(street_tape(), Settings(), start=at("09:45"))
    with serving(exchange, limits=Limits(stop_s=0.01)) as served:
        keys = exchange.keys
        clock = ExchangeClock(settings(served.url), keys.key_id, keys.secret)
        clock.sleep(60)
        assert clock.now() == at("09:46")
        wrong = ExchangeClock(settings(served.url), keys.key_id, "wrong")
        with pytest.raises(BrokerUnclear, match="does not tell its time"):
            wrong.now()
    with pytest.raises(BrokerUnreachable, match="avwap exchange"):
        clock.now()


def test_only_a_local_exchange_has_such_a_clock() -> None:
    with pytest.raises(ConfigError, match=r"broker\.mode is paper"):
        ExchangeClock(settings("", mode="paper"), "AVWAPLOCALX", "s")
    with pytest.raises(ConfigError, match="expected the address of a local exchange"):
        ExchangeClock(settings("https://api.alpaca.markets"), "AVWAPLOCALX", "s")
