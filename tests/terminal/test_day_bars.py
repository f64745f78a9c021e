"""The day as bars: a sign for each state, up to now and on the axis."""

from __future__ import annotations

from typing import Any

import pytest

from avwap_cli.terminal.day_bars import WIDTH, bar_style, timeline_table


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
