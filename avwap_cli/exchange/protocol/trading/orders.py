"""Orders: sending, finding, replacing and canceling them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from avwap_cli.exchange.broker.orders import Order, Status
from avwap_cli.exchange.broker.rules.order_refusals import missing_field
from avwap_cli.exchange.broker.rules.requests import order_request, replacement
from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import Document, no_content, ok, refusal_document
from avwap_cli.exchange.protocol.bodies import json_object
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.exchange.protocol.trading.documents import EQUITY, order_document
from avwap_cli.exchange.refusals import Refusal, malformed

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 500

Test = Callable[[Order], bool]


def with_legs(context: RouteContext, order: Order) -> Document:
    """The order's document, its legs inside."""
    legs = context.venue.legs(order)
    return order_document(order, legs or None)


def submit(context: RouteContext, request: Request) -> Answer:
    """POST /v2/orders: 200 and the order, legs inside."""
    asked = order_request(json_object(request))
    context.configurations.check(asked)
    order = context.venue.submit(asked)
    return ok(with_legs(context, order))


def orders(context: RouteContext, request: Request) -> Answer:
    """GET /v2/orders: the open ones unless asked otherwise, latest first.

    `nested` puts legs inside their parents; then a parent is listed when it or any of its
    legs meets the filters.
    """
    nested = queries.flag(request, "nested")
    limit = queries.integer(request, "limit", DEFAULT_LIMIT, 1, LARGEST_LIMIT)
    ascending = queries.choice(request, "direction", ("asc", "desc"), "desc") == "asc"
    status = queries.choice(request, "status", ("open", "closed", "all"), "open")
    test = _filter(context, request, status, nested)
    known = context.venue.open_orders() if status == "open" else context.venue.orders()
    found = filter(test, known if ascending else reversed(known))
    if not nested:
        return ok([order_document(order) for order in islice(found, limit)])
    parents = sorted(_parents(context, found), key=lambda order: order.seq, reverse=not ascending)
    return ok([with_legs(context, order) for order in parents[:limit]])


def order_by_id(context: RouteContext, request: Request, order_id: str) -> Answer:
    """GET /v2/orders/{order id}."""
    nested = queries.flag(request, "nested")
    order = context.venue.order(order_id)
    return ok(with_legs(context, order) if nested else order_document(order))


def order_by_client_id(context: RouteContext, request: Request) -> Answer:
    """GET /v2/orders:by_client_order_id, legs inside."""
    client_order_id = queries.text(request, "client_order_id")
    if client_order_id is None:
        raise missing_field("client_order_id")
    return ok(with_legs(context, context.venue.order_by_client_id(client_order_id)))


def replace(context: RouteContext, request: Request, order_id: str) -> Answer:
    """PATCH /v2/orders/{order id}: 200 and the new order."""
    order = context.venue.replace(order_id, replacement(json_object(request)))
    return ok(with_legs(context, order))


def cancel(context: RouteContext, _request: Request, order_id: str) -> Answer:
    """DELETE /v2/orders/{order id}: 204 when the wish is noted."""
    context.venue.cancel(order_id)
    return no_content()


def cancel_all(context: RouteContext, _request: Request) -> Answer:
    """DELETE /v2/orders: 207 and, for each open order, what became of the wish."""
    return ok([_cancel_document(*result) for result in context.venue.cancel_all()], 207)


def _cancel_document(order_id: str, refusal: Refusal | None) -> Document:
    if refusal is None:
        return {"id": order_id, "status": 200}
    return {"id": order_id, "status": refusal.status, "body": refusal_document(refusal)}


def _filter(context: RouteContext, request: Request, status: str, nested: bool) -> Test:
    """The test that an order must pass, made of the query's filters."""
    tests = [
        *_status_tests(status, nested),
        *_time_tests(request),
        *_neighbour_tests(context, request),
        *_asset_tests(request),
    ]
    return lambda order: all(test(order) for test in tests)


def _status_tests(status: str, nested: bool) -> list[Test]:
    """By status, of open orders none; legs that are held are seen under their parent only."""
    if status == "closed":
        return [lambda order: not order.open]
    if status == "open" and not nested:
        return [lambda order: order.status is not Status.HELD]
    return []


def _time_tests(request: Request) -> list[Test]:
    after, until = queries.moment(request, "after"), queries.moment(request, "until")
    tests: list[Test] = []
    if after is not None:
        tests.append(lambda order: order.submitted_at > after)
    if until is not None:
        tests.append(lambda order: order.submitted_at < until)
    return tests


def _neighbour_tests(context: RouteContext, request: Request) -> list[Test]:
    before_id = queries.text(request, "before_order_id")
    after_id = queries.text(request, "after_order_id")
    if before_id and after_id:
        raise malformed("before_order_id and after_order_id are mutually exclusive")
    if before_id:
        last = context.venue.order(before_id).seq
        return [lambda order: order.seq < last]
    if after_id:
        first = context.venue.order(after_id).seq
        return [lambda order: order.seq > first]
    return []


def _asset_tests(request: Request) -> list[Test]:
    symbols = queries.symbols(request)
    classes = queries.words(request, "asset_class")
    side = queries.choice(request, "side", ("buy", "sell"), "")
    tests: list[Test] = []
    if symbols:
        tests.append(lambda order: order.symbol in symbols)
    if side:
        tests.append(lambda order: order.side.value == side)
    if classes and not {EQUITY, "all"} & set(classes):
        tests.append(lambda _order: False)
    return tests


def _parents(context: RouteContext, found: Iterable[Order]) -> list[Order]:
    """The orders found, each leg replaced by its parent, none twice."""
    ids = dict.fromkeys(order.parent_id or order.id for order in found)
    return [context.venue.order(order_id) for order_id in ids]


ROUTES = (
    Route("POST", "/v2/orders", submit),
    Route("GET", "/v2/orders", orders),
    Route("DELETE", "/v2/orders", cancel_all),
    Route("GET", "/v2/orders:by_client_order_id", order_by_client_id),
    Route("GET", "/v2/orders/{order_id}", order_by_id),
    Route("PATCH", "/v2/orders/{order_id}", replace),
    Route("DELETE", "/v2/orders/{order_id}", cancel),
)
