"""Broker requests: asking and changing, and what each end of a request means.

`BrokerUnreachable`: nothing was sent.  `RateLimited`, `BrokerRefusal`: nothing was done.
`BrokerUnclear` is everything else; after a POST, PATCH or DELETE what was asked may stand at
the broker, and only a look at the order tells.  Lists come whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from avwap_cli.adapters.alpaca_connection import (
    TOO_MANY,
    TRY_AGAIN,
    AlpacaConnection,
    ErrorAnswer,
    NotSent,
    Trouble,
)
from avwap_cli.adapters.broker.alpaca_documents import (
    Damaged,
    Document,
    is_stock_order,
    order_of,
    submitted_at,
)
from avwap_cli.errors import (
    BrokerError,
    BrokerRefusal,
    BrokerUnclear,
    BrokerUnreachable,
    RateLimited,
)
from avwap_cli.trading.intents import role_of
from avwap_cli.trading.orders import BrokerOrder, Status
from avwap_cli.trading.refusals import named

ORDERS_A_PAGE = 500
ACTIVITIES_A_PAGE = 100
UNAUTHORIZED = 401
A_TICK = timedelta(microseconds=1)
FINAL = tuple(str(status) for status in Status if status.final)

Params = dict[str, str | int]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class BrokerRequests:
    """One connection to the broker.

    Attributes:
        connection: of its client.
        waits_s: before each further try of a question.

    Raises (all methods): BrokerUnreachable, BrokerUnclear, RateLimited, BrokerRefusal.
    """

    connection: AlpacaConnection
    waits_s: Sequence[float]

    def one(
        self, path: str, reader: Callable[[Document], Found], params: Params | None = None
    ) -> Found:
        """The record that answers a question."""
        answer = self._asked(path, params or {}, dict)
        return read(lambda: reader(answer), path)

    def listed(self, path: str, params: Params) -> list[Document]:
        """The objects of a list that comes in one piece."""
        rows: list[Document] = self._asked(path, params, list)
        if not all(isinstance(row, dict) for row in rows):
            raise BrokerUnclear(f"the broker's list at {path} holds something that is no record")
        return rows

    def orders(self, status: str, after: datetime | None) -> list[BrokerOrder]:
        """The stock orders of all pages, oldest first, none twice.

        The next page begins just before the last order seen, because several may have been
        submitted in one instant.
        """
        found: dict[str, BrokerOrder] = {}
        seen: set[str] = set()
        since = after
        while True:
            rows = self.listed("/orders", _order_params(status, since))
            for order in read(lambda rows=rows: _stock_orders(rows), "/orders"):  # type: ignore[misc]
                before = found.get(order.id)
                if before is None or order.updated_at >= before.updated_at:
                    found[order.id] = order
            if len(rows) < ORDERS_A_PAGE:
                return sorted(found.values(), key=lambda order: (order.submitted_at, order.id))
            if not _fresh(rows, seen):
                raise BrokerUnclear("the broker's pages of orders do not go on")
            since = read(lambda rows=rows: max(map(submitted_at, rows)), "/orders") - A_TICK  # type: ignore[misc]

    def activities(self, path: str, params: Params) -> list[Document]:
        """Every row of the account's activities, oldest first, none twice."""
        found: list[Document] = []
        seen: set[str] = set()
        more: Params = {"direction": "asc", "page_size": ACTIVITIES_A_PAGE}
        while True:
            rows = self.listed(path, {**params, **more})
            fresh = _fresh(rows, seen)
            found += fresh
            if len(rows) < ACTIVITIES_A_PAGE:
                return found
            if not fresh:
                raise BrokerUnclear(f"the broker's pages of {path} do not go on")
            more["page_token"] = str(rows[-1].get("id"))

    def change(self, method: str, path: str, body: Mapping[str, str] | None) -> Any:
        """The answer to a POST, PATCH or DELETE, sent once."""
        try:
            return self.connection.send(method, path, body)
        except Trouble as problem:
            raise _error(problem, f"{method} {path}") from None

    def _asked(self, path: str, params: Params, kind: type) -> Any:
        try:
            return self.connection.get(path, params, self.waits_s, kind)
        except Trouble as problem:
            raise _error(problem, f"GET {path}") from None


def read(reading: Callable[[], Found], path: str) -> Found:
    """What is read from an answer.

    Raises:
        BrokerUnclear: it lacks what it must have.
    """
    try:
        return reading()
    except Damaged as problem:
        raise BrokerUnclear(f"the broker's answer to {path} has {problem}") from None


def stamp(moment: datetime) -> str:
    """A time as the broker takes it, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _error(problem: Trouble, what: str) -> BrokerError:
    if isinstance(problem, NotSent):
        return BrokerUnreachable(
            f"the broker cannot be reached for {what} ({problem})", "check the connection"
        )
    if isinstance(problem, ErrorAnswer):
        if problem.status == TOO_MANY:
            return RateLimited(f"{what} was one request too many", problem.wait_s)
        refusal = _refusal(problem)
        if refusal is not None:
            return refusal
    return BrokerUnclear(f"the broker gave no usable answer to {what} ({problem})")


def _refusal(problem: ErrorAnswer) -> BrokerRefusal | None:
    """The refusal that an error is, if the broker itself said it; a proxy's page is none."""
    if not 400 <= problem.status < 500 or problem.status in TRY_AGAIN:
        return None
    body = _object(problem.body)
    if problem.status == UNAUTHORIZED:
        body.setdefault("message", "unauthorized")
    if not isinstance(body.get("message"), str):
        return None
    text = " ".join(body.pop("message").split())
    code = body.pop("code", 0)
    code = code if isinstance(code, int) else 0
    extras = {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()
    }
    name = named(problem.status, code, text, extras)
    return BrokerRefusal(problem.status, code, text, name, extras)


def _object(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _order_params(status: str, since: datetime | None) -> Params:
    params: Params = {
        "status": status,
        "limit": ORDERS_A_PAGE,
        "direction": "asc",
        "nested": "false",
    }
    return params if since is None else {**params, "after": stamp(since)}


def _stock_orders(rows: Sequence[Document]) -> list[BrokerOrder]:
    """The stock orders; only one of somebody else that can no longer trade may be unreadable."""
    found = []
    for row in filter(is_stock_order, rows):
        try:
            found.append(order_of(row))
        except Damaged:
            client_id, status = row.get("client_order_id"), row.get("status")
            is_theirs = isinstance(client_id, str) and role_of(client_id) is None
            if not (is_theirs and client_id and status in FINAL):
                raise
    return found


def _fresh(rows: Sequence[Document], seen: set[str]) -> list[Document]:
    """The rows whose ids were not seen before; now they are."""
    fresh: list[Document] = []
    for row in rows:
        if str(row.get("id")) not in seen:
            seen.add(str(row.get("id")))
            fresh.append(row)
    return fresh
