"""Routing: from method and path to a handler and the path's parts."""

from __future__ import annotations

import pytest

from avwap_cli.exchange.protocol.answers import no_content
from avwap_cli.exchange.protocol.messages import decoded_path
from avwap_cli.exchange.protocol.routing import Route, RouteTable
from avwap_cli.exchange.refusals import Refusal


def named(name: str):
    def handler(*_args: object) -> object:
        return no_content()

    handler.__name__ = name
    return handler


TABLE = RouteTable(
    [
        Route("GET", "/v2/orders", named("list")),
        Route("POST", "/v2/orders", named("submit")),
        Route("GET", "/v2/orders:by_client_order_id", named("by_client")),
        Route("GET", "/v2/orders/{order_id}", named("one")),
        Route("DELETE", "/v2/orders/{order_id}", named("cancel")),
        Route("GET", "/v2/stocks/{symbol}/bars", named("bars")),
        Route("GET", "/v2/stocks/bars", named("all bars")),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "name", "parts"),
    [
        ("GET", "/v2/orders", "list", {}),
        ("POST", "/v2/orders", "submit", {}),
        ("GET", "/v2/orders:by_client_order_id", "by_client", {}),
        ("GET", "/v2/orders/a-b", "one", {"order_id": "a-b"}),
        ("DELETE", "/v2/orders/a-b", "cancel", {"order_id": "a-b"}),
        ("GET", "/v2/stocks/BRK.B/bars", "bars", {"symbol": "BRK.B"}),
        ("GET", "/v2/stocks/bars", "all bars", {}),
    ],
)
def test_a_path_finds_its_handler(method, path, name, parts):
    handler, found = TABLE.find(method, path)
    assert (handler.__name__, found) == (name, parts)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v2/nothing", 404, 40410000),
        ("GET", "/v2/orders/", 404, 40410000),
        ("GET", "//v2/orders", 404, 40410000),
        ("GET", "/v2/orders/a/b", 404, 40410000),
        ("GET", "/v2/orders/a\nb/c", 404, 40410000),
        ("GET", "/v2/stocks/nothing", 404, None),
        ("GET", "", 404, 40410000),
        ("PUT", "/v2/orders", 405, None),
        ("get", "/v2/orders", 405, None),
        ("POST", "/v2/orders/a", 405, None),
    ],
)
def test_unknown_paths_and_methods_are_refused(method, path, status, code):
    with pytest.raises(Refusal) as refusal:
        TABLE.find(method, path)
    assert (refusal.value.status, refusal.value.code) == (status, code)


def test_two_routes_of_one_shape_with_other_names_both_work():
    table = RouteTable(
        [Route("GET", "/a/{x}", named("get")), Route("DELETE", "/a/{y}", named("delete"))]
    )
    assert table.find("DELETE", "/a/1")[1] == {"y": "1"}
    assert table.find("GET", "/a/1")[1] == {"x": "1"}


@pytest.mark.parametrize(
    ("sent", "path", "part"),
    [
        ("/v2/orders/a%20b", "/v2/orders/a b", "a b"),
        ("/v2/orders/BRK%2FB", "/v2/orders/BRK%2FB", "BRK/B"),
        ("/v2/orders/BRK%252FB", "/v2/orders/BRK%252FB", "BRK%2FB"),
        ("/v2/orders/100%25", "/v2/orders/100%25", "100%"),
    ],
)
def test_a_part_may_hold_an_encoded_slash(sent, path, part):
    assert decoded_path(sent) == path
    assert TABLE.find("GET", path)[1] == {"order_id": part}
