"""Which holdings report before the next session is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest
from held_positions import BATCH, FRI, THU, held

from avwap_cli.market.earnings import EarningsDates, Timing, earnings_dates
from avwap_cli.signals.rules import ScanRules
from avwap_cli.stages.evening.scan import holdings_reporting
from avwap_cli.stages.evening.scan_inputs import ScanRequest

MONDAY = date(2024, 3, 11)
SATURDAY = date(2024, 3, 9)


class Calendar:
    """One report of ABC, and what was asked for."""

    def __init__(self, day: date, timing: Timing) -> None:
        self.known = earnings_dates(
            ["ABC", "XYZ"], [np.datetime64(day)] * 2, THU, [int(timing)] * 2
        )
        self.asked: list[list[str]] = []

    def dates(self, symbols: Sequence[str]) -> EarningsDates:
        self.asked.append(list(symbols))
        return self.known.only(symbols)


def reporting(rules: ScanRules, calendar: Any, session: date = FRI, as_of: date = THU) -> Any:
    request = ScanRequest(as_of, session, "daily", rules, "", "")
    return holdings_reporting(request, (held(BATCH),), calendar)


@pytest.mark.parametrize(
    ("day", "timing", "told"),
    [
        (THU, Timing.AFTER_CLOSE, True),
        (THU, Timing.BEFORE_OPEN, False),
        (THU, Timing.UNKNOWN, False),
        (FRI, Timing.BEFORE_OPEN, True),
        (FRI, Timing.AFTER_CLOSE, True),
        (FRI, Timing.UNKNOWN, True),
        (MONDAY, Timing.BEFORE_OPEN, False),
    ],
)
def test_a_report_between_two_closes_or_on_the_day_itself(
    scan_rules: ScanRules, day: date, timing: Timing, told: bool
) -> None:
    assert reporting(scan_rules, Calendar(day, timing)) == (("ABC",) if told else ())


def test_a_weekend_belongs_to_monday(scan_rules: ScanRules) -> None:
    calendar = Calendar(SATURDAY, Timing.UNKNOWN)
    assert reporting(scan_rules, calendar, MONDAY, FRI) == ("ABC",)
    assert reporting(scan_rules, calendar) == ()
    assert calendar.asked == [["ABC"], ["ABC"]], "only what is held is asked for"


def test_who_holds_nothing_asks_nothing(scan_rules: ScanRules) -> None:
    calendar = Calendar(FRI, Timing.UNKNOWN)
    request = ScanRequest(THU, FRI, "daily", scan_rules, "", "")
    assert holdings_reporting(request, (), calendar) == ()
    assert calendar.asked == []
