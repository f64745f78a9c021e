"""Alpaca's stream clients at work: run in a thread, as their own `run()` does it.

alpaca-py waits up to 5 s for a stop; here its loop is canceled instead, so that tests end at
once.  Nothing else about the clients is changed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

from alpaca.data.enums import DataFeed
from alpaca.data.live import StockDataStream
from alpaca.trading.stream import TradingStream
from street import Street

SOCKET = {"ping_interval": 10, "ping_timeout": 180, "max_queue": 1024, "close_timeout": 0.2}
PATIENCE_S = 20.0


class Heard:
    """What a stream's handlers were given, in order."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def take(self, message: Any) -> None:
        """A handler that notes the message."""
        self.messages.append(message)

    def until(self, enough: Callable[[list[Any]], object] | int) -> list[Any]:
        """The messages, as soon as there are so many, or as the test is content with them."""
        test = enough if callable(enough) else lambda messages: len(messages) >= enough
        wait_for(lambda: test(self.messages), self.messages)
        return list(self.messages)


def wait_for(test: Callable[[], object], shown: object = "") -> None:
    """Wait, in short steps, until the test is true."""
    end = time.monotonic() + PATIENCE_S
    while not test():
        assert time.monotonic() < end, f"not in {PATIENCE_S} s: {shown}"
        time.sleep(0.005)


def trade_stream(street: Street, *keys: str, **options: Any) -> TradingStream:
    """alpaca-py's trade stream, pointed at the street."""
    options.setdefault("url_override", street.served.trade_stream_url)
    return TradingStream(*(keys or street.keys), websocket_params=SOCKET, **options)


def data_stream(
    street: Street, *keys: str, feed: DataFeed = DataFeed.IEX, **options: Any
) -> StockDataStream:
    """alpaca-py's data stream, pointed at the street."""
    options.setdefault("url_override", street.served.data_stream_url(feed.value))
    return StockDataStream(*(keys or street.keys), feed=feed, websocket_params=SOCKET, **options)


@contextmanager
def running(stream: Any, *, connected: bool = True) -> Iterator[Thread]:
    """The stream's `run()` in a thread, from its subscription on; ended with the block."""
    thread = Thread(target=_run, args=(stream,), daemon=True)
    thread.start()
    try:
        if connected:
            wait_for(lambda: stream._running, "the connection")
            asyncio.run_coroutine_threadsafe(_heard(stream), stream._loop).result(PATIENCE_S)
        yield thread
    finally:
        wait_for(lambda: _ended(thread, stream), "the end")


@contextmanager
def wire_log() -> Iterator[list[str]]:
    """The lines that alpaca-py logs about its streams."""
    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    log, handler = logging.getLogger("alpaca"), Lines()
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


async def _heard(stream: Any) -> None:
    """Until the other side has read what was sent: its pong comes after that."""
    await (await stream._ws.ping())


def _run(stream: Any) -> None:
    with suppress(asyncio.CancelledError):
        stream.run()


def _ended(thread: Thread, stream: Any) -> bool:
    """Whether the thread is over; if not, its tasks are canceled, which some of them survive."""
    if thread.is_alive() and stream._loop is not None:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            stream._loop.call_soon_threadsafe(_cancel_all, stream._loop)
    thread.join(0.02)
    return not thread.is_alive()


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
