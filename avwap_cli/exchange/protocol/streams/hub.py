"""The hub: all stream connections of one exchange, and what each of them is sent.

Whoever owns the sockets asks for a session at each handshake, hands it what comes in, and
pumps after time has moved or a request was answered.  Pumping late loses and adds nothing:
each connection keeps its own place in time, and a subscription begins when it is made.
"""

from __future__ import annotations

from collections.abc import Mapping

from avwap_cli.exchange.broker.events import Event
from avwap_cli.exchange.faults import FaultKind
from avwap_cli.exchange.instants import Instant
from avwap_cli.exchange.protocol.answers import refused
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.messages import Answer
from avwap_cli.exchange.protocol.routing import not_found
from avwap_cli.exchange.protocol.streams.data_stream import PATHS, DataStream
from avwap_cli.exchange.protocol.streams.frames import Frame, StreamSession
from avwap_cli.exchange.protocol.streams.trade_updates import PATH as TRADES_PATH
from avwap_cli.exchange.protocol.streams.trade_updates import TradeUpdates
from avwap_cli.exchange.refusals import Refusal

Connection = TradeUpdates | DataStream


class StreamHub:
    """Connections in the order of their opening; one logged in per path, as Alpaca allows."""

    def __init__(self, context: RouteContext) -> None:
        self._context = context
        self._connections: list[Connection] = []
        context.venue.listeners.append(self._happened)

    def connect(
        self, path: str, headers: Mapping[str, str] | None = None
    ) -> StreamSession | Answer:
        """Open a connection.

        A second connection to the trade stream is refused here (429); one to a data stream
        is told so when it logs in (error 406), and both happen to a first one by the fault
        `406` at `connect <path>`.

        Args:
            headers: of the handshake, lower-case names.
        """
        if path != TRADES_PATH and path not in PATHS:
            return refused(not_found(path))
        unwanted = self._draws_limit(path)
        connection: Connection
        if path == TRADES_PATH:
            if unwanted or self._taken(path):
                return refused(Refusal(429, None, "connection limit exceeded"))
            connection = TradeUpdates(self._context, lambda: not self._taken(path))
        else:
            connection = DataStream(
                self._context, path, headers or {}, lambda: not (unwanted or self._taken(path))
            )
        self._connections.append(connection)
        return connection

    def disconnect(self, session: StreamSession) -> None:
        """Forget a connection that the client has closed or lost."""
        self._connections = [c for c in self._connections if c is not session]

    def pump(self, until: Instant) -> list[tuple[StreamSession, list[Frame]]]:
        """What each session is sent for the time since its last pump; silent ones are absent."""
        sent: list[tuple[StreamSession, list[Frame]]] = []
        for connection in self._connections:
            frames = connection.drain(until)
            if frames:
                sent.append((connection, frames))
        return sent

    def _draws_limit(self, path: str) -> bool:
        where, at = f"connect {path}", self._context.now
        kinds = (FaultKind.CONNECTION_LIMIT,)
        return self._context.faults.draw(kinds, where, None, at) is not None

    def _taken(self, path: str) -> bool:
        """Whether somebody is logged in there."""
        return any(c.path == path and c.authenticated and not c.closed for c in self._connections)

    def _happened(self, event: Event) -> None:
        for connection in self._connections:
            if isinstance(connection, TradeUpdates):
                connection.happened(event)
