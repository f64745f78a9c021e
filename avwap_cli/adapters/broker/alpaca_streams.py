"""The Feed port: minute bars and order news as they happen, by alpaca-py's own streams.

Each stream runs in a thread of its own and puts what comes into a box; the caller only ever
looks into the box, so it neither waits for a stream nor hears of its failures.  A stream that
is mute, cut or refused shows as silence, and whoever needs to know asks by REST.

alpaca-py reconnects by itself; what it does not do is done here.  A stream begins only when
there is something to listen to, for one without a subscription spins.  More symbols mean a new
connection, begun when the old one has ended, for an account may have only one.  A feed that the
subscription does not include ends its stream, and the next one is tried.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any

import msgpack  # type: ignore[import-untyped]
from alpaca.data.enums import DataFeed
from alpaca.data.live.stock import StockDataStream
from alpaca.trading.stream import TradingStream

from avwap_cli.adapters.broker.doors import Door
from avwap_cli.adapters.broker.quote_rows import bar_of
from avwap_cli.market.sessions import EASTERN
from avwap_cli.ports import Clock
from avwap_cli.trading.quotes import PriceBar

FEEDS = ("sip", "iex")
MUTE_S = 90.0
PAUSE_S = 5.0
STOP_S = 5.0
PRESS_S = 0.2
MOST_BARS = 10_000
WIRE = {"ping_interval": 10, "ping_timeout": 20, "max_queue": 1024, "close_timeout": 1}
MINUTE = timedelta(minutes=1)

logging.getLogger("alpaca").addHandler(logging.NullHandler())  # silence tells enough

Stream = StockDataStream | TradingStream


@dataclass(slots=True)
class _Box:
    """What has come, for whoever looks."""

    bars: deque[PriceBar] = field(default_factory=lambda: deque(maxlen=MOST_BARS))
    order_news: bool = False
    heard: bool = False
    lock: Lock = field(default_factory=Lock)

    async def take_bar(self, message: Any) -> None:
        start = _start_of(message.get("t"))
        bar = bar_of(str(message.get("S")), message, start, MINUTE)
        with self.lock:
            self.heard = True
            if bar is not None:
                self.bars.append(bar)

    async def take_order_news(self, _message: Any) -> None:
        with self.lock:
            self.order_news = True


class _Running:
    """One stream after the other in a thread, until it is told to end.

    Args:
        makes: the streams to try in turn; one that ends by itself gives way to the next.
        after: a stream that has to end first, because an account may have only one.
    """

    def __init__(self, makes: Sequence[Callable[[], Stream]], after: _Running | None) -> None:
        self._makes = makes
        self._after = after
        self._ending = Event()
        self._stream: Stream | None = None
        self._thread = Thread(target=self._run, name="stream", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Begin to end; returns at once."""
        self._ending.set()
        Thread(target=self._press, name="stream end", daemon=True).start()

    def join(self, timeout_s: float) -> None:
        """Wait for the end, so long at most."""
        self._thread.join(timeout_s)

    def _press(self) -> None:
        """Tell the stream to end until it has; one that is only just beginning does not hear."""
        for _ in range(round(STOP_S / PRESS_S)):
            stream = self._stream
            loop: asyncio.AbstractEventLoop | None = None if stream is None else stream._loop
            if stream is not None and loop is not None:
                ending = _ended(stream)
                try:
                    asyncio.run_coroutine_threadsafe(ending, loop)
                except RuntimeError:  # its loop is over already
                    ending.close()
            self._thread.join(PRESS_S)
            if not self._thread.is_alive():
                return

    def _run(self) -> None:
        if self._after is not None:
            self._after.join(STOP_S)
            self._after = None
        turn = 0
        while not self._ending.is_set():
            self._stream = stream = self._makes[turn % len(self._makes)]()
            if self._ending.is_set():
                return
            with suppress(AttributeError, OSError, RuntimeError):  # of a loop that never began
                stream.run()
            turn += 1
            self._ending.wait(PAUSE_S if turn >= len(self._makes) else 0)


class AlpacaFeed:
    """Order news from the beginning, minute bars once symbols are wanted.

    Args:
        door: the addresses.
        key_id, secret: the keys.
        clock: the time in which silence is counted; asked by the caller's thread alone.
        feeds: of the bars, the best first.
    """

    def __init__(
        self, door: Door, key_id: str, secret: str, clock: Clock, feeds: Sequence[str] = FEEDS
    ) -> None:
        self._door = door
        self._keys = (key_id, secret)
        self._clock = clock
        self._feeds = feeds
        self._box = _Box()
        self._heard_at: datetime | None = None
        self._wanted: frozenset[str] = frozenset()
        self._listening: frozenset[str] = frozenset()
        self._bars: _Running | None = None
        self._orders: _Running = _Running([self._order_stream], None)

    def watch(self, symbols: Sequence[str]) -> None:
        """Which symbols' minute bars are wanted from now on; those no longer wanted stay out."""
        self._wanted = frozenset(symbols)
        if self._wanted and self._wanted <= self._listening:
            return
        if self._bars is not None and self._listening:
            self._bars.end()
        self._listening = self._wanted
        if self._wanted:
            makes = [self._maker(feed, sorted(self._wanted)) for feed in self._feeds]
            self._bars = _Running(makes, self._bars)

    def take(self) -> tuple[Sequence[PriceBar], bool]:
        """The wanted bars that came since last asked, and whether an order changed."""
        self._note_silence()
        with self._box.lock:
            bars = [bar for bar in self._box.bars if bar.symbol in self._wanted]
            self._box.bars.clear()
            news, self._box.order_news = self._box.order_news, False
        return bars, news

    def silent_s(self) -> float:
        """Seconds since the stream of bars said anything, to the last look; infinite before."""
        self._note_silence()
        if self._heard_at is None:
            return math.inf
        return (self._clock.now() - self._heard_at).total_seconds()

    def close(self) -> None:
        """End the streams; within five seconds, whatever they do."""
        running = [one for one in (self._orders, self._bars) if one is not None]
        for one in running:
            one.end()
        for one in running:
            one.join(STOP_S / len(running))

    def _note_silence(self) -> None:
        with self._box.lock:
            heard, self._box.heard = self._box.heard, False
        if heard:
            self._heard_at = self._clock.now()

    def _order_stream(self) -> Stream:
        stream = TradingStream(
            *self._keys,
            paper=self._door.live_account is None,
            raw_data=True,
            url_override=self._door.trade_stream_url,
            websocket_params=WIRE,
        )
        stream.subscribe_trade_updates(self._box.take_order_news)
        return stream

    def _maker(self, feed: str, symbols: Sequence[str]) -> Callable[[], Stream]:
        def make() -> Stream:
            stream = StockDataStream(
                *self._keys,
                raw_data=True,
                feed=DataFeed(feed),
                url_override=self._door.bar_stream_url(feed),
                websocket_params=WIRE,
                data_timeout=MUTE_S,
            )
            stream.subscribe_bars(self._box.take_bar, *symbols)
            return stream

        return make


async def _ended(stream: Stream) -> None:
    await stream.stop_ws()
    await stream.close()


def _start_of(stamp: object) -> datetime | None:
    """The time of a message, of the wire's own type."""
    return stamp.to_datetime().astimezone(EASTERN) if isinstance(stamp, msgpack.Timestamp) else None
