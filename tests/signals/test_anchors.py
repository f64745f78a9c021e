"""Anchors on hand-made bars: each kind on the session where a person would put it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from avwap_cli.market.bars import bar_table
from avwap_cli.market.panel import Panel, build_panel
from avwap_cli.market.sessions import last_sessions
from avwap_cli.signals.anchors import BUILT_IN, Anchors, find_anchors
from avwap_cli.signals.rules import ScanRules

AS_OF = date(2024, 3, 21)
BARS = 120
DAYS = np.array(last_sessions(AS_OF, BARS), dtype="datetime64[D]")
NO_REPORT = np.array([-1])


def quiet(**changes: dict[int, float]) -> Panel:
    """A flat name at 100 on 1,000 shares; `changes` maps column -> {row from the end: value}."""
    columns = {
        "open": np.full(BARS, 100.0),
        "high": np.full(BARS, 101.0),
        "low": np.full(BARS, 99.0),
        "close": np.full(BARS, 100.0),
        "volume": np.full(BARS, 1000.0),
    }
    for name, values in changes.items():
        for ago, value in values.items():
            columns[name][-1 - ago] = value
    return build_panel(bar_table(["A"] * BARS, DAYS, **columns), DAYS)


def found(panel: Panel, rules: ScanRules, direction: int = 1, report: int = -1) -> dict[str, int]:
    """Kind -> bars ago, of what is there and present."""
    anchors = find_anchors(panel, rules.anchors, direction, np.array([report]), {})
    return ago(panel, anchors)


def ago(panel: Panel, anchors: Anchors) -> dict[str, int]:
    return {
        str(anchors.kinds[k, 0]): panel.depth - 1 - int(anchors.row[k, 0])
        for k in range(len(anchors.row))
        if anchors.present[k, 0]
    }


def test_year_and_month_begin_on_their_first_session(scan_rules: ScanRules) -> None:
    seen = found(quiet(), scan_rules)
    assert DAYS[-1 - seen["YTD"]] == np.datetime64("2024-01-02")
    assert DAYS[-1 - seen["MTD"]] == np.datetime64("2024-03-01")


def test_a_name_without_a_bar_on_the_first_session_has_no_such_anchor(
    scan_rules: ScanRules,
) -> None:
    keep = np.datetime64("2024-01-02") != DAYS
    ones = np.full(keep.sum(), 100.0)
    panel = build_panel(
        bar_table(["A"] * len(ones), DAYS[keep], ones, ones, ones, ones, ones), DAYS
    )
    assert "YTD" not in found(panel, scan_rules)


def test_the_last_gap_that_is_old_enough_counts(scan_rules: ScanRules) -> None:
    panel = quiet(open={30: 104.0, 12: 104.5, 5: 110.0})
    assert found(panel, scan_rules)["Gap"] == 12
    assert found(quiet(open={6: 104.0}), scan_rules)["Gap"] == 6
    assert "Gap" not in found(quiet(open={5: 104.0}), scan_rules)
    assert "Gap" not in found(quiet(open={12: 103.99}), scan_rules)
    assert found(quiet(open={59: 104.0}), scan_rules)["Gap"] == 59
    assert "Gap" not in found(quiet(open={60: 104.0}), scan_rules)


def test_gaps_count_in_the_direction_of_the_setup(scan_rules: ScanRules) -> None:
    down = quiet(open={12: 96.0})
    assert "Gap" not in found(down, scan_rules)
    assert found(down, scan_rules, direction=-1)["Gap"] == 12


def test_a_breakout_needs_volume_a_strong_close_and_a_new_high(scan_rules: ScanRules) -> None:
    up = {"high": {10: 104.0}, "close": {10: 103.9}, "volume": {10: 5000.0}}
    assert found(quiet(**up), scan_rules)["VolBreakout"] == 10
    # 1.8 x the 20-mean, which holds the bar itself: V > 1.8 (19 * 1000 + V) / 20.
    assert "VolBreakout" not in found(quiet(**(up | {"volume": {10: 1879.0}})), scan_rules)
    assert "VolBreakout" in found(quiet(**(up | {"volume": {10: 1880.0}})), scan_rules)
    assert "VolBreakout" not in found(quiet(**(up | {"close": {10: 102.4}})), scan_rules)
    assert "VolBreakout" not in found(quiet(**(up | {"high": {10: 104.0, 13: 105.0}})), scan_rules)


def test_swings_take_the_earliest_of_equals_and_must_be_old(scan_rules: ScanRules) -> None:
    panel = quiet(low={15: 95.0, 9: 95.0}, high={2: 107.0, 12: 106.0})
    seen = found(panel, scan_rules)
    assert seen["SwingLow"] == 15
    assert "SwingHigh" not in seen


def test_anchors_on_one_session_collapse_to_the_highest_priority(scan_rules: ScanRules) -> None:
    panel = quiet(open={12: 105.0}, low={12: 95.0})
    anchors = find_anchors(panel, scan_rules.anchors, 1, NO_REPORT, {})
    assert ago(panel, anchors)["Gap"] == 12
    assert anchors.collapsed[BUILT_IN.index("SwingLow"), 0]


def test_shorts_prefer_the_swing_high(scan_rules: ScanRules) -> None:
    low, high = BUILT_IN.index("SwingLow"), BUILT_IN.index("SwingHigh")
    for direction, expected in ((1, (50, 40)), (-1, (40, 50))):
        anchors = find_anchors(quiet(), scan_rules.anchors, direction, NO_REPORT, {})
        assert (anchors.priority[low, 0], anchors.priority[high, 0]) == expected


def test_the_last_report_counts_even_when_it_is_too_young(scan_rules: ScanRules) -> None:
    assert found(quiet(), scan_rules, report=BARS - 1 - 20)["Earnings"] == 20
    anchors = find_anchors(quiet(), scan_rules.anchors, 1, np.array([BARS - 1 - 3]), {})
    assert anchors.young[BUILT_IN.index("Earnings"), 0]
    assert "Earnings" not in found(quiet(), scan_rules, report=BARS - 1 - 60)


def test_users_anchors_join_with_their_own_priority(scan_rules: ScanRules) -> None:
    own = {"A": {"launch": (DAYS[-41].item(), 95)}, "B": {"other": (DAYS[-41].item(), 1)}}
    panel = quiet()
    anchors = find_anchors(panel, scan_rules.anchors, 1, NO_REPORT, own)
    assert ago(panel, anchors)["launch"] == 40
    assert anchors.priority[-1, 0] == 95


def test_a_users_anchor_on_no_session_is_absent(scan_rules: ScanRules) -> None:
    own = {"A": {"sunday": (date(2024, 3, 3), 95)}}
    anchors = find_anchors(quiet(), scan_rules.anchors, 1, NO_REPORT, own)
    assert not anchors.present[-1, 0]


def test_a_wider_window_is_only_a_rule(scan_rules: ScanRules) -> None:
    wider = replace(scan_rules, anchors=replace(scan_rules.anchors, window_sessions=90))
    assert found(quiet(open={75: 104.0}), wider)["Gap"] == 75
