"""status: read what the stages of a session left behind, and say where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol

from avwap_cli import playbook
from avwap_cli.errors import UNHEALTHY
from avwap_cli.market import sessions
from avwap_cli.ports import ArtifactStore, Clock
from avwap_cli.review.runs import RunRecord, latest_by_stage
from avwap_cli.review.stage_states import StageTimes
from avwap_cli.review.status_page import Found, StatusPage, status_page
from avwap_cli.stages.operations.session_documents import document_of
from avwap_cli.stages.outcomes import Outcome, State


@dataclass(frozen=True, slots=True)
class TradingState:
    """What the ledger says of the session.

    Attributes:
        halted: the level in force and why; None = nothing is forbidden.
        problems: why the ledger could not be read.
        positions: what is held (see `held_distances`).
    """

    halted: str | None = None
    problems: tuple[str, ...] = ()
    positions: tuple[Mapping[str, Any], ...] = ()


class RunReader(Protocol):
    """Where run records are kept."""

    def read(self, session: date) -> tuple[Sequence[RunRecord], Sequence[str]]:
        """The session's records by start, and a sentence per unreadable one."""

    def sessions(self) -> Sequence[date]:
        """Those that anything is kept of, ascending."""


def status(
    store: ArtifactStore,
    runs: RunReader,
    clock: Clock,
    running_since: Callable[[str], datetime | None],
    session: date | None = None,
    trading: TradingState | None = None,
    problems: tuple[str, ...] = (),
) -> Outcome:
    """The page of that trade session (default: the one that `now` belongs to).

    Args:
        running_since: asks a stage's lock; None = nobody holds it.
        trading: what the ledger says; None = this home has never traded.
        problems: sentences about this computer that a person should read.

    Returns:
        An outcome whose `body` is the page; exit code 9 when a stage is failed,
        overdue or missing.
    """
    now = clock.now()
    current = playbook.current_session(now)
    shown = session or current
    # A lock says nothing about a session other than the current one.
    held = {s.name: running_since(s.name) for s in playbook.STAGES if shown == current}
    running = {name: since for name, since in held.items() if since is not None}
    found = _find(store, runs, shown, running)
    found = replace(found, problems=(*problems, *found.problems))
    if trading is not None:
        problems = (*found.problems, *trading.problems)
        found = replace(
            found,
            trades=True,
            halted=trading.halted,
            problems=problems,
            positions=trading.positions,
        )
    following = stage_times(playbook.STAGES[0], sessions.next_session(shown))
    page = status_page(
        shown, now, [stage_times(s, shown) for s in playbook.STAGES], following, found
    )
    return Outcome(
        stage="status",
        trade_session=shown,
        state=State.DONE,
        summary=_summary(page),
        counts={"candidates": len(page.candidates)},
        warnings=page.warnings,
        body=page.body(),
        exit_code=0 if page.healthy else UNHEALTHY,
    )


def _find(
    store: ArtifactStore,
    runs: RunReader,
    session: date,
    running: Mapping[str, datetime],
) -> Found:
    records, problems = runs.read(session)
    documents, unreadable = _documents(store, session)
    latest = store.latest()
    cache = documents.get("refresh-cache")
    older: dict[str, str] = {}
    if not {"refresh-cache"} & {*documents, *unreadable} and latest and latest < session:
        before, older = _documents(store, latest)
        cache = before.get("refresh-cache")
    return Found(
        runs=latest_by_stage(records),
        running=running,
        written=frozenset({*documents, *unreadable, *_pages(store, session)}),
        scan=documents.get("scan"),
        cache=cache,
        unreadable=unreadable,
        latest=latest,
        problems=(*problems, *unreadable.values(), *older.values()),
    )


def _documents(
    store: ArtifactStore, session: date
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """By stage the document that says "done", and a sentence where it is there but unreadable."""
    documents, unreadable = {}, {}
    for stage in playbook.STAGES:
        if stage.by_run or not stage.writes[0].name.endswith(".json"):
            continue
        document, problem = document_of(store, session, stage.writes[0].name)
        if document is not None:
            documents[stage.name] = document
        if problem is not None:
            unreadable[stage.name] = str(problem)
    return documents, unreadable


def _pages(store: ArtifactStore, session: date) -> set[str]:
    """The stages whose page for people is there."""
    return {
        stage.name
        for stage in playbook.STAGES
        if not stage.by_run
        and not stage.writes[0].name.endswith(".json")
        and store.digest(session, stage.writes[0].name) is not None
    }


def stage_times(stage: playbook.Stage, session: date) -> StageTimes:
    """The window of that stage for that trade session."""
    return StageTimes(
        stage.name,
        stage.opens.on(session),
        stage.closes.on(session),
        stage.expected_by.on(session),
        every_min=stage.every_min,
        by_run=stage.by_run,
        settles=None if stage.settles is None else stage.settles.on(session),
        trades=stage.trades,
        command=stage.command,
    )


def _summary(page: StatusPage) -> str:
    if page.nothing is not None:
        return page.nothing
    found = len(page.candidates)
    noun = "candidate" if found == 1 else "candidates"
    return f"{found} {noun} for {page.trade_session}, as of {page.as_of}"
