"""Draw candles with their averages, one study below, and a plan's levels as an SVG.

The text of an SVG is a function of the `Sketch` alone: no clock, no random ids, figures cut
to a tenth of a pixel, so that the same market gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from avwap_cli.review.charts import Candle, Level, Line, Tone

WIDTH, LEFT, RIGHT = 860, 14, 118
TOP, PRICES, GAP, STUDY, ROW = 66, 300, 30, 74, 18
LEAD = 11  # columns to the right of the signal day, where the plan is drawn
INSET = 20  # of the prices from the top and bottom of their pane, for words
APART = 15  # least pixels between two labels on the right

STYLE = """
text{font:12px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1d2733}
.card{fill:#fff;stroke:#c9d1da}.grid{stroke:#e4e8ed;fill:none}.soft{fill:#566372}.head{font-size:15px;font-weight:600}
.up{stroke:#2a7d8c;fill:#fff}.down{stroke:#8a4b2d;fill:#8a4b2d}.day{fill:#f2c94c;fill-opacity:.35}
.a{stroke:#1f5fbf;stroke-width:2.2;fill:none}.b{stroke:#7b5ea7;stroke-width:1.5;fill:none}.c{stroke:#8593a3;stroke-width:1.3;fill:none;stroke-dasharray:5 3}
.gain{fill:#2a7d8c;fill-opacity:.12}.loss{fill:#c0392b;fill-opacity:.12}
.entry{stroke:#1d2733;stroke-width:1.6}.stop{stroke:#c0392b;stroke-width:1.6}.target{stroke:#2a7d8c;stroke-width:1.6}
.a.dot,.b.dot,.c.dot{fill:#fff;stroke-dasharray:none}.halo{stroke:#fff;stroke-width:4;paint-order:stroke;stroke-linejoin:round}.mark{stroke:#1f5fbf;stroke-dasharray:2 3}.bar{fill:#b4bfca}.limit{stroke:#c0392b;stroke-dasharray:4 3}
@media (prefers-color-scheme:dark){text{fill:#e6ebf0}.card{fill:#151b23;stroke:#39424e}.grid{stroke:#2a323c}.soft{fill:#a3afbc}
.up{stroke:#5cc3d3;fill:#151b23}.down{stroke:#e0956f;fill:#e0956f}.a{stroke:#6aa9ff}.b{stroke:#b79be6}.entry{stroke:#e6ebf0}
.stop,.limit{stroke:#ff7b6b}.target{stroke:#5cc3d3}.a.dot,.b.dot,.c.dot{fill:#fff;stroke-dasharray:none}.halo{stroke:#fff;stroke-width:4;paint-order:stroke;stroke-linejoin:round}.mark{stroke:#6aa9ff}.a.dot,.b.dot,.c.dot{fill:#151b23}.bar{fill:#4a5664}.halo{stroke:#151b23}}
""".replace("\n", "")


@dataclass(frozen=True, slots=True)
class Study:
    """What is drawn below the prices.

    Attributes:
        name: in words.
        values: one per candle, None where undefined.
        limits: figures that the strategy compares with.
        bars: as columns from zero, or else as a line.
    """

    name: str
    values: tuple[float | None, ...]
    limits: tuple[float, ...] = ()
    bars: bool = False


@dataclass(frozen=True, slots=True)
class Sketch:
    """One picture.

    Attributes:
        head, under: two lines of title.
        told: what the picture shows, for those who cannot see it.
        candles: ascending; the last one is the signal day.
        lines: averages; the first is the one that matters.
        levels: of the plan: entry, stop and targets that are there, USD.
        anchors: ((session, USD), words) where an average begins within the picture.
        foot: conditions with their figures.
        about: what it was made from, kept inside of the file.
    """

    head: str
    under: str
    told: str
    candles: tuple[Candle, ...]
    lines: tuple[Line, ...]
    levels: tuple[Level, ...]
    study: Study
    anchors: tuple[tuple[tuple[str, float], str], ...]
    foot: tuple[str, ...]
    about: dict[str, object]


def svg(sketch: Sketch) -> str:
    """The whole file."""
    return "\n".join(_Page(sketch).parts()) + "\n"


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "") -> str:
    side = f' text-anchor="{anchor}"' if anchor else ""
    shown = f' class="{kind}"' if kind else ""
    return f'<text x="{_px(x)}" y="{_px(y)}"{shown}{side}>{escape(words)}</text>'


def _rule(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    ends = f'x1="{_px(x1)}" y1="{_px(y1)}" x2="{_px(x2)}" y2="{_px(y2)}"'
    return f'<line {ends} class="{kind}"/>'


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    box = f'x="{_px(x)}" y="{_px(y)}" width="{_px(width)}" height="{_px(height)}"'
    return f'<rect {box} class="{kind}"/>'


def _path(points: Sequence[tuple[float, float]], kind: str) -> str:
    told = " ".join(f"{_px(x)},{_px(y)}" for x, y in points)
    return f'<polyline points="{told}" class="{kind}"/>'


def spread(wanted: Sequence[float], apart: float = APART) -> list[float]:
    """Places near those wanted, in the same order, none closer to the next than `apart`."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = [wanted[i] for i in order]
    for _ in range(200):
        for i in range(len(placed) - 1):
            short = apart - (placed[i + 1] - placed[i])
            if short > 0:
                placed[i] -= short / 2
                placed[i + 1] += short / 2
    found = [0.0] * len(wanted)
    for i, y in zip(order, placed, strict=True):
        found[i] = y
    return found


class _Page:
    """Scales of one sketch, and its parts from back to front."""

    def __init__(self, sketch: Sketch) -> None:
        self.sketch = sketch
        self.days = [candle.at for candle in sketch.candles]
        self.step = (WIDTH - LEFT - RIGHT) / (len(self.days) + LEAD)
        lows = [c.low for c in sketch.candles] + [level.price for level in sketch.levels]
        highs = [c.high for c in sketch.candles] + [level.price for level in sketch.levels]
        drawn = [usd for line in sketch.lines for _, usd in line.points]
        self.low, self.high = min(lows + drawn), max(highs + drawn)
        band = len(sketch.lines) == 3 and sketch.lines[0].tone is Tone.AVERAGE
        self.kinds = "bcb" if band else "abc"
        self.study_top = TOP + PRICES + GAP
        rows = -(-len(sketch.foot) // 2)
        self.height = self.study_top + STUDY + 34 + rows * ROW

    def x(self, i: int) -> float:
        return LEFT + (i + 0.5) * self.step

    def y(self, usd: float) -> float:
        return TOP + INSET + (PRICES - 2 * INSET) * (self.high - usd) / (self.high - self.low)

    @property
    def edge(self) -> float:
        """Where the plan's levels end."""
        return WIDTH - RIGHT

    def parts(self) -> Iterator[str]:
        s = self.sketch
        box = f'viewBox="0 0 {WIDTH} {self.height}" width="{WIDTH}" height="{self.height}"'
        yield f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">'
        yield f"<title>{escape(s.head)}</title><desc>{escape(s.told)}</desc>"
        yield f"<metadata>{escape(json.dumps(s.about, sort_keys=True))}</metadata>"
        yield f"<style>{STYLE}</style>"
        yield f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{self.height - 1}" rx="8" class="card"/>'
        yield _text(LEFT, 24, s.head, "head")
        yield _text(LEFT, 42, s.under, "soft")
        yield from self._plan_zones()
        yield from self._candles()
        yield from self._averages()
        yield from self._anchor()
        yield from self._levels()
        yield from self._study()
        yield from self._foot()
        yield "</svg>"

    def _plan_zones(self) -> Iterator[str]:
        prices = {level.name: level.price for level in self.sketch.levels}
        last, entry = self.x(len(self.days) - 1), self.y(prices["entry"])
        yield _rect(last - self.step / 2, TOP, self.step, PRICES, "day")
        far = [prices[name] for name in ("R2", "R1") if name in prices]
        for price, kind in [(p, "gain") for p in far[:1]] + [(prices["stop"], "loss")]:
            y = self.y(price)
            start = last + self.step / 2
            yield _rect(start, min(y, entry), self.edge - start, abs(y - entry), kind)

    def _candles(self) -> Iterator[str]:
        for kind, rising in (("up", True), ("down", False)):
            drawn = []
            for i, c in enumerate(self.sketch.candles):
                if (c.close >= c.open) is not rising:
                    continue
                top, bottom = self.y(max(c.open, c.close)), self.y(min(c.open, c.close))
                x, half = self.x(i), self.step * 0.32
                drawn.append(f"M{_px(x)} {_px(self.y(c.high))}V{_px(top)}")
                drawn.append(f"M{_px(x)} {_px(bottom)}V{_px(self.y(c.low))}")
                body = max(bottom - top, 0.8)
                drawn.append(
                    f"M{_px(x - half)} {_px(top)}h{_px(2 * half)}v{_px(body)}h{_px(-2 * half)}z"
                )
            yield f'<path d="{"".join(drawn)}" class="{kind}"/>'

    def _averages(self) -> Iterator[str]:
        x = LEFT + 4.0
        for number, line in enumerate(self.sketch.lines):
            kind = self.kinds[number]
            places = {day: i for i, day in enumerate(self.days)}
            points = [(self.x(places[d]), self.y(usd)) for d, usd in line.points if d in places]
            yield _path(points, kind)
            yield _rule(x, 56, x + 18, 56, kind)
            yield _text(x + 23, 60, line.name, "soft")
            x += 40 + 6.4 * len(line.name)

    def _anchor(self) -> Iterator[str]:
        for number, ((day, usd), words) in enumerate(self.sketch.anchors):
            x = self.x(self.days.index(day))
            yield _rule(x, TOP, x, TOP + PRICES, "mark")
            yield f'<circle cx="{_px(x)}" cy="{_px(self.y(usd))}" r="4.5" class="dot {self.kinds[number]}"/>'
            side, shift = ("start", 6) if x < WIDTH / 2 else ("end", -6)
            yield _text(x + shift, TOP + 12 + 16 * number, words, "halo", side)

    def _levels(self) -> Iterator[str]:
        levels = self.sketch.levels
        begin = self.x(len(self.days) - 1)
        places = spread([self.y(level.price) for level in levels])
        for level, place in zip(levels, places, strict=True):
            y = self.y(level.price)
            yield _rule(begin, y, self.edge, y, str(level.tone))
            yield _text(self.edge + 6, place + 4, f"{level.name} {level.price:,.2f}")
        day = f"signal day {self.days[-1]}"
        yield _text(begin + self.step / 2, TOP + PRICES + 15, day, "", "middle")
        yield _text(LEFT, TOP + PRICES + 15, self.days[0], "soft")

    def _study(self) -> Iterator[str]:
        study, top = self.sketch.study, self.study_top
        known = [v for v in study.values if v is not None]
        low = 0.0 if study.bars else min([*known, *study.limits])
        high = max([*known, *study.limits])

        def y(value: float) -> float:
            return top + STUDY * (high - value) / (high - low)

        yield _rule(LEFT, top - 10, self.edge, top - 10, "grid")
        yield _text(self.edge + 6, top + 4, study.name.partition(":")[0], "soft")
        for words in filter(None, [study.name.partition(":")[2].strip()]):
            yield _text(self.edge + 6, top + 19, words, "soft")
        if study.bars:
            for i, value in enumerate(study.values):
                if value:
                    tall = top + STUDY - y(value)
                    yield _rect(
                        self.x(i) - self.step * 0.32, y(value), self.step * 0.64, tall, "bar"
                    )
            return
        for limit in study.limits:
            yield _rule(LEFT, y(limit), self.edge, y(limit), "limit")
            yield _text(self.edge - 4, y(limit) - 4, f"{limit:g}", "soft", "end")
        yield _path([(self.x(i), y(v)) for i, v in enumerate(study.values) if v is not None], "b")

    def _foot(self) -> Iterator[str]:
        top = self.study_top + STUDY + 30
        for number, words in enumerate(self.sketch.foot):
            column, row = number % 2, number // 2
            yield _text(LEFT + column * (WIDTH - 2 * LEFT) / 2, top + row * ROW, words)
