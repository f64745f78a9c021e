"""Account activities: fills, and cash that came in or went out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime

from avwap_cli.exchange.broker.events import Event, Transfer
from avwap_cli.exchange.instants import SECOND, Instant, day_of, instant
from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import Document, ok
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.exchange.protocol.trading.documents import (
    FILL,
    activity_id,
    fill_document,
    transfer_document,
    transfer_type,
)
from avwap_cli.exchange.refusals import malformed
from avwap_cli.market.sessions import EASTERN

LARGEST_PAGE = 100
GROUPS = {"TRANS": ("CSD", "CSW")}
CATEGORIES = ("trade_activity", "non_trade_activity")
ID_TICK = SECOND // 1000  # ids tell milliseconds

Activity = Event | Transfer
"""A fill, or a transfer."""


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
    found = _within(request, _history(context, kinds, category))
    order_id = queries.text(request, "order_id")
    if order_id is not None:
        found = [one for one in found if isinstance(one, Event) and one.order.id == order_id]
    return ok([_document(activity) for activity in _page(request, found)])


def _history(context: RouteContext, kinds: Sequence[str], category: str) -> Sequence[Activity]:
    """The activities of these kinds, or of that category, oldest first; all without either."""
    wanted = {part for kind in kinds for part in GROUPS.get(kind, (kind,))}
    fills: Sequence[Activity] = ()
    if category != CATEGORIES[1] and (not wanted or FILL in wanted):
        fills = context.venue.fills
    moved = [
        transfer
        for transfer in context.venue.transfers
        if category != CATEGORIES[0] and (not wanted or transfer_type(transfer) in wanted)
    ]
    return sorted([*fills, *moved], key=_at) if moved else fills


def _within(request: Request, found: Sequence[Activity]) -> Sequence[Activity]:
    after, until = queries.moment(request, "after"), queries.moment(request, "until")
    day = queries.day(request, "date")
    low, high = 0, len(found)
    if after is not None:
        low = bisect_right(found, after, key=_at)
    if until is not None:
        high = bisect_left(found, until, key=_at)
    if day is not None:
        low = max(low, bisect_left(found, day, key=lambda one: day_of(one.at)))
        high = min(high, bisect_right(found, day, key=lambda one: day_of(one.at)))
    return found[low:high]


def _page(request: Request, found: Sequence[Activity]) -> Sequence[Activity]:
    """One page, after the activity whose id is the page token."""
    size = queries.integer(request, "page_size", LARGEST_PAGE, 1, LARGEST_PAGE)
    descending = queries.choice(request, "direction", ("asc", "desc"), "desc") == "desc"
    token = queries.text(request, "page_token")
    place = None
    if token is not None:
        place = _place(found, token)
        if place is None:
            raise queries.malformed(request, "page_token", token)
    if descending:
        end = len(found) if place is None else place
        return found[max(end - size, 0) : end][::-1]
    first = 0 if place is None else place + 1
    return found[first : first + size]


def _place(found: Sequence[Activity], token: str) -> int | None:
    """Where the activity of that id stands; None if it is not among those found.

    An id begins with its time in New York, which comes twice in the hour that summer time ends.
    """
    try:
        local = datetime.strptime(token[:17], "%Y%m%d%H%M%S%f").replace(tzinfo=EASTERN)
    except ValueError:
        return None
    for fold in (0, 1):
        begin = instant(local.replace(fold=fold))
        low = bisect_left(found, begin, key=_at)
        high = bisect_left(found, begin + ID_TICK, key=_at)
        for place in range(low, high):
            if _id(found[place]) == token:
                return place
    return None


def _at(activity: Activity) -> Instant:
    return activity.at


def _id(activity: Activity) -> str:
    own = activity.id if isinstance(activity, Transfer) else activity.execution_id
    return activity_id(activity.at, own)


def _document(activity: Activity) -> Document:
    if isinstance(activity, Transfer):
        return transfer_document(activity)
    return fill_document(activity)


ROUTES = (
    Route("GET", "/v2/account/activities", activities),
    Route("GET", "/v2/account/activities/{activity_type}", activities_of),
)
