"""Bars, countdowns and distances of the status page, in words."""

from __future__ import annotations

from typing import Any

import pytest

from avwap_cli.terminal.status_text import (
    WIDTH,
    bar_style,
    next_line,
    position_cells,
    timeline_table,
)


def line(mark: str, now: float | None = 0.5) -> dict[str, Any]:
    bars = [{"stage": "scan", "mark": mark, "left": 0.25, "right": 0.75}]
    return {"bars": bars, "now": now, "hours": [(0.0, "18:30"), (1.0, "20:00")]}


@pytest.mark.parametrize(
    ("mark", "sign"),
    [
        ("done", "#"),
        ("overdue", "!"),
        ("failed", "!"),
        ("missing", "!"),
        ("next", "-"),
        ("due", "="),
    ],
)
def test_a_bar_has_its_sign_from_end_to_end(mark: str, sign: str) -> None:
    _, rows = timeline_table(line(mark))
    assert rows[0] == ["scan", " " * 11 + sign * 22, mark]


def test_what_runs_is_drawn_up_to_now() -> None:
    _, rows = timeline_table(line("running"))
    assert rows[0][1] == " " * 11 + ">" * 11 + "." * 11
    assert rows[1] == ["", " " * 22 + "^", "now"]


def test_the_axis_carries_the_hours_and_fits() -> None:
    (_, axis, _), rows = timeline_table(line("done", now=None))
    assert axis == "18:30" + " " * (WIDTH - 10) + "20:00"
    assert len(rows) == 1, "the time is not on the axis"


def test_colours_follow_the_signs() -> None:
    assert bar_style("   ####") == "green"
    assert bar_style(" !!!") == "bold red"
    assert bar_style(">>>..") == "bold cyan"
    assert bar_style("AAPL") == ""
    assert bar_style("") == ""


def test_the_countdown() -> None:
    due = {"stage": "scan", "at": "2024-03-07T20:00:00-05:00", "in_s": 3900.0}
    assert next_line(due).endswith("in 1 h 5 min")
    assert next_line({**due, "in_s": 0.0}).endswith(", now")


def test_distances_are_shares_of_the_price_and_may_be_unknown() -> None:
    row = {
        "symbol": "ABC", "strategy": "avwap", "direction": "long", "shares": 10, "avg_price": 100.0,
        "stop": 95.0, "target": None, "seen_low": 98.0, "seen_high": 103.5,
        "seen_session": "2024-03-08", "to_stop_frac": 0.030612, "to_target_frac": None,
    }  # fmt: skip
    assert position_cells(row)[4:] == [
        "100.00", "95.00", "-", "98.00-103.50", "2024-03-08", "3.1%", "-",
    ]  # fmt: skip
