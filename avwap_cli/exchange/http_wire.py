"""The HTTP wire: aiohttp's requests and answers, and everything a client can do wrong with them.

What is no HTTP, too large, too slow or from a page of another site is answered in Alpaca's
form and the connection closed.  A mistake of the exchange itself becomes a 500: this is the
one place that logs it, with its traceback and nothing of what the client has sent.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from avwap_cli.exchange.protocol.answers import refused
from avwap_cli.exchange.protocol.messages import Answer, Fate, Request, decoded_path
from avwap_cli.exchange.refusals import Refusal

LONGEST_LINE = 64 * 1024
LINGER_S = 1.0
NO_LINGER = struct.pack("ii", 1, 0)
LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE | re.ASCII)

log = logging.getLogger(__name__)
_silent = logging.Logger("silent", logging.CRITICAL + 1)  # aiohttp's words repeat the client's


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take.

    Attributes:
        body_bytes: largest body of a request.
        body_s: seconds from a request's headers to the end of its body.
        idle_s: seconds to send a request's headers, counted from the beginning of the
            connection or from the answer before.
        queue_bytes: what a stream's client may leave untaken.
        stop_s: seconds to end what is going on when the server stops.
    """

    body_bytes: int = 1024 * 1024
    body_s: float = 10.0
    idle_s: float = 75.0
    queue_bytes: int = 8 * 1024 * 1024
    stop_s: float = 1.0


class Connections(web.Server):
    """All connections; a handler that fails is answered for here."""

    def __init__(
        self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], limits: Limits
    ) -> None:
        super().__init__(handler, handler_cancellation=True)
        self._idle_s = limits.idle_s

    def __call__(self) -> web.RequestHandler:
        return _Connection(
            self,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=self._idle_s,
            logger=_silent,
            access_log=None,  # type: ignore[arg-type]
            max_line_size=LONGEST_LINE,
            lingering_time=LINGER_S,
            auto_decompress=False,
        )


class _Connection(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002
    ) -> web.StreamResponse:
        """What a client gets that sent no HTTP, or met a mistake of ours."""
        if status == 500:
            log.error("a request failed: %s", type(exc).__name__, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has been begun")
        return last_response(refused(internal() if status == 500 else bad_request()))


async def received(request: web.BaseRequest, limits: Limits) -> Request:
    """The request with its whole body.

    Raises:
        Refusal: it comes from elsewhere, or its body is too large, too slow or broken.
    """
    if _is_foreign(request):
        raise foreign()
    url = request.rel_url
    return Request(
        method=request.method,
        path=decoded_path(url.raw_path),
        query=tuple(url.query.items()),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await _body(request, limits) if request.body_exists else b"",
    )


async def delivered(
    request: web.BaseRequest, answer: Answer, stopping: asyncio.Event
) -> web.StreamResponse:
    """The response that the answer's fate makes of it; one that hangs does so until the end."""
    if answer.fate is Fate.HANG:
        await stopping.wait()
    if answer.fate is not Fate.DELIVER:
        _break(request)
    return response(answer)


def response(answer: Answer) -> web.Response:
    """The answer as aiohttp sends it."""
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


def last_response(answer: Answer) -> web.Response:
    """The answer, after which the connection is closed."""
    last = response(answer)
    last.force_close()
    return last


def wants_stream(request: web.BaseRequest) -> bool:
    """Whether the client asks for a websocket."""
    return request.headers.get("Upgrade", "").strip().lower() == "websocket"


def _is_foreign(request: web.BaseRequest) -> bool:
    """Whether it was meant for another host, or sent by another site's page."""
    hosts = request.headers.getall("Host", [])
    if len(hosts) != 1 or not LOOPBACK.fullmatch(hosts[0]):
        return True
    target = request.raw_path
    if not target.startswith("/") and not LOOPBACK.fullmatch(_host_of(target)):
        return True
    origin = request.headers.get("Origin")
    return origin is not None and not LOOPBACK.fullmatch(origin.partition("://")[2])


def _host_of(target: str) -> str:
    """Host and port of a request's target in absolute form."""
    return target.partition("://")[2].partition("/")[0]


async def _body(request: web.BaseRequest, limits: Limits) -> bytes:
    if (request.content_length or 0) > limits.body_bytes:
        raise too_large()
    read = bytearray()
    try:
        async with asyncio.timeout(limits.body_s):
            while part := await request.content.readany():
                read += part
                if len(read) > limits.body_bytes:
                    raise too_large()
    except TimeoutError:
        raise too_slow() from None
    except web.RequestPayloadError:
        raise bad_request() from None
    return bytes(read)


def foreign() -> Refusal:
    """A request that was meant for another host, or comes from another site's page."""
    return Refusal(403, None, "forbidden: this exchange answers on loopback alone")


def too_large() -> Refusal:
    """A body beyond the limit."""
    return Refusal(413, None, "request body too large")


def too_slow() -> Refusal:
    """A body that does not come."""
    return Refusal(408, None, "request timeout")


def bad_request() -> Refusal:
    """What is no HTTP."""
    return Refusal(400, None, "bad request")


def internal() -> Refusal:
    """A mistake of the exchange itself."""
    return Refusal(500, 50010000, "internal server error occurred")


def _break(request: web.BaseRequest) -> None:
    """Break the connection off, so that the client sees a reset."""
    transport = request.transport
    if transport is None:
        return
    wire = transport.get_extra_info("socket")
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    transport.abort()
