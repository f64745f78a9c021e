"""A data stream (`/v2/iex`, `/v2/sip`, `/v2/delayed_sip`, `/v2/test`): market data as it comes.

The server speaks first.  All messages of one instant go out together, as a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import groupby

from avwap_cli.exchange.instants import DAY, Instant
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.market_data.parameters import SIP_DELAY
from avwap_cli.exchange.protocol.market_data.trade_documents import market
from avwap_cli.exchange.protocol.market_data.view import IEX_SHARE, View
from avwap_cli.exchange.protocol.streams.codec import (
    StreamMessage,
    codec_of,
    decoded,
    encoded,
    tick_document,
)
from avwap_cli.exchange.protocol.streams.feed_messages import (
    TEST_SYMBOL,
    halted_on_tape,
    made_up_ticks,
    status_document,
    symbol_ticks,
)
from avwap_cli.exchange.protocol.streams.frames import Close, Frame
from avwap_cli.exchange.protocol.streams.outbox import Outbox
from avwap_cli.exchange.protocol.streams.subscriptions import BadSubscription, Subscriptions
from avwap_cli.exchange.protocol.streams.trade_updates import are_keys
from avwap_cli.exchange.protocol.trading.documents import Document

PATHS = {"/v2/iex": "iex", "/v2/sip": "sip", "/v2/delayed_sip": "delayed_sip", "/v2/test": "test"}
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
        self._floor = context
        self._headers = headers
        self._codec = codec_of(headers)
        self._admitted = admitted
        self._subscriptions = Subscriptions()
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
            wanted = self._subscriptions.wanted((TEST_SYMBOL,)).get(TEST_SYMBOL, ())
            return list(made_up_ticks(wanted, max(after, until - DAY), until))
        lag = SIP_DELAY if self._feed == "delayed_sip" else 0
        share_frac = IEX_SHARE if self._feed == "iex" else 1.0
        view = View(self._floor.tape, until - lag, share_frac)
        wanted_by = self._subscriptions.wanted(self._floor.tape.symbols)
        ticks = [
            replace(tick, due=tick.due + lag) if lag else tick
            for symbol in sorted(wanted_by)
            for tick in symbol_ticks(
                view,
                symbol,
                wanted_by[symbol],
                market(self._floor, symbol, self._feed),
                after - lag,
            )
        ]
        ticks += self._ordered_halts(wanted_by, until)
        return sorted(ticks, key=lambda tick: tick.due)

    def _ordered_halts(
        self, wanted_by: Mapping[str, tuple[str, ...]], until: Instant
    ) -> list[StreamMessage]:
        """Halts that the venue was told, which no tape knows: told when they are noticed."""
        ticks = []
        for symbol in sorted(s for s, channels in wanted_by.items() if "statuses" in channels):
            halted = self._floor.venue.halted(symbol) and not halted_on_tape(
                self._floor.tape, symbol, until
            )
            if halted != self._halted.get(symbol, False):
                self._halted[symbol] = halted
                fields = status_document(halted, market(self._floor, symbol, self._feed))
                ticks.append(StreamMessage(until, "s", symbol, until, fields))
        return ticks

    def _login(self, key: object, secret: object) -> list[Frame]:
        if not are_keys(self._floor.keys, key, secret):
            return self._error(402)
        if self._feed == "sip" and self._floor.settings.subscription == "basic":
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
        if add and self._floor.settings.subscription == "basic" and not changed.fit_basic():
            return self._error(405)
        self._collect(self._floor.now)
        self._subscriptions = changed
        return self._say(changed.document())

    def _error(self, code: int) -> list[Frame]:
        frames = self._say({"T": "error", "code": code, "msg": ERRORS[code]})
        if code in FATAL:
            self._closed = True
            frames.append(Close(1000, ERRORS[code]))
        return frames

    def _say(self, document: Document) -> list[Frame]:
        return [encoded(self._codec, [document])]
