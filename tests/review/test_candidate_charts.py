"""Daily charts: candles, averages and marks against plain loops over the same bars."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from avwap_cli.market import sessions
from avwap_cli.market.bars import BarTable, bar_table, concat
from avwap_cli.market.panel import build_panel
from avwap_cli.review.candidate_charts import (
    Measured,
    Subject,
    averages_of,
    basis_of,
    daily_chart,
    measure,
)
from avwap_cli.review.charts import Chart, Level, Line, Tone
from avwap_cli.signals.rules import ScanRules

AS_OF = date(2024, 3, 7)
DAYS = np.array(sessions.last_sessions(AS_OF, 300), dtype="datetime64[D]")
AVWAP = Subject("daily-1", "ABC", 1, ("avwap",))
SPLIT = 2.0


def bars(names: tuple[str, ...] = ("ABC", "XYZ"), without: str = "") -> BarTable:
    """Wandering prices, each symbol its own; the second began late and misses a session."""
    rows = []
    for seed, name in enumerate(names):
        random = np.random.default_rng(seed)
        close = 80.0 * np.exp(np.cumsum(random.normal(0.001, 0.02, len(DAYS))))
        for n, day in enumerate(DAYS):
            if name == "XYZ" and (n < 100 or n == 250):
                continue
            if name == "XYZ" and str(day) == without:
                continue
            open_ = close[max(n - 1, 0)] * (1 + random.normal(0, 0.02))
            high, low = max(open_, close[n]) * 1.01, min(open_, close[n]) * 0.99
            volume = float(random.integers(100_000, 3_000_000))
            vwap = (high + low + 2 * close[n]) / 4
            rows.append((name, day, open_, high, low, close[n], volume, vwap))
    columns = list(zip(*rows, strict=True))
    numbers = [np.array(column, dtype=float) for column in columns[2:]]
    return bar_table(list(columns[0]), np.array(columns[1]), *numbers)


def measured(rules: ScanRules, table: BarTable | None = None, price: str = "vwap") -> Measured:
    panel = build_panel(bars() if table is None else table, DAYS)
    return measure(panel, np.full(panel.width, -1), rules, price)


def of_symbol(table: BarTable, name: str) -> list[dict[str, float]]:
    """That symbol's rows as plain values, oldest first."""
    part = table.only([name])
    fields = ("open", "high", "low", "close", "volume", "vwap")
    return [
        {"day": str(part.session[n]), **{k: float(getattr(part, k)[n]) for k in fields}}  # type: ignore[dict-item]
        for n in range(len(part))
    ]


def averages_by_hand(rows: list[dict[str, float]], anchor: str) -> dict[str, float]:
    """Day -> the average price paid since the anchor, by ten plain lines."""
    paid = shares = 0.0
    found: dict[str, float] = {}
    begun = False
    for row in rows:
        begun = begun or row["day"] == anchor
        if begun:
            paid += row["vwap"] * row["volume"]
            shares += row["volume"]
            found[str(row["day"])] = paid / shares
    return found


def lines(chart: Chart, tone: Tone) -> list[Line]:
    return [line for line in chart.lines if line.tone is tone]


def test_candles_are_the_bars_of_the_last_250_sessions(scan_rules: ScanRules) -> None:
    table = bars()
    chart = daily_chart(measured(scan_rules, table), AVWAP)
    rows = of_symbol(table, "ABC")[-250:]
    assert [c.at for c in chart.candles] == [row["day"] for row in rows]
    assert chart.candles[-1].at == "2024-03-07"
    for candle, row in zip(chart.candles, rows, strict=True):
        assert candle.close == pytest.approx(row["close"], abs=6e-5)
        assert (candle.low, candle.high) == pytest.approx((row["low"], row["high"]), abs=6e-5)
        assert candle.volume == row["volume"]


@pytest.mark.parametrize("symbol", ["ABC", "XYZ"])
def test_every_anchored_average_is_that_of_a_plain_loop(scan_rules: ScanRules, symbol: str) -> None:
    table = bars()
    chart = daily_chart(measured(scan_rules, table), replace(AVWAP, symbol=symbol))
    shown = [*lines(chart, Tone.WINNER), *lines(chart, Tone.COMPETITOR)]
    assert len(shown) >= 3
    for line in shown:
        kind, anchor = line.name.split()
        by_hand = averages_by_hand(of_symbol(table, symbol), anchor)
        assert dict(line.points) == pytest.approx(by_hand, abs=6e-5), kind
        assert line.points[0][0] == anchor


def test_the_scans_winner_is_drawn_as_winner_and_once(scan_rules: ScanRules) -> None:
    drawn = measured(scan_rules)
    free = daily_chart(drawn, AVWAP)
    other = lines(free, Tone.COMPETITOR)[0].name.split()
    subject = replace(AVWAP, anchor=other[0], anchor_session=other[1])
    chart = daily_chart(drawn, subject)
    assert [line.name for line in lines(chart, Tone.WINNER)] == [" ".join(other)]
    assert sorted(line.name for line in chart.lines) == sorted(line.name for line in free.lines)


def test_an_anchor_that_has_no_bar_gives_way_to_the_one_chosen_here(
    scan_rules: ScanRules,
) -> None:
    drawn = measured(scan_rules)
    lost = replace(AVWAP, anchor="Own", anchor_session="2024-03-03")
    assert daily_chart(drawn, lost) == daily_chart(drawn, AVWAP)


