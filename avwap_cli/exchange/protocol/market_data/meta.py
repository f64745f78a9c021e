"""What the letters in market data mean: exchanges and conditions."""

from __future__ import annotations

from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import ok
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route, not_found

EXCHANGES = {
    "A": "NYSE American (AMEX)",
    "N": "New York Stock Exchange",
    "P": "NYSE Arca",
    "Q": "NASDAQ",
    "V": "IEX",
    "Z": "Cboe BZX",
}
CONDITIONS = {
    "trade": {
        "@": "Regular Sale",
        "6": "Market Center Reopening Trade",
        "M": "Market Center Official Close",
        "O": "Opening Prints",
        "Q": "Market Center Official Open",
        "T": "Form T",
    },
    "quote": {"R": "Regular Market Maker Open"},
}


def exchanges(_context: RouteContext, _request: Request) -> Answer:
    """GET /v2/stocks/meta/exchanges."""
    return ok(EXCHANGES)


def conditions(_context: RouteContext, request: Request, ticktype: str) -> Answer:
    """GET /v2/stocks/meta/conditions/{trade|quote}."""
    if ticktype not in CONDITIONS:
        raise not_found(request.path)
    if queries.choice(request, "tape", ("A", "B", "C"), "") == "":
        raise queries.malformed(request, "tape", "")
    return ok(CONDITIONS[ticktype])


ROUTES = (
    Route("GET", "/v2/stocks/meta/exchanges", exchanges),
    Route("GET", "/v2/stocks/meta/conditions/{ticktype}", conditions),
)
