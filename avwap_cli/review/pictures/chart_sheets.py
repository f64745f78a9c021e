"""Chart sheets: several charts side by side, or one larger, with what is to be read at a glance.

Made for a phone: wide enough for two charts, each with its rank, symbol, levels and risk above
it.  An odd number of charts gives the first one the whole width.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from avwap_cli.review.charts import Chart, Line, Tone
from avwap_cli.review.pages.report_records import Picture
from avwap_cli.review.pictures.chart_plots import DOTTED, drawable, ink_of, plot_in
from avwap_cli.review.pictures.chart_scales import price_words
from avwap_cli.review.pictures.picture_shapes import (
    Block,
    Box,
    Ink,
    Panel,
    Path,
    Ruler,
    Shape,
    Sheet,
    Side,
    Words,
    cut,
    plain,
)
from avwap_cli.review.scan_documents import is_number

WIDTH, GAP, EDGE = 1200, 14.0, 18.0
HEAD, TALL = 74.0, 640.0
TEXT, LARGE_TEXT = 22.0, 24.0
LARGE = 900.0
CANDLES, WIDE_CANDLES = (63, 90), (125, 190)
NOTHING = "There are no prices to draw."
SIDES = {"long": Ink.GOOD, "short": Ink.BAD}
FIGURES = (
    ("entry", "entry", Ink.ENTRY),
    ("stop", "stop", Ink.STOP),
    ("r1", "R1", Ink.TARGET),
)
LABELS = ("avwap_reclaim_cross", "structure")
LEAST_CENTS = 0.1  # USD below which two decimals are too few
ROWS = 7.6  # height of what stands above a chart, in sizes of the text


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name."""

    name: str
    value: str
    ink: Ink


@dataclass(frozen=True, slots=True)
class Leaf:
    """One chart with what is said above it.

    Attributes:
        rank: 1 = the best; empty = it has none.
        side: long, short, or empty.
        about: the strategy, or whatever else it is.
        note: one line.
    """

    chart: Chart
    symbol: str
    rank: str = ""
    side: str = ""
    about: str = ""
    note: str = ""
    figures: tuple[Figure, ...] = ()


def candidate_leaf(row: Mapping[str, Any], chart: Chart) -> Leaf:
    """The leaf of a candidate (see `candidate_rows.readable`)."""
    return Leaf(
        chart=chart,
        symbol=str(row["symbol"]),
        rank=str(row["rank"]),
        side=str(row["direction"]),
        about=str(row["strategy"]).replace("_", " "),
        note=_note(row["metadata"]),
        figures=tuple(figures(row)),
    )


def picture_leaf(picture: Picture, as_of: date) -> Leaf:
    """The leaf of one symbol; of one that is no candidate the figures are its chart's levels."""
    row, chart = picture.candidate, picture.chart
    until = f"daily to {as_of}"
    if row is None:
        prices = {level.name.lower(): level.price for level in chart.levels}
        named = tuple(figures(prices))
        return Leaf(chart, picture.symbol, about=until, note=picture.name, figures=named)
    leaf = candidate_leaf(row, chart)
    note = ": ".join(part for part in (picture.name, leaf.note) if part)
    return replace(leaf, about=f"{leaf.about}, {until}", note=note)


def figures(prices: Mapping[str, Any]) -> Iterator[Figure]:
    """Entry, stop and first target, those that are there, and what lies between the first two; USD."""
    for key, name, ink in FIGURES:
        if is_number(prices.get(key)):
            yield Figure(name, price_words(float(prices[key])), ink)
    if is_number(prices.get("entry")) and is_number(prices.get("stop")) and prices["entry"]:
        entry = abs(float(prices["entry"]))
        risk = abs(float(prices["entry"]) - float(prices["stop"]))
        words = f"{risk:.2f}" if LEAST_CENTS <= risk < 1 else price_words(risk)
        yield Figure("R", f"{words}  {risk / entry:.1%}", Ink.INK)


def _note(measured: Mapping[str, Any]) -> str:
    """The setup in a few words; of a strategy without one what it measured."""
    if measured.get("anchor"):
        words = [f"AVWAP {measured['anchor']}", f"tier {measured.get('tier')}"]
        words += [f"{key.removeprefix('avwap_').replace('_cross', '')} {measured[key]}"
                  for key in LABELS if measured.get(key) not in (None, "none", "neutral")]  # fmt: skip
        return ", ".join(words)
    numbers = [(key, value) for key, value in measured.items() if is_number(value)]
    return ", ".join(f"{key.replace('_', ' ')} {value:.4g}" for key, value in numbers)


def contact_sheet(title: str, aside: str, leaves: Sequence[Leaf], ruler: Ruler) -> Sheet:
    """Leaves two by two.

    Args:
        title: above all, at the left.
        aside: beside it, at the right.
        leaves: at least one.
    """
    boxes = list(_places(len(leaves)))
    head = Box(0, 0, WIDTH, HEAD)
    panels = [Panel(head, tuple(_head(head, title, aside, ruler)))]
    panels += [_panel(box, leaf, TEXT, ruler) for box, leaf in zip(boxes, leaves, strict=True)]
    return Sheet(WIDTH, round(boxes[-1].bottom + GAP), tuple(panels))


def large_picture(leaf: Leaf, ruler: Ruler) -> Sheet:
    """One leaf alone."""
    box = Box(GAP, GAP, WIDTH - GAP, LARGE - GAP)
    return Sheet(WIDTH, round(LARGE), (_panel(box, leaf, LARGE_TEXT, ruler),))