def test_marks_stand_at_the_anchors_below_longs_and_above_shorts(scan_rules: ScanRules) -> None:
    drawn = measured(scan_rules)
    for direction in (1, -1):
        chart = daily_chart(drawn, replace(AVWAP, direction=direction))
        assert {(m.text, m.at) for m in chart.marks} == {
            tuple(line.name.split()) for line in chart.lines
        }
        assert {m.above for m in chart.marks} == {direction < 0}
        assert [m.at for m in chart.marks] == sorted(m.at for m in chart.marks)


def test_an_anchor_before_the_first_candle_has_a_line_and_no_mark(scan_rules: ScanRules) -> None:
    old = str(DAYS[10])
    chart = daily_chart(measured(scan_rules), replace(AVWAP, anchor="Own", anchor_session=old))
    winner = lines(chart, Tone.WINNER)[0]
    by_hand = averages_by_hand(of_symbol(bars(), "ABC"), old)
    assert len(winner.points) == 250
    assert winner.points[0] == (str(DAYS[50]), pytest.approx(by_hand[str(DAYS[50])], abs=6e-5))
    assert old not in {m.at for m in chart.marks}


def test_nothing_of_the_chart_depends_on_what_came_later(scan_rules: ScanRules) -> None:
    table = bars()
    later = table.take(np.arange(len(table)))
    cut = table.take(table.session <= DAYS[-1])
    after = np.array([*DAYS[1:], np.datetime64(sessions.next_session(AS_OF))])
    extra = bar_table(["ABC"], after[-1:], *[np.array([500.0])] * 4, np.array([9e9]))

    grown = build_panel(concat([later, extra]), DAYS)
    known = measure(grown, np.full(grown.width, -1), scan_rules, "vwap")
    assert daily_chart(known, AVWAP) == daily_chart(measured(scan_rules, cut), AVWAP)


def test_a_symbol_is_drawn_alike_whatever_stands_beside_it(scan_rules: ScanRules) -> None:
    table = bars()
    alone = measured(scan_rules, table.only(["XYZ"]))
    subject = replace(AVWAP, symbol="XYZ")
    assert daily_chart(alone, subject) == daily_chart(measured(scan_rules, table), subject)


def test_bars_adjusted_since_are_drawn_on_the_basis_of_the_scan(scan_rules: ScanRules) -> None:
    table = bars()
    before = daily_chart(measured(scan_rules, table), AVWAP)
    close = of_symbol(table, "ABC")[-1]["close"]
    halved = {k: getattr(table, k) / SPLIT for k in ("open", "high", "low", "close", "vwap")}
    later = measured(scan_rules, replace(table, volume=table.volume * SPLIT, **halved))
    assert basis_of(later, "ABC", close) == pytest.approx(SPLIT)
    chart = daily_chart(later, replace(AVWAP, prev_close=close))
    assert chart.candles[-1].close == pytest.approx(before.candles[-1].close, abs=1e-4)
    assert chart.candles[-1].volume == before.candles[-1].volume
    assert lines(chart, Tone.WINNER)[0].points[-1][1] == pytest.approx(
        lines(before, Tone.WINNER)[0].points[-1][1], abs=1e-4
    )
    assert basis_of(later, "ABC", close / SPLIT * 1.005) == 1.0, "a revision is no split"


def test_exponential_means_and_the_band_are_those_of_their_definitions(
    scan_rules: ScanRules,
) -> None:
    table = bars()
    close = [row["close"] for row in of_symbol(table, "ABC")]
    drawn = measured(scan_rules, table)
    mean = sum(close[:8]) / 8
    for price in close[8:]:
        mean += (price - mean) * 2 / 9
    means = daily_chart(drawn, replace(AVWAP, averages=("ema",)))
    assert [line.name for line in means.lines] == ["EMA8", "EMA21"]
    assert means.lines[0].points[-1][1] == pytest.approx(mean, abs=6e-5)
    assert means.marks == ()
    band = daily_chart(drawn, replace(AVWAP, averages=("band",)))
    last = np.array(close[-20:])
    wanted = [last.mean() + k * last.std() for k in (2, 0, -2)]
    assert [line.points[-1][1] for line in band.lines] == pytest.approx(wanted, abs=6e-5)


@pytest.mark.parametrize(
    ("names", "averages"),
    [
        (("anchor", "avwap"), ("avwap",)),
        (("rsi_before", "pct_b_before"), ("band",)),
        (("adx", "rsi", "ema8"), ("ema",)),
        ((), ("ema",)),
    ],
)
def test_averages_follow_from_what_the_strategy_measured(
    names: tuple[str, ...], averages: tuple[str, ...]
) -> None:
    assert averages_of(names) == averages


def test_levels_are_passed_on_and_a_symbol_without_bars_has_no_candles(
    scan_rules: ScanRules,
) -> None:
    stop = Level("stop", Tone.STOP, 70.0)
    drawn = measured(scan_rules, bars().including(["NEW"]))
    assert daily_chart(drawn, replace(AVWAP, levels=(stop,))).levels == (stop,)
    for symbol in ("NEW", "WHO"):
        chart = daily_chart(drawn, replace(AVWAP, symbol=symbol))
        assert (chart.candles, chart.lines, chart.marks) == ((), (), ())
        assert symbol in chart.title
