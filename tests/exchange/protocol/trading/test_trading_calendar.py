"""Clock and calendar: they follow virtual time, half days and holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from alpaca.trading.models import Calendar, Clock
from rest_calls import Calls

from avwap_cli.exchange.instants import instant
from avwap_cli.exchange.protocol.trading.calendar import clock_document, settlement_of
from avwap_cli.market.sessions import EASTERN


def clock_at(text: str) -> dict[str, object]:
    return clock_document(instant(datetime.fromisoformat(text).replace(tzinfo=EASTERN)))


@pytest.mark.parametrize(
    ("at", "is_open", "next_open", "next_close"),
    [
        ("2026-11-23T09:29:59.999999", False, "2026-11-23T09:30", "2026-11-23T16:00"),
        ("2026-11-23T09:30:00", True, "2026-11-24T09:30", "2026-11-23T16:00"),
        ("2026-11-23T15:59:59", True, "2026-11-24T09:30", "2026-11-23T16:00"),
        ("2026-11-23T16:00:00", False, "2026-11-24T09:30", "2026-11-24T16:00"),
        ("2026-11-25T20:00:00", False, "2026-11-27T09:30", "2026-11-27T13:00"),
        ("2026-11-27T12:59:59", True, "2026-11-30T09:30", "2026-11-27T13:00"),
        ("2026-11-27T13:00:00", False, "2026-11-30T09:30", "2026-11-30T16:00"),
        ("2026-11-28T12:00:00", False, "2026-11-30T09:30", "2026-11-30T16:00"),
    ],
)
def test_the_clock(at, is_open, next_open, next_close):
    assert clock_at(at) == {
        "timestamp": f"{at}-05:00",
        "is_open": is_open,
        "next_open": f"{next_open}:00-05:00",
        "next_close": f"{next_close}:00-05:00",
    }


def test_offsets_change_with_daylight_saving():
    clock = clock_at("2026-10-30T17:00:00")
    assert clock["timestamp"] == "2026-10-30T17:00:00-04:00"
    assert clock["next_open"] == "2026-11-02T09:30:00-05:00"


def test_the_clock_steps_with_the_exchange(open_exchange):
    calls = Calls(open_exchange("09:25"))
    assert calls.get("/v2/clock")["is_open"] is False
    calls.exchange.step(301)
    clock = Clock(**calls.get("/v2/clock"))
    assert clock.is_open is True
    assert clock.timestamp == datetime(2026, 11, 23, 14, 30, 1, tzinfo=UTC)


@pytest.fixture
def calls(open_exchange):
    return Calls(open_exchange())


def test_calendar_days(calls):
    days = calls.get("/v2/calendar?start=2026-11-25&end=2026-11-30")
    assert days == [
        {
            "date": "2026-11-25",
            "open": "09:30",
            "close": "16:00",
            "session_open": "0400",
            "session_close": "2000",
            "settlement_date": "2026-11-27",
        },
        {
            "date": "2026-11-27",
            "open": "09:30",
            "close": "13:00",
            "session_open": "0400",
            "session_close": "1700",
            "settlement_date": "2026-11-30",
        },
        {
            "date": "2026-11-30",
            "open": "09:30",
            "close": "16:00",
            "session_open": "0400",
            "session_close": "2000",
            "settlement_date": "2026-12-01",
        },
    ]
    assert Calendar(**days[1]).close.hour == 13


def test_the_whole_calendar_ends_in_2029(calls):
    days = calls.get("/v2/calendar")
    assert days[0]["date"] == "1990-01-02"
    assert days[-1]["date"] == "2029-12-31"


@pytest.mark.parametrize(
    "query",
    ["start=2026-12-02&end=2026-12-01", "end=1980-01-01", "start=2035-01-01", "start=9999-12-31"],
)
def test_nothing_in_the_range_is_an_empty_list(calls, query):
    assert calls.get(f"/v2/calendar?{query}") == []


def test_by_settlement_date(calls):
    query = "start=2026-11-27&end=2026-11-30&date_type=SETTLEMENT"
    assert [day["date"] for day in calls.get(f"/v2/calendar?{query}")] == [
        "2026-11-25",
        "2026-11-27",
    ]


@pytest.mark.parametrize("query", ["start=today", "end=2026-02-30", "date_type=settlement"])
def test_wrong_questions_are_refused(calls, query):
    assert calls.refusal("GET", f"/v2/calendar?{query}")[:2] == (422, 40010001)


@pytest.mark.parametrize(
    ("traded", "settled"),
    [
        (date(2017, 9, 1), date(2017, 9, 7)),
        (date(2017, 9, 5), date(2017, 9, 7)),
        (date(2024, 5, 24), date(2024, 5, 29)),
        (date(2024, 5, 28), date(2024, 5, 29)),
    ],
)
def test_trades_settle_ever_sooner(traded, settled):
    assert settlement_of(traded) == settled
