"""The chart in the terminal: each session a column, levels and prices at the edge."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.terminal.chart_text import COLUMNS, ROWS, chart_lines, show_chart
from avwap_cli.terminal.screen import Screen


def candle(n: int, open_: float, close: float, high: float, low: float) -> dict[str, Any]:
    at = f"2024-01-{n + 1:02}"
    return {"at": at, "open": open_, "close": close, "high": high, "low": low, "volume": 1.0}


CHART: dict[str, Any] = {
    "title": "ABC, daily",
    "candles": [candle(0, 100, 100, 100, 100), candle(1, 119, 110, 119, 105),
                candle(2, 101, 103, 104, 100)],
    "lines": [{"name": "YTD 2024-01-01", "tone": "winner", "points": [["2024-01-03", 115.0]]},
              {"name": "MTD", "tone": "competitor", "points": [["2024-01-03", 109.0]]}],
    "levels": [{"name": "stop", "price": 100.0}, {"name": "R1", "price": 119.0}],
}  # fmt: skip


def test_bodies_wicks_average_and_levels_stand_at_their_prices() -> None:
    title, *rows, days, key = chart_lines(CHART)
    assert (title, len(rows)) == ("ABC, daily", ROWS)
    # 20 rows from 119 down to 100, so a row is a dollar
    of_price = {119 - n: line for n, line in enumerate(rows)}
    assert of_price[119] == " #  - R1 119.00"
    assert of_price[115].rstrip() == " #*   115.00"
    assert of_price[109] == " |"
    assert of_price[110] == " #"
    assert of_price[104] == "  |"
    assert [of_price[n][2:3] for n in (103, 102, 101)] == ["o"] * 3
    assert of_price[100] == "o | - stop 100.00"
    assert days.split() == ["2024-01-01", "2024-01-03"]
    assert key.endswith("* AVWAP of YTD 2024-01-01")


def test_only_the_last_sessions_are_shown_and_a_flat_day_is_drawn() -> None:
    flat = [candle(n % 28, 5, 5, 5, 5) for n in range(200)]
    _, *rows, _, key = chart_lines({**CHART, "candles": flat, "lines": [], "levels": []})
    assert rows[0] == "o" * COLUMNS + "   5.00"
    assert "AVWAP" not in key


def test_the_chart_stands_below_what_was_done() -> None:
    out = io.StringIO()
    told = Outcome("chart", date(2024, 3, 8), State.DONE, "drawn", body={"chart": CHART})
    show_chart(Screen(out, io.StringIO()), told)
    assert out.getvalue().startswith("chart 2024-03-08: drawn\nABC, daily\n")
    assert "R1 119.00" in out.getvalue()
