"""A data stream (`/v2/iex`, `/v2/sip`, `/v2/delayed_sip`, `/v2/test`): market data as it comes.

The server speaks first.  All messages of one instant go out together, as a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import groupby

from avwap_cli.exchange.instants import DAY, Instant
from avwap_cli.exchange.protocol.answers import Document
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.market_data.parameters import SIP_DELAY
from avwap_cli.exchange.protocol.market_data.trade_documents import market
from avwap_cli.exchange.protocol.market_data.view import feed_view
from avwap_cli.exchange.protocol.streams import fakepaca
from avwap_cli.exchange.protocol.streams.codec import (
    StreamMessage,
    codec_of,
    decoded,
    encoded,
    tick_document,
)
from avwap_cli.exchange.protocol.streams.feed_messages import (
    session_messages,
    status_document,
)
from avwap_cli.exchange.protocol.streams.frames import Close, Frame
from avwap_cli.exchange.protocol.streams.message_times import MessageTimes, message_times_of
from avwap_cli.exchange.protocol.streams.outbox import Outbox
from avwap_cli.exchange.protocol.streams.subscriptions import BadSubscription, Subscriptions

PATHS = {"/v2/iex": "iex", "/v2/sip": "sip", "/v2/delayed_sip": "delayed_sip", "/v2/test": "test"}
KINDS = ("t", "q", "b", "u", "d", "s")
LOGIN_S = 10.0
ERRORS = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    407: "slow client",
    409: "insufficient subscription",
    410: "invalid subscribe action for this feed",
    500: "internal error",
}
FATAL = frozenset({404, 406, 407, 409})


class DataStream:
    """One connection to one feed.

    Args:
        headers: of the handshake, lower-case names: coding, and keys if it has any.
        admitted: whether the account may have this connection besides its others.
    """

    def __init__(
        self,
        context: RouteContext,
        path: str,
        headers: Mapping[str, str],
        admitted: Callable[[], bool],
    ) -> None:
        self.path = path
        self.authenticated = False
        self._feed = PATHS[path]
        self._context = context
        self._headers = headers
        self._codec = codec_of(headers)
        self._admitted = admitted
        self._subscriptions = Subscriptions()
        self._wanted: Mapping[str, tuple[str, ...]] = {}
        self._session: date | None = None
        self._known: MessageTimes | None = None
        self._seen_to = context.now
        self._halted: dict[str, bool] = {}
        self._outbox: Outbox[StreamMessage] = Outbox(context.faults)
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether it has been ended by this side."""
        return self._closed

    def opened(self) -> list[Frame]:
        """The greeting; keys in the handshake log in at once."""
        frames = self._say({"T": "success", "msg": "connected"})
        if "apca-api-key-id" in self._headers:
            key = self._headers["apca-api-key-id"]
            frames += self._login(key, self._headers.get("apca-api-secret-key"))
        return frames

    def receive(self, data: bytes | str) -> list[Frame]:
        """Answer auth, subscribe and unsubscribe; anything else is an error message."""
        if self._closed or self._outbox.muted:
            return []
        message = decoded(self._codec, data)
        action = message.get("action") if message is not None else None
        if message is None or action not in ("auth", "subscribe", "unsubscribe"):
            return self._error(400)
        if action == "auth":
            if self.authenticated:
                return self._error(403)
            return self._login(message.get("key"), message.get("secret"))
        return self._subscribe(message) if self.authenticated else self._error(401)

    def idle(self, open_s: float) -> list[Frame]:
        """Part with a client that has not logged in after ten seconds."""
        if self.authenticated or self._closed or open_s < LOGIN_S:
            return []
        return self._error(404)

    def overrun(self) -> list[Frame]:
        """Part with a client that is too slow."""
        return [] if self._closed else self._error(407)

    def drain(self, until: Instant) -> list[Frame]:
        """The frames due by then, one for each instant."""
        self._collect(until)
        ready = self._outbox.due(until)
        if self._closed:
            return []
        return [
            encoded(self._codec, [tick_document(self._codec, tick) for _, tick in batch])
            for _, batch in groupby(ready, key=lambda item: item[0])
        ]

    def _collect(self, until: Instant) -> None:
        """Put what the feed has sent up to then into the outbox."""
        after, self._seen_to = self._seen_to, max(self._seen_to, until)
        if after >= until or self._outbox.muted:
            return
        for tick in self._ticks(after, until):
            self._outbox.put(tick.due, f"{self._feed} {tick.kind}", tick.symbol, tick)

    def _ticks(self, after: Instant, until: Instant) -> list[StreamMessage]:
        """In the order of time; of an instant by symbol."""
        if self._feed == "test":
            wanted = self._subscriptions.wanted((fakepaca.SYMBOL,)).get(fakepaca.SYMBOL, ())
            return list(fakepaca.messages(wanted, max(after, until - DAY), until))
        lag = SIP_DELAY if self._feed == "delayed_sip" else 0
        after, until = after - lag, until - lag
        view = feed_view(self._context, self._feed, until)
        ticks = list(self._ordered_halts(after, until))
        for session in view.sessions(after, until):
            for symbol in self._talking(session, after, until):
                on = market(self._context, symbol, self._feed)
                channels = self._wanted[symbol]
                ticks += session_messages(view, symbol, session, channels, on, after)
        ticks = [replace(tick, due=tick.due + lag) for tick in ticks] if lag else ticks
        return sorted(ticks, key=lambda tick: tick.due)

    def _talking(self, session: date, after: Instant, until: Instant) -> list[str]:
        """The symbols that may have a message; an ordered halt may move those of its symbol."""
        due = self._times(session).due(after, until)
        halted = self._wanted.keys() & self._context.venue.ordered_halts.keys()
        return sorted({*due, *halted}) if halted else due

    def _times(self, session: date) -> MessageTimes:
        """Of the sessions seen since the last change of subscriptions only the latest is kept."""
        if self._session != session or self._known is None:
            self._session = session
            self._known = message_times_of(self._context.tape.day, session, self._wanted)
        return self._known

    def _ordered_halts(self, after: Instant, until: Instant) -> Iterator[StreamMessage]:
        """Halts that the venue was told, which no tape knows; one ordered just now is told too."""
        for symbol, spans in sorted(self._context.venue.ordered_halts.items()):
            if "statuses" not in self._wanted.get(symbol, ()):
                continue
            on = market(self._context, symbol, self._feed)
            moments = {moment for span in spans for moment in span if after < moment <= until}
            for moment in sorted({after, *moments}):
                halted = any(start <= moment < end for start, end in spans)
                if halted != self._halted.get(symbol, False):
                    self._halted[symbol] = halted
                    fields = status_document(halted, on)
                    yield StreamMessage(moment, "s", symbol, moment, fields)

    def _login(self, key: object, secret: object) -> list[Frame]:
        if not self._context.keys.match(key, secret):
            return self._error(402)
        if self._feed == "sip" and self._context.settings.subscription == "basic":
            return self._error(409)
        if not self._admitted():
            return self._error(406)
        self.authenticated = True
        return self._say({"T": "success", "msg": "authenticated"})

    def _subscribe(self, message: Mapping[str, object]) -> list[Frame]:
        """Change the subscriptions as a whole, or not at all."""
        mine = self._subscriptions
        try:
            add = message["action"] == "subscribe"
            changed = mine.with_(message) if add else mine.without(message)
        except BadSubscription as bad:
            return self._error(bad.code)
        if add and self._context.settings.subscription == "basic" and not changed.fit_basic():
            return self._error(405)
        self._collect(self._context.now)
        self._subscriptions = changed
        self._wanted = changed.wanted(self._context.tape.symbols)
        self._known = None
        return self._say(changed.document())

    def _error(self, code: int) -> list[Frame]:
        frames = self._say({"T": "error", "code": code, "msg": ERRORS[code]})
        if code in FATAL:
            self._closed = True
            frames.append(Close(1000, ERRORS[code]))
        return frames

    def _say(self, document: Document) -> list[Frame]:
        return [encoded(self._codec, [document])]
