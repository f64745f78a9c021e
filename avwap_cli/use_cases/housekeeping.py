"""Housekeeping: the commands that look after a home rather than trade."""

from __future__ import annotations

from avwap_cli import playbook
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.use_cases.conduct import conduct
from avwap_cli.use_cases.trading_day import real_only
from avwap_cli.wiring.desk import Desk

TIDY = "tidy"


def tidy(desk: Desk, *, dry_run: bool) -> Outcome:
    """Pack old sessions and purge the detail of older ones.

    Raises:
        UsageError: the time is not the real one.
        LedgerError: a ledger cannot be read, so nobody knows what is held.
    """
    from avwap_cli.stages.tidy import run_tidy
    from avwap_cli.wiring.home_care import every_book, tidy_ports

    real_only(desk, dry_run=dry_run)
    session = playbook.current_session(desk.clock.now())

    def work() -> Outcome:
        rule = desk.config.retention
        return run_tidy(tidy_ports(desk), every_book(desk), rule, dry_run=dry_run)

    return conduct(desk, TIDY, session, work, writes=not dry_run, records=False)


def doctor(desk: Desk, *, offline: bool) -> Outcome:
    """Look at everything that a day may fail of; changes nothing, and raises nothing foreseen."""
    from avwap_cli.stages.doctor import run_doctor
    from avwap_cli.use_cases.evening import program_path
    from avwap_cli.wiring.doctor_questions import moment, questions

    now = moment(desk, offline=offline)
    session = playbook.current_session(now)
    return run_doctor(questions(desk, program_path(), now), session, offline=offline)
