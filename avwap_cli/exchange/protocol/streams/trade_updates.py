"""The trade stream (`/stream`): what happens to orders, as JSON in binary frames."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from avwap_cli.exchange.broker.events import Event
from avwap_cli.exchange.decimals import decimal_text
from avwap_cli.exchange.instants import Instant, rfc3339
from avwap_cli.exchange.protocol.answers import Document
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.streams.frames import Close, Frame
from avwap_cli.exchange.protocol.streams.outbox import Outbox
from avwap_cli.exchange.protocol.trading.documents import order_document

PATH = "/stream"
STREAM = "trade_updates"


class TradeUpdates:
    """One connection to the trade stream.

    Args:
        admitted: whether the account may log in here besides its other connections.
    """

    def __init__(self, context: RouteContext, admitted: Callable[[], bool]) -> None:
        self.path = PATH
        self.authenticated = False
        self._context = context
        self._admitted = admitted
        self._listening = False
        self._outbox: Outbox[Document] = Outbox(context.faults)
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether it has been ended by this side."""
        return self._closed

    def opened(self) -> list[Frame]:
        """Nothing: here the client speaks first."""
        return []

    def receive(self, data: bytes | str) -> list[Frame]:
        """Answer authenticate (or auth) and listen; anything else is an error message."""
        if self._closed or self._outbox.muted:
            return []
        message = _parsed(data)
        action = message.get("action") if message is not None else None
        if message is not None and action in ("authenticate", "auth"):
            return self._authenticate(str(action), message)
        if message is not None and action == "listen":
            return [self._listen(message)]
        error = "invalid message" if message is None else "unknown action"
        return [_frame({"stream": "error", "data": {"error": error}})]

    def idle(self, _open_s: float) -> list[Frame]:
        """Nothing: this stream waits for its client for ever."""
        return []

    def overrun(self) -> list[Frame]:
        """Part with a client that is too slow."""
        self._closed = True
        return [Close(1008, "slow client")]

    def happened(self, event: Event) -> None:
        """Take note of an event at the moment at which it happens."""
        if self._listening and not self._closed:
            document = self._document(event)
            self._outbox.put(event.at, f"{STREAM} {event.name}", event.order.symbol, document)

    def drain(self, until: Instant) -> list[Frame]:
        """The frames due by then."""
        ready = self._outbox.due(until)
        return [] if self._closed else [_frame(document) for _, document in ready]

    def _authenticate(self, action: str, message: Mapping[str, object]) -> list[Frame]:
        """Both forms: keys under `data` (authenticate), or `key` and `secret` (auth)."""
        data = message.get("data")
        fields: Mapping[str, object] = data if isinstance(data, dict) else message
        key = fields.get("key_id", fields.get("key"))
        secret = fields.get("secret_key", fields.get("secret"))
        if not self._context.keys.match(key, secret):
            return [_authorization("unauthorized", action)]
        if not self.authenticated and not self._admitted():
            self._closed = True
            return [Close(1008, "connection limit exceeded")]
        self.authenticated = True
        return [_authorization("authorized", action)]

    def _listen(self, message: Mapping[str, object]) -> Frame:
        """Listen to exactly the streams named; unknown ones are left out of the answer."""
        if not self.authenticated:
            return _authorization("unauthorized", "listen")
        data = message.get("data")
        streams = data.get("streams") if isinstance(data, dict) else None
        if not isinstance(streams, list):
            return _frame({"stream": "error", "data": {"error": "invalid message"}})
        self._listening = STREAM in streams
        known = [STREAM] if self._listening else []
        return _frame({"stream": "listening", "data": {"streams": known}})

    def _document(self, event: Event) -> Document:
        order = event.order
        data: Document = {
            "event": event.name.value,
            "execution_id": event.execution_id,
            "order": order_document(order, self._context.venue.legs(order) or None),
            "timestamp": rfc3339(event.at),
        }
        for name, value in (
            ("price", event.price),
            ("qty", event.qty),
            ("position_qty", event.position_qty),
        ):
            if value is not None:
                data[name] = decimal_text(value)
        return {"stream": STREAM, "data": data}


def _parsed(data: bytes | str) -> Mapping[str, object] | None:
    """The JSON object of a message, None if it is none."""
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _authorization(status: str, action: str) -> Frame:
    return _frame({"stream": "authorization", "data": {"status": status, "action": action}})


def _frame(document: Document) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
