"""Conducting one run of a stage: lock, log, work, record.

Every stage that writes is run the same way, whoever starts it, so that a run record, a
log line and an exit code exist for each, and two instances never meet.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
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
    from avwap_cli.stages.day_alerts import DayAlerts
    from avwap_cli.stages.run_digests import RunDigest

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
        _must_be_home(desk)
    keep = writes and records
    with (
        desk.log(writes) as log,
        _Afterwards(desk, stage, session, writes, keep) as afterwards,
        desk.lock(stage) if writes else nullcontext(),
    ):
        started, clock = time.time(), time.monotonic()
        log.info("%s for %s begins", stage, session)
        notes = (*desk.config.warnings, *desk.secrets.warnings)
        alerts = _alerts(desk, log, stage, session) if keep else None
        if alerts is not None:
            alerts.begins()
        with _FailureRecord(desk, log, stage, session, keep, started, clock, alerts):
            outcome = work()
        outcome = replace(outcome, warnings=tuple(map(shortened, (*notes, *outcome.warnings))))
        log.info("%s ended: %s", stage, outcome.summary)
        if alerts is not None:
            alerts.ended(outcome)
        _record(desk, keep, _result(desk, outcome, started, clock))
        afterwards.ended(outcome, is_told=alerts is not None)
        return outcome


@dataclass(slots=True)
class _Afterwards:
    """What follows a run when its lock is free again: the digest, and a word to who watches.

    The heartbeat comes only from runs that went well: to a service that waits for it, a stage
    that fails is as silent as one that never ran.
    """

    desk: Desk
    stage: str
    session: date
    writes: bool
    pings: bool
    _digest: RunDigest | None = None
    _exit_code: int | None = None

    def ended(self, outcome: Outcome, *, is_told: bool) -> None:
        """How the run ended; a rehearsal's end is told to nobody."""
        self._exit_code = outcome.exit_code
        if self._digest is not None and is_told:
            self._digest.ended(outcome)

    def __enter__(self) -> _Afterwards:
        from avwap_cli.stages.run_digests import RunDigest

        if self.writes:
            self._digest = RunDigest(self.desk.alerts.digest_ports(), self.stage, self.session)
            self._digest.__enter__()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._digest is not None:
            self._digest.__exit__(kind, error, trace)
        if self.pings and not isinstance(error, NOT_A_FAILURE):
            self.desk.alerts.ping(self.stage, well=error is None and self._exit_code in ALIVE)


def _alerts(desk: Desk, log: Logger, stage: str, session: date) -> DayAlerts | None:
    """Who tells people of this run; nobody where a person rehearses, or repeats an old session."""
    from avwap_cli.stages.day_alerts import DayAlerts
    from avwap_cli.wiring.trading_desk import alert_ports

    if desk.choices.now is not None and desk.config.broker.mode != "exchange":
        return None
    now = desk.clock.now()
    is_live = playbook.turn(stage, now) == session or session >= playbook.current_session(now)
    return DayAlerts(alert_ports(desk, log.warning), stage, session) if is_live else None


@dataclass(frozen=True, slots=True)
class _FailureRecord:
    """Keeps a record of whatever ends the `with` block but its own end, and lets it pass on."""

    desk: Desk
    log: Logger
    stage: str
    session: date
    keeps: bool
    started: float
    clock: float
    alerts: DayAlerts | None

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        foreseen = isinstance(error, AvwapError | KeyboardInterrupt)
        extra, crash = {"told": True}, None if foreseen else error
        self.log.error("%s failed: %s", self.stage, _text(error), extra=extra, exc_info=crash)
        if self.alerts is not None and not isinstance(error, NOT_A_FAILURE):
            self.alerts.failed(shortened(self.desk.masked(_text(error))))
        with suppress(AvwapError):  # a full disk must not hide what went wrong
            _record(self.desk, self.keeps, self._record(error))

    def _record(self, error: BaseException) -> RunRecord:
        known = Interrupted("") if isinstance(error, KeyboardInterrupt) else error
        return RunRecord(
            stage=self.stage,
            trade_session=self.session,
            as_of=sessions.previous_session(self.session),
            state=FAILED,
            exit_code=known.exit_code if isinstance(known, AvwapError) else 1,
            error=shortened(self.desk.masked(_text(error))),
            **_where(self.desk, self.started, self.clock),
        )


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


def _must_be_home(desk: Desk) -> None:
    """Nothing is written into a folder that is no home, unless somebody named it."""
    if not desk.home_was_named and not is_home(desk.home.root):
        raise UsageError(
            f"{desk.home.root} is not a home of avwap, nor is any folder above it",
            "make one with `avwap init`, or name one with --home or AVWAP_HOME",
        )


def _record(desk: Desk, writes: bool, record: RunRecord) -> None:
    if writes:
        repeated = any(s.name == record.stage and s.settles for s in playbook.STAGES)
        if desk.runs.write(record, repeated=repeated) is None:
            return
        kept = (s for s in desk.config.settings if not s.key.startswith(ADDRESSED))
        settings = {setting.key: setting.value for setting in kept}
        desk.runs.keep_settings(record.trade_session, record.config_hash, settings)


def _result(desk: Desk, outcome: Outcome, started: float, clock: float) -> RunRecord:
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
        **_where(desk, started, clock),
    )


def _where(desk: Desk, started: float, clock: float) -> dict[str, Any]:
    """When, how long, where and by which code and configuration."""
    return {
        "started": datetime.fromtimestamp(started, sessions.EASTERN),
        "seconds": round(time.monotonic() - clock, 3),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "code_version": __version__,
        "config_hash": desk.config.hash,
        "ended": desk.clock.now(),
    }
