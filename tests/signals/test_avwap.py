"""Anchored VWAP against a ten-line loop, and the choice among anchors by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from avwap_cli.market.bars import bar_table
from avwap_cli.market.panel import Panel, build_panel
from avwap_cli.signals.anchors import Anchors
from avwap_cli.signals.avwap import choose, traded
from avwap_cli.signals.rules import ScanRules


def loop_avwap(prices: list[float], volumes: list[float], anchor: int, end: int) -> float:
    value = volume = 0.0
    for i in range(anchor, end + 1):
        value += prices[i] * volumes[i]
        volume += volumes[i]
    return value / volume if volume > 0 else float("nan")


def random_panel(seed: int, names: int, bars: int, holes: float) -> Panel:
    rng = np.random.default_rng(seed)
    days = np.datetime64("2024-01-01") + np.arange(bars)
    rows = []
    for j in range(names):
        close = 20 * np.exp(np.cumsum(rng.normal(0, 0.02, bars)))
        keep = rng.random(bars) >= holes
        keep[-1] = True
        volume = rng.integers(0, 3, bars) * 1000.0
        rows.append((np.full(keep.sum(), f"N{j:02d}"), days[keep], close[keep], volume[keep]))
    symbol, day, close, volume = (np.concatenate([r[i] for r in rows]) for i in range(4))
    table = bar_table(symbol, day, close, close * 1.01, close * 0.98, close, volume, close * 1.001)
    return build_panel(table, days)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["typical", "vwap"]))
@settings(max_examples=50, deadline=None)
def test_every_anchor_at_every_end_matches_the_loop(seed: int, kind: str) -> None:
    panel = random_panel(seed, names=4, bars=40, holes=0.1)
    prices = traded(panel, kind)
    rng = np.random.default_rng(seed)
    rows = np.array([[int(rng.integers(f, panel.depth)) for f in panel.first] for _ in range(3)])
    for back in (0, 1, 5):
        seen = prices.anchored(rows, back)
        for k in range(3):
            for j in range(panel.width):
                end = panel.depth - 1 - back
                own = (panel.high + panel.low + panel.close)[:, j] / 3
                price = own if kind == "typical" else panel.vwap[:, j]
                expected = (
                    loop_avwap(price.tolist(), panel.volume[:, j].tolist(), rows[k, j], end)
                    if rows[k, j] <= end
                    else float("nan")
                )
                np.testing.assert_allclose(seen[k, j], expected, rtol=1e-12)


def test_no_volume_gives_no_average() -> None:
    panel = random_panel(1, 1, 10, 0.0)
    silent = panel.volume * 0
    still = Panel(*(silent if f == "volume" else getattr(panel, f) for f in Panel.__slots__))
    assert np.isnan(traded(still, "typical").anchored(np.array([[3]]))).all()


def test_auto_uses_the_bars_own_price_only_when_every_bar_has_it() -> None:
    panel = random_panel(2, 2, 10, 0.0)
    assert traded(panel, "auto").kind == "vwap"
    panel.vwap[4, 1] = np.nan
    assert traded(panel, "auto").kind == "typical"


def one_name(closes: list[float]) -> Panel:
    days = np.datetime64("2024-01-01") + np.arange(len(closes))
    c = np.array(closes)
    return build_panel(bar_table(["A"] * len(c), days, c, c, c, c, np.full(len(c), 1.0)), days)


def anchors_on(rows: list[int], priorities: list[int]) -> Anchors:
    k = len(rows)
    kinds = np.array([[f"K{i}"] for i in range(k)], dtype=object)
    flags = np.zeros((k, 1), dtype=bool)
    return Anchors(
        kinds, np.array(rows)[:, None], np.array(priorities)[:, None], ~flags, flags, flags
    )


def test_scores_add_up_as_written(scan_rules: ScanRules) -> None:
    """priority + 1.5 * TrendScore - |dist| + 20 near + 40 on reclaim, to the last number."""
    closes = [100.0] * 10 + [99.0, 101.0]
    panel = one_name(closes)
    avwap = loop_avwap(closes, [1.0] * 12, 2, 11)
    dist = 100 * (101.0 - avwap) / avwap
    choice = choose(
        panel,
        traded(panel, "typical"),
        anchors_on([2], [90]),
        np.array([4.0]),
        scan_rules.anchors,
        1,
    )
    assert choice.reclaim[0, 0]
    assert choice.status[0, 0] == "valid"
    np.testing.assert_allclose(choice.score[0, 0], 90 + 1.5 * 4 - dist + 20 + 40, rtol=1e-12)
    np.testing.assert_allclose(choice.strength[0], choice.score[0, 0], rtol=1e-12)


def test_equal_scores_go_to_the_higher_priority_and_neighbours_count(scan_rules: ScanRules) -> None:
    panel = one_name([100.0] * 11 + [101.0])
    anchors = anchors_on([0, 1, 2], [70, 90, 80])
    choice = choose(
        panel, traded(panel, "typical"), anchors, np.array([0.0]), scan_rules.anchors, 1
    )
    assert choice.winner[0] == 1
    assert choice.confluence[0] == 2
    np.testing.assert_allclose(choice.strength[0], choice.score[1, 0] + 10.0)


def test_status_names_the_first_test_that_failed(scan_rules: ScanRules) -> None:
    def status(closes: list[float], trend: float = 0.0) -> str:
        panel = one_name(closes)
        choice = choose(
            panel,
            traded(panel, "typical"),
            anchors_on([0], [90]),
            np.array([trend]),
            scan_rules.anchors,
            1,
        )
        return str(choice.status[0, 0])

    assert status([100.0] * 11 + [99.0]) == "side"
    assert status([100.0] * 11 + [120.0]) == "far"
    assert status([110.0] * 6 + [100.0] * 5 + [106.0, 107.0]) == "slope"
    assert status([100.0] * 11 + [101.0], trend=float("nan")) == "trend"


def test_shorts_mirror_longs(scan_rules: ScanRules) -> None:
    up = [100.0, 100.5, 99.5, 100.2, 100.1, 99.9, 100.0, 100.3, 99.8, 101.0]
    down = [200.0 - c for c in up]
    trend = np.array([3.0])
    long, short = (
        choose(p, traded(p, "typical"), anchors_on([1], [90]), trend, scan_rules.anchors, d)
        for p, d in ((one_name(up), 1), (one_name(down), -1))
    )
    assert long.status[0, 0] == short.status[0, 0] == "valid"
    np.testing.assert_allclose(long.avwap[0, 0] + short.avwap[0, 0], 200.0, rtol=1e-12)
    assert bool(long.reclaim[0, 0]) == bool(short.reclaim[0, 0])
