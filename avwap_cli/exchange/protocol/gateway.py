"""The gateway: what happens to a request on its way in, and to the answer on its way out.

In this order, each step being able to end the matter:

1. a body of more than 1 MiB: 413;
2. an unknown path or method: 404, 405;
3. wrong keys: 401, in constant time, and without repeating them;
4. the rate limit: 429;
5. ordered faults that keep the request from the books (`hang`, `reset`, `429`, `500`, ...);
6. the route's handler, which answers or refuses;
7. effects that are due at once (an order becomes `new`), after the answer has been written;
8. ordered faults that spoil the answer of a request that was done.

Only a `Refusal` is an answer; any other exception is a mistake in the exchange and surfaces.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from avwap_cli.exchange.decimals import own_arithmetic
from avwap_cli.exchange.protocol.answers import refused
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.endpoints import ROUTES
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.ordered_faults import request_faults
from avwap_cli.exchange.protocol.ordered_faults.request_faults import with_headers
from avwap_cli.exchange.protocol.rate_limits import PLUS_FACTOR, RateLimit, too_many
from avwap_cli.exchange.protocol.routing import Handler, Route, RouteTable, is_market_data
from avwap_cli.exchange.refusals import Refusal, unauthorized

LARGEST_BODY = 1024 * 1024
CONTROL = "/_exchange/"
KEYS_OF_ALPACA = ("PK", "AK")  # paper, live

Parts = dict[str, str]


class Gateway:
    """The one way to the context over HTTP.

    Args:
        routes: the exchange's own, beyond Alpaca's; below `/_exchange/` they need the keys
            too, but know neither faults nor rate limits.
    """

    def __init__(self, context: RouteContext, routes: Sequence[Route] = ()) -> None:
        self._context = context
        self._table = RouteTable((*ROUTES, *routes))
        limit = context.settings.requests_per_minute
        plus = context.settings.subscription == "plus"
        self._trading = RateLimit(limit)
        self._data = RateLimit(limit * PLUS_FACTOR if plus else limit)

    @own_arithmetic
    def handle(self, request: Request) -> Answer:
        """The answer, with its fate; whatever a client sends, there is one."""
        try:
            handler, parts = self._entered(request)
        except Refusal as refusal:
            return refused(refusal)
        if request.path.startswith(CONTROL):
            return self._done(handler, request, parts)
        limit = self._data if is_market_data(request.path) else self._trading
        now = self._context.now
        admitted = limit.admit(now)
        rates = limit.headers(now)
        if not admitted:
            return with_headers(refused(too_many()), rates)
        return self._with_faults(handler, request, parts, rates)

    def _entered(self, request: Request) -> tuple[Handler, Parts]:
        if len(request.body) > LARGEST_BODY:
            raise too_large()
        found = self._table.find(request.method, request.path)
        key_id, secret = given_keys(request)
        if not self._context.keys.match(key_id, secret):
            raise for_alpaca() if key_id.startswith(KEYS_OF_ALPACA) else unauthorized()
        return found

    def _with_faults(
        self, handler: Handler, request: Request, parts: Parts, rates: dict[str, str]
    ) -> Answer:
        if not self._context.faults.rules:
            return with_headers(self._done(handler, request, parts), rates)
        symbol = request_faults.symbol_of(self._context, request, parts)
        if answer := request_faults.instead(self._context, request, symbol, rates):
            return answer
        answer = with_headers(self._done(handler, request, parts), rates)
        return request_faults.afterwards(self._context, request, symbol, answer)

    def _done(self, handler: Handler, request: Request, parts: Parts) -> Answer:
        try:
            answer = handler(self._context, request, **parts)
        except Refusal as refusal:
            answer = refused(refusal)
        self._context.venue.settle()
        return answer


def too_large() -> Refusal:
    """A body of more than 1 MiB."""
    return Refusal(413, None, "request body too large")


def for_alpaca() -> Refusal:
    """Keys that look like those of an account at Alpaca."""
    hint = "this is a local exchange: use the keys it prints, keep Alpaca's"
    return Refusal(401, None, f"unauthorized. {hint}")


def given_keys(request: Request) -> tuple[str, str]:
    """Key id and secret of Alpaca's two headers, or of Basic authorization; empty without."""
    headers = request.headers
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return headers.get("apca-api-key-id", ""), headers.get("apca-api-secret-key", "")
    try:
        key_id, _, secret = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return key_id, secret
