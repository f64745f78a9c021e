"""Chart documents: columns that the page's script draws, safe to stand inside a page."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

from made_reports import daily, minutes

from avwap_cli.review.charts import Candle, Chart, Level, Line, Mark, Tone
from avwap_cli.review.pages.chart_documents import chart_document, chart_figure

DAYS = ("2024-03-01", "2024-03-04", "2024-03-05", "2024-03-07")


def chart(**more: object) -> Chart:
    bars = tuple(Candle(at, n + 1.0, n + 2.0, n + 0.5, n + 1.5, 10.4) for n, at in enumerate(DAYS))
    return replace(Chart("c", "C, daily", bars), **more)  # type: ignore[arg-type]


def test_candles_are_columns() -> None:
    told = chart_document(chart())
    assert told["t"] == list(DAYS)
    assert (told["o"][1], told["h"][1], told["l"][1], told["c"][1]) == (2.0, 3.0, 1.5, 2.5)
    assert told["v"] == [10, 10, 10, 10]
    assert told["minutes"] is False
    assert chart_document(minutes())["minutes"] is True


def test_a_line_begins_at_its_first_candle_and_keeps_its_gaps() -> None:
    line = Line("w", Tone.WINNER, ((DAYS[1], 1.23456), ("2024-03-06", 9.0), (DAYS[3], 3.0)))
    (told,) = chart_document(chart(lines=(line,)))["lines"]
    assert told == {"name": "w", "tone": "winner", "from": 1, "values": [1.2346, None, 3.0]}


def test_a_mark_stands_at_the_last_candle_up_to_its_time() -> None:
    marks = tuple(
        Mark(at, at, Tone.ANCHOR, above=True) for at in ("2024-03-06", "2024-02-01", "2024-03-04")
    )
    told = chart_document(chart(marks=marks))["marks"]
    assert [(mark["n"], mark["text"]) for mark in told] == [(1, "2024-03-04"), (2, "2024-03-06")]


def test_what_no_chart_can_show_is_left_out() -> None:
    bars = chart().candles
    odd = (*bars[:2], replace(bars[2], high=math.inf), replace(bars[3], volume=math.nan))
    levels = (Level("no", Tone.STOP, math.nan), Level("far", Tone.STOP, 1e300))
    lines = (Line("w", Tone.WINNER, ((DAYS[0], math.inf), (DAYS[1], 2.0))),)
    told = chart_document(chart(candles=odd, levels=levels, lines=lines))
    assert told["t"] == list(DAYS[:2])
    assert told["levels"] == []
    assert told["lines"][0]["values"] == [2.0]
    json.dumps(told, allow_nan=False)


def test_the_data_beside_the_figure_cannot_end_its_element() -> None:
    evil = "</script><script>alert(1)</script><!--"
    level = Level(evil, Tone.STOP, 1.0)
    shown = chart_figure(chart(title=evil, levels=(level,)))
    assert shown.count("<script") == 1
    assert shown.count("</script>") == 1
    (inside,) = re.findall(r"<script[^>]*>(.*)</script>", shown)
    assert "<" not in inside
    assert json.loads(inside)["levels"][0]["name"] == evil


def test_nothing_to_draw_is_said_in_words() -> None:
    shown = chart_figure(chart(candles=()))
    assert "There are no prices to draw." in shown
    assert "<script" not in shown
    assert "C, daily" in shown


def test_a_chart_of_a_year_is_small() -> None:
    assert len(chart_figure(daily(candles=250))) < 30_000
