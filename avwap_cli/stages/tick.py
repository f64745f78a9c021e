"""tick: start what is due and not done, as processes of its own; once a minute, in any zone.

For hosts whose cron knows no New York time.  A tick looks at the stages whose window is open,
starts those that are due, and ends at once.  A stage that goes on failing is started again
after 1, 2 and 5 minutes and then every 10; `monitor`, on which exits depend, in each tick that
finds it gone.  How often each was started is kept from tick to tick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from avwap_cli import playbook
from avwap_cli.market import sessions
from avwap_cli.ports import ArtifactStore, Clock
from avwap_cli.review.runs import latest_by_stage
from avwap_cli.review.stage_states import StageState, stage_state
from avwap_cli.review.starts import Starts
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.stages.status import RunReader, stage_times

WAITS = tuple(timedelta(minutes=n) for n in (1, 2, 5, 10))
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
    turns = ((stage, playbook.turn(stage.name, now)) for stage in playbook.STAGES)
    open_now = [
        (stage, session)
        for stage, session in turns
        if session is not None and (ports.trades or not stage.trades)
    ]
    kept = {s.name: before[s.name] for s, day in open_now if _is_of(before.get(s.name), day)}
    started = []
    for stage, session in open_now:
        if not _is_due(ports, stage, session, now) or not _may(stage, kept.get(stage.name), now):
            continue
        started.append(stage)
        count = kept[stage.name].count if stage.name in kept else 0
        kept[stage.name] = Starts(session, count + 1, now)
    if not dry_run:
        ports.notes.write(kept)
        for stage in started:
            ports.start(words(stage))
    return _told(playbook.current_session(now), started, open_now, ports.trades, dry_run=dry_run)


def words(stage: playbook.Stage) -> tuple[str, ...]:
    """The command line of a stage that nobody watches."""
    return (*stage.words, "--quiet", "--lock-timeout", "0")


def _is_of(starts: Starts | None, session: date) -> bool:
    return starts is not None and starts.session == session


def _is_due(ports: TickPorts, stage: playbook.Stage, session: date, now: datetime) -> bool:
    records, _ = ports.runs.read(session)
    state = stage_state(
        stage_times(stage, session),
        now,
        latest_by_stage(records).get(stage.name),
        ports.running_since(stage.name) is not None,
        ports.store.digest(session, stage.writes[0].name) is not None,
    )
    return state in TO_START


def _may(stage: playbook.Stage, starts: Starts | None, now: datetime) -> bool:
    """Whether it has waited long enough since it was started last."""
    if starts is None:
        return True
    if stage.settles is not None:
        return now - starts.last >= timedelta(minutes=stage.every_min)
    return now - starts.last >= WAITS[min(starts.count, len(WAITS)) - 1]


def _told(
    session: date,
    started: Sequence[playbook.Stage],
    open_now: Sequence[tuple[playbook.Stage, date]],
    trades: bool,
    *,
    dry_run: bool,
) -> Outcome:
    names = ", ".join(f"avwap {stage.command}" for stage in started)
    if not names:
        text = "nothing is due"
    else:
        text = f"would start {names}" if dry_run else f"started {names}"
    if not trades:
        text += "; the trading day's stages are left out, for there are no keys"
    return Outcome(
        stage="tick",
        trade_session=session,
        as_of=sessions.previous_session(session),
        state=State.DONE if started and not dry_run else State.UNCHANGED,
        summary=text,
        body={
            "started": [stage.name for stage in started],
            "open": [stage.name for stage, _ in open_now],
        },
    )
