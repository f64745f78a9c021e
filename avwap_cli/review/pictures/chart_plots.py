"""Chart plots: candles, volume, averages, levels, marks and axes of one chart, laid out in a box."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from avwap_cli.review.charts import Candle, Chart, Level, Line, Mark, Tone
from avwap_cli.review.pictures.chart_scales import (
    PriceScale,
    highest,
    lowest,
    price_scale,
    price_words,
    time_labels,
)
from avwap_cli.review.pictures.picture_shapes import (
    Block,
    Box,
    Dot,
    Ink,
    Path,
    Ruler,
    Shape,
    Side,
    Words,
    cut,
    plain,
)
from avwap_cli.review.pictures.plot_lines import apart, runs, within

VOLUME_SHARE = 0.15  # of the plot's height
LARGEST = 1e12  # beyond it a number is nonsense
BODY = 0.68  # of a candle's step
WIDE_STEP = 9.0  # pixels from which on a wick is thicker
BEFORE_ANCHOR = 5  # candles
AVERAGES = (Ink.AVERAGE_0, Ink.AVERAGE_1, Ink.AVERAGE_2)
DOTTED, DASHED = (3.0, 5.0), (9.0, 7.0)
MOST_TICKS = 5
BOLDER = 1.05  # how much wider bold words are
AROUND = ((0, 1), (1, 0), (-1, 0), (1, 1), (-1, 1), (0, -1), (1, -1), (-1, -1))  # right, beyond
MOST_COVERED = 2  # candles, by words that are not the winner's


def drawable(chart: Chart) -> Chart:
    """The chart without the numbers that no picture can show."""
    candles = tuple(c for c in chart.candles if _drawable(c))
    levels = tuple(level for level in chart.levels if _finite(level.price))
    return replace(chart, candles=candles, levels=levels)


def _wanted(chart: Chart, least: int, most: int) -> int:
    """How many of the last candles: `least`, but more where the winner's anchor is near."""
    starts = [line.points[0][0] for line in chart.lines if line.tone is Tone.WINNER and line.points]
    back = 0
    if starts:
        first = bisect_left([c.at for c in chart.candles], starts[0])
        back = len(chart.candles) - first + BEFORE_ANCHOR
    return min(back if least < back <= most else least, len(chart.candles))


def ink_of(chart: Chart, line: Line) -> Ink:
    """The colour of a line: averages of one chart differ."""
    if line.tone is not Tone.AVERAGE:
        return _ink(line.tone)
    averages = [each for each in chart.lines if each.tone is Tone.AVERAGE]
    return AVERAGES[averages.index(line) % len(AVERAGES)]


def _ink(tone: Tone) -> Ink:
    return AVERAGES[0] if tone is Tone.AVERAGE else Ink(tone.value)


def _drawable(candle: Candle) -> bool:
    numbers = (candle.open, candle.high, candle.low, candle.close, candle.volume)
    return all(_finite(number) for number in numbers)


def _finite(number: float) -> bool:
    return math.isfinite(number) and abs(number) < LARGEST


