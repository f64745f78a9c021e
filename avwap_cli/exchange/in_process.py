"""In process: the exchange behind a `requests` session, without a socket.

    client = TradingClient(keys.key_id, keys.secret, url_override="http://exchange.local")
    client._session.mount("http://", InProcess(exchange))

Whatever the session sends goes to the exchange as a call and comes back as an ordinary
response; ordered hangs and resets become the exceptions that a socket would have raised, at
once, without waiting for them.
"""

from __future__ import annotations

import io
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from requests.adapters import BaseAdapter
from requests.exceptions import ConnectionError as ConnectionBroken
from requests.exceptions import ReadTimeout
from requests.models import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from avwap_cli.exchange.protocol.messages import Answer, Fate, Request, decoded_path


class Handles(Protocol):
    """Anything that answers requests: a `LocalExchange`, a `Gateway`."""

    def handle(self, request: Request) -> Answer:
        """The answer, with its fate; whatever is asked, there is one."""


class InProcess(BaseAdapter):
    """A transport of `requests` that calls the exchange."""

    def __init__(self, exchange: Handles) -> None:
        super().__init__()
        self._exchange = exchange

    def send(self, request: PreparedRequest, *_args: Any, **_options: Any) -> Response:
        """The exchange's answer.

        Raises:
            requests.exceptions.ReadTimeout: the answer never comes (`hang`).
            requests.exceptions.ConnectionError: the connection breaks (`reset`).
        """
        answer = self._exchange.handle(_received(request))
        if answer.fate is Fate.HANG:
            raise ReadTimeout("the exchange does not answer", request=request)
        if answer.fate is Fate.RESET:
            raise ConnectionBroken("the exchange broke the connection", request=request)
        return _response(answer, request)

    def close(self) -> None:
        """Nothing is held open."""


def _received(request: PreparedRequest) -> Request:
    parts = urlsplit(request.url or "")
    body = request.body or b""
    return Request(
        request.method or "GET",
        decoded_path(parts.path),
        tuple(parse_qsl(parts.query, keep_blank_values=True)),
        {_text(name).lower(): _text(value) for name, value in request.headers.items()},
        body.encode() if isinstance(body, str) else bytes(body),
    )


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _response(answer: Answer, request: PreparedRequest) -> Response:
    response = Response()
    response.status_code = answer.status
    response.headers = CaseInsensitiveDict(answer.headers)
    response.encoding = get_encoding_from_headers(response.headers)
    response.raw = io.BytesIO(answer.body)
    response.url = request.url or ""
    response.request = request
    return response
