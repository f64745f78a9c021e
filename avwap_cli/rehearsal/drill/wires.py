"""A wire: the exchange's door, which notes every request that comes to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.trading.intents import Leg, role_of


class Killed(BaseException):
    """The program dies here; nothing in it catches this."""


@dataclass
class Wire:
    """The door.

    Attributes:
        before: called with each request before the exchange sees it.
        after: likewise, once the exchange has done what it asks.
    """

    exchange: LocalExchange
    heard: list[Request] = field(default_factory=list)
    before: Callable[[Request], None] = lambda _: None
    after: Callable[[Request], None] = lambda _: None

    def handle(self, request: Request) -> Answer:
        """The exchange's answer."""
        self.before(request)
        self.heard.append(request)
        answer = self.exchange.handle(request)
        self.after(request)
        return answer

    @property
    def changes(self) -> list[Request]:
        """The requests that would change something."""
        return [request for request in self.heard if request.method != "GET"]

    def entries(self, symbol: str) -> list[Request]:
        """The entry orders in that symbol that came to the exchange."""
        return [request for request in self.heard if is_entry(request, symbol)]


def is_entry(request: Request, symbol: str) -> bool:
    """Whether the request would place one of our entries in that symbol."""
    if (request.method, request.path) != ("POST", "/v2/orders"):
        return False
    body = json.loads(request.body)
    role = role_of(str(body.get("client_order_id")))
    return body.get("symbol") == symbol and role is not None and role[0].leg is Leg.ENTRY
