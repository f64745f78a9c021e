"""Request faults: the ordered ones that meet a request or its answer.

The place of such a fault is method and path, `POST /v2/orders`; its symbol is the one that
the path, the query, the body or the order named in the path is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import refused
from avwap_cli.exchange.protocol.bodies import json_object
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.messages import Answer, Fate, Request
from avwap_cli.exchange.protocol.ordered_faults.refusal_catalogue import CATALOGUE
from avwap_cli.exchange.protocol.ordered_faults.tampering import CHANGES, tampered
from avwap_cli.exchange.protocol.rate_limits import too_many
from avwap_cli.exchange.refusals import Refusal, unauthorized

INSTEAD = (
    FaultKind.HANG,
    FaultKind.RESET,
    FaultKind.RATE_LIMIT,
    FaultKind.RATE_LIMIT_BARE,
    FaultKind.SERVER_ERROR,
    FaultKind.HTML,
    FaultKind.UNAUTHORIZED,
    FaultKind.REFUSE,
)
AFTER_ACCEPT = (FaultKind.HANG_AFTER, FaultKind.RESET_AFTER, FaultKind.GATEWAY_TIMEOUT)
TAMPERING = tuple(CHANGES)
LOST = {FaultKind.HANG: Fate.HANG, FaultKind.RESET: Fate.RESET}

DEFAULT_REFUSAL = "insufficient-buying-power"
BAD_GATEWAY = 502


def instead(
    context: RouteContext, request: Request, symbol: str | None, rates: Mapping[str, str]
) -> Answer | None:
    """The answer of a fault that keeps the request from the books, or None."""
    rule = _drawn(context, INSTEAD, request, symbol)
    return None if rule is None else _answer_of(rule, rates)


def _answer_of(rule: Fault, rates: Mapping[str, str]) -> Answer:
    if rule.kind in LOST:
        return Answer(504, fate=LOST[rule.kind])
    if rule.kind is FaultKind.HTML:
        return html_page(int(rule.value or BAD_GATEWAY))
    if rule.kind is FaultKind.RATE_LIMIT_BARE:
        return Answer(429)
    if rule.kind is FaultKind.RATE_LIMIT:
        return with_headers(refused(too_many()), {**rates, "X-RateLimit-Remaining": "0"})
    if rule.kind is FaultKind.REFUSE:
        return refused(CATALOGUE[rule.value or DEFAULT_REFUSAL]())
    return refused(unauthorized() if rule.kind is FaultKind.UNAUTHORIZED else _server_error())


def _server_error() -> Refusal:
    return Refusal(500, 50010000, "internal server error occurred")


def afterwards(
    context: RouteContext, request: Request, symbol: str | None, answer: Answer
) -> Answer:
    """The answer after the faults that need a request that was done: lost, or changed."""
    if answer.status >= 300:
        return answer
    if rule := _drawn(context, AFTER_ACCEPT, request, symbol):
        if rule.kind is FaultKind.GATEWAY_TIMEOUT:
            return html_page(504)
        return replace(answer, fate=Fate.HANG if rule.kind is FaultKind.HANG_AFTER else Fate.RESET)
    if answer.body and (rule := _drawn(context, TAMPERING, request, symbol)):
        return tampered(answer, rule)
    return answer


def symbol_of(context: RouteContext, request: Request, parts: Mapping[str, str]) -> str | None:
    """The symbol that a request is about.

    Of several in a query it is the first that some rule in force names, so that a rule for
    one symbol meets the requests that ask for it among others.
    """
    asked = _symbols(context, request, parts)
    named = {rule.symbol for rule in context.faults.rules.values()}
    return next((symbol for symbol in asked if symbol in named), asked[0] if asked else None)


def with_headers(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """The answer with more headers."""
    return replace(answer, headers={**answer.headers, **headers}) if headers else answer


def html_page(status: int) -> Answer:
    """What a proxy before the broker writes when it has no answer."""
    body = f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"
    return Answer(status, body.encode(), {"Content-Type": "text/html"})


def _symbols(context: RouteContext, request: Request, parts: Mapping[str, str]) -> tuple[str, ...]:
    if "symbol_or_id" in parts:
        return (parts["symbol_or_id"].upper(),)
    if asked := queries.symbols(request) or queries.symbols(request, "symbol"):
        return asked
    if "order_id" in parts:
        return _symbol_of_order(context, parts["order_id"])
    return _symbol_of_body(request) if request.body else ()


def _symbol_of_order(context: RouteContext, order_id: str) -> tuple[str, ...]:
    try:
        return (context.venue.order(order_id).symbol,)
    except Refusal:
        return ()


def _symbol_of_body(request: Request) -> tuple[str, ...]:
    try:
        symbol = json_object(request).get("symbol")
    except Refusal:
        return ()
    return (symbol.upper(),) if isinstance(symbol, str) else ()


def _drawn(
    context: RouteContext, kinds: tuple[FaultKind, ...], request: Request, symbol: str | None
) -> Fault | None:
    return context.faults.draw(kinds, f"{request.method} {request.path}", symbol, context.now)
