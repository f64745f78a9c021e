"""Chart documents: a chart as the JSON that the page's script draws, and its place on the page.

Candles are columns, lines are aligned with them: half the size of records.  A number that no
chart can show (infinite, or beyond what the library takes) is left out, never passed on.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from typing import Any

from avwap_cli.review.charts import Candle, Chart, Line, Mark
from avwap_cli.review.pages.hypertexts import quiet, text

LARGEST = 9e13  # the library refuses prices beyond it
DECIMALS = 4


def chart_document(chart: Chart) -> dict[str, Any]:
    """The chart as JSON-ready columns.

    `t` are the times of the candles, `o h l c v` their numbers; a line has the index of its
    first candle and one value per candle from there, null in a gap.  A mark stands at the
    last candle up to its time; one before the first candle is left out.
    """
    candles = [c for c in chart.candles if _drawable(c)]
    times = [c.at for c in candles]
    return {
        "minutes": bool(times) and "T" in times[0],
        "t": times,
        "o": [_price(c.open) for c in candles],
        "h": [_price(c.high) for c in candles],
        "l": [_price(c.low) for c in candles],
        "c": [_price(c.close) for c in candles],
        "v": [round(c.volume) for c in candles],
        "lines": [_line(line, times) for line in chart.lines],
        "levels": [
            {"name": level.name, "tone": level.tone.value, "price": _price(level.price)}
            for level in chart.levels
            if _finite(level.price)
        ],
        "marks": [_mark(mark, times) for mark in _marks(chart, times)],
    }


def chart_figure(chart: Chart, size: str = "") -> str:
    """The chart's place on a page with its data beside it; in words when nothing is to be drawn."""
    name, title = text(chart.name), text(chart.title)
    document = chart_document(chart)
    if not document["t"]:
        return (
            f'<figure class="chart" id="{name}"><figcaption>{title}</figcaption>'
            f"{quiet('There are no prices to draw.')}</figure>"
        )
    return (
        f'<figure class="chart {size}" id="{name}">\n<figcaption>{title}</figcaption>\n'
        f'<div class="canvas" data-chart="{name}" role="img" aria-label="{title}"></div>\n'
        f'<script type="application/json" data-of="{name}">{_script_text(document)}</script>\n'
        f"</figure>"
    )


def _script_text(document: dict[str, Any]) -> str:
    """JSON that no browser can take for the end of its element or for markup."""
    dense = json.dumps(document, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return dense.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _line(line: Line, times: list[str]) -> dict[str, Any]:
    known = {at: _price(value) for at, value in line.points if _finite(value)}
    values = [known.get(at) for at in times]
    first = next((n for n, value in enumerate(values) if value is not None), len(values))
    return {
        "name": line.name,
        "tone": line.tone.value,
        "from": first,
        "values": values[first:],
    }


def _marks(chart: Chart, times: list[str]) -> list[Mark]:
    shown = [mark for mark in chart.marks if times and mark.at >= times[0]]
    return sorted(shown, key=lambda mark: mark.at)


def _mark(mark: Mark, times: list[str]) -> dict[str, Any]:
    return {
        "n": bisect_right(times, mark.at) - 1,
        "text": mark.text,
        "tone": mark.tone.value,
        "above": mark.above,
    }


def _drawable(candle: Candle) -> bool:
    numbers = (candle.open, candle.high, candle.low, candle.close, candle.volume)
    return all(_finite(number) for number in numbers)


def _finite(number: float) -> bool:
    return math.isfinite(number) and abs(number) < LARGEST


def _price(number: float) -> float:
    return round(float(number), DECIMALS)
