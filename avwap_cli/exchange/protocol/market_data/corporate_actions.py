"""Corporate actions over REST: the tape's splits, from their announcement on.

A split is processed on its ex-date and known ten days before, so that who holds the
stock can see it coming; there are no other corporate actions on a tape.  Only groups that
have a row are in an answer.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from avwap_cli.exchange.instants import day_of
from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import Document, ok
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.market_data.bar_columns import midnight
from avwap_cli.exchange.protocol.market_data.pages import Chunk, cursor, page
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.market.splits import Split

ANNOUNCED = timedelta(days=10)
KIND = "actions"
EVERY_SPLIT = "ALL"
TYPES = (
    "reverse_split",
    "forward_split",
    "unit_split",
    "cash_dividend",
    "stock_dividend",
    "spin_off",
    "cash_merger",
    "stock_merger",
    "stock_and_cash_merger",
    "redemption",
    "name_change",
    "worthless_removal",
    "rights_distribution",
    "partial_call",
    "reorganization",
)


def corporate_actions(context: RouteContext, request: Request) -> Answer:
    """GET /v1/corporate-actions: by process date, start and end being today if not given."""
    types = _types(request)
    limit = queries.integer(request, "limit", 100, 1, 1000)
    descending = queries.choice(request, "sort", ("asc", "desc"), "asc") == "desc"
    token = queries.text(request, "page_token")
    try:
        after = None if token is None else cursor(token, KIND)
    except ValueError:
        raise queries.malformed(request, "page_token", token or "") from None
    splits = [s for s in _asked(context, request) if split_type(s) in types]
    found = page(_chunks(splits), limit, KIND, after, descending)
    groups: dict[str, list[Document]] = {}
    for row in found.rows.get(EVERY_SPLIT, []):
        group = "forward_splits" if "cusip" in row else "reverse_splits"
        groups.setdefault(group, []).append(row)
    return ok({"corporate_actions": groups, "next_page_token": found.token})


def split_type(split: Split) -> str:
    """`forward_split` if there are more shares afterwards, else `reverse_split`."""
    return "forward_split" if split.ratio > 1 else "reverse_split"


def split_document(split: Split) -> Document:
    """A split; process and record dates are its ex-date."""
    rate = split.fraction
    day = split.ex_date.isoformat()
    document: Document = {
        "id": split_id(split),
        "symbol": split.symbol,
        "new_rate": rate.numerator,
        "old_rate": rate.denominator,
        "process_date": day,
        "ex_date": day,
        "record_date": day,
        "payable_date": day,
    }
    if split_type(split) == "forward_split":
        return {**document, "cusip": _cusip(split.symbol)}
    new = _cusip(f"{split.symbol} {day}")
    return {**document, "old_cusip": _cusip(split.symbol), "new_cusip": new}


def split_id(split: Split) -> str:
    """A UUID made from symbol and ex-date."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"split {split.symbol} {split.ex_date}"))


def _cusip(text: str) -> str:
    """Nine characters in the place of a CUSIP."""
    return hashlib.sha256(text.encode()).hexdigest()[:9].upper()


def _types(request: Request) -> tuple[str, ...]:
    types = queries.words(request, "types") or TYPES
    for name in types:
        if name not in TYPES:
            raise queries.malformed(request, "types", name)
    return types


def _asked(context: RouteContext, request: Request) -> list[Split]:
    """The splits announced by now that the request's filters let through, oldest first."""
    today = day_of(context.now)
    first = queries.day(request, "start") or today
    last = queries.day(request, "end") or today
    symbols = frozenset(queries.symbols(request))
    cusips = frozenset(queries.words(request, "cusips"))
    ids = frozenset(queries.words(request, "ids"))
    announced = [s for s in context.tape.splits if s.ex_date <= today + ANNOUNCED]
    if ids:
        found = [s for s in announced if split_id(s) in ids]
    else:
        found = [
            s
            for s in announced
            if first <= s.ex_date <= last
            and (not symbols or s.symbol in symbols)
            and (not cusips or _cusip(s.symbol) in cusips)
        ]
    return sorted(found, key=lambda s: (s.ex_date, s.symbol))


def _chunks(splits: list[Split]) -> Iterator[Chunk]:
    """All of them as one stretch in time: the page is sorted by process date alone."""
    at = np.array([midnight(s.ex_date) for s in splits], dtype=np.int64)
    yield Chunk(EVERY_SPLIT, at, lambda rows: [split_document(splits[i]) for i in rows.tolist()])


ROUTES = (Route("GET", "/v1/corporate-actions", corporate_actions),)
