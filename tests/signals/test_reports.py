"""Reports on sessions: weekends, same-day timing, and the last one before t."""

from __future__ import annotations

from datetime import date

import numpy as np

from avwap_cli.market.bars import bar_table
from avwap_cli.market.earnings import EarningsDates, Timing
from avwap_cli.market.panel import build_panel
from avwap_cli.market.sessions import last_sessions, sessions_between
from avwap_cli.signals.reports import Reports, reports

AS_OF = date(2024, 3, 7)
DAYS = np.array(last_sessions(AS_OF, 60), dtype="datetime64[D]")
CALENDAR = np.array(sessions_between(DAYS[0].item(), date(2024, 9, 1)), dtype="datetime64[D]")
ONES = np.ones(60)
PANEL = build_panel(bar_table(["A"] * 60, DAYS, ONES, ONES, ONES, ONES, ONES), DAYS)


def of(*days: str, timing: Timing = Timing.UNKNOWN) -> Reports:
    day = np.array(sorted(days), dtype="datetime64[D]")
    code = np.zeros(len(day), dtype=np.int32)
    timings = np.full(len(day), timing, dtype=np.int8)
    return reports(PANEL, EarningsDates(("A",), code, day, timings, AS_OF), CALENDAR)


def test_distance_counts_sessions_not_days() -> None:
    assert of("2024-03-07").next_in[0] == 0
    assert of("2024-03-08").next_in[0] == 1
    assert of("2024-03-11").next_in[0] == 2
    assert of("2024-03-12", "2024-03-28").next_in[0] == 3


def test_a_weekend_date_counts_as_the_next_session() -> None:
    assert of("2024-03-09").next_in[0] == 2
    assert DAYS[of("2024-02-17").last[0]] == np.datetime64("2024-02-20")


def test_a_report_before_todays_open_is_over() -> None:
    assert np.isnan(of("2024-03-07", timing=Timing.BEFORE_OPEN).next_in[0])
    assert of("2024-03-07", timing=Timing.AFTER_CLOSE).next_in[0] == 0
    assert of("2024-03-08", timing=Timing.BEFORE_OPEN).next_in[0] == 1


def test_unknown_is_not_far_away() -> None:
    assert np.isnan(of("2024-02-01").next_in[0])
    assert np.isnan(of().next_in[0])
    assert of().last[0] == -1


def test_the_last_report_up_to_the_session() -> None:
    seen = of("2023-12-01", "2024-02-01", "2024-05-01")
    assert DAYS[seen.last[0]] == np.datetime64("2024-02-01")
    assert of("2019-01-01").last[0] == -1


def test_other_symbols_do_not_leak() -> None:
    day = np.array(["2024-03-08"], dtype="datetime64[D]")
    other = EarningsDates(("B",), np.zeros(1, np.int32), day, np.zeros(1, np.int8), AS_OF)
    assert np.isnan(reports(PANEL, other, CALENDAR).next_in[0])
