"""Sanity: impossible bars, unadjusted splits found, and real moves left alone."""

from __future__ import annotations

import numpy as np
import pytest

from avwap_cli.market.bars import bar_table
from avwap_cli.market.panel import Panel, build_panel
from avwap_cli.signals.rules import ScanRules
from avwap_cli.signals.sanity import bad_bars, unadjusted_split

BARS = 40
DAYS = np.datetime64("2024-01-01") + np.arange(BARS)


def panel(price: np.ndarray, volume: np.ndarray, **wrong: float) -> Panel:
    columns = {
        "open": price.copy(),
        "high": price * 1.01,
        "low": price * 0.99,
        "close": price.copy(),
    }
    for name, value in wrong.items():
        columns[name][20] = value
    return build_panel(bar_table(["A"] * BARS, DAYS, **columns, volume=volume), DAYS)


CALM = np.full(BARS, 50.0)
VOLUME = np.full(BARS, 1000.0)


def test_plain_bars_are_sane(scan_rules: ScanRules) -> None:
    assert bad_bars(panel(CALM, VOLUME))[0] == 0
    assert np.isnan(unadjusted_split(panel(CALM, VOLUME), scan_rules.sanity)[0])


@pytest.mark.parametrize(
    "wrong",
    [
        {"open": 51.0},
        {"open": 49.0},
        {"high": 49.9},
        {"low": 50.1},
        {"low": 0.0},
        {"low": -1.0},
        {"close": np.nan},
        {"high": np.inf},
    ],
)
def test_an_impossible_bar_is_counted(wrong: dict[str, float]) -> None:
    assert bad_bars(panel(CALM, VOLUME, **wrong))[0] == 1


def test_negative_volume_and_duplicates_are_counted() -> None:
    volume = VOLUME.copy()
    volume[3] = -1
    assert bad_bars(panel(CALM, volume))[0] == 1
    twice = np.concatenate([DAYS, DAYS[-1:]])
    ones = np.full(BARS + 1, 50.0)
    table = bar_table(["A"] * (BARS + 1), twice, ones, ones, ones, ones, ones)
    assert bad_bars(build_panel(table, DAYS))[0] == 1


@pytest.mark.parametrize("ratio", [2.0, 3.0, 10.0, 1.5, 1 / 2, 1 / 10, 1 / 50, 2 / 3])
def test_a_split_left_unadjusted_is_seen(scan_rules: ScanRules, ratio: float) -> None:
    close, volume = CALM.copy(), VOLUME.copy()
    close[25:] *= ratio
    volume[25:] /= ratio
    seen = unadjusted_split(panel(close, volume), scan_rules.sanity)[0]
    assert seen == pytest.approx(ratio)


def test_a_crash_on_heavy_volume_is_no_split(scan_rules: ScanRules) -> None:
    """A fall to 0.499 on 19 times the usual volume happened; nobody split."""
    close, volume = CALM.copy(), VOLUME.copy()
    close[25:] *= 0.499
    volume[25] *= 19
    assert np.isnan(unadjusted_split(panel(close, volume), scan_rules.sanity)[0])


def test_a_fall_that_is_no_plain_ratio_is_no_split(scan_rules: ScanRules) -> None:
    close = CALM.copy()
    close[25:] *= 0.45
    assert np.isnan(unadjusted_split(panel(close, VOLUME), scan_rules.sanity)[0])


def test_the_open_must_show_the_split_too(scan_rules: ScanRules) -> None:
    close = CALM.copy()
    close[25:] *= 0.5
    shown = panel(close, VOLUME)
    shown.open[25, 0] = 49.0
    assert np.isnan(unadjusted_split(shown, scan_rules.sanity)[0])
