"""Yahoo's report dates: what each kind of answer does to the cache, and what is asked when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from yfinance.exceptions import YFRateLimitError

from avwap_cli.adapters.earnings.earnings_cache import read_entries
from avwap_cli.adapters.earnings.yfinance_earnings import FILE, YfinanceEarnings
from avwap_cli.adapters.progress import SilentProgress
from avwap_cli.errors import DamagedInput, SchemaMismatch
from avwap_cli.market.earnings import EarningsDates, Timing
from avwap_cli.settings import EarningsSettings

NEW_YORK = ZoneInfo("America/New_York")
EVENING = datetime(2024, 3, 7, 20, 15, tzinfo=NEW_YORK)
SETTINGS = EarningsSettings(
    provider="yfinance", file="", ttl_hours=24, ttl_near_hours=6, near_days=7, budget_s=900.0
)
SILENT = SilentProgress()


def frame(*stamps: str, zone: str | None = "America/New_York") -> pd.DataFrame:
    """A frame like yfinance's: report times as index, newest first."""
    index = pd.DatetimeIndex([pd.Timestamp(s) for s in stamps], name="Earnings Date")
    if zone:
        index = index.tz_localize(zone)
    return pd.DataFrame({"EPS Estimate": np.nan}, index=index)


@dataclass
class Yahoo:
    """Answers per ticker; an exception is raised; an absent ticker has no table."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, ticker: str) -> Any:
        self.asked.append(ticker)
        answer = self.answers.get(ticker)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def yahoo() -> Yahoo:
    return Yahoo()


@pytest.fixture
def earnings(tmp_path: Path, yahoo: Yahoo) -> YfinanceEarnings:
    return YfinanceEarnings(tmp_path / "earnings", SETTINGS, yahoo, lambda: 0.0)


def listed(table: EarningsDates) -> list[tuple[str, str, Timing]]:
    return [
        (table.symbols[s], str(d), Timing(t))
        for s, d, t in zip(table.symbol, table.day, table.timing, strict=True)
    ]


def test_answers_become_dates_with_their_timing(earnings: YfinanceEarnings, yahoo: Yahoo) -> None:
    yahoo.answers = {
        "BRK-B": frame("2024-05-04 08:00", "2024-02-24 16:00"),
        "AAPL": frame("2024-05-02 16:30", "2024-02-01 09:30", "2024-01-31 00:00"),
    }
    counts = earnings.refresh(["AAPL", "BRK.B"], EVENING, SILENT)
    assert yahoo.asked == ["AAPL", "BRK-B"]
    assert counts == {"fresh": 0, "known": 2, "left": 0, "unknown": 0}
    table = earnings.dates(["BRK.B", "AAPL", "ZZZ"])
    assert listed(table) == [
        ("AAPL", "2024-01-31", Timing.UNKNOWN),
        ("AAPL", "2024-02-01", Timing.UNKNOWN),
        ("AAPL", "2024-05-02", Timing.AFTER_CLOSE),
        ("BRK.B", "2024-02-24", Timing.AFTER_CLOSE),
        ("BRK.B", "2024-05-04", Timing.BEFORE_OPEN),
    ]
    assert table.known == date(2024, 3, 7)
    assert earnings.dates(["AAPL"]).symbols == ("AAPL",)


@pytest.mark.parametrize(
    ("zone", "stamp", "day"),
    [
        ("America/New_York", "2024-05-02 20:00", "2024-05-02"),
        ("UTC", "2024-05-03 01:00", "2024-05-02"),
        ("Asia/Tokyo", "2024-05-03 09:00", "2024-05-02"),
        (None, "2024-05-02 20:00", "2024-05-02"),
    ],
)
def test_the_date_is_new_yorks(
    earnings: YfinanceEarnings, yahoo: Yahoo, monkeypatch: pytest.MonkeyPatch,
    zone: str | None, stamp: str, day: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    yahoo.answers = {"A": frame(stamp, zone=zone)}
    earnings.refresh(["A"], EVENING, SILENT)
    assert listed(earnings.dates(["A"])) == [("A", day, Timing.AFTER_CLOSE)]


def test_empty_and_no_table_and_failure_are_three_things(
    earnings: YfinanceEarnings, yahoo: Yahoo
) -> None:
    yahoo.answers = {"EMPTY": frame(), "FAILS": OSError("reset"), "ODD": KeyError("Symbol")}
    counts = earnings.refresh(["EMPTY", "FAILS", "NONE", "ODD"], EVENING, SILENT)
    assert counts == {
        "empty": 1, "failed": 2, "fresh": 0, "left": 0, "unanswered": 1, "unknown": 4,
    }  # fmt: skip
    assert len(earnings.dates(["EMPTY", "FAILS", "NONE", "ODD"])) == 0
    # What failed is due at once, what was answered is not.
    yahoo.asked.clear()
    earnings.refresh(["EMPTY", "FAILS", "NONE", "ODD"], EVENING + timedelta(hours=1), SILENT)
    assert yahoo.asked == ["FAILS", "ODD"]


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (OSError("reset"), ["2023-11-01", "2024-02-01", "2024-05-02"]),
        (None, ["2023-11-01", "2024-02-01", "2024-05-02"]),
        (frame(), ["2023-11-01", "2024-02-01"]),
        (frame("2024-05-09 16:00", "2024-02-01 16:00"), ["2023-11-01", "2024-02-01", "2024-05-09"]),
        (frame("2024-05-02 16:00"), ["2023-11-01", "2024-02-01", "2024-05-02"]),
        (frame("2024-05-20 16:00"), ["2023-11-01", "2024-02-01", "2024-05-20"]),
    ],
)
def test_what_a_later_answer_leaves_of_the_old_entry(
    earnings: YfinanceEarnings, yahoo: Yahoo, answer: Any, left: list[str]
) -> None:
    yahoo.answers = {"A": frame("2024-05-02 16:00", "2024-02-01 16:00", "2023-11-01 16:00")}
    earnings.refresh(["A"], EVENING, SILENT)
    yahoo.answers = {"A": answer}
    earnings.refresh(["A"], EVENING + timedelta(hours=25), SILENT)
    assert [day for _, day, _ in listed(earnings.dates(["A"]))] == left


@pytest.mark.parametrize(
    ("day", "hours", "due"),
    [
        ("2024-05-02", 23.9, False),
        ("2024-05-02", 24.0, True),
        ("2024-03-14", 5.9, False),
        ("2024-03-14", 6.0, True),
        ("2024-03-01", 6.0, True),
        ("2024-02-28", 6.0, False),
        ("2024-03-16", 6.0, False),
    ],
)
def test_time_to_live_is_shorter_near_a_date(
    earnings: YfinanceEarnings, yahoo: Yahoo, day: str, hours: float, due: bool
) -> None:
    noon = datetime(2024, 3, 7, 12, 0, tzinfo=NEW_YORK)
    yahoo.answers = {"A": frame(f"{day} 16:00")}
    earnings.refresh(["A"], noon, SILENT)
    yahoo.asked.clear()
    counts = earnings.refresh(["A"], noon + timedelta(hours=hours), SILENT)
    assert (yahoo.asked == ["A"]) is due
    assert counts["fresh"] == (0 if due else 1)


def test_the_rate_limit_stops_politely_and_the_next_run_goes_on(
    earnings: YfinanceEarnings, yahoo: Yahoo
) -> None:
    yahoo.answers = {"A": frame("2024-05-02 16:00"), "B": YFRateLimitError()}
    counts = earnings.refresh(["A", "B", "C"], EVENING, SILENT)
    assert yahoo.asked == ["A", "B"]
    assert counts == {
        "fresh": 0, "known": 1, "left": 2, "rate_limited": 1, "unknown": 2,
    }  # fmt: skip
    yahoo.asked.clear()
    yahoo.answers["B"] = frame("2024-05-03 16:00")
    earnings.refresh(["A", "B", "C"], EVENING, SILENT)
    assert yahoo.asked == ["B", "C"]


def ticking() -> Callable[[], float]:
    """A clock that moves 400 s at each look."""
    looks = iter(range(0, 400 * 100, 400))
    return lambda: float(next(looks))


def test_the_budget_ends_a_run_and_what_was_fetched_is_kept(tmp_path: Path, yahoo: Yahoo) -> None:
    yahoo.answers = {name: frame("2024-05-02 16:00") for name in "ABCDE"}
    earnings = YfinanceEarnings(tmp_path, SETTINGS, yahoo, ticking())
    counts = earnings.refresh(list("ABCDE"), EVENING, SILENT)
    assert counts == {"fresh": 0, "known": 2, "left": 3, "unknown": 3}
    assert earnings.dates(list("ABCDE")).symbols == ("A", "B")


def test_an_interrupted_run_keeps_what_it_has(earnings: YfinanceEarnings, yahoo: Yahoo) -> None:
    yahoo.answers = {"A": frame("2024-05-02 16:00")}

    def interrupted(ticker: str) -> Any:
        if ticker == "B":
            raise KeyboardInterrupt
        return yahoo(ticker)

    stopped = YfinanceEarnings(earnings.folder, SETTINGS, interrupted, lambda: 0.0)
    with pytest.raises(KeyboardInterrupt):
        stopped.refresh(["A", "B"], EVENING, SILENT)
    assert earnings.dates(["A", "B"]).symbols == ("A",)


def test_an_outage_is_not_asked_about_two_thousand_times(
    earnings: YfinanceEarnings, yahoo: Yahoo
) -> None:
    names = [f"T{n}" for n in range(100)]
    yahoo.answers = {name: OSError("no route") for name in names}
    counts = earnings.refresh(names, EVENING, SILENT)
    assert len(yahoo.asked) == 20
    assert (counts["failed"], counts["left"], counts["unknown"]) == (20, 80, 100)


def test_the_most_urgent_first(earnings: YfinanceEarnings, yahoo: Yahoo) -> None:
    yahoo.answers = {
        "FAR": frame("2024-05-02 16:00"),
        "NEAR": frame("2024-03-10 16:00"),
        "OLD": frame("2024-05-02 16:00"),
    }
    earnings.refresh(["OLD"], EVENING - timedelta(hours=5), SILENT)
    earnings.refresh(["FAR", "NEAR"], EVENING, SILENT)
    yahoo.asked.clear()
    earnings.refresh(["FAR", "NEAR", "OLD", "ZNEW"], EVENING + timedelta(hours=30), SILENT)
    assert yahoo.asked == ["ZNEW", "NEAR", "OLD", "FAR"]


def test_a_second_run_writes_nothing(earnings: YfinanceEarnings, yahoo: Yahoo) -> None:
    yahoo.answers = {"A": frame("2024-05-02 16:00")}
    earnings.refresh(["A"], EVENING, SILENT)
    path = earnings.folder / FILE
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    earnings.refresh(["A"], EVENING, SILENT)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


DAMAGED = [
    "", "not json", "[]", '{"schema": 1}', '{"schema": "avwap.earnings/1.0"}',
    '{"schema": "avwap.earnings/1.0", "entries": {"../A": {"tried": "2024-03-07T20:00:00-05:00",'
    ' "answered": null, "answer": "empty", "days": [], "timing": []}}}',
    '{"schema": "avwap.earnings/1.0", "entries": {"A": {"tried": "2024-03-07T20:00:00-05:00",'
    ' "answered": null, "answer": "known", "days": ["=1"], "timing": [0]}}}',
    '{"schema": "avwap.earnings/1.0", "entries": {"A": {"tried": "2024-03-07T20:00:00-05:00",'
    ' "answered": null, "answer": "known", "days": [20240230], "timing": [0]}}}',
    "[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_cache_is_named_and_put_aside_by_the_next_refresh(
    earnings: YfinanceEarnings, yahoo: Yahoo, text: str
) -> None:
    path = earnings.folder / FILE
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DamagedInput, match=FILE):
        earnings.dates(["A"])
    yahoo.answers = {"A": frame("2024-05-02 16:00")}
    counts = earnings.refresh(["A"], EVENING, SILENT)
    assert (counts["damaged_cache"], counts["known"]) == (1, 1)
    assert len(earnings.dates(["A"])) == 1
    assert path.with_suffix(".damaged").read_text(encoding="utf-8") == text


def test_a_cache_of_a_newer_program_is_refused(earnings: YfinanceEarnings) -> None:
    path = earnings.folder / FILE
    path.parent.mkdir()
    path.write_text('{"schema": "avwap.earnings/2.0"}', encoding="utf-8")
    with pytest.raises(SchemaMismatch, match=r"avwap\.earnings/2\.0"):
        read_entries(path)


def test_without_a_cache_nothing_is_known(earnings: YfinanceEarnings) -> None:
    table = earnings.dates(["A"])
    assert (len(table), table.symbols, table.known) == (0, (), date.min)
