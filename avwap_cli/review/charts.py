"""Charts: what a picture of prices shows, as plain data; a page draws it.

A chart is candles with volume, lines over them (averages), levels across them (entry, stop,
targets), and marks at a candle (anchors, entries, exits).  Times are sessions on a daily chart
and New York's wall time on a minute chart, so that a reader anywhere sees the exchange's day.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """What a line, level or mark means; the page gives each its colour and stroke."""

    WINNER = "winner"
    COMPETITOR = "competitor"
    AVERAGE = "average"
    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    EXIT = "exit"
    ANCHOR = "anchor"


@dataclass(frozen=True, slots=True)
class Candle:
    """One bar.

    Attributes:
        at: "2026-11-20" on a daily chart, "2026-11-23T09:31" in New York on a minute chart.
        open, high, low, close: USD, adjusted for splits up to the chart's last session.
        volume: shares.
    """

    at: str
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class Line:
    """A curve over the candles: (at, USD), ascending; a gap is a point left out."""

    name: str
    tone: Tone
    points: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Level:
    """A price across the chart."""

    name: str
    tone: Tone
    price: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign at a candle; `above` it, or below."""

    at: str
    text: str
    tone: Tone
    above: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture.

    Attributes:
        name: unique on its page, fit for an element's id: letters, digits, `-`.
        title: for a reader, e.g. "BRK.B, daily, adjusted".
        candles: ascending, one at each time; may be empty, which the page then says.
    """

    name: str
    title: str
    candles: tuple[Candle, ...]
    lines: tuple[Line, ...] = ()
    levels: tuple[Level, ...] = ()
    marks: tuple[Mark, ...] = ()
