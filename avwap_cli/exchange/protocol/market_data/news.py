"""News over REST: there is none on a tape, and that is told in due form."""

from __future__ import annotations

from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import ok
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route


def news(_context: RouteContext, request: Request) -> Answer:
    """GET /v1beta1/news: checked, and empty."""
    queries.moment(request, "start")
    queries.moment(request, "end")
    queries.integer(request, "limit", 10, 1, 50)
    queries.choice(request, "sort", ("asc", "desc"), "desc")
    queries.flag(request, "include_content")
    queries.flag(request, "exclude_contentless")
    token = queries.text(request, "page_token")
    if token is not None:
        raise queries.malformed(request, "page_token", token)
    return ok({"news": [], "next_page_token": None})


ROUTES = (Route("GET", "/v1beta1/news", news),)
