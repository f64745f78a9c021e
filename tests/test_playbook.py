"""The playbook's windows follow the exchange."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time
from typing import Any

import exchange_calendars
import pytest

from avwap_cli import playbook
from avwap_cli.errors import UsageError
from avwap_cli.market.sessions import EASTERN
from avwap_cli.playbook import STAGES, Day, Moment

EVENING = [
    ("universe", time(18, 30)),
    ("refresh-cache", time(19, 0)),
    ("scan", time(20, 0)),
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN)


# exchange_calendars has yet to follow a change of pandas
pytestmark = pytest.mark.filterwarnings("ignore:Series.values")


@pytest.fixture(scope="module")
def calendar() -> Any:
    return exchange_calendars.get_calendar("XNYS", start="2014-12-01", end="2030-12-31")


def test_the_stages_stand_in_the_order_of_the_evening() -> None:
    assert [s.name for s in STAGES] == [name for name, _ in EVENING]


@pytest.mark.parametrize(("name", "start"), EVENING)
def test_windows_follow_the_exchange_for_each_session(
    name: str, start: time, calendar: Any
) -> None:
    days = [at.date() for at in calendar.sessions]
    for as_of, trade in itertools.pairwise(days):
        if trade.year < 2015:
            continue
        opens, closes = playbook.windows(name, trade)
        assert opens.replace(tzinfo=None) == datetime.combine(as_of, start)
        assert closes.replace(tzinfo=None) == datetime.combine(trade, time(9, 20))
        assert opens < playbook.stage(name).expected_by.on(trade) < closes


def test_a_moment_told_from_the_close_follows_half_days(calendar: Any) -> None:
    report = Moment(Day.TRADE, None, 15)
    boh = Moment(Day.TRADE, None, -30)
    for day, close in calendar.closes.loc["2015-01-01":].items():
        after = report.on(day.date()).astimezone(UTC) - close.to_pydatetime()
        before = close.to_pydatetime() - boh.on(day.date()).astimezone(UTC)
        assert after.total_seconds() == 900
        assert before.total_seconds() == 1800


def test_one_evening_spans_a_long_weekend() -> None:
    trade = date(2024, 4, 1)  # Good Friday before it
    opens, closes = playbook.windows("scan", trade)
    assert (opens, closes) == (at("2024-03-28T20:00"), at("2024-04-01T09:20"))
    assert playbook.is_open("scan", trade, at("2024-03-31T03:00"))


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2024-03-07T19:59:59", False),
        ("2024-03-07T20:00:00", True),
        ("2024-03-08T09:19:59", True),
        ("2024-03-08T09:20:00", False),
    ],
)
def test_a_window_holds_its_start_and_not_its_end(now: str, is_open: bool) -> None:
    assert playbook.is_open("scan", date(2024, 3, 8), at(now)) is is_open


def test_overdue_begins_when_it_was_expected() -> None:
    trade = date(2024, 3, 8)
    assert not playbook.is_overdue("refresh-cache", trade, at("2024-03-07T22:59:59"))
    assert playbook.is_overdue("refresh-cache", trade, at("2024-03-07T23:00:00"))


def test_every_artifact_has_one_producer() -> None:
    names = [a.name for s in STAGES for a in s.writes]
    assert len(names) == len(set(names))
    producer = playbook.producer("scan.json")
    assert producer is not None
    assert producer.name == "scan"
    assert playbook.producer("nothing.json") is None
    assert playbook.schema_of("cache.json") == "avwap.cache/1.0"
    assert playbook.schema_of("tradingview_watchlist.txt") is None


def test_what_a_stage_reads_of_the_session_was_written_before_it() -> None:
    written: set[str] = set()
    for stage in STAGES:
        files = {name for name in stage.reads if name.endswith((".json", ".csv"))}
        assert files <= written
        written |= {a.name for a in stage.writes}


def test_an_unknown_stage_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="refresh-cache"):
        playbook.stage("refresh")
