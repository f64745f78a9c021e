"""tidy: old session folders are packed, and packed ones lose their detail, by rule.

A session's trades and equity stay for ever, and with them a summary of what was there.  The
ledger and its backups are never touched, nor is a session from which something held came.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from avwap_cli import playbook
from avwap_cli.errors import AvwapError
from avwap_cli.playbook import EQUITY_JSONL, TRADES_JSONL
from avwap_cli.ports import Clock
from avwap_cli.review.operations.retentions import Retention, summary, tidy_plan
from avwap_cli.stages.operations.tape_notes import TAPE_JSON
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.books import Book

STAGE = "tidy"
SUMMARY_JSON, SUMMARY_SCHEMA = "summary.json", "avwap.summary/1.0"
BOOKS = (TRADES_JSONL, EQUITY_JSONL)
FOR_EVER = (*BOOKS, SUMMARY_JSON)


class Archives(Protocol):
    """Folders and archives of the sessions."""

    def folders(self) -> Sequence[date]: ...

    def packed(self) -> Sequence[date]: ...

    def documents(self, session: date) -> Mapping[str, Mapping[str, Any]]: ...

    def whole(self, session: date) -> Mapping[str, bytes]:
        """What the archive holds once the folder is packed; raises where that cannot be done."""

    def pack(self, session: date) -> int: ...

    def removable(self, session: date, keep: Collection[str]) -> Sequence[Mapping[str, Any]]:
        """Of `whole`, all but those."""

    def purge(
        self,
        session: date,
        keep: Collection[str],
        name: str,
        schema: str,
        body: Mapping[str, Any],
    ) -> None: ...

    def finish(self) -> None: ...


class Leftovers(Protocol):
    """What rehearsals and timers leave behind."""

    def old(self, today: date, days: int) -> Sequence[str]:
        """What may go, in words; nothing is changed."""

    def remove(self, today: date, days: int) -> Sequence[str]:
        """Remove it; what went, in words."""


@dataclass(frozen=True, slots=True)
class TidyPorts:
    """What tidying is given."""

    archives: Archives
    leftovers: Leftovers
    clock: Clock


@dataclass(slots=True)
class _Done:
    """What was done, or would be."""

    packed: list[date] = field(default_factory=list)
    purged: list[date] = field(default_factory=list)
    gone: Sequence[str] = ()
    warnings: list[str] = field(default_factory=list)


def run_tidy(
    ports: TidyPorts, books: Sequence[Book], rule: Retention, *, dry_run: bool = False
) -> Outcome:
    """Pack, then purge, then remove old leftovers.

    One session that cannot be packed is named and keeps its folder; the others go on.

    Args:
        books: what every ledger of the home says.

    Raises:
        AvwapError: an interrupted removal cannot be ended.
    """
    today = ports.clock.now().date()
    archives = ports.archives
    if not dry_run:
        archives.finish()
    plan = tidy_plan(archives.folders(), archives.packed(), _held(books), today, rule)
    done = _Done()
    for session in plan.pack:
        _each(done, session, done.packed, lambda day: _pack(archives, day, dry_run))
    failed = set(plan.pack) - set(done.packed)
    for session in (day for day in plan.purge if day not in failed):
        _each(done, session, done.purged, lambda day: _purge(archives, day, dry_run))
    way = ports.leftovers.old if dry_run else ports.leftovers.remove
    done.gone = way(today, rule.pack_after_days)
    return _outcome(ports, done, plan.stays, dry_run)


def _held(books: Sequence[Book]) -> set[date]:
    held = {position.entry_session for book in books for position in book.open}
    plans = {p.plan.session for book in books for p in book.open if p.plan is not None}
    return held | plans | {o.intent.role.session for book in books for o in book.working}


def _each(
    done: _Done,
    session: date,
    among: list[date],
    work: Callable[[date], bool],
) -> None:
    try:
        if work(session):
            among.append(session)
    except AvwapError as problem:
        done.warnings.append(f"{session} stays as it is: {problem}")


def _pack(archives: Archives, session: date, dry_run: bool) -> bool:
    if dry_run:
        archives.whole(session)
    else:
        archives.pack(session)
    return True


def _purge(archives: Archives, session: date, dry_run: bool) -> bool:
    """Whether there is anything to purge; then it is, but for a dry run."""
    found = archives.removable(session, FOR_EVER)
    theirs = [str(each["name"]) for each in found if not _is_ours(str(each["name"]))]
    gone = [each for each in found if each["name"] not in theirs]
    if gone and not dry_run:
        body = summary(session, archives.documents(session), gone)
        keep = (*BOOKS, *theirs)
        archives.purge(session, keep, SUMMARY_JSON, SUMMARY_SCHEMA, body)
    return bool(gone)


def _is_ours(name: str) -> bool:
    """Whether a stage wrote it; what a person has put beside is kept."""
    return name.startswith("runs/") or name == TAPE_JSON or playbook.producer(name) is not None


def _outcome(ports: TidyPorts, done: _Done, stays: Mapping[date, str], dry_run: bool) -> Outcome:
    session = playbook.current_session(ports.clock.now())
    changed = bool(done.packed or done.purged or done.gone)
    counts = {"packed": len(done.packed), "purged": len(done.purged), "removed": len(done.gone)}
    return Outcome(
        stage=STAGE,
        trade_session=session,
        state=State.DONE if changed else State.UNCHANGED,
        summary=_sentence(done, dry_run) if changed else "nothing is old enough",
        counts=counts,
        warnings=tuple(done.warnings),
        body={
            "packed": [day.isoformat() for day in done.packed],
            "purged": [day.isoformat() for day in done.purged],
            "removed": list(done.gone),
            "stays": {day.isoformat(): why for day, why in sorted(stays.items())},
        },
        exit_code=AvwapError.exit_code if done.warnings else 0,
    )


def _sentence(done: _Done, dry_run: bool) -> str:
    parts = [
        f"{_span(done.packed)} packed" if done.packed else "",
        f"the detail of {_span(done.purged)} purged" if done.purged else "",
        f"{len(done.gone)} leftovers removed" if done.gone else "",
    ]
    text = ", ".join(part for part in parts if part)
    return f"dry run: {text}" if dry_run else text


def _span(days: Sequence[date]) -> str:
    if len(days) == 1:
        return f"session {days[0]}"
    return f"{len(days)} sessions from {days[0]} to {days[-1]}"
