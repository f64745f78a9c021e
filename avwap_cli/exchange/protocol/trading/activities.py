"""Account activities: fills, and cash that came in or went out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from avwap_cli.exchange.instants import Instant, day_of
from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import ok
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.exchange.protocol.trading.documents import Document, fill_document, transfer_document
from avwap_cli.exchange.refusals import malformed

LARGEST_PAGE = 100
FILL = "FILL"
GROUPS = {"TRANS": ("CSD", "CSW")}
CATEGORIES = ("trade_activity", "non_trade_activity")


@dataclass(frozen=True, slots=True)
class Activity:
    """One line of the account's history."""

    at: Instant
    document: Document

    @property
    def kind(self) -> str:
        return str(self.document["activity_type"])


def activities(context: RouteContext, request: Request) -> Answer:
    """GET /v2/account/activities: all kinds, or those of `activity_types` or `category`."""
    kinds = queries.words(request, "activity_types")
    category = queries.choice(request, "category", CATEGORIES, "")
    if kinds and category:
        raise malformed("activity_types and category are mutually exclusive")
    return _listed(context, request, kinds, category)


def activities_of(context: RouteContext, request: Request, activity_type: str) -> Answer:
    """GET /v2/account/activities/{activity type}."""
    return _listed(context, request, (activity_type,), "")


def _listed(context: RouteContext, request: Request, kinds: Sequence[str], category: str) -> Answer:
    wanted = {part for kind in kinds for part in GROUPS.get(kind, (kind,))}
    found = [
        activity
        for activity in _history(context)
        if (not wanted or activity.kind in wanted)
        and (not category or (activity.kind == FILL) is (category == CATEGORIES[0]))
    ]
    return ok([activity.document for activity in _page(request, _within(request, found))])


def _history(context: RouteContext) -> list[Activity]:
    """All activities, oldest first."""
    fills = [Activity(event.at, fill_document(event)) for event in context.venue.fills()]
    moved = [
        Activity(transfer.at, transfer_document(transfer)) for transfer in context.venue.transfers()
    ]
    return sorted(fills + moved, key=lambda activity: activity.at)


def _within(request: Request, found: Sequence[Activity]) -> list[Activity]:
    after, until = queries.moment(request, "after"), queries.moment(request, "until")
    day: date | None = queries.day(request, "date")
    order_id = queries.text(request, "order_id")
    return [
        activity
        for activity in found
        if (after is None or activity.at > after)
        and (until is None or activity.at < until)
        and (day is None or day_of(activity.at) == day)
        and order_id in {None, activity.document.get("order_id")}
    ]


def _page(request: Request, found: list[Activity]) -> list[Activity]:
    """One page, after the activity whose id is the page token."""
    size = queries.integer(request, "page_size", LARGEST_PAGE, 1, LARGEST_PAGE)
    if queries.choice(request, "direction", ("asc", "desc"), "desc") == "desc":
        found = found[::-1]
    token = queries.text(request, "page_token")
    if token is None:
        return found[:size]
    ids = [activity.document["id"] for activity in found]
    if token not in ids:
        raise queries.malformed(request, "page_token", token)
    first = ids.index(token) + 1
    return found[first : first + size]


ROUTES = (
    Route("GET", "/v2/account/activities", activities),
    Route("GET", "/v2/account/activities/{activity_type}", activities_of),
)
