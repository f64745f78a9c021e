"""Conducting one run of a stage: lock, log, work, record.

Every stage that writes is run the same way, whoever starts it, so that a run record, a
log line and an exit code exist for each, and two instances never meet.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from logging import Logger
from typing import TYPE_CHECKING, Any

from avwap_cli import __version__, playbook
from avwap_cli.errors import AvwapError, Halted, Interrupted, LockBusy, UsageError, shortened
from avwap_cli.home import is_home
from avwap_cli.market import sessions
from avwap_cli.review.runs import FAILED, RunRecord
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.wiring.desk import Desk

if TYPE_CHECKING:
    from avwap_cli.stages.operations.day_alerts import DayAlerts
    from avwap_cli.stages.operations.run_digests import RunDigest

POLL_S = 1.0
ALIVE = (0, Halted.exit_code)  # a watchman who hears nothing raises the alarm; a halt is obeyed
ADDRESSED = "alerts."  # may hold an address that nobody else may know, and changes no artifact
NOT_A_FAILURE = (LockBusy, UsageError, KeyboardInterrupt)


def trade_session(desk: Desk, asked: str | None) -> date:
    """The session to work for: the one asked for, else the one after the last completed.

    Raises:
        UsageError: it is no session, or the session before it is not over yet.
    """
    now = desk.clock.now()
    if asked is None:
        return sessions.trade_session_of(now)
    session = sessions.parse_session(asked)
    if sessions.closes_at(sessions.previous_session(session)) > now:
        raise UsageError(
            f"the evening before {session} has not come: {sessions.previous_session(session)}"
            " is not over",
            f"the newest trade session is {sessions.trade_session_of(now)}",
        )
    return session


def conduct(
    desk: Desk,
    stage: str,
    session: date,
    work: Callable[[], Outcome],
    *,
    writes: bool = True,
    records: bool = True,
) -> Outcome:
    """Run one stage under its lock, with a log, alerts, a run record, pings and a digest.

    Pings and the digest follow when the lock is free again.

    Args:
        desk: the ports.
        stage: its command.
        session: the trade session.
        work: does it; called once.
        writes: False for a dry run: no lock, no log file, no record.
        records: False for work by hand that is no stage of the day.

    Raises:
        UsageError: nobody named a home and there is none around here.
        LockBusy: another instance is at work.
        AvwapError: what `work` raised; like any other failure, it was recorded before.
    """
    if writes:
        must_be_home(desk)
    with ExitStack() as stack:
        run = _Run(desk, stack.enter_context(desk.log(writes)), stage, session, writes and records)
        stack.push(run.ping)
        digest = stack.enter_context(_digest(desk, stage, session)) if writes else None
        if writes:
            stack.enter_context(desk.lock(stage))
        run.begins()
        try:
            outcome = work()
        except BaseException as error:
            run.failed(error)
            raise
        outcome = run.ended(outcome)
        if digest is not None and run.alerts is not None:
            digest.ended(outcome)
        return outcome


@dataclass(slots=True)
class _Run:
    """One run: what the log, the run record, people and a watchman hear of it.

    Attributes:
        keeps: whether there is a record of it, and anybody is told; False for a rehearsal.
        alerts: who tells people; None where nobody is told.
        started, clock: the computer's time, and a clock that is never set.
        exit_code: None until it ended.
    """

    desk: Desk
    log: Logger
    stage: str
    session: date
    keeps: bool
    alerts: DayAlerts | None = None
    started: float = 0.0
    clock: float = 0.0
    exit_code: int | None = None

    def begins(self) -> None:
        """The lock is held: time runs from here."""
        self.started, self.clock = time.time(), time.monotonic()
        self.log.info("%s for %s begins", self.stage, self.session)
        self.alerts = _alerts(self.desk, self.log, self.stage, self.session, self.keeps)
        if self.alerts is not None:
            self.alerts.begins()

    def ended(self, outcome: Outcome) -> Outcome:
        """Tell and keep how it ended; the outcome with the warnings of the configuration."""
        notes = (*self.desk.config.warnings, *self.desk.secrets.warnings)
        outcome = replace(outcome, warnings=tuple(map(shortened, (*notes, *outcome.warnings))))
        self.log.info("%s ended: %s", self.stage, outcome.summary)
        if self.alerts is not None:
            self.alerts.ended(outcome)
        self._keep(self._result(outcome))
        self.exit_code = outcome.exit_code
        return outcome

    def failed(self, error: BaseException) -> None:
        """Tell and keep what ended it."""
        foreseen = isinstance(error, AvwapError | KeyboardInterrupt)
        extra, crash = {"told": True}, None if foreseen else error
        self.log.error("%s failed: %s", self.stage, _text(error), extra=extra, exc_info=crash)
        if self.alerts is not None and not isinstance(error, NOT_A_FAILURE):
            self.alerts.failed(shortened(self.desk.masked(_text(error))))
        with suppress(AvwapError):  # a full disk must not hide what went wrong
            self._keep(self._failure(error))

    def ping(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """A word to who watches, when the lock is free again.

        The heartbeat comes only from runs that went well: to a service that waits for it, a
        stage that fails is as silent as one that never ran.
        """
        if self.keeps and not isinstance(error, NOT_A_FAILURE):
            self.desk.alerts.ping(self.stage, well=error is None and self.exit_code in ALIVE)

    def _keep(self, record: RunRecord) -> None:
        if not self.keeps:
            return
        repeated = any(s.name == record.stage and s.settles for s in playbook.STAGES)
        if self.desk.runs.write(record, repeated=repeated) is None:
            return
        kept = (s for s in self.desk.config.settings if not s.key.startswith(ADDRESSED))
        settings = {setting.key: setting.value for setting in kept}
        self.desk.runs.keep_settings(record.trade_session, record.config_hash, settings)

    def _result(self, outcome: Outcome) -> RunRecord:
        return RunRecord(
            stage=outcome.stage,
            trade_session=outcome.trade_session,
            as_of=outcome.as_of,
            state=str(outcome.state),
            exit_code=outcome.exit_code,
            inputs=outcome.inputs,
            outputs=outcome.outputs,
            counts=outcome.counts,
            quality=outcome.quality,
            warnings=outcome.warnings,
            error=outcome.summary if outcome.state is State.REFUSED else "",
            **self._where(),
        )

    def _failure(self, error: BaseException) -> RunRecord:
        known = Interrupted("") if isinstance(error, KeyboardInterrupt) else error
        return RunRecord(
            stage=self.stage,
            trade_session=self.session,
            as_of=sessions.previous_session(self.session),
            state=FAILED,
            exit_code=known.exit_code if isinstance(known, AvwapError) else 1,
            error=shortened(self.desk.masked(_text(error))),
            **self._where(),
        )

    def _where(self) -> dict[str, Any]:
        """When, how long, where and by which code and configuration."""
        return {
            "started": datetime.fromtimestamp(self.started, sessions.EASTERN),
            "seconds": round(time.monotonic() - self.clock, 3),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "code_version": __version__,
            "config_hash": self.desk.config.hash,
            "ended": self.desk.clock.now(),
        }


def _digest(desk: Desk, stage: str, session: date) -> RunDigest:
    from avwap_cli.stages.operations.run_digests import RunDigest

    return RunDigest(desk.alerts.digest_ports(), stage, session)


def _alerts(desk: Desk, log: Logger, stage: str, session: date, keeps: bool) -> DayAlerts | None:
    """Who tells people of this run; nobody where a person rehearses, or repeats an old session."""
    from avwap_cli.stages.operations.day_alerts import DayAlerts
    from avwap_cli.wiring.trading_desk import alert_ports

    broker = desk.config.broker
    plays = broker.mode == "exchange" and not broker.is_nowhere  # then its time is the real one
    if not keeps or (desk.choices.now is not None and not plays):
        return None
    now = desk.clock.now()
    is_live = playbook.turn(stage, now) == session or session >= playbook.current_session(now)
    return DayAlerts(alert_ports(desk, log.warning), stage, session) if is_live else None


def _text(error: BaseException) -> str:
    if isinstance(error, AvwapError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "stopped"
    return f"unexpected: {type(error).__name__}: {error}"


def wait_for(desk: Desk, predecessor: str, session: date) -> None:
    """Wait while the stage before is at work, until it is overdue."""
    stage = playbook.stage(predecessor)
    _wait(desk, stage, session, predecessor, lambda: desk.running_since(predecessor) is not None)


def wait_for_artifact(desk: Desk, predecessor: str, session: date) -> None:
    """Wait until the stage before has written what it writes, or is overdue."""
    stage = playbook.stage(predecessor)
    name = stage.writes[0].name
    _wait(desk, stage, session, name, lambda: desk.store.digest(session, name) is None)


def _wait(
    desk: Desk, stage: playbook.Stage, session: date, what: str, is_missing: Callable[[], bool]
) -> None:
    until = stage.expected_by.on(session)
    said = False
    while is_missing() and desk.clock.now() < until:
        if not said:
            desk.progress.say(f"waiting for {what}, until {until:%H:%M} ET")
            said = True
        desk.clock.sleep(POLL_S)


def must_be_home(desk: Desk) -> None:
    """Nothing is said of a folder that is no home, nor written into it, unless somebody named it.

    Raises:
        UsageError: nobody did, and there is none around here.
    """
    if not desk.home_was_named and not is_home(desk.home.root):
        raise UsageError(
            f"{desk.home.root} is not a home of avwap, nor is any folder above it",
            "make one with `avwap init`, or name one with --home or AVWAP_HOME",
        )
