"""What a doctor says of sessions' files, lists, bars and report dates."""

from __future__ import annotations

from datetime import date, timedelta

from avwap_cli.errors import InputError
from avwap_cli.review.operations import evening_checkups
from avwap_cli.review.operations.checkups import age

TODAY = date(2026, 11, 20)  # a Friday


def test_coverage_and_ages_have_two_limits() -> None:
    shares = [evening_checkups.coverage(n, 100, 0.9, 0.95) for n in (95, 94, 90, 89, 0)]
    assert [str(check.state) for check in shares] == ["ok", "warn", "warn", "fail", "fail"]
    assert str(evening_checkups.coverage(0, 0, 0.9, 0.95).state) == "fail"
    ages = [str(age("x", n, "it", "do", few=1, many=5).state) for n in (0, 1, 2, 5, 6)]
    assert ages == ["ok", "ok", "warn", "warn", "fail"]
    known = [TODAY - timedelta(days=n) for n in (4, 5, 15)]
    old = [evening_checkups.earnings(day, TODAY, 0, 9).state for day in known]
    assert [str(state) for state in old] == ["ok", "warn", "fail"]


def test_a_universe_is_as_old_as_the_sessions_since() -> None:
    days = [date(2026, 11, day) for day in (20, 19, 18, 12)]
    found = [evening_checkups.universe(day, TODAY, 10) for day in days]
    assert [str(check.state) for check in found] == ["ok", "ok", "warn", "fail"]
    assert found[3].measured == "the universe is 6 sessions old"
    none = evening_checkups.universe(None, TODAY, 10)
    assert (str(none.state), none.measured) == ("fail", "none in the last 10 sessions")


def test_each_file_that_cannot_be_read_is_told() -> None:
    broken = [InputError("scan.json is torn", "scan again"), InputError("no rows", "")]
    told = evening_checkups.artifacts(7, broken, 2)
    assert [(check.measured, check.fix) for check in told] == [
        ("scan.json is torn", "scan again"), ("no rows", ""),
    ]  # fmt: skip
    (well,) = evening_checkups.artifacts(7, [], 2)
    assert well.measured == "7 files of the last 2 sessions can be read"
