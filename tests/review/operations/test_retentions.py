"""Retentions: days are counted after the session, and the newest stay."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from old_sessions import NEWEST, OLD

from avwap_cli.review.operations.retentions import HELD, NEW, Retention, summary, tidy_plan

RULE = Retention(30, 90)


def test_the_newest_stay_however_old() -> None:
    plan = tidy_plan(NEWEST, (), (), date(2030, 1, 1), RULE)
    assert (plan.pack, plan.purge) == ((), ())
    assert set(plan.stays.values()) == {NEW}


@pytest.mark.parametrize(
    ("days", "packed", "purged"), [(30, 0, 0), (31, 1, 0), (90, 1, 0), (91, 1, 1)]
)
def test_the_rule_counts_days_after_the_session(days: int, packed: int, purged: int) -> None:
    plan = tidy_plan((OLD, *NEWEST), (), (), OLD + timedelta(days=days), RULE)
    assert (len(plan.pack), len(plan.purge)) == (packed, purged)


def test_what_is_held_stays_and_a_packed_session_needs_no_reason() -> None:
    today = OLD + timedelta(days=100)
    plan = tidy_plan((OLD, *NEWEST), (), (OLD,), today, RULE)
    assert (plan.pack, plan.purge) == ((), ())
    assert plan.stays[OLD] == HELD
    assert OLD not in tidy_plan(NEWEST, (OLD,), (OLD,), today, RULE).stays


def test_a_packed_session_is_purged_and_not_packed_again() -> None:
    plan = tidy_plan(NEWEST, (OLD,), (), OLD + timedelta(days=91), RULE)
    assert (plan.pack, plan.purge) == ((), (OLD,))


def test_a_summary_adds_to_an_earlier_one_and_keeps_what_it_said() -> None:
    before = {
        "schema": "avwap.summary/1.0", "regime": "RANGING", "removed": [{"name": "scan.json"}],
    }  # fmt: skip
    after = summary(OLD, {"summary.json": before}, [{"name": "report.html"}])
    assert after == {
        "regime": "RANGING", "removed": [{"name": "report.html"}, {"name": "scan.json"}],
    }  # fmt: skip


def test_a_summary_of_documents_of_another_shape_says_nothing_wrong() -> None:
    odd = {"scan.json": {"regime": "RANGING", "candidates": [3, {"symbol": 7}]}}
    told = summary(OLD, {**odd, "entries.json": {"orders": {}}}, [])
    assert (told["regime"], told["entries"], told["exits"]) == (None, 0, 0)
    assert told["candidates"] == [{"symbol": None, "strategy": None, "direction": None}]
