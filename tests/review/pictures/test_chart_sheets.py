"""Chart sheets: each price at its pixel, each panel with all that is its own and nothing else's."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avwap_cli.review.charts import Candle, Chart, Level, Line, Mark, Tone
from avwap_cli.review.pages.report_records import Picture
from avwap_cli.review.pictures.chart_plots import drawable, plot_in
from avwap_cli.review.pictures.chart_scales import time_labels
from avwap_cli.review.pictures.chart_sheets import (
    Leaf,
    candidate_leaf,
    contact_sheet,
    figures,
    large_picture,
    picture_leaf,
)
from avwap_cli.review.pictures.picture_shapes import (
    Block,
    Box,
    Dot,
    Ink,
    Path,
    Sheet,
    Side,
    Words,
    cut,
    plain,
)

MONDAY = date(2024, 1, 1)
BOX = Box(100, 50, 700, 450)


def ruler(text: str, size: float) -> float:
    return 0.55 * size * len(text)


def days(count: int) -> list[str]:
    return [(MONDAY + timedelta(days=n)).isoformat() for n in range(count)]


def wave(count: int, base: float = 100.0) -> tuple[Candle, ...]:
    rows = []
    for n, day in enumerate(days(count)):
        opened, close = base + 8 * math.sin(n / 7), base + 8 * math.sin((n + 1) / 7)
        high, low = max(opened, close) + 1, min(opened, close) - 1
        rows.append(Candle(day, opened, high, low, close, 1e6 + n))
    return tuple(rows)


LEVELS = (
    Level("entry", Tone.ENTRY, 104.0),
    Level("stop", Tone.STOP, 97.5),
    Level("R1", Tone.TARGET, 115.0),
    Level("R2", Tone.TARGET, 190.0),
)
CHART = Chart("c", "C", wave(80), levels=LEVELS)


def oracle(candles: Sequence[Candle], levels: Sequence[Level], prices: Box, price: float) -> float:
    """Where a price is: candles, the levels within 60 % of their range, 6 % free at each end."""
    low = min(candle.low for candle in candles)
    high = max(candle.high for candle in candles)
    reach = 0.6 * (high - low)
    for level in levels:
        if low - reach <= level.price <= high + reach:
            low, high = min(low, level.price), max(high, level.price)
    free = 0.06 * (high - low)
    per_usd = (prices.bottom - prices.top) / (high - low + 2 * free)
    return prices.bottom - (price - low + free) * per_usd


def test_every_candle_is_where_its_prices_say() -> None:
    plot = plot_in(BOX, CHART, (63, 90), 20, ruler)
    near = [level for level in LEVELS if level.name != "R2"]
    shown = CHART.candles[-len(plot.chart.candles) :]
    assert len(shown) >= 63
    inks = (Ink.UP, Ink.DOWN)
    blocks = [s for s in plot.shapes() if isinstance(s, Block) and s.ink in inks]
    assert len(blocks) == 2 * len(shown)
    for candle, wick, body in zip(shown, blocks[::2], blocks[1::2], strict=True):
        at = {p: oracle(shown, near, plot.prices, p) for p in
              (candle.open, candle.high, candle.low, candle.close)}  # fmt: skip
        assert wick.box.top == pytest.approx(at[candle.high])
        assert wick.box.bottom == pytest.approx(at[candle.low])
        assert wick.box.top < wick.box.bottom, "the high is above the low"
        assert body.box.top == pytest.approx(min(at[candle.open], at[candle.close]), abs=0.75)
        assert body.box.bottom == pytest.approx(max(at[candle.open], at[candle.close]), abs=0.75)
        assert body.ink is (Ink.UP if candle.close >= candle.open else Ink.DOWN)
        assert (body.box.left + body.box.right) / 2 == (wick.box.left + wick.box.right) / 2
    middles = [(body.box.left + body.box.right) / 2 for body in blocks[1::2]]
    steps = {later - earlier for earlier, later in itertools.pairwise(middles)}
    assert len(steps) == 1
    assert steps.pop() > 5


def test_levels_near_the_candles_are_lines_with_tags_that_do_not_meet() -> None:
    plot = plot_in(BOX, CHART, (63, 90), 20, ruler)
    shapes = list(plot.shapes())
    for level, ink in (("entry", Ink.ENTRY), ("stop", Ink.STOP), ("R1", Ink.TARGET)):
        price = next(each.price for each in LEVELS if each.name == level)
        (line,) = [s for s in shapes if isinstance(s, Path) and s.ink is ink]
        wanted = oracle(plot.chart.candles, LEVELS[:3], plot.prices, price)
        assert [y for _, y in line.points] == pytest.approx([wanted, wanted])
    tags = [s for s in shapes if isinstance(s, Words) and s.strong]
    assert [tag.text for tag in tags] == ["R1 115.00", "entry 104.00", "stop 97.50"]
    assert all(a.y + 20 < b.y for a, b in itertools.pairwise(tags))
    crowd = [Level(f"L{n}", Tone.TARGET, 100 + n / 100) for n in range(6)]
    close = plot_in(BOX, Chart("c", "C", wave(80), levels=tuple(crowd)), (63, 90), 20, ruler)
    heights = [s.y for s in close.shapes() if isinstance(s, Words) and s.strong]
    assert len(heights) == 6
    assert all(b - a >= 26 for a, b in itertools.pairwise(heights))


def test_volume_stands_on_the_floor_in_proportion() -> None:
    plot = plot_in(BOX, CHART, (63, 90), 20, ruler)
    bars = [s.box for s in plot.shapes() if isinstance(s, Block) and s.ink is Ink.VOLUME]
    volumes = [candle.volume for candle in plot.chart.candles]
    assert {bar.bottom for bar in bars} == {plot.volumes.bottom}
    assert min(bar.top for bar in bars) == pytest.approx(plot.volumes.top)
    for bar, volume in zip(bars, volumes, strict=True):
        assert bar.height == pytest.approx(plot.volumes.height * volume / max(volumes))
    assert plot.prices.bottom <= plot.volumes.top


def test_the_axis_names_months_and_of_a_short_chart_days() -> None:
    def labels(count: int) -> list[str]:
        shapes = plot_in(BOX, Chart("c", "C", wave(count)), (count, count), 20, ruler).shapes()
        return [s.text for s in shapes if isinstance(s, Words) and s.side is Side.MIDDLE]

    assert labels(120) == ["Feb", "Mar", "Apr"]
    assert labels(30) == ["Jan 8", "Jan 15", "Jan 22", "Jan 29"]
    assert labels(1) == []
    new_year = [f"{month}-{day}" for month in ("2024-11", "2024-12", "2025-01", "2025-02")
                for day in ("04", "25")]  # fmt: skip
    assert time_labels(new_year, lambda *_: True) == [(2, "Dec"), (4, "2025"), (6, "Feb")]
    minutes = [
        f"2024-03-08T{hour:02}:{minute:02}" for hour in (9, 10, 11, 12) for minute in (5, 45)
    ]
    assert time_labels(minutes, lambda *_: True) == [(2, "10:05"), (4, "11:05"), (6, "12:05")]


def test_a_chart_reaches_back_to_a_near_anchor_and_names_it() -> None:
    candles = wave(200)
    at = candles[120].at
    line = Line(f"Earnings {at}", Tone.WINNER, tuple((c.at, 100.0) for c in candles[120:]))
    mark = Mark(at, "Earnings", Tone.ANCHOR, above=False)
    plot = plot_in(BOX, Chart("c", "C", candles, (line,), (), (mark,)), (63, 90), 16, ruler)
    shapes = list(plot.shapes())
    assert len(plot.chart.candles) >= 85
    (dot,) = [s for s in shapes if isinstance(s, Dot)]
    n = [candle.at for candle in plot.chart.candles].index(at)
    assert dot.x == plot.x(n)
    assert "Earnings" in [s.text for s in shapes if isinstance(s, Words)]
    far = Line(f"YTD {candles[9].at}", Tone.WINNER, tuple((c.at, 100.0) for c in candles[9:]))
    plot = plot_in(BOX, Chart("c", "C", candles, (far,)), (63, 90), 16, ruler)
    assert 63 <= len(plot.chart.candles) < 80


def test_a_curve_that_leaves_the_picture_is_cut_at_its_edge() -> None:
    candles = wave(70)
    points = [(c.at, 100.0 + (60.0 if 20 <= n < 30 else 0.0)) for n, c in enumerate(candles)]
    points = [p for n, p in enumerate(points) if n not in (50, 51)]
    line = Line("EMA8", Tone.AVERAGE, tuple(points))
    plot = plot_in(BOX, Chart("c", "C", candles, (line,)), (70, 70), 20, ruler)
    parts = [s.points for s in plot.shapes() if isinstance(s, Path) and s.ink is Ink.AVERAGE_0]
    assert len(parts) == 3, "before, after, and beyond the gap"
    assert parts[0][-1][1] == parts[1][0][1] == plot.prices.top
    assert parts[1][-1][0] == plot.x(49)
    assert parts[2][0][0] == plot.x(52)


ROW = {
    "rank": 3, "symbol": "BRK.B", "strategy": "bb_squeeze", "direction": "short", "entry": 50.0,
    "stop": 52.0, "r1": 46.0, "r2": None, "metadata": {"pct_b": 1.10912, "adx_rise": 2.0},
}  # fmt: skip


def texts(sheet: Sheet) -> list[str]:
    return [s.text for p in sheet.panels for s in p.shapes if isinstance(s, Words)]


def test_a_candidate_says_its_rank_its_levels_and_its_risk() -> None:
    said = texts(contact_sheet("T", "A", [candidate_leaf(ROW, CHART)], ruler))
    wanted = ["T", "A", "3", "BRK.B", "short", "bb squeeze", "pct b 1.109, adx rise 2",
              "50.00", "52.00", "46.00", "2.00  4.0%"]  # fmt: skip
    assert [text for text in wanted if text not in said] == []
    measured = {"anchor": "Gap", "tier": "A", "structure": "bullish", "avwap_reclaim_cross": "none"}
    leaf = candidate_leaf({**ROW, "metadata": measured}, CHART)
    assert leaf.note == "AVWAP Gap, tier A, structure bullish"
    assert [f.value for f in figures({"entry": 0.5, "stop": 0.49})] == [
        "0.5000", "0.4900", "0.0100  2.0%"
    ]  # fmt: skip
    assert list(figures({"entry": None, "stop": float("nan")})) == []


def test_a_symbol_that_is_no_candidate_shows_the_levels_of_its_chart() -> None:
    picture = Picture("SPY", "A fund", date(2024, 3, 8), CHART)
    said = texts(large_picture(picture_leaf(picture, date(2024, 3, 7)), ruler))
    wanted = ["SPY", "A fund", "daily to 2024-03-07", "104.00", "97.50", "115.00", "6.50  6.2%"]
    assert [text for text in wanted if text not in said] == []


@pytest.mark.parametrize("count", range(1, 8))
def test_panels_are_two_by_two_and_the_first_of_an_odd_number_is_wide(count: int) -> None:
    sheet = contact_sheet("T", "A", [Leaf(CHART, "AAA")] * count, ruler)
    boxes = [panel.box for panel in sheet.panels]
    assert len(boxes) == count + 1
    assert not any(a.meets(b) for n, a in enumerate(boxes) for b in boxes[:n])
    whole = Box(0, 0, sheet.width, sheet.height)
    assert all(whole.holds(box) for box in boxes)
    widths = [round(box.width) for box in boxes[1:]]
    assert widths[0] == (1172 if count % 2 else 579)
    assert set(widths[1:]) <= {579}
    assert sheet.width == 1200


def test_a_chart_without_prices_says_so() -> None:
    hollow = Chart("c", "C", (Candle("2024-01-02", math.nan, 1, 1, 1, 1),), levels=LEVELS)
    assert drawable(hollow).candles == ()
    assert "There are no prices to draw." in texts(
        contact_sheet("T", "A", [Leaf(hollow, "A")], ruler)
    )


def extent(shape: object) -> Box:
    """All that a shape covers."""
    match shape:
        case Block(box=box):
            return box
        case Dot(x=x, y=y, radius=r):
            return Box(x - r, y - r, x + r, y + r)
        case Path(points=points):
            xs, ys = [x for x, _ in points], [y for _, y in points]
            return Box(min(xs), min(ys), max(xs), max(ys))
        case Words(text=text, x=x, y=y, size=size, side=side):
            wide = ruler(text, size)
            left = x - {Side.LEFT: 0, Side.MIDDLE: wide / 2, Side.RIGHT: wide}[side]
            return Box(left, y - size * 0.55, left + wide, y + size * 0.55)
    raise AssertionError(shape)


PRICES = st.floats(-1e7, 1e11) | st.floats(allow_nan=True, allow_infinity=True) | st.just(100.0)
WILD = st.text(max_size=60) | st.sampled_from(["\x00\x1b[31m", "W" * 300, "公司", "\u202eevil\n"])


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    count = draw(st.integers(0, 60))
    near = draw(st.floats(0.01, 1e6))
    prices = st.floats(near * 0.8, near * 1.2) | PRICES
    times = days(count)
    rows = [
        Candle(at, *(draw(prices) for _ in range(5))) for at in times[: draw(st.integers(0, 6))]
    ]
    rows += [Candle(at, near, near * 1.1, near * 0.9, near, near) for at in times[len(rows) :]]
    points = tuple((at, draw(prices)) for at in times[:12])
    tones = st.sampled_from(list(Tone))
    return Chart(
        draw(WILD),
        draw(WILD),
        tuple(rows),
        (Line(draw(WILD), draw(tones), points), Line("EMA8", Tone.AVERAGE, points)),
        tuple(Level(draw(WILD), draw(tones), draw(prices)) for _ in range(draw(st.integers(0, 9)))),
        tuple(Mark(at, draw(WILD), draw(tones), above=draw(st.booleans())) for at in times[3:9]),
    )


@settings(max_examples=25, deadline=None)
@given(charts(), WILD, WILD, st.floats(0, 1e12), st.floats(0, 1e12))
def test_whatever_comes_stays_in_its_panel(
    chart: Chart, name: str, note: str, entry: float, stop: float
) -> None:
    row = {**ROW, "symbol": name, "strategy": note, "direction": name, "rank": 10**18,
           "entry": entry, "stop": stop, "metadata": {"anchor": note, "tier": name}}  # fmt: skip
    leaf = candidate_leaf(row, chart)
    for sheet in (contact_sheet(name, note, [leaf] * 3, ruler), large_picture(leaf, ruler)):
        for panel in sheet.panels:
            box = panel.box
            around = Box(box.left - 0.01, box.top - 0.01, box.right + 0.01, box.bottom + 0.01)
            outside = [shape for shape in panel.shapes if not around.holds(extent(shape))]
            assert outside == []
        assert all(text.isascii() and text.isprintable() for text in texts(sheet) if text)


def test_text_of_others_becomes_plain_and_short() -> None:
    assert plain("Société\tGénérale\x1b[2J") == "Societe Generale [2J"
    assert plain("公司 ﬁ") == "?? fi"
    assert len(plain("x" * 10_000)) == 200
    assert cut("abcdefgh", 10, 5.5 * 6, ruler) == "abc..."
    assert cut("abc", 10, 1, ruler) == ""