def _places(count: int) -> Iterator[Box]:
    """Boxes two by two below the head; the first of an odd number is as wide as two."""
    half, top = (WIDTH - 3 * GAP) / 2, HEAD
    for n in range(count):
        wide = count % 2 == 1 and n == 0
        left = GAP if wide or (n - count % 2) % 2 == 0 else 2 * GAP + half
        right = WIDTH - GAP if wide else left + half
        yield Box(left, top, right, top + TALL)
        if wide or left > GAP:
            top += TALL + GAP


def _head(box: Box, title: str, aside: str, ruler: Ruler) -> Iterator[Shape]:
    y, size = box.height / 2, TEXT * 1.4
    words, beside = plain(title), plain(aside)
    aside_room = box.width / 2 - GAP
    beside = cut(beside, TEXT, aside_room, ruler)
    room = box.width - 3 * GAP - ruler(beside, TEXT)
    yield Words(cut(words, size, room * 0.94, ruler), GAP, y, size, Ink.INK, strong=True)
    yield Words(beside, WIDTH - GAP, y, TEXT, Ink.SOFT, Side.RIGHT)


def _panel(box: Box, leaf: Leaf, size: float, ruler: Ruler) -> Panel:
    shapes: list[Shape] = [Block(box, Ink.PAPER, size * 0.6)]
    room = box.inside(EDGE, EDGE * 0.8, EDGE, EDGE * 0.4)
    wide = box.width > WIDTH / 2
    chart = drawable(leaf.chart)
    shapes += _caption(room, leaf, chart, size, ruler)
    below = room.inside(0, size * ROWS, 0, 0)
    if chart.candles:
        counts = WIDE_CANDLES if wide else CANDLES
        shapes += plot_in(below, chart, counts, size * 0.95, ruler).shapes()
    else:
        x, y = below.left + below.width / 2, below.top + below.height / 2
        shapes.append(Words(NOTHING, x, y, size, Ink.SOFT, Side.MIDDLE))
    return Panel(box, tuple(shapes))


def _caption(box: Box, leaf: Leaf, chart: Chart, size: float, ruler: Ruler) -> Iterator[Shape]:
    yield from _title(box, leaf, size, ruler)
    note = cut(plain(leaf.note), size, box.width, ruler)
    yield Words(note, box.left, box.top + size * 2.5, size, Ink.SOFT)
    yield from _tiles(box, leaf, size, ruler)
    yield from _legend(box, chart, size, ruler)


def _title(box: Box, leaf: Leaf, size: float, ruler: Ruler) -> Iterator[Shape]:
    """Rank, symbol and side at the left, what it is at the right."""
    y, big, x = box.top + size * 0.8, size * 1.6, box.left
    if leaf.rank:
        rank = cut(plain(leaf.rank), size * 1.1, size * 3, ruler)
        wide = max(ruler(rank, size * 1.1) * 1.06 + size * 0.8, size * 1.7)
        yield Block(Box(x, y - size * 0.8, x + wide, y + size * 0.8), Ink.INK, size * 0.4)
        yield Words(rank, x + wide / 2, y, size * 1.1, Ink.PAPER, Side.MIDDLE, strong=True)
        x += wide + size * 0.6
    symbol = cut(plain(leaf.symbol), big, box.width * 0.4, ruler)
    yield Words(symbol, x, y, big, Ink.INK, strong=True)
    x += ruler(symbol, big) * 1.06 + size * 0.6
    if leaf.side:
        side = cut(plain(leaf.side), size, size * 4, ruler)
        yield Words(side, x, y + size * 0.15, size, SIDES.get(leaf.side, Ink.SOFT), strong=True)
        x += ruler(side, size) * 1.06 + size * 0.6
    about = cut(plain(leaf.about), size, max(box.right - x, 0.0), ruler)
    yield Words(about, box.right, y + size * 0.15, size, Ink.SOFT, Side.RIGHT)


def _tiles(box: Box, leaf: Leaf, size: float, ruler: Ruler) -> Iterator[Shape]:
    """The figures, side by side."""
    if not leaf.figures:
        return
    wide, top = box.width / (len(leaf.figures) + 0.4), box.top + size * 3.3
    for n, figure in enumerate(leaf.figures):
        x = box.left + n * wide
        name, value = plain(figure.name), plain(figure.value)
        room = (box.right - x if n == len(leaf.figures) - 1 else wide) * 0.9
        value = cut(value, size * 1.1, room, ruler)
        yield Words(name, x, top + size * 0.55, size * 0.85, Ink.SOFT)
        yield Words(value, x, top + size * 1.75, size * 1.1, figure.ink, strong=True)


def _legend(box: Box, chart: Chart, size: float, ruler: Ruler) -> Iterator[Shape]:
    """The averages by name, as many as have room; competitors have theirs at their anchors."""
    small, dash = size * 0.85, size * 1.2
    x, y = box.left, box.top + size * 6.6
    for line in _named(chart):
        name = plain(line.name)
        end = x + dash + size * 0.4 + ruler(name, small)
        if end > box.right:
            return
        ink, dotted = ink_of(chart, line), line.tone is Tone.COMPETITOR
        yield Path(((x, y), (x + dash, y)), ink, size * 0.16, DOTTED if dotted else ())
        yield Words(name, x + dash + size * 0.4, y, small, Ink.SOFT)
        x = end + size


def _named(chart: Chart) -> list[Line]:
    """Each line but the competitors; of them one, in words."""
    named = [line for line in chart.lines if line.tone is not Tone.COMPETITOR]
    others = [line for line in chart.lines if line.tone is Tone.COMPETITOR]
    return [*named, *(Line("other anchors", line.tone, ()) for line in others[:1])]
