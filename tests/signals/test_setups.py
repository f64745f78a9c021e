"""Setup labels, one case per word."""

from __future__ import annotations

import numpy as np
import pytest

from avwap_cli.market.bars import bar_table
from avwap_cli.market.panel import Panel, build_panel
from avwap_cli.signals import setups
from avwap_cli.signals.rules import ScanRules


def one(x: float) -> np.ndarray:
    return np.array([x])


@pytest.mark.parametrize(
    ("close", "word"),
    [(100.3, "bullish"), (100.2, "neutral"), (99.8, "neutral"), (99.7, "bearish"), (np.nan, "")],
)
def test_control(close: float, word: str) -> None:
    assert setups.control(one(close), one(100.0), 0.2 + 1e-12)[0] == word


@pytest.mark.parametrize(
    ("before", "now", "word"),
    [
        (99.0, 101.0, "bullish"),
        (101.0, 99.0, "bearish"),
        (101.0, 102.0, "none"),
        (99.0, 98.0, "none"),
    ],
)
def test_reclaim_cross_compares_each_close_with_its_own_average(
    before: float, now: float, word: str
) -> None:
    assert setups.reclaim_cross(one(now), one(100.0), one(before), one(100.0))[0] == word


def test_acceptance_needs_all_closes_on_one_side() -> None:
    average = np.array([[10.0], [11.0], [12.0]])
    assert setups.acceptance(average + 1, average)[0] == "bullish"
    assert setups.acceptance(average - 1, average)[0] == "bearish"
    assert setups.acceptance(average + np.array([[1], [-1], [1]]), average)[0] == "none"


@pytest.mark.parametrize(
    ("close", "word"),
    [
        (101.0, "balanced"),
        (99.0, "balanced"),
        (103.0, "moderate"),
        (106.0, "extended"),
        (94.0, "extended"),
    ],
)
def test_extension(scan_rules: ScanRules, close: float, word: str) -> None:
    assert setups.extension(one(close), one(100.0), scan_rules.setup)[0] == word


def gapped(ago: int | None) -> Panel:
    open_ = np.full(80, 100.0)
    if ago is not None:
        open_[-1 - ago] = 95.0
    days = np.datetime64("2024-01-01") + np.arange(80)
    flat = np.full(80, 100.0)
    return build_panel(bar_table(["A"] * 80, days, open_, flat, flat, flat, flat), days)


@pytest.mark.parametrize(
    ("ago", "word"),
    [(0, "recent"), (5, "recent"), (6, "stale"), (59, "stale"), (60, "none"), (None, "none")],
)
def test_gap_reset(scan_rules: ScanRules, ago: int | None, word: str) -> None:
    assert setups.gap_reset(gapped(ago), scan_rules.setup)[0] == word


@pytest.mark.parametrize(("step", "word"), [(0.5, "bullish"), (-0.5, "bearish"), (0.0, "neutral")])
def test_structure(scan_rules: ScanRules, step: float, word: str) -> None:
    close = 100 + step * np.arange(80)
    days = np.datetime64("2024-01-01") + np.arange(80)
    panel = build_panel(bar_table(["A"] * 80, days, close, close, close, close, close), days)
    assert setups.structure(panel, scan_rules.trend, scan_rules.setup)[0] == word
