"""Recordings: one session as its folder, its runs and its ledger tell it.

Two recordings of one session, the one that happened and the one that was replayed, are held
against each other by `review.comparisons`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from avwap_cli import playbook
from avwap_cli.errors import MissingInput
from avwap_cli.playbook import ALERTS_JSONL, SCAN_JSON
from avwap_cli.ports import ArtifactStore
from avwap_cli.review import figures
from avwap_cli.review.comparisons import (
    Difference,
    Origins,
    explained,
    first_difference,
    of_the_day,
    revisions,
)
from avwap_cli.review.runs import RunRecord
from avwap_cli.trading.books import Book

EVENING, TRADING = "scan", "monitor"
NO_MATTER = ("alerts.", "logs.", "retention.", "broker.url")
GIVEN = ("universe", "refresh-cache", "report")  # a replay takes what they made as it is
ORDERS = "orders"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recording:
    """A session as it went.

    Attributes:
        evening, day: artifact -> its content, in the order in which they are made; a table
            that is no text is its sha-256.  What is missing is not there.
        origins: what the scan was made from.
        traded_by: what the trading day ran with; without inputs.
    """

    evening: Mapping[str, Any]
    day: Mapping[str, Any]
    origins: Origins
    traded_by: Origins

    @property
    def hash(self) -> str:
        """One sha-256 of everything."""
        text = json.dumps([self.evening, self.day], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def recording(
    session: date,
    store: ArtifactStore,
    runs: Sequence[RunRecord],
    settings_of: Callable[[str], Mapping[str, Any] | None],
    book: Book | None,
) -> Recording:
    """The session as it stands in these.

    Args:
        settings_of: the hash of a configuration -> its settings; None if they were not kept.
        book: of the account that traded it; None if nothing was traded.

    Raises:
        DamagedInput, SchemaMismatch: an artifact cannot be read.
    """
    evening, day = (_contents(session, store, trades=trades) for trades in (False, True))
    if book is not None:
        day = {ORDERS: orders_of(book, session), **day}
    inputs = evening.get(SCAN_JSON, {}).get("inputs", {})
    made, traded = (_origins(stage, runs, settings_of) for stage in (EVENING, TRADING))
    return Recording(evening, day, replace(made, inputs=inputs), traded)


def _origins(
    stage: str,
    runs: Sequence[RunRecord],
    settings_of: Callable[[str], Mapping[str, Any] | None],
) -> Origins:
    """What the last run of that stage that went well ran with."""
    last = next((r for r in reversed(runs) if r.stage == stage and not r.error), None)
    if last is None:
        return Origins({}, None, "")
    settings = settings_of(last.config_hash)
    kept = None if settings is None else {k: v for k, v in settings.items() if _counts(k)}
    return Origins({}, kept, last.code_version)


def _counts(key: str) -> bool:
    """Whether a setting can change what a session's artifacts say."""
    return not key.startswith(NO_MATTER)


def orders_of(book: Book, session: date) -> list[dict[str, Any]]:
    """Every order of the session with what became of it, in the order of their ids."""
    mine = [o for o in book.orders.values() if o.intent.role.session == session]
    return [
        {
            "id": order.id,
            "kind": order.intent.kind.value,
            "shares": figures.shares(order.intent.shares),
            "limit_price": figures.price(order.intent.limit_price),
            "stop_price": figures.price(order.intent.stop_price),
            "status": order.report.status.value if order.report is not None else order.state.value,
            "filled_shares": figures.shares(order.filled),
            "fills": [
                {"shares": figures.shares(fill.shares), "price": figures.price(fill.price)}
                for fill in sorted(book.fills.values(), key=lambda f: (f.at, f.id))
                if fill.client_id == order.id
            ],
        }
        for order in sorted(mine, key=lambda o: o.id)
    ]


def differences(before: Recording, now: Recording) -> list[Difference]:
    """The first difference of each artifact, in the order in which they are made."""
    reasons = revisions(before.origins, now.origins)
    found: list[Difference] = []
    for name in _names(before.evening, now.evening):
        place = first_difference(before.evening.get(name), now.evening.get(name))
        if place is not None:
            upstream = found[0].artifact if found else None
            found.append(explained(name, place, reasons, upstream))
    plan = found[0].artifact if found else None
    reasons = [*reasons, *revisions(before.traded_by, now.traded_by)]
    for name in _names(before.day, now.day):
        place = first_difference(before.day.get(name), now.day.get(name))
        if place is not None:
            by_itself = plan is None and not reasons
            found.append(
                of_the_day(name, place) if by_itself else explained(name, place, reasons, plan)
            )
    return found


def _names(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [*one, *(name for name in other if name not in one)]


def _contents(session: date, store: ArtifactStore, *, trades: bool) -> dict[str, Any]:
    names = dict.fromkeys(
        artifact.name
        for stage in playbook.STAGES
        if stage.trades is trades and stage.name not in GIVEN
        for artifact in stage.writes
        if artifact.name != ALERTS_JSONL  # what was told depends on who ran when
    )
    found = {}
    for name in names:
        try:
            found[name] = _content(session, store, name)
        except MissingInput:
            continue
    return found


def _content(session: date, store: ArtifactStore, name: str) -> Any:
    if name.endswith(".json"):
        return store.read_json(session, name)
    if name.endswith(".csv"):
        return store.read_csv(session, name)
    if name.endswith(".jsonl"):
        return store.read_lines(session, name)
    digest = store.digest(session, name)
    if digest is None:
        raise MissingInput(f"{name} for {session} is missing", "")
    return digest
