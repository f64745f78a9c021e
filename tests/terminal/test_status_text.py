"""Bars, countdowns and distances of the status page, in words."""

from __future__ import annotations

from typing import Any

import pytest

from avwap_cli.terminal.status_text import (
    POSITIONS,
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


HELD = {
    "symbol": "ABC", "strategy": "avwap", "direction": "long", "shares": 10, "avg_price": 100.0,
    "stop": 95.0, "target": None, "stops": 1, "last": 98.0,
    "last_at": "2024-03-08T10:04:00-05:00", "last_from": "watched",
    "to_stop_frac": 0.030612, "to_stop_r": 0.6, "to_target_frac": None, "to_target_r": None,
}  # fmt: skip


def test_distances_are_shares_of_the_last_price_and_may_be_unknown() -> None:
    assert len(POSITIONS) == len(position_cells(HELD))
    assert position_cells(HELD)[4:] == [
        "100.00", "98.00", "2024-03-08 10:04 ET", "95.00", "-", "3.1%, 0.6 R", "-",
    ]  # fmt: skip
    close = {**HELD, "last_at": "2024-03-07T16:00:00-05:00", "last_from": "close"}
    assert position_cells(close)[6] == "2024-03-07 close"
    assert position_cells({**HELD, "to_stop_r": None})[9] == "3.1%"
    entry = {**HELD, "last_at": None, "last_from": "entry average"}
    assert position_cells(entry)[6] == "entry average"


@pytest.mark.parametrize(
    ("direction", "stop", "target"),
    [
        ("long", "below its stop by 1.2%", "above its target by 0.5%"),
        ("short", "above its stop by 1.2%", "below its target by 0.5%"),
    ],
)
def test_what_is_passed_has_a_word(direction: str, stop: str, target: str) -> None:
    passed = {**HELD, "direction": direction, "to_stop_frac": -0.012, "to_target_frac": -0.005}
    assert position_cells(passed)[9:] == [stop, target]
