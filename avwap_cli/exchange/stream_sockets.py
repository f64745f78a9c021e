"""Stream sockets: one websocket each, between a client and its session on the hub.

Whole messages go in: aiohttp puts fragments together and answers pings.  Frames come out of
a queue that is bounded: a client that does not take what it asked for is told so and
dropped, and nobody waits for it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from aiohttp import WSMsgType, web

from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.streams.frames import Close, Frame, StreamSession

LARGEST_MESSAGE = 1024 * 1024
CLOSING_S = 2.0


class StreamSocket:
    """One connection; lives in the server's event loop.

    Args:
        exchange: where messages go.
        session: what is said.
        queue_bytes: a client with more than this untaken when more comes is too slow.  What
            one step of the clock brings counts only afterwards, however much it is.
    """

    def __init__(self, exchange: LocalExchange, session: StreamSession, queue_bytes: int) -> None:
        self._exchange = exchange
        self._session = session
        self._loop = asyncio.get_running_loop()
        self._opened_at = self._loop.time()
        self._queue_bytes = queue_bytes
        self._frames: deque[Frame] = deque()
        self._pending = 0
        self._ready = asyncio.Event()
        self._dropped = False
        self._transport: asyncio.Transport | None = None
        self._socket = web.WebSocketResponse(
            timeout=CLOSING_S, compress=False, max_msg_size=LARGEST_MESSAGE
        )

    async def serve(self, request: web.BaseRequest) -> web.WebSocketResponse:
        """Talk until either side has closed."""
        self._transport = request.transport
        await self._socket.prepare(request)
        self.offer(self._exchange.opened(self._session))
        writing = asyncio.create_task(self._write())
        try:
            async for message in self._socket:
                if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    self.offer(self._exchange.receive(self._session, message.data))
        finally:
            writing.cancel()
            await asyncio.wait([writing])
        return self._socket

    def look_after(self) -> None:
        """Say what is due for the mere length of the connection; to be called now and then."""
        self.offer(self._exchange.idle(self._session, self._loop.time() - self._opened_at))

    def offer(self, frames: Sequence[Frame]) -> None:
        """Queue frames, or drop a client that lags behind; never waits."""
        if self._dropped or not frames:
            return
        if self._pending > self._queue_bytes:
            self._dropped = True
            self._frames.clear()
            frames = self._exchange.overrun(self._session)
        self._frames.extend(frames)
        self._pending += sum(_size(frame) for frame in frames)
        self._ready.set()
        if self._dropped or any(isinstance(frame, Close) for frame in frames):
            self._abort_later()

    async def _write(self) -> None:
        while True:
            await self._ready.wait()
            while self._frames:
                frame = self._frames.popleft()
                self._pending -= _size(frame)
                try:
                    await self._send(frame)
                except ConnectionError:
                    return
            self._ready.clear()

    async def _send(self, frame: Frame) -> None:
        if isinstance(frame, Close):
            await self._socket.close(code=frame.code, message=frame.reason.encode())
        elif isinstance(frame, bytes):
            await self._socket.send_bytes(frame)
        else:
            await self._socket.send_str(frame)

    def _abort_later(self) -> None:
        """End the connection even if the client takes neither frame nor farewell."""
        if self._transport is not None:
            self._loop.call_later(2 * CLOSING_S, self._transport.abort)


def _size(frame: Frame) -> int:
    return 0 if isinstance(frame, Close) else len(frame)
