"""The feed's contract on the local exchange's streams: news comes, silence shows, it ends."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from broker_street import MONDAY, BrokerStreet, D, at, entry, street_tape

from avwap_cli.adapters.broker.alpaca_streams import AlpacaFeed
from avwap_cli.adapters.broker.doors import checked_door
from avwap_cli.exchange.http_wire import Limits
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.server import serving
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.trading.quotes import PriceBar


@pytest.fixture(scope="module")
def tape() -> Tape:
    return street_tape()


class Played:
    """A feed on an exchange, and the bars that came."""

    def __init__(self, street: BrokerStreet, feed: AlpacaFeed) -> None:
        self.street = street
        self.feed = feed
        self.bars: list[PriceBar] = []
        self.news = False

    def look(self) -> None:
        bars, news = self.feed.take()
        self.bars += bars
        self.news = self.news or news

    def until(self, true: Callable[[], bool], within_s: float = 8.0) -> bool:
        """Play minute after minute until it is true; whether it became so."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            self.street.exchange.step(60)
            time.sleep(0.05)
            self.look()
            if true():
                return True
        return False


@pytest.fixture
def play(tape: Tape, request: pytest.FixtureRequest) -> Iterator[Callable[..., Played]]:
    with ExitStack() as exits:

        def played(*faults: str, **settings: object) -> Played:
            chosen = Settings(requests_per_minute=0, **settings)  # type: ignore[arg-type]
            exchange = LocalExchange(tape, chosen, start=at("09:45"), faults=faults)
            served = exits.enter_context(serving(exchange, limits=Limits(stop_s=0.01)))
            street = BrokerStreet(exchange, served.url, None)
            keys = exchange.keys
            door = checked_door(street.settings, keys.key_id, {})
            feed = AlpacaFeed(door, keys.key_id, keys.secret, street.time)
            exits.callback(feed.close)
            return Played(street, feed)

        yield played


def test_bars_of_the_watched_symbols_come_and_nothing_else(play: Callable[..., Played]) -> None:
    played = play()
    assert played.feed.silent_s() == math.inf
    assert played.feed.take() == ([], False)
    played.feed.watch(["AAPL"])
    assert played.until(lambda: len(played.bars) >= 3)
    assert {bar.symbol for bar in played.bars} == {"AAPL"}
    first = played.bars[0]
    assert (first.open, first.close, first.length.total_seconds()) == (D(190), D(190), 60.0)
    assert first.start.date() == MONDAY
    assert first.start.second == 0
    assert played.feed.silent_s() < 3600


def test_more_symbols_and_fewer(play: Callable[..., Played]) -> None:
    played = play()
    played.feed.watch(["AAPL"])
    assert played.until(lambda: bool(played.bars))
    played.feed.watch(["AAPL", "BRK.B"])
    assert played.until(lambda: {bar.symbol for bar in played.bars} == {"AAPL", "BRK.B"}, 15)
    played.feed.watch(["BRK.B"])
    played.look()
    played.bars.clear()
    assert played.until(lambda: len(played.bars) >= 2)
    assert {bar.symbol for bar in played.bars} == {"BRK.B"}
    played.feed.watch([])
    played.look()
    played.bars.clear()
    assert not played.until(lambda: bool(played.bars), 0.6)


def test_an_order_that_changes_is_news(play: Callable[..., Played]) -> None:
    played = play()
    attempts = iter(range(1, 200))

    def news_of_another_order() -> bool:
        played.street.broker.submit(entry("F", shares=1, attempt=next(attempts)))
        played.look()
        return played.news

    assert played.until(news_of_another_order)
    time.sleep(0.3)
    played.feed.take()
    assert played.feed.take() == ([], False)


def test_a_feed_of_the_subscription_is_found(play: Callable[..., Played]) -> None:
    for plan in ("basic", "plus"):
        played = play(subscription=plan)
        played.feed.watch(["AAPL"])
        assert played.until(lambda p=played: bool(p.bars))  # type: ignore[misc]
        volume = played.bars[0].volume
        assert (volume == 10_000) == (plan == "plus")  # IEX sees a small part of the tape


@pytest.mark.parametrize(
    "fault", ["mute-socket@iex b", "lost-event@iex b", "406@connect /v2/iex", "406@connect *"]
)
def test_silence_shows_and_stops_nobody(play: Callable[..., Played], fault: str) -> None:
    played = play(fault)
    began = time.monotonic()
    played.feed.watch(["AAPL"])
    assert time.monotonic() - began < 0.5
    assert not played.until(lambda: bool(played.bars), 1.5)
    assert played.feed.silent_s() == math.inf


def test_silence_is_counted_in_the_time_of_the_exchange(play: Callable[..., Played]) -> None:
    played = play()
    played.feed.watch(["AAPL"])
    assert played.until(lambda: bool(played.bars))
    time.sleep(0.3)
    played.look()
    before = played.feed.silent_s()
    played.street.fault("lost-event@* b")
    played.street.exchange.step(200)
    assert played.feed.silent_s() - before == pytest.approx(200, abs=0.1)


@pytest.mark.parametrize("wait_s", [0.0, 0.6])
def test_it_ends_soon_whenever_it_is_told(play: Callable[..., Played], wait_s: float) -> None:
    played = play("mute-socket@iex b")
    played.feed.watch(["AAPL"])
    time.sleep(wait_s)
    began = time.monotonic()
    played.feed.close()
    assert time.monotonic() - began < 6.0
    played.feed.close()


def test_nobody_there_is_silence_too(tape: Tape) -> None:
    exchange = LocalExchange(tape, Settings(), start=at("09:45"))
    street = BrokerStreet(exchange, "http://127.0.0.1:9", None)
    door = checked_door(street.settings, exchange.keys.key_id, {})
    feed = AlpacaFeed(door, exchange.keys.key_id, exchange.keys.secret, street.time)
    feed.watch(["AAPL"])
    time.sleep(0.3)
    assert feed.take() == ([], False)
    began = time.monotonic()
    feed.close()
    assert time.monotonic() - began < 6.0


def test_waiting_costs_no_processor_time(play: Callable[..., Played]) -> None:
    played = play()
    time.sleep(0.5)
    began = time.process_time()
    time.sleep(1.0)
    assert time.process_time() - began < 0.4
    assert played.feed.take() == ([], False)
    assert any(thread.name == "stream" for thread in threading.enumerate())