@dataclass(frozen=True, slots=True)
class Plot:
    """One chart, about to be laid out.

    Attributes:
        chart: of which all candles are drawn.
        box: axes included.
        prices, volumes: where candles and volume are.
        scale: of the prices.
        size: of the text, pixels.
    """

    chart: Chart
    box: Box
    prices: Box
    volumes: Box
    scale: PriceScale
    size: float
    ruler: Ruler

    @property
    def step(self) -> float:
        """Pixels from candle to candle."""
        return _step(self.prices.width, len(self.chart.candles))

    def x(self, n: int) -> float:
        """The middle of a candle; the last one is at the right."""
        back = len(self.chart.candles) - n
        return self.prices.right - back * self.step + round(self.step) / 2

    def shapes(self) -> Iterator[Shape]:
        """In the order of painting."""
        tags = list(self._tags())
        yield from self._dates()
        yield from self._ticks([shape.box for shape in tags if isinstance(shape, Block)])
        yield from self._volume()
        yield from self._levels()
        for n, candle in enumerate(self.chart.candles):
            yield from self._candle(n, candle)
        for line in sorted(self.chart.lines, key=lambda line: line.tone is Tone.WINNER):
            yield from self._line(line)
        yield from self._marks()
        yield from tags

    def _dates(self) -> Iterator[Shape]:
        def ends(n: int, label: str) -> tuple[float, float]:
            half = self.ruler(label, self.size) / 2
            middle = min(max(self.x(n), self.box.left + half), self.prices.right - half)
            return middle - half, middle + half

        def fits(n: int, label: str, then: int, following: str) -> bool:
            return ends(n, label)[1] + self.size <= ends(then, following)[0]

        times = [candle.at for candle in self.chart.candles]
        y = self.volumes.bottom + self.size * 0.9
        for n, label in time_labels(times, fits):
            left, right = ends(n, label)
            x = self.x(n) - self.step / 2
            yield Path(((x, self.prices.top), (x, self.volumes.bottom)), Ink.GRID, 1.5)
            yield Words(label, (left + right) / 2, y, self.size, Ink.SOFT, Side.MIDDLE)

    def _ticks(self, taken: Sequence[Box]) -> Iterator[Shape]:
        """Round prices, named where no level's tag is."""
        half = self.size * 0.6
        for price in self.scale.ticks(MOST_TICKS):
            y = self.scale.y(price)
            yield Path(((self.prices.left, y), (self.prices.right, y)), Ink.GRID, 1.5)
            x = self.prices.right + self.size * 0.5
            place = Box(x, y - half, self.box.right, y + half)
            if place.top >= self.box.top and not any(place.meets(other) for other in taken):
                text = cut(price_words(price), self.size, place.width, self.ruler)
                yield Words(text, x, y, self.size, Ink.SOFT)
        foot, right = self.volumes.bottom, self.prices.right
        yield Path(((self.prices.left, foot), (right, foot)), Ink.LINE, 1.5)

    def _volume(self) -> Iterator[Shape]:
        most = max(candle.volume for candle in self.chart.candles)
        strip, half = self.volumes, self._half
        for n, candle in enumerate(self.chart.candles):
            if candle.volume > 0:
                top = strip.bottom - strip.height * candle.volume / most
                box = Box(self.x(n) - half, top, self.x(n) + half, strip.bottom)
                yield Block(box, Ink.VOLUME)

    def _candle(self, n: int, candle: Candle) -> Iterator[Shape]:
        ink = Ink.UP if candle.close >= candle.open else Ink.DOWN
        x, y, half = self.x(n), self.scale.y, self._half
        wick = 0.5 if self.step < WIDE_STEP else 1.0
        yield Block(Box(x - wick, y(highest(candle)), x + wick, y(lowest(candle))), ink)
        top, bottom = y(max(candle.open, candle.close)), y(min(candle.open, candle.close))
        missing = max(1.5 - (bottom - top), 0.0) / 2  # an open that is the close can be seen
        yield Block(Box(x - half, top - missing, x + half, bottom + missing), ink)

    @property
    def _half(self) -> float:
        """Half the width of a candle's body."""
        return max(round(self.step * BODY) / 2, 0.5)

    def _line(self, line: Line) -> Iterator[Shape]:
        known = {at: value for at, value in line.points if _finite(value)}
        values = [known.get(candle.at) for candle in self.chart.candles]
        ink, winner = ink_of(self.chart, line), line.tone is Tone.WINNER
        dash = DOTTED if line.tone is Tone.COMPETITOR else ()
        width = self.size * (0.16 if winner else 0.1)
        for run in runs(values):
            points = [(self.x(n), self.scale.y(price)) for n, price in run]
            for part in within(points, self.prices.top, self.prices.bottom):
                yield Path(part, ink, width, dash)

    def _levels(self) -> Iterator[Shape]:
        for level in self._shown():
            y = self.scale.y(level.price)
            dash = () if level.tone is Tone.ENTRY else DASHED
            ends = ((self.prices.left, y), (self.prices.right, y))
            yield Path(ends, _ink(level.tone), self.size * 0.09, dash)

    def _shown(self) -> list[Level]:
        return [level for level in self.chart.levels if self.scale.holds(level.price)]

    def _tags(self) -> Iterator[Shape]:
        """A level's name and price at the right, apart from each other."""
        high = self.size * 1.3
        levels = sorted(self._shown(), key=lambda level: (-level.price, level.name))
        wanted = [self.scale.y(level.price) for level in levels]
        ends = (self.prices.top + high / 2, self.volumes.bottom - high / 2)
        for level, y in zip(levels, apart(wanted, high + 2, *ends), strict=True):
            box = Box(self.prices.right, y - high / 2, self.box.right, y + high / 2)
            yield Block(box, _ink(level.tone), self.size * 0.25)
            x = self.prices.right + self.size * 0.45
            room = (self.box.right - x - self.size * 0.2) / BOLDER
            text = cut(tag_text(level), self.size, room, self.ruler)
            yield Words(text, x, y, self.size, Ink.PAPER, strong=True)

    def _marks(self) -> Iterator[Shape]:
        """A dot at each sign's candle; words where there is room for them."""
        at = {candle.at: n for n, candle in enumerate(self.chart.candles)}
        winner = next((w.name for w in self.chart.lines if w.tone is Tone.WINNER), "")
        shown = [mark for mark in self.chart.marks if mark.at in at]
        dots = {mark: self._dot(mark, at[mark.at]) for mark in shown}
        taken = [Box(d.x - d.radius, d.y - d.radius, d.x + d.radius, d.y + d.radius)
                 for d in dots.values()]  # fmt: skip
        yield from dots.values()
        for mark in sorted(shown, key=lambda m: winner != f"{m.text} {m.at}"):
            is_winner = winner == f"{mark.text} {mark.at}"
            yield from self._words(mark, dots[mark], is_winner, taken)

    def _dot(self, mark: Mark, n: int) -> Dot:
        candle, away = self.chart.candles[n], self.size * 0.5
        y = self.scale.y(highest(candle) if mark.above else lowest(candle))
        y += -away if mark.above else away
        y = min(max(y, self.prices.top + away), self.prices.bottom - away)
        radius = min(self.size * 0.22, self.step / 2)
        return Dot(self.x(n), y, radius, _ink(mark.tone))

    def _words(self, mark: Mark, dot: Dot, winner: bool, taken: list[Box]) -> Iterator[Words]:
        """Beside its dot, where the fewest candles are and no other words."""
        text, size = plain(mark.text), self.size * 0.9
        wide, high = self.ruler(text, size), self.size
        found: list[tuple[int, int, Box]] = []
        for order, (right, down) in enumerate(AROUND):
            x = dot.x + right * (wide / 2 + self.size * 0.4)
            y = dot.y + down * self.size * (-0.95 if mark.above else 0.95)
            place = Box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
            if self.prices.holds(place) and not any(place.meets(other) for other in taken):
                found.append((self._candles_in(place), order, place))
        if not found:
            return
        covered, _, place = min(found, key=lambda each: each[:2])
        if winner or covered <= MOST_COVERED:
            taken.append(place)
            x, y = (place.left + place.right) / 2, (place.top + place.bottom) / 2
            yield Words(text, x, y, size, _ink(mark.tone), Side.MIDDLE, halo=True)

    def _candles_in(self, place: Box) -> int:
        y, half = self.scale.y, self._half
        return sum(
            place.meets(Box(self.x(n) - half, y(highest(c)), self.x(n) + half, y(lowest(c))))
            for n, c in enumerate(self.chart.candles)
        )


