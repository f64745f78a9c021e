"""The playbook's windows follow the exchange."""

from __future__ import annotations

import itertools
import time as host_time
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

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

SESSIONS, HALF_DAYS = 4021, 34  # of 2015 to 2030


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN)


# exchange_calendars has yet to follow a change of pandas
pytestmark = pytest.mark.filterwarnings("ignore:Series.values")


@pytest.fixture(scope="module")
def calendar() -> Any:
    return exchange_calendars.get_calendar("XNYS", start="2014-12-01", end="2030-12-31")


def clock(day: date, hours: int, minutes: int) -> datetime:
    """That New York wall time, by plain arithmetic from the date."""
    return datetime.combine(day, time(hours, minutes), EASTERN)


# Name, opening and end: wall times, or minutes from that session's close.
DAY = [
    ("gapfilter", (9, 25), (9, 29)),
    ("enter-moo", (9, 26), (10, 0)),
    ("monitor", (9, 28), 10),
    ("enter-confirm", (9, 45), (10, 0)),
    ("enter-boh", (9, 50), -30),
    ("report", 15, (20, 0)),
]
YEARS = slice("2015-01-01", "2030-12-31")


def test_the_stages_stand_in_the_order_of_the_day() -> None:
    assert [s.name for s in STAGES] == [name for name, *_ in (*EVENING, *DAY)]


@pytest.mark.parametrize(("name", "start"), EVENING)
def test_windows_of_the_evening_follow_the_exchange_for_each_session(
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


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Tokyo"])
@pytest.mark.parametrize(("name", "start", "end"), DAY)
def test_windows_of_the_day_follow_the_exchange_from_every_zone(
    name: str,
    start: tuple[int, int] | int,
    end: tuple[int, int] | int,
    zone: str,
    calendar: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The host's zone changes nothing, and a wall clock there sees the same instants."""
    monkeypatch.setenv("TZ", zone)
    host_time.tzset()
    host, seen, short = ZoneInfo(zone), 0, 0
    try:
        for day, close in calendar.closes.loc[YEARS].items():
            closing = close.to_pydatetime()
            edges = [
                closing + timedelta(minutes=edge)
                if isinstance(edge, int)
                else clock(day.date(), *edge)
                for edge in (start, end)
            ]
            opens, closes = playbook.windows(name, day.date())
            assert [opens.astimezone(UTC), closes.astimezone(UTC)] == [
                edge.astimezone(UTC) for edge in edges
            ]
            inside = (edges[0] + (edges[1] - edges[0]) / 2).astimezone(host)
            assert playbook.turn(name, inside) == day.date()
            assert playbook.turn(name, edges[1].astimezone(host)) is None
            assert opens <= playbook.stage(name).expected_by.on(day.date()) <= closes
            seen += 1
            short += closing.astimezone(EASTERN).hour < 16
    finally:
        monkeypatch.undo()
        host_time.tzset()
    assert (seen, short) == (SESSIONS, HALF_DAYS)


@pytest.mark.parametrize(
    ("now", "about"),
    [
        ("2024-03-08T15:59", "2024-03-08"),
        ("2024-03-08T18:29", "2024-03-08"),
        ("2024-03-08T18:30", "2024-03-11"),
        ("2024-11-29T13:20", "2024-11-29"),
        ("2024-11-28T12:00", "2024-11-29"),
    ],
)
def test_a_day_lasts_until_the_next_evening_begins(now: str, about: str) -> None:
    assert playbook.current_session(at(now)) == date.fromisoformat(about)


def test_a_stage_says_what_is_typed_for_it() -> None:
    assert playbook.stage("enter-boh").command == "enter --group boh"
    assert playbook.stage("refresh-cache").words == ("refresh-cache",)


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


def test_every_artifact_has_one_producer() -> None:
    names = [a.name for s in STAGES if not s.group for a in s.writes]
    assert len(names) == len(set(names))
    assert {a.name for s in STAGES if s.group for a in s.writes} == {"entries.json"}
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
