"""Retentions: which session folders are packed, which packed ones lose their detail, and why not.

A session is packed some weeks after it, and what tells how it came about is purged some months
after it.  Kept are the newest sessions, whatever their age, and every session from which
something that is held came: the plan of its entry is read from its folder if the ledger is lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from annotated_types import Ge

from avwap_cli.review.scan_documents import nested, rows_of

NEWEST = 5  # sessions that are never touched
NEW = f"it is one of the newest {NEWEST}"
HELD = "a position that is held was entered on it"


@dataclass(frozen=True, slots=True)
class Retention:
    """The rule, in calendar days after the session.

    Attributes:
        pack_after_days: from then on a folder is packed.
        keep_days: from then on only trades, equity and a summary are kept.
    """

    pack_after_days: Annotated[int, Ge(7)]
    keep_days: Annotated[int, Ge(7)]


@dataclass(frozen=True, slots=True)
class TidyPlan:
    """What is to be done, by session, oldest first.

    Attributes:
        pack: folders to be packed.
        purge: sessions whose detail goes; those that are folders yet are packed before.
        stays: sessions that are old enough for either and stay -> why.
    """

    pack: tuple[date, ...]
    purge: tuple[date, ...]
    stays: Mapping[date, str]


def tidy_plan(
    folders: Collection[date],
    packed: Collection[date],
    held: Collection[date],
    today: date,
    rule: Retention,
) -> TidyPlan:
    """What the rule asks for.

    Args:
        folders, packed: sessions that are there, in either form or in both.
        held: sessions on which a position that is held, or an order that may trade, began.
        today: in New York.
    """
    every = sorted({*folders, *packed})
    newest = set(every[-NEWEST:])
    stays = {}
    free = []
    for session in every:
        if (today - session).days <= rule.pack_after_days:
            continue
        why = NEW if session in newest else HELD if session in held else None
        if why is None:
            free.append(session)
        elif session in folders:
            stays[session] = why
    pack = tuple(session for session in free if session in folders)
    purge = tuple(session for session in free if (today - session).days > rule.keep_days)
    return TidyPlan(pack, purge, stays)


def summary(
    session: date, documents: Mapping[str, Any], removed: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """What stays of a session without its detail.

    Args:
        documents: of its scan, entries and exits, by file name, those that can be read; and
            the summary of an earlier time, to which only what goes now is added.
        removed: name, bytes and sha256 of each file that goes.
    """
    before = documents.get("summary.json")
    if before is not None:
        gone = [*rows_of(before, "removed"), *removed]
        kept = {name: value for name, value in before.items() if name != "schema"}
        return {**kept, "removed": sorted(gone, key=lambda row: str(row.get("name")))}
    scan = documents.get("scan.json", {})
    return {
        "trade_session": session,
        "as_of": _text(scan.get("as_of")),
        "regime": _text(nested(scan, "regime").get("name")),
        "quality": _text(nested(scan, "quality").get("state")),
        "candidates": [
            {name: _text(row.get(name)) for name in ("symbol", "strategy", "direction")}
            for row in rows_of(scan, "candidates")
        ],
        "entries": len(rows_of(documents.get("entries.json", {}), "orders")),
        "exits": len(rows_of(documents.get("exits.json", {}), "exits")),
        "removed": sorted(removed, key=lambda row: str(row["name"])),
    }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