def plot_in(box: Box, chart: Chart, counts: tuple[int, int], size: float, ruler: Ruler) -> Plot:
    """A chart of at least one candle (see `drawable`), arranged in a box.

    Args:
        counts: of the last candles to show; the second only to reach the winner's anchor.
    """
    ends = (min(map(lowest, chart.candles)), max(map(highest, chart.candles)))
    texts = [*map(tag_text, chart.levels), *map(price_words, ends)]
    gutter = max(ruler(text, size) for text in texts) * BOLDER + size
    inner = box.inside(0, 0, min(gutter, box.width / 2), size * 1.7)
    wanted = _wanted(chart, *counts)
    fitting = int(inner.width / _step(inner.width, wanted))
    shown = replace(chart, candles=chart.candles[-max(wanted, fitting) :])
    prices = inner.inside(0, 0, 0, inner.height * (VOLUME_SHARE + 0.02))
    volumes = inner.inside(0, inner.height * (1 - VOLUME_SHARE), 0, 0)
    scale = price_scale(shown.candles, shown.levels, prices)
    return Plot(shown, box, prices, volumes, scale, size, ruler)


def _step(width: float, count: int) -> float:
    """Pixels from candle to candle: halves, so that all candles look alike."""
    return max(math.floor(2 * width / count) / 2, 0.5)


def tag_text(level: Level) -> str:
    """What stands at the right end of a level."""
    return f"{plain(level.name)} {price_words(level.price)}"
