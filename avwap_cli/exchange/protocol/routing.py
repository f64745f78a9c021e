"""Routes: which handler answers which method and path.

A pattern is a path with named parts, `/v2/orders/{order_id}`; a part never holds a slash.
Trading and market data live on one address here, and are told apart by their paths.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from avwap_cli.exchange.protocol.messages import Answer
from avwap_cli.exchange.refusals import Refusal, absent

Handler = Callable[..., Answer]

DATA_PATHS = ("/v2/stocks/", "/v1/corporate-actions", "/v1beta1/")


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint.

    Attributes:
        method: GET, POST, PATCH, PUT or DELETE.
        pattern: path with parts in braces.
        handler: `handler(context, request, **parts) -> Answer`; says no by raising `Refusal`.
    """

    method: str
    pattern: str
    handler: Handler


def is_market_data(path: str) -> bool:
    """Whether the path belongs to the market data host, which words its refusals otherwise."""
    return path.startswith(DATA_PATHS)


class RouteTable:
    """All routes; paths without parts are found first, the others in the order given."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._fixed: dict[str, dict[str, Handler]] = {}
        self._patterns: dict[str, tuple[re.Pattern[str], dict[str, Handler]]] = {}
        for route in routes:
            self._methods(route.pattern)[route.method] = route.handler

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]]:
        """The handler and the path's parts.

        Raises:
            Refusal: 404 for an unknown path, 405 for a path that has no such method.
        """
        known = False
        for methods, parts in self._matches(path):
            if method in methods:
                return methods[method], parts
            known = True
        raise Refusal(405, None, "Method Not Allowed") if known else not_found(path)

    def _methods(self, pattern: str) -> dict[str, Handler]:
        if "{" not in pattern:
            return self._fixed.setdefault(pattern, {})
        pieces = re.split(r"\{(\w+)\}", pattern)
        expression = "".join(
            f"(?P<{piece}>[^/]+)" if odd % 2 else re.escape(piece)
            for odd, piece in enumerate(pieces)
        )
        return self._patterns.setdefault(pattern, (re.compile(expression), {}))[1]

    def _matches(self, path: str) -> Iterator[tuple[dict[str, Handler], dict[str, str]]]:
        if path in self._fixed:
            yield self._fixed[path], {}
        for expression, methods in self._patterns.values():
            if match := expression.fullmatch(path):
                yield methods, {name: _whole(part) for name, part in match.groupdict().items()}


def _whole(part: str) -> str:
    return part.replace("%2F", "/").replace("%25", "%")


def not_found(path: str) -> Refusal:
    """404 as the host of that path words it."""
    if is_market_data(path):
        return Refusal(404, None, "Not Found")
    return absent("endpoint not found.")
