"""What a doctor says of keys, account and ledgers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from avwap_cli.review.operations import account_checkups
from avwap_cli.review.operations.checkups import Check

KEY, SECRET = "PKABCDEFGHIJKLMNOP", "s" * 40


def states(*found: Check) -> list[str]:
    return [str(check.state) for check in found]


def test_a_blocked_account_is_found() -> None:
    flags = {"status": "ACTIVE", "trading_blocked": True, "shorting_enabled": False,
             "pattern_day_trader": True}  # fmt: skip
    found = account_checkups.account(flags, Decimal(9000), Decimal(1), shorts=True)
    assert [(str(c.state), c.measured.split(":")[0]) for c in found] == [
        ("fail", "trading_blocked is set"),
        ("warn", "a pattern day trader with 9,000 USD"),
        ("warn", "shorting is not enabled, and strategies sell short"),
        ("warn", "a cash account"),
    ]
    assert all(check.fix for check in found)


def test_live_money_is_named_beside_what_is_wrong_with_it() -> None:
    flags = {"status": "ACTIVE", "account_blocked": True}
    blocked, live = account_checkups.account(flags, Decimal(10), Decimal(2), False, "123456789")
    assert states(blocked, live) == ["fail", "ok"]
    assert live.measured == "live money: 123456789 answers, as the environment says"


def test_no_keys_are_a_fault_only_of_a_home_that_trades() -> None:
    assert states(*account_checkups.keys("", "", "paper", needed=False)) == ["skipped"]
    assert states(*account_checkups.keys("", "", "paper")) == ["fail"]
    assert states(*account_checkups.keys(KEY, "", "paper", needed=False)) == ["fail"]
    assert states(*account_checkups.keys(KEY, SECRET, "paper", needed=False)) == ["ok"]


def test_answers_without_a_date_tell_nothing_of_the_clock() -> None:
    dates = [account_checkups.answer_date(ahead, 3.0) for ahead in (None, -3.0, 3.5)]
    assert states(*dates) == ["skipped", "ok", "fail"]


def test_a_halt_says_how_it_is_lifted() -> None:
    assert account_checkups.halt(None, by_file=False).state == "ok"
    assert account_checkups.halt("flatten", by_file=False).fix == "`avwap resume` lifts it"
    assert account_checkups.halt("flatten", by_file=True).fix.startswith("remove the file HALT")


def test_a_backup_ages_by_sessions() -> None:
    friday, last = date(2026, 11, 20), date(2026, 11, 20)
    days = (friday, date(2026, 11, 19), date(2026, 11, 18), date(2026, 11, 12), None)
    found = [account_checkups.backup("PA1", day, last) for day in days]
    assert states(*found) == ["ok", "ok", "warn", "fail", "warn"]
