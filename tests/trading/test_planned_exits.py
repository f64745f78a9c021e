"""Planned exits: RSI and band as TA-Lib has them, time by the calendar alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import talib
from held_positions import BATCH, FRI, MON, THU, TUE, WED, held
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.market import sessions
from avwap_cli.market.bars import bar_table
from avwap_cli.market.panel import build_panel
from avwap_cli.signals.rules import ScanRules
from avwap_cli.trading.planned_exits import Closing, closings, planned_exit, planned_exits
from avwap_cli.verdicts import ExitReason

SHORT = replace(BATCH, strategy="overbought_short", direction=-1, max_hold_sessions=5)
NEXT_WEEK = date(2024, 3, 11)


def closing(rsi: float | None, pct_b: float | None = 0.7, session: date = MON) -> Closing:
    return Closing(session, 100.0, rsi, pct_b)


def reason_of(
    rules: ScanRules, strategy: str, direction: int, rsi: float | None, pct_b: float | None = 0.7
) -> ExitReason | None:
    plan = replace(BATCH, strategy=strategy, direction=direction)
    exits = rules.strategies[strategy].exit
    return planned_exit(held(plan), TUE, MON, closing(rsi, pct_b), exits).reason


@pytest.mark.parametrize(
    ("strategy", "direction", "kept", "closes"),
    [
        ("rsi_mean_reversion", 1, 50.0, 50.1),
        ("rsi_mean_reversion", -1, 50.0, 49.9),
        ("bb_squeeze", 1, 75.0, 75.1),
        ("bb_squeeze", -1, 25.0, 24.9),
        ("adx_pullback", 1, 70.0, 70.1),
        ("overbought_short", -1, 55.0, 54.9),
        ("regime_momentum", 1, 75.0, 75.1),
    ],
)
def test_each_strategys_rsi(
    scan_rules: ScanRules, strategy: str, direction: int, kept: float, closes: float
) -> None:
    assert reason_of(scan_rules, strategy, direction, kept) is None
    assert reason_of(scan_rules, strategy, direction, closes) is ExitReason.RSI_TARGET


def test_only_the_overbought_short_has_a_band_and_avwap_has_neither(scan_rules: ScanRules) -> None:
    assert reason_of(scan_rules, "overbought_short", -1, 60, 0.5) is None
    assert reason_of(scan_rules, "overbought_short", -1, 60, 0.49) is ExitReason.BAND_TARGET
    assert reason_of(scan_rules, "overbought_short", -1, 50, 0.49) is ExitReason.RSI_TARGET
    assert reason_of(scan_rules, "rsi_mean_reversion", -1, 60, -1.0) is None
    for rsi in (0.0, 100.0):
        assert reason_of(scan_rules, "avwap", 1, rsi, 2.0) is None


def test_time_is_up_at_the_open_of_the_last_session_allowed(scan_rules: ScanRules) -> None:
    exits = scan_rules.strategies["overbought_short"].exit
    position = held(SHORT)  # entered on Monday: Friday is the fourth session after it
    friday = planned_exit(position, FRI, THU, closing(60, session=THU), exits)
    assert (friday.held_sessions, friday.reason) == (4, None)
    monday = planned_exit(position, NEXT_WEEK, FRI, closing(60, session=FRI), exits)
    assert (monday.held_sessions, monday.reason) == (5, ExitReason.TIME_EXIT)
    assert monday.rule == "held >= 5 sessions"


def test_time_needs_neither_bars_nor_rules() -> None:
    assert planned_exit(held(SHORT), NEXT_WEEK, FRI, None, None).reason is ExitReason.TIME_EXIT
    assert planned_exit(held(None), NEXT_WEEK, FRI, None, None).max_hold_sessions is None
    assert planned_exit(held(None), date(2025, 3, 3), FRI, None, None).reason is None


def test_an_older_close_is_none(scan_rules: ScanRules) -> None:
    exits = scan_rules.strategies["adx_pullback"].exit
    found = planned_exit(held(), WED, TUE, closing(99, session=MON), exits)
    assert (found.closing, found.reason) == (None, None)


def test_undefined_figures_decide_nothing(scan_rules: ScanRules) -> None:
    assert reason_of(scan_rules, "overbought_short", -1, None, None) is None
    assert reason_of(scan_rules, "adx_pullback", 1, None) is None


def test_positions_come_by_symbol(scan_rules: ScanRules) -> None:
    exits = {name: s.exit for name, s in scan_rules.strategies.items()}
    both = (held(symbol="ZZZ"), held(symbol="AAA"))
    found = planned_exits(both, TUE, MON, {"ZZZ": closing(80)}, exits)
    assert [(p.position.symbol, p.reason) for p in found] == [
        ("AAA", None),
        ("ZZZ", ExitReason.RSI_TARGET),
    ]


def test_closings_are_talibs_over_the_window() -> None:
    days = np.array(sessions.last_sessions(MON, 120), dtype="datetime64[D]")
    rng = np.random.default_rng(3)
    close = {s: 50 * np.exp(np.cumsum(rng.normal(0, 0.02, 120))) for s in ("AAA", "BBB")}
    short = {"AAA": days, "BBB": days[:-1]}
    names = [s for s, own in short.items() for _ in own]
    values = np.concatenate([close[s][: len(own)] for s, own in short.items()])
    table = bar_table(names, np.concatenate(list(short.values())), *[values] * 4, values * 1e6)
    found = closings(build_panel(table, days))
    for symbol, own in short.items():
        prices = close[symbol][: len(own)]
        upper, _, lower = (band[-1] for band in talib.BBANDS(prices, 20, 2, 2))
        seen = found[symbol]
        assert seen.session == own[-1].item()
        assert seen.close == prices[-1]
        assert seen.rsi == pytest.approx(talib.RSI(prices, 14)[-1], abs=1e-9)
        assert seen.pct_b == pytest.approx((prices[-1] - lower) / (upper - lower), abs=1e-9)


def test_too_few_bars_leave_the_figures_undefined() -> None:
    days = np.array(sessions.last_sessions(MON, 10), dtype="datetime64[D]")
    flat = np.full(10, 7.0)
    found = closings(build_panel(bar_table(["AAA"] * 10, days, *[flat] * 4, flat), days))
    assert found == {"AAA": Closing(MON, 7.0, None, None)}


@given(st.integers(0, 30), st.integers(1, 20))
def test_law_time_is_up_exactly_from_the_limit_on(waited: int, limit: int) -> None:
    session = sessions.offset(MON, waited)
    plan = replace(BATCH, max_hold_sessions=limit)
    found = planned_exit(held(plan), session, sessions.previous_session(session), None, None)
    assert found.held_sessions == waited
    assert (found.reason is ExitReason.TIME_EXIT) is (waited >= limit)
