"""The server: the exchange's door to sockets, on 127.0.0.1 and nowhere else.

One event loop answers HTTP (`http_wire`), serves the websockets (`stream_sockets`), and lets
a running clock tick.  What the exchange does between two ticks, because a client or the
Python handle stepped it, reaches the streams at once.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event

from aiohttp import web

from avwap_cli.errors import UsageError
from avwap_cli.exchange.http_wire import (
    Connections,
    Limits,
    bad_request,
    delivered,
    last_response,
    received,
    wants_stream,
)
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.answers import refused
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.streams.frames import Close, StreamSession
from avwap_cli.exchange.refusals import Refusal
from avwap_cli.exchange.stream_sockets import StreamSocket

HOST = "127.0.0.1"
BACKLOG = 1024
TICK_S = 0.05
WATCH_S = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Served:
    """Where the exchange can be reached."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """`url_override` of the trading and the historical data clients."""
        return f"http://{self.host}:{self.port}"

    @property
    def trade_stream_url(self) -> str:
        """`url_override` of the trading stream."""
        return f"ws://{self.host}:{self.port}/stream"

    def data_stream_url(self, feed: str = "iex") -> str:
        """`url_override` of the market data stream of a feed, `iex` or `sip`."""
        return f"ws://{self.host}:{self.port}/v2/{feed}"


@contextmanager
def serving(
    exchange: LocalExchange, port: int = 0, limits: Limits | None = None
) -> Iterator[Served]:
    """Serve from a thread for the length of a `with` block; port 0 = any that is free.

    Raises:
        UsageError: the port cannot be had.
    """
    with _listen(port) as listening:
        served = Served(HOST, listening.getsockname()[1])
        server = Server(exchange, limits or Limits())
        started = Event()
        with ThreadPoolExecutor(1, "exchange") as threads:
            running = threads.submit(asyncio.run, server.run(listening, started.set))
            running.add_done_callback(lambda _: started.set())
            started.wait()
            if running.done():
                running.result()
            try:
                yield served
            finally:
                server.stop()
                running.result()


def serve_forever(exchange: LocalExchange, port: int, announce: Callable[[Served], None]) -> None:
    """Serve until SIGINT or SIGTERM; `announce` is called as soon as clients may come.

    Raises:
        UsageError: the port cannot be had.
    """
    with _listen(port) as listening:
        server = Server(exchange, Limits())

        def started() -> None:
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, server.stop)
            announce(Served(HOST, listening.getsockname()[1]))

        asyncio.run(server.run(listening, started))


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port), backlog=BACKLOG)
    except OverflowError:
        raise UsageError(f"{port} is no port", "name one from 1024 to 65535") from None
    except OSError as problem:
        raise UsageError(
            f"cannot listen on {HOST}:{port}: {problem.strerror}",
            "stop what listens there, or name another port with --port (0 = any that is free)",
        ) from problem


class Server:
    """One run of the door; all but `stop` belongs to the event loop's thread."""

    def __init__(self, exchange: LocalExchange, limits: Limits) -> None:
        self._exchange = exchange
        self._limits = limits
        self._sockets: dict[StreamSession, StreamSocket] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._pump_due = False
        self._ticking: asyncio.TimerHandle | None = None
        self._watching: asyncio.TimerHandle | None = None

    async def run(self, listening: socket.socket, started: Callable[[], None]) -> None:
        """Serve until `stop`; `started` is called when that may be."""
        loop = self._loop = asyncio.get_running_loop()
        loop.set_exception_handler(_log_mishap)
        connections = Connections(self._answer, self._limits)
        door = await loop.create_server(connections, sock=listening, backlog=BACKLOG)
        self._exchange.changed.append(self._wake)
        try:
            self._keep_time()
            started()
            await self._stopping.wait()
        finally:
            self._exchange.changed.remove(self._wake)
            for timer in (self._ticking, self._watching):
                if timer is not None:
                    timer.cancel()
            door.close()
        for stream in self._sockets.values():
            stream.offer([Close(1001, "the exchange stops")])
        connections.pre_shutdown()
        await connections.shutdown(self._limits.stop_s)

    def stop(self) -> None:
        """End the run, from whichever thread; one that has ended already stays so."""
        self._call(self._stopping.set)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            asked = await received(request, self._limits)
        except Refusal as refusal:
            return last_response(refused(refusal))
        if wants_stream(request):
            if not web.WebSocketResponse().can_prepare(request):
                return last_response(refused(bad_request()))
            return await self._stream(request, asked)
        return await delivered(request, self._exchange.handle(asked), self._stopping)

    async def _stream(self, request: web.BaseRequest, asked: Request) -> web.StreamResponse:
        session = self._exchange.connect(asked.path, asked.headers)
        if isinstance(session, Answer):
            return await delivered(request, session, self._stopping)

        stream = StreamSocket(self._exchange, session, self._limits.queue_bytes)
        self._sockets[session] = stream
        self._watch()
        try:
            return await stream.serve(request)
        finally:
            del self._sockets[session]
            self._exchange.disconnect(session)

    def _keep_time(self) -> None:
        """Let a running clock tick; one that stands costs nothing."""
        if self._exchange.speed and self._ticking is None:
            self._ticking = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        self._ticking = None
        self._exchange.catch_up()
        self._keep_time()

    def _watch(self) -> None:
        """Look after the streams while there are any."""
        if self._sockets and self._watching is None:
            self._watching = asyncio.get_running_loop().call_later(WATCH_S, self._look_around)

    def _look_around(self) -> None:
        self._watching = None
        for stream in tuple(self._sockets.values()):
            stream.look_after()
        self._watch()

    def _wake(self) -> None:
        """Let the loop pump; called by whichever thread moved the exchange."""
        if not self._pump_due:
            self._pump_due = True
            self._call(self._pump)

    def _pump(self) -> None:
        self._pump_due = False
        for session, frames in self._exchange.pump(tuple(self._sockets)):
            self._sockets[session].offer(frames)
        self._keep_time()

    def _call(self, what: Callable[[], None]) -> None:
        """Have it called in the loop's thread, from any other."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(what)


def _log_mishap(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    problem = context.get("exception")
    log.error(
        "%s", context["message"], exc_info=problem if isinstance(problem, Exception) else None
    )
