"""agenda tells the session's windows by the exchange's calendar."""

from __future__ import annotations

from datetime import date, datetime

from avwap_cli import playbook
from avwap_cli.market.sessions import EASTERN
from avwap_cli.stages.operations.agenda import Telling, agenda

HALF_DAY = date(2024, 11, 29)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN)


def test_a_half_day_is_told_and_its_windows_end_early() -> None:
    told = agenda(at("2024-11-29T10:00"))
    assert told.trade_session == HALF_DAY
    assert told.summary == "a half day: open 09:30, close 13:00 ET"
    rows = {row["stage"]: row for row in told.body["stages"]}
    assert rows["monitor"]["closes"] == "2024-11-29T13:10:00-05:00"
    assert rows["enter-boh"]["closes"] == "2024-11-29T12:30:00-05:00"
    assert rows["report"]["opens"] == "2024-11-29T13:15:00-05:00"
    assert rows["scan"]["opens"] == "2024-11-27T20:00:00-05:00", "the evening before Thanksgiving"


def test_every_stage_is_over_now_or_later() -> None:
    told = agenda(at("2024-11-29T10:00"))
    when = {row["stage"]: row["when"] for row in told.body["stages"]}
    assert [when[n] for n in ("gapfilter", "monitor", "report")] == ["over", "now", "later"]
    assert list(when) == [stage.name for stage in playbook.STAGES]
    commands = [row["command"] for row in told.body["stages"]]
    assert "avwap enter --group confirm" in commands


def test_the_evening_shows_the_next_session_and_any_can_be_named() -> None:
    assert agenda(at("2024-03-08T17:00")).trade_session == date(2024, 3, 8)
    assert agenda(at("2024-03-08T18:30")).trade_session == date(2024, 3, 11)
    named = agenda(at("2024-03-08T17:00"), HALF_DAY)
    assert {row["when"] for row in named.body["stages"]} == {"later"}


def test_what_the_report_and_the_alerts_add_is_told() -> None:
    plain = {r["stage"]: r["also"] for r in agenda(at("2024-03-08T17:00")).body["stages"]}
    assert plain["report"] == ["a copy of the ledger"]
    assert plain["scan"] == []
    telling = Telling(digests=True, pings=frozenset({"scan"}))
    told = agenda(at("2024-03-08T17:00"), None, telling).body["stages"]
    rows = {r["stage"]: r["also"] for r in told}
    assert rows["scan"] == ["a digest as it ends", "a heartbeat"]
    assert rows["report"] == ["a copy of the ledger", "a digest as it ends"]
