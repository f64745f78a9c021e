"""Recordings: one session as its folder, its runs and its ledger tell it.

Two recordings of one session, the one that happened and the one that was replayed, are held
against each other by `review.comparisons`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from avwap_cli import playbook
from avwap_cli.errors import AvwapError, InputError, MissingInput
from avwap_cli.market import sessions
from avwap_cli.playbook import ALERTS_JSONL, CACHE_JSON, SCAN_JSON, UNIVERSE_CSV, UNIVERSE_JSON
from avwap_cli.ports import ArtifactStore
from avwap_cli.review import figures
from avwap_cli.review.comparisons import (
    ABSENT,
    Cause,
    Difference,
    Origins,
    Place,
    Unread,
    explained,
    first_difference,
    not_read,
    of_the_day,
    revisions,
)
from avwap_cli.review.runs import RunRecord
from avwap_cli.stages.operations.edited_files import edited_files
from avwap_cli.trading.books import Book

EVENING, TRADING = "scan", "monitor"
NO_MATTER = ("alerts.", "logs.", "retention.", "broker.mode", "broker.url")
GIVEN = ("universe", "refresh-cache", "report")  # a replay takes what they made as it is
BESIDE = (UNIVERSE_JSON, UNIVERSE_CSV, CACHE_JSON)
ORDERS, RUNS = "orders", "runs"
MEND = "put a good copy of it back; till then nothing is compared with it"
HASH_DIGITS = 12
SettingsOf = Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Recording:
    """A session as it went.

    Attributes:
        evening, day: artifact -> its content, in the order in which they are made; a table
            that is no text is its sha-256.  What is missing is not there, what cannot be read is
            an `Unread`.
        gone: artifact -> that it is not there; orders have no file.
        edited: artifact -> that it is not what its stage wrote.
        beside: file -> what is wrong with it, of those that are not compared but needed.
        origins: what the scan was made from.
        traded_by: what the trading day ran with; without inputs.
    """

    evening: Mapping[str, Any]
    day: Mapping[str, Any]
    gone: Mapping[str, str]
    edited: Mapping[str, Unread]
    beside: Mapping[str, Unread]
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
    runs: tuple[Sequence[RunRecord], Sequence[str]],
    settings_of: SettingsOf,
    book: Book | None,
) -> Recording:
    """The session as it stands in these.

    Args:
        runs: the records, and a sentence of each that cannot be read.
        settings_of: the hash of a configuration -> its settings; None if they were not kept;
            raises `InputError` where they cannot be read.
        book: of the account that traded it, as it stood then; None if nothing was traded.
    """
    gone: dict[str, str] = {}
    evening, day = (_contents(session, store, gone, trades=trades) for trades in (False, True))
    if book is not None:
        day = {ORDERS: orders_of(book, session), **day}
    records, problems = runs
    beside = {RUNS: damaged("; ".join(problems))} if problems else {}
    beside |= edited_files(session, store, records, BESIDE)
    edited = edited_files(session, store, records, [*evening, *day])
    scan = evening.get(SCAN_JSON)
    inputs = scan.get("inputs") if isinstance(scan, Mapping) else None
    made, traded = (_origins(stage, records, settings_of, beside) for stage in (EVENING, TRADING))
    made, traded = replace(made, inputs=inputs), replace(traded, inputs=None)
    return Recording(evening, day, gone, edited, beside, made, traded)


def damaged(problem: AvwapError | str) -> Unread:
    """That a file cannot be read, and what to do."""
    said = problem if isinstance(problem, str) else problem.message
    return Unread(Cause.DAMAGED, f"{said}; {MEND}")


def _origins(
    stage: str, runs: Sequence[RunRecord], settings_of: SettingsOf, beside: dict[str, Unread]
) -> Origins:
    """What the last run of that stage that went well ran with; of what is unread `beside` tells."""
    last = next((r for r in reversed(runs) if r.stage == stage and not r.error), None)
    if last is None:
        return Origins(None, None, "")
    try:
        settings = settings_of(last.config_hash)
    except InputError as problem:
        settings = None
        beside[f"runs/config-{last.config_hash[:HASH_DIGITS]}.json"] = damaged(problem)
    kept = None if settings is None else {k: v for k, v in settings.items() if _counts(k)}
    return Origins(None, kept, last.code_version)


def _counts(key: str) -> bool:
    """Whether a setting can change what a session's artifacts say."""
    return not key.startswith(NO_MATTER)


def orders_of(book: Book, session: date) -> list[dict[str, Any]]:
    """Every order that stood in the session, with what became of it, in the order of their ids.

    Args:
        book: as it stood after the session.
    """
    mine = [
        order
        for order in book.orders.values()
        if order.ended_at is None or sessions.session_of(order.ended_at) >= session
    ]
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
    """What could not be read, then the first difference of each artifact, in the order in which
    they are made."""
    found = [not_read(name, unread) for name, unread in before.beside.items()]
    reasons = revisions(before.origins, now.origins)
    plan: str | None = None
    edited_plan = ""
    for name, difference in _compared(before, before.evening, now.evening):
        if isinstance(difference, Difference):
            found.append(difference)
            edited_plan = edited_plan or (name if difference.place else "")
            continue
        found.append(explained(name, difference, reasons, plan))
        plan = plan or name
    reasons = [*reasons, *revisions(before.traded_by, now.traded_by)]
    for name, difference in _compared(before, before.day, now.day):
        if isinstance(difference, Difference):
            found.append(difference)
        elif plan is not None or reasons:
            found.append(explained(name, difference, reasons, plan))
        elif edited_plan:
            because = f"may follow from {edited_plan}"
            found.append(Difference(name, difference, Cause.EDITED, because))
        else:
            found.append(of_the_day(name, difference))
    return found


def _compared(
    kept: Recording, before: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[tuple[str, Difference | Place]]:
    """Where both differ, or why what was kept does not tell; what stands beside is told already.

    Where nothing at all was kept, nothing is missing.
    """
    for name in _names(before, now) if before else ():
        one, other = before.get(name, ABSENT), now.get(name, ABSENT)
        if name in kept.beside:
            continue
        if isinstance(one, Unread):
            yield name, not_read(name, one)
        elif one is ABSENT:
            missing = Unread(Cause.MISSING, f"{kept.gone.get(name, name)}; {MEND}")
            yield name, not_read(name, missing)
        elif name in kept.edited:
            changed = kept.edited[name]
            place = first_difference(one, other)
            yield name, Difference(name, place, changed.cause, changed.because)
        elif (place := first_difference(one, other)) is not None:
            yield name, place


def _names(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [*one, *(name for name in other if name not in one)]


def _contents(
    session: date, store: ArtifactStore, gone: dict[str, str], *, trades: bool
) -> dict[str, Any]:
    """What is kept of the evening, or of the trading day; `gone` is told what is not."""
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
        except MissingInput as problem:
            gone[name] = problem.message
        except InputError as problem:
            found[name] = damaged(problem)
    return found


def _content(session: date, store: ArtifactStore, name: str) -> Any:
    if name.endswith(".json"):
        return store.read_json(session, name)
    if name.endswith(".csv"):
        return store.read_csv(session, name)
    if name.endswith(".jsonl"):
        return store.read_lines(session, name)
    if name.endswith(".parquet"):
        store.read_table(session, name, ())  # whether it is a table at all
    digest = store.digest(session, name)
    if digest is None:
        raise MissingInput(f"{name} for {session} is missing", "")
    return digest
