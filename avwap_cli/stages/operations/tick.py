"""tick: start what is due and not done, as processes of its own; once a minute, in any zone.

For hosts whose cron knows no New York time.  A tick looks at the stages whose window is open,
starts those that are due, and ends at once.  A stage that goes on failing is started again
after 1, 2 and 5 minutes and then every 10; `monitor`, on which exits depend, in each tick that
finds it gone.  How often each was started is kept from tick to tick.  Of the evening's stages,
each of which waits for the one before, it starts one at a time.  What is too late, in this
session or the one before, is named, and whole sessions in which nothing ran before that: a host
that was off misses windows, never in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Protocol

from avwap_cli import playbook
from avwap_cli.market import sessions
from avwap_cli.ports import ArtifactStore, Clock
from avwap_cli.review.runs import RunRecord, latest_by_stage
from avwap_cli.review.stage_notices import span
from avwap_cli.review.stage_states import StageState, stage_state
from avwap_cli.review.starts import Starts
from avwap_cli.stages.operations.outages import lost_sessions
from avwap_cli.stages.operations.status import RunReader, stage_times
from avwap_cli.stages.outcomes import Outcome, State

WAITS = tuple(timedelta(minutes=n) for n in (1, 2, 5, 10))
Latest = Mapping[str, RunRecord]
TO_START = (StageState.DUE, StageState.OVERDUE, StageState.FAILED)


class StartNotes(Protocol):
    """What one tick leaves to the next."""

    def read(self) -> Mapping[str, Starts]:
        """By stage; what cannot be read is as if it had never been."""

    def write(self, starts: Mapping[str, Starts]) -> None: ...


@dataclass(frozen=True, slots=True)
class TickPorts:
    """What a tick is given.

    Attributes:
        running_since: asks a stage's lock; None = nobody holds it.
        start: starts the program with these words, and does not wait for it.
        trades: whether this home has what a broker asks for.
    """

    store: ArtifactStore
    runs: RunReader
    clock: Clock
    notes: StartNotes
    running_since: Callable[[str], datetime | None]
    start: Callable[[Sequence[str]], None]
    trades: bool


def run_tick(ports: TickPorts, *, dry_run: bool = False) -> Outcome:
    """Start what is due; a dry run only says what that would be."""
    now = ports.clock.now()
    before = ports.notes.read()
    latest = cache(lambda session: latest_by_stage(ports.runs.read(session)[0]))
    turns = ((stage, playbook.turn(stage.name, now)) for stage in playbook.STAGES)
    open_now = [
        (stage, session)
        for stage, session in turns
        if session is not None and not _is_idle(ports, stage)
    ]
    kept = {s.name: before[s.name] for s, day in open_now if _is_of(before.get(s.name), day)}
    started: list[playbook.Stage] = []
    for stage, session in open_now:
        if not _is_due(ports, stage, session, now, latest(session)) or not _may(
            stage, kept.get(stage.name), now
        ):
            continue
        if not stage.trades and any(not one.trades for one in started):
            continue  # it waits for one that is at work, which the one before is in a minute
        started.append(stage)
        count = kept[stage.name].count if stage.name in kept else 0
        kept[stage.name] = Starts(session, count + 1, now)
    if not dry_run:
        ports.notes.write(kept)
        for stage in started:
            ports.start(words(stage))
    session = playbook.current_session(now)
    lost = lost_sessions(session, now, ports.runs.sessions(), lambda day: any(ports.runs.read(day)))
    missed = _missed(ports, now, latest, lost)
    return _told(now, started, open_now, missed, lost, trades=ports.trades, dry_run=dry_run)


def words(stage: playbook.Stage) -> tuple[str, ...]:
    """The command line of a stage that nobody watches."""
    return (*stage.words, "--quiet", "--lock-timeout", "0")


def _is_of(starts: Starts | None, session: date) -> bool:
    return starts is not None and starts.session == session


def _is_due(
    ports: TickPorts, stage: playbook.Stage, session: date, now: datetime, latest: Latest
) -> bool:
    running = ports.running_since(stage.name) is not None
    run = latest.get(stage.name)
    return _state(ports, stage, session, now, run, running=running) in TO_START


def _missed(
    ports: TickPorts, now: datetime, latest_of: Callable[[date], Latest], lost: Sequence[date]
) -> list[tuple[str, date]]:
    """What can no longer be done, of this session and the one before.

    Not what was over before this home ran anything at all, nor what is lost with its session.
    A run's time is that of its own clock, which the windows are of, where its record has it.
    """
    session = playbook.current_session(now)
    days = [sessions.previous_session(session), session]
    known = bool(lost) or bool(latest_of(sessions.previous_session(days[0])))
    found: list[tuple[str, date]] = []
    for day in days:
        if day in lost:
            continue
        latest = latest_of(day)
        begun = min((run.ended or run.started for run in latest.values()), default=now)
        for stage in playbook.STAGES:
            closes = stage.closes.on(day)
            if closes > now or not (known or begun < closes) or _is_idle(ports, stage):
                continue
            if _state(ports, stage, day, now, latest.get(stage.name), running=False).unhealthy:
                found.append((stage.name, day))
        known = known or bool(latest)
    return found


def _is_idle(ports: TickPorts, stage: playbook.Stage) -> bool:
    """Whether nobody here asks for that stage."""
    return stage.trades and not ports.trades


def _state(
    ports: TickPorts,
    stage: playbook.Stage,
    session: date,
    now: datetime,
    run: RunRecord | None,
    *,
    running: bool,
) -> StageState:
    written = ports.store.digest(session, stage.writes[0].name) is not None
    return stage_state(stage_times(stage, session), now, run, running, written)


def _may(stage: playbook.Stage, starts: Starts | None, now: datetime) -> bool:
    """Whether it has waited long enough since it was started last."""
    if starts is None:
        return True
    if stage.settles is not None:
        return now - starts.last >= timedelta(minutes=stage.every_min)
    return now - starts.last >= WAITS[min(starts.count, len(WAITS)) - 1]


def _told(
    now: datetime,
    started: Sequence[playbook.Stage],
    open_now: Sequence[tuple[playbook.Stage, date]],
    missed: Sequence[tuple[str, date]],
    lost: Sequence[date],
    *,
    trades: bool,
    dry_run: bool,
) -> Outcome:
    session = playbook.current_session(now)
    names = ", ".join(f"avwap {stage.command}{_also(stage)}" for stage in started)
    if not names:
        text = "nothing is due"
    else:
        text = f"would start {names}" if dry_run else f"started {names}"
    if missed:
        text += "; missed: " + ", ".join(f"{stage} of {day}" for stage, day in missed)
    if lost:
        text += f"; no stage ran {span(lost)}"
    if not trades:
        text += "; the trading day's stages are left out, for there are no keys"
    return Outcome(
        stage="tick",
        trade_session=session,
        state=State.DONE if started and not dry_run else State.UNCHANGED,
        summary=text,
        body={
            "started": [stage.name for stage in started],
            "open": [stage.name for stage, _ in open_now],
            "missed": [{"stage": stage, "session": day.isoformat()} for stage, day in missed],
            "lost": [day.isoformat() for day in lost],
        },
    )


def _also(stage: playbook.Stage) -> str:
    return f" (and {', '.join(stage.also)})" if stage.also else ""
