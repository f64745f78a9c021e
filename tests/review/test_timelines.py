"""The day as a picture: where each bar stands on the axis."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from avwap_cli import playbook
from avwap_cli.market.sessions import EASTERN
from avwap_cli.review.stage_states import StageState
from avwap_cli.review.timelines import Timeline, timeline
from avwap_cli.stages.operations.status import stage_times

FRIDAY, THURSDAY, HALF_DAY = date(2024, 3, 8), date(2024, 3, 7), date(2024, 11, 29)
ALL_MIN = (24 - 18.5) * 60 + 11 * 60  # evening and day on one scale


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN)


def drawn(now: str, session: date = FRIDAY, as_of: date = THURSDAY) -> Timeline:
    stages = [(stage_times(stage, session), StageState.NOT_YET) for stage in playbook.STAGES]
    return timeline(session, as_of, at(now), stages, "scan")


def test_bars_stand_where_their_windows_are() -> None:
    bars = {bar.stage: bar for bar in drawn("2024-03-07T20:15").bars}
    assert (bars["universe"].left, bars["universe"].right) == (
        0.0,
        pytest.approx(90 / ALL_MIN, abs=1e-4),
    )
    evening_min = 330
    assert bars["monitor"].left == pytest.approx((evening_min + 28) / ALL_MIN, abs=1e-4)
    assert bars["report"].right == 1.0
    assert list(bars) == [stage.name for stage in playbook.STAGES]


def test_a_half_day_moves_the_report_forward() -> None:
    bars = {b.stage: b for b in drawn("2024-11-29T10:00", HALF_DAY, date(2024, 11, 27)).bars}
    assert bars["report"].left == pytest.approx((330 + 4.25 * 60) / ALL_MIN, abs=1e-4)


def test_the_one_due_next_is_marked() -> None:
    marks = {bar.stage: bar.mark for bar in drawn("2024-03-07T17:00").bars}
    assert marks["scan"] == "next"
    assert set(marks.values()) == {"next", "not yet"}


@pytest.mark.parametrize(
    ("now", "place"),
    [
        ("2024-03-07T18:29", None),
        ("2024-03-07T18:30", 0.0),
        ("2024-03-07T21:15", round(165 / ALL_MIN, 4)),
        ("2024-03-08T03:00", round(330 / ALL_MIN, 4)),
        ("2024-03-08T20:00", 1.0),
        ("2024-03-08T20:01", None),
    ],
)
def test_now_stands_on_the_axis_and_the_night_is_a_line(now: str, place: float | None) -> None:
    assert drawn(now).now == place


def test_the_hours_are_those_of_new_york() -> None:
    assert [hour for _, hour in drawn("2024-03-07T20:15").hours] == [
        "18:30", "09:00", "12:00", "16:00",
    ]  # fmt: skip
