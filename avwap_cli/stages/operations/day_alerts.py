"""Day alerts: what people are told around the runs of the stages.

Told are a scan that is done or refused, a stage that fails and one that goes well again, windows
that passed unused, and a monitor that does not run.  What was told is kept in the ledger, and so
told once; a home that has none is told all the same, and of windows nothing, for there nobody has
to trade.  An alert that cannot be kept or written stops no stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime

from avwap_cli import playbook
from avwap_cli.errors import AvwapError, Halted, LedgerDiffers
from avwap_cli.market import sessions
from avwap_cli.ports import ArtifactStore, Clock, Ledger, Notifier
from avwap_cli.review import runs
from avwap_cli.review.runs import latest_by_stage
from avwap_cli.review.stage_notices import (
    FAILED,
    Occasion,
    event,
    failure,
    outage,
    recovery,
    windows,
)
from avwap_cli.review.stage_states import StageState, StageTimes, stage_state
from avwap_cli.stages.day.story import write_alerts
from avwap_cli.stages.operations.outages import lost_sessions
from avwap_cli.stages.operations.status import RunReader, stage_times
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.facts import Facts, Notice

WELL = (0, LedgerDiffers.exit_code, Halted.exit_code)  # of these a pass has told already

Make = Callable[[Occasion, Facts | None], list[Notice]]


@dataclass(frozen=True, slots=True)
class AlertPorts:
    """What alerts are given.

    Attributes:
        ledgers: every ledger of the configured broker, opened for the length of a `with` block.
        running_since: asks a stage's lock; None = nobody holds it.
        unable: is told why an alert could not be kept.
        overlooked: is given what the ledger holds, should a run have died before it told it.
    """

    ledgers: Callable[[], AbstractContextManager[Sequence[Ledger]]]
    notifier: Notifier
    store: ArtifactStore
    runs: RunReader
    clock: Clock
    running_since: Callable[[str], datetime | None]
    unable: Callable[[str], None]
    overlooked: Callable[[Sequence[Notice], datetime], None]


@dataclass(frozen=True, slots=True)
class DayAlerts:
    """Those around one run of a stage; none of its methods raises an `AvwapError`."""

    ports: AlertPorts
    stage: str
    session: date

    def begins(self) -> None:
        """The stage is about to run: which windows passed unused until now?"""
        self._tell(self._windows)

    def ended(self, outcome: Outcome) -> None:
        """The stage ended, maybe with news, maybe by refusing."""

        def make(occasion: Occasion, _: Facts | None) -> list[Notice]:
            well = recovery(occasion, self.stage) if outcome.exit_code in WELL else []
            return [*well, *self._news(occasion, outcome)]

        self._tell(make)

    def _news(self, occasion: Occasion, outcome: Outcome) -> list[Notice]:
        if outcome.state is State.REFUSED:
            text = f"{self.stage} {outcome.news or outcome.summary}"
            return event(occasion, FAILED, f"refused.{self.stage}", text)
        if outcome.state is State.DONE and outcome.news:
            return event(occasion, self.stage, self.stage, f"done: {outcome.news}")
        return []

    def failed(self, text: str) -> None:
        """The stage ended with an error."""
        self._tell(lambda occasion, _: failure(occasion, self.stage, text))

    def _tell(self, make: Make) -> None:
        try:
            self._told(self.ports.clock.now(), make)
        except (AvwapError, OSError) as problem:
            self.ports.unable(f"an alert could not be kept: {problem}")

    def _told(self, now: datetime, make: Make) -> None:
        try:
            with self.ports.ledgers() as ledgers:
                fresh = [] if ledgers else make(self._from_records(now), None)
                for ledger in ledgers:
                    facts = ledger.facts()
                    notices = make(Occasion(now, self.session, facts.notices), facts)
                    if notices and ledger.append(*notices):
                        fresh += [notice for notice in notices if notice not in fresh]
                written = ledgers[0].facts().notices if len(ledgers) == 1 else ()
        except AvwapError:
            self._speak(make(self._from_records(now), None))
            raise
        self._speak(fresh)
        self.ports.overlooked(written, now)
        for session in sorted({notice.session for notice in fresh} if written else ()):
            write_alerts(self.ports.store, written, session)

    def _speak(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            self.ports.notifier.tell(notice)

    def _from_records(self, now: datetime) -> Occasion:
        """What was told, as far as the stage's last run tells."""
        records, _ = self.ports.runs.read(self.session)
        last = latest_by_stage(records).get(self.stage)
        nothing = Occasion(now, self.session, ())
        if last is None or last.state != runs.FAILED:
            return nothing
        return Occasion(now, self.session, failure(nothing, self.stage, last.error))

    def _windows(self, occasion: Occasion, facts: Facts | None) -> list[Notice]:
        """Of this session and those since the last run, as far as this home traded by then."""
        if facts is None:
            return []
        lost = lost_sessions(self.session, occasion.at, self.ports.runs.sessions(), self._ran)
        found = outage(occasion, [day for day in lost if _traded_by(facts, day)])
        for session in (sessions.previous_session(self.session), self.session):
            records, _ = self.ports.runs.read(session)
            if session not in lost and (records or _traded_by(facts, session)):
                then = replace(occasion, session=session)
                beginning = self.stage if session == self.session else ""
                found += windows(then, self._states(then, latest_by_stage(records)), beginning)
        return found

    def _ran(self, session: date) -> bool:
        return any(self.ports.runs.read(session))

    def _states(
        self, occasion: Occasion, latest: Mapping[str, runs.RunRecord]
    ) -> list[tuple[StageTimes, StageState]]:
        """Every stage of that session; this one as if it did not run yet."""
        found, mine = [], occasion.session == self.session
        for stage in playbook.STAGES:
            times = stage_times(stage, occasion.session)
            others = mine and stage.name != self.stage  # a lock tells nothing of other sessions
            running = others and self.ports.running_since(stage.name) is not None
            written = self.ports.store.digest(occasion.session, stage.writes[0].name) is not None
            state = stage_state(times, occasion.at, latest.get(stage.name), running, written)
            found.append((times, state))
        return found


def _traded_by(facts: Facts, session: date) -> bool:
    """Whether the ledger holds anything of that session or an earlier one."""
    days = [intent.role.session for intent in facts.intents]
    days += [close.session for close in facts.closes]
    days += [notice.session for notice in facts.notices]
    return min(days, default=date.max) <= session
