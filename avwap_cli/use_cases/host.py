"""The host: what starts the day on it, whether all is well, and the room that old days take."""

from __future__ import annotations

import shutil
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from avwap_cli import playbook
from avwap_cli.errors import LockBusy
from avwap_cli.home import Home
from avwap_cli.stages.operations.make_home import HomeMade, make_home
from avwap_cli.stages.operations.tick import run_tick
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.use_cases.conduct import conduct, must_be_home
from avwap_cli.use_cases.trading_day import real_only
from avwap_cli.wiring.desk import Desk
from avwap_cli.wiring.local_time import zone_warnings
from avwap_cli.wiring.trading_desk import tick_ports

TIDY = "tidy"


def make_home_at(desk: Desk, folder: Path) -> HomeMade:
    """A home in that folder, with the packaged configuration."""
    from avwap_cli.defaults import texts

    return make_home(Home(folder.absolute()), program_path(), texts(), desk.write_file)


def tick(desk: Desk, *, dry_run: bool) -> Outcome:
    """Start what is due; a tick that meets another does nothing."""
    must_be_home(desk)
    try:
        with nullcontext() if dry_run else desk.lock("tick"):
            return run_tick(tick_ports(desk), dry_run=dry_run)
    except LockBusy:
        session = playbook.current_session(desk.clock.now())
        return Outcome(
            stage="tick",
            trade_session=session,
            state=State.UNCHANGED,
            summary="another tick is at work",
        )


def crontab_lines(desk: Desk) -> Outcome:
    """The crontab lines of this host."""
    from avwap_cli.stages.operations.crontabs import lines_outcome

    must_be_home(desk)
    session = playbook.current_session(desk.clock.now())
    told = lines_outcome(desk.cron_host(), desk.home, program_path(), session)
    return replace(told, warnings=zone_warnings(desk.environment))


def checked_crontab(desk: Desk, file: Path | None = None) -> Outcome:
    """What is wrong with the installed crontab, or with the lines of that file.

    Raises:
        InputError: the file cannot be read.
    """
    from avwap_cli.stages.operations.crontabs import checked

    must_be_home(desk)
    told = checked(
        desk.installed_crontab(file),
        desk.cron_host(),
        desk.home,
        program_path(),
        playbook.current_session(desk.clock.now()),
        trades=desk.has_keys,
    )
    return replace(told, warnings=zone_warnings(desk.environment))


def alert_trial(desk: Desk, channel: str | None) -> Outcome:
    """One made-up message of each kind to each channel, or to that one.

    Raises:
        UsageError, ConfigError: as `run_alert_trial`.
    """
    from avwap_cli.stages.operations.alert_trials import run_alert_trial

    now = desk.clock.now()
    session = playbook.current_session(now)
    named = desk.config.alerts.channel_names
    with desk.log(writes=False):
        return run_alert_trial(desk.alerts.tried_channels(), named, channel, session, now)


def doctor(desk: Desk, *, offline: bool) -> Outcome:
    """Look at everything that a day may fail of; changes nothing, and raises nothing foreseen."""
    from avwap_cli.stages.operations.doctor import run_doctor
    from avwap_cli.wiring.doctor_questions import moment, questions

    now = moment(desk, offline=offline)
    session = playbook.current_session(now)
    return run_doctor(questions(desk, program_path(), now), session, offline=offline)


def tidy(desk: Desk, *, dry_run: bool) -> Outcome:
    """Pack old sessions and purge the detail of older ones.

    Raises:
        UsageError: the time is not the real one.
        LedgerError: a ledger cannot be read, so nobody knows what is held.
    """
    from avwap_cli.stages.operations.tidy import run_tidy
    from avwap_cli.wiring.home_care import tidy_ports

    real_only(desk, dry_run=dry_run)
    session = playbook.current_session(desk.clock.now())

    def work() -> Outcome:
        rule = desk.config.retention
        return run_tidy(tidy_ports(desk), desk.ledgers.every_book(), rule, dry_run=dry_run)

    return conduct(desk, TIDY, session, work, writes=not dry_run, records=False)


def program_path() -> Path:
    """Where the `avwap` command of this run lies; its bare name where nobody knows."""
    mine, beside = Path(sys.argv[0]).absolute(), Path(sys.executable).with_name("avwap")
    known = [path for path in (mine, beside) if path.name == "avwap" and path.is_file()]
    return known[0] if known else Path(shutil.which("avwap") or "avwap")
