"""Sessions against exchange_calendars, which the table was made from but the code does not use."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import exchange_calendars
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.errors import InputError, UsageError
from avwap_cli.market import sessions
from avwap_cli.market.sessions import EASTERN

ROOT = Path(__file__).parents[2]
FIRST, LAST = date(1990, 1, 1), date(2035, 12, 31)
days = st.dates(min_value=date(1991, 1, 1), max_value=date(2034, 12, 31))

# exchange_calendars has yet to follow a change of pandas
pytestmark = pytest.mark.filterwarnings("ignore:Series.values")


@pytest.fixture(scope="module")
def oracle() -> Any:
    return exchange_calendars.get_calendar("XNYS", start="1990-01-01", end="2035-12-31")


def test_sessions_equal_exchange_calendars(oracle: Any) -> None:
    assert sessions.sessions_between(FIRST, LAST) == [at.date() for at in oracle.sessions]


def test_opens_and_closes_equal_exchange_calendars(oracle: Any) -> None:
    for at, opened, closed in zip(oracle.sessions, oracle.opens, oracle.closes, strict=True):
        day = at.date()
        assert sessions.opens_at(day).astimezone(UTC) == opened.to_pydatetime(), day
        assert sessions.closes_at(day).astimezone(UTC) == closed.to_pydatetime(), day


def test_half_days_equal_exchange_calendars(oracle: Any) -> None:
    ours = {d for d in sessions.sessions_between(FIRST, LAST) if sessions.is_half_day(d)}
    assert ours == {at.date() for at in oracle.early_closes}


def test_the_shipped_table_is_what_the_script_makes() -> None:
    path = ROOT / "scripts" / "make_xnys_table.py"
    spec = importlib.util.spec_from_file_location("make_xnys_table", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.TABLE.read_text(encoding="utf-8") == script.render()


@pytest.mark.parametrize(
    ("day", "close"),
    [
        (date(2024, 11, 29), "13:00"),
        (date(2019, 12, 24), "13:00"),
        (date(2025, 7, 3), "13:00"),
        (date(2024, 12, 24), "13:00"),
        (date(1992, 11, 27), "14:00"),
        (date(2024, 3, 8), "16:00"),
    ],
)
def test_closes_known_from_the_exchange(day: date, close: str) -> None:
    assert f"{sessions.closes_at(day):%H:%M}" == close


@pytest.mark.parametrize(
    "day",
    [
        date(2001, 9, 11),  # attacks of 11 September, closed for the rest of the week
        date(2012, 10, 29),  # hurricane Sandy
        date(2018, 12, 5),  # day of mourning
        date(2024, 3, 29),  # Good Friday
        date(2025, 1, 9),  # day of mourning
        date(2022, 6, 20),  # Juneteenth observed
        date(2024, 3, 9),  # a Saturday
    ],
)
def test_closed_days_known_from_the_exchange(day: date) -> None:
    assert not sessions.is_session(day)


def test_daylight_saving_moves_the_utc_open_not_the_new_york_open() -> None:
    before, after = date(2024, 3, 8), date(2024, 3, 11)
    assert sessions.opens_at(before).astimezone(UTC).hour == 14
    assert sessions.opens_at(after).astimezone(UTC).hour == 13
    assert sessions.opens_at(before).hour == sessions.opens_at(after).hour == 9


@pytest.mark.parametrize(
    ("now", "as_of", "trade"),
    [
        ("2024-03-07T15:59:59", date(2024, 3, 6), date(2024, 3, 7)),
        ("2024-03-07T16:00:00", date(2024, 3, 7), date(2024, 3, 8)),
        ("2024-03-08T01:00:00", date(2024, 3, 7), date(2024, 3, 8)),
        ("2024-03-08T20:00:00", date(2024, 3, 8), date(2024, 3, 11)),
        ("2024-03-10T02:30:00", date(2024, 3, 8), date(2024, 3, 11)),  # an hour that DST skips
        ("2024-11-29T12:59:59", date(2024, 11, 27), date(2024, 11, 29)),
        ("2024-11-29T13:00:00", date(2024, 11, 29), date(2024, 12, 2)),  # half day
        ("2024-03-28T20:00:00", date(2024, 3, 28), date(2024, 4, 1)),  # before Good Friday
    ],
)
def test_as_of_and_trade_session(now: str, as_of: date, trade: date) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=EASTERN)
    assert sessions.last_completed(at) == as_of
    assert sessions.trade_session_of(at) == trade
    assert sessions.trade_session_of(at.astimezone(UTC)) == trade


def test_any_zone_names_the_same_session() -> None:
    tokyo_morning = datetime.fromisoformat("2024-03-08T07:30+09:00")
    assert sessions.last_completed(tokyo_morning) == date(2024, 3, 7)


@given(days)
def test_next_and_previous_are_the_nearest_sessions(day: date) -> None:
    after, before = sessions.next_session(day), sessions.previous_session(day)
    assert before < day < after
    assert sessions.sessions_between(before, after) == sorted(
        {before, after} | ({day} if sessions.is_session(day) else set())
    )


@given(st.dates(date(1992, 1, 1), date(2034, 1, 1)), st.integers(-260, 260))
def test_offset_is_a_place_in_the_list_of_sessions(day: date, n: int) -> None:
    start = sessions.session_on_or_after(day)
    every = sessions.sessions_between(start - timedelta(days=500), start + timedelta(days=500))
    assert sessions.offset(start, n) == every[every.index(start) + n]


@given(st.dates(date(1993, 1, 1), LAST), st.integers(0, 300))
def test_last_sessions_are_the_tail_of_the_list(day: date, n: int) -> None:
    every = sessions.sessions_between(day - timedelta(days=800), day)
    assert sessions.last_sessions(day, n) == (every[-n:] if n else [])


def test_parse_session_names_the_nearest() -> None:
    assert sessions.parse_session("2024-03-08") == date(2024, 3, 8)
    with pytest.raises(UsageError) as caught:
        sessions.parse_session("2024-03-29")
    assert "2024-03-28" in str(caught.value)
    assert "2024-04-01" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "20240308", "2024-W10-5", "2024-3-8", "2024-02-30", "1950-01-03"]
)
def test_parse_session_refuses_what_is_no_session(text: str) -> None:
    with pytest.raises(UsageError):
        sessions.parse_session(text)


@pytest.mark.parametrize("day", [date(1989, 12, 29), date(2036, 1, 2)])
def test_days_outside_of_the_table_are_refused_by_name(day: date) -> None:
    with pytest.raises(InputError, match="1990-01-01 to 2035-12-31"):
        sessions.is_session(day)
    with pytest.raises(InputError):
        sessions.next_session(LAST)


@pytest.mark.parametrize("of", [sessions.opens_at, sessions.closes_at, sessions.is_half_day])
def test_a_day_without_trading_has_no_open_or_close(of: Any) -> None:
    with pytest.raises(InputError, match="not a session"):
        of(date(2024, 3, 9))


def test_importing_it_loads_no_numpy_and_no_exchange_calendars() -> None:
    code = (
        "import sys, avwap_cli.market.sessions;"
        "print([m for m in ('numpy', 'pandas', 'exchange_calendars') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.strip() == "[]"
