"""Levels by hand: which of three stops wins, targets in units of risk, mirrored shorts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avwap_cli.market.bars import bar_table
from avwap_cli.market.panel import Panel, build_panel
from avwap_cli.signals.levels import Levels, levels
from avwap_cli.signals.rules import ScanRules


def panel_with_lows(lows: list[float], close: float, high: float = 102.0) -> Panel:
    days = np.datetime64("2024-01-01") + np.arange(len(lows))
    low = np.array(lows)
    closes = np.full(len(lows), close)
    highs = np.full(len(lows), high)
    return build_panel(bar_table(["A"] * len(lows), days, closes, highs, low, closes, closes), days)


def plan(
    lows: list[float],
    scan_rules: ScanRules,
    *,
    entry: float = 100.0,
    atr: float = 1.0,
    close: float = 100.5,
    direction: int = 1,
) -> Levels:
    panel = panel_with_lows(lows, close)
    pivot = np.array([(102.0 + lows[-1] + close) / 3])
    rules = scan_rules.levels
    return levels(panel, np.array([entry]), np.array([atr]), pivot, rules, direction)


FLAT = [99.5] * 20


def test_without_a_swing_the_wider_of_atr_and_minimum_is_the_stop(scan_rules: ScanRules) -> None:
    assert plan(FLAT, scan_rules).stop[0] == pytest.approx(98.5)
    assert plan(FLAT, scan_rules, atr=2.0).stop[0] == pytest.approx(98.0)


def test_the_last_strict_swing_low_below_the_entry_is_used(scan_rules: ScanRules) -> None:
    lows = FLAT.copy()
    lows[5], lows[12] = 90.0, 97.0
    assert plan(lows, scan_rules).stop[0] == pytest.approx(97.0 * 0.995)


def test_a_double_bottom_is_not_strict(scan_rules: ScanRules) -> None:
    lows = FLAT.copy()
    lows[12] = lows[13] = 97.0
    assert plan(lows, scan_rules).stop[0] == pytest.approx(98.5)


def test_a_swing_above_the_entry_is_ignored(scan_rules: ScanRules) -> None:
    lows = [104.0] * 20
    lows[12] = 103.0
    assert plan(lows, scan_rules, close=104.5).stop[0] == pytest.approx(98.5)


def test_targets_and_ratio_follow_from_the_risk(scan_rules: ScanRules) -> None:
    seen = plan(FLAT, scan_rules)
    assert seen.r1[0] == pytest.approx(101.5)
    assert seen.r2[0] == pytest.approx(103.0)
    assert seen.risk_frac[0] == pytest.approx(0.015)
    assert seen.reward_risk[0] == pytest.approx((103.0 - 100.5) / (100.5 - 98.5))


def test_pivots_can_be_the_targets(scan_rules: ScanRules) -> None:
    rules = replace(scan_rules, levels=replace(scan_rules.levels, targets="pivots"))
    seen = plan(FLAT, rules)
    pivot = (102.0 + 99.5 + 100.5) / 3
    assert seen.r1[0] == seen.pivot_r1[0] == pytest.approx(2 * pivot - 99.5)
    assert seen.r2[0] == seen.pivot_r2[0] == pytest.approx(pivot + 102.0 - 99.5)


def test_shorts_mirror(scan_rules: ScanRules) -> None:
    seen = plan(FLAT, scan_rules, close=99.8, direction=-1)
    assert seen.stop[0] == pytest.approx(101.5)
    assert seen.r1[0] == pytest.approx(98.5)
    assert seen.r2[0] == pytest.approx(97.0)
    assert seen.reward_risk[0] == pytest.approx((99.8 - 97.0) / (101.5 - 99.8))


def test_no_entry_no_levels(scan_rules: ScanRules) -> None:
    seen = plan(FLAT, scan_rules, entry=float("nan"))
    assert np.isnan([seen.stop[0], seen.r1[0], seen.r2[0], seen.reward_risk[0]]).all()
