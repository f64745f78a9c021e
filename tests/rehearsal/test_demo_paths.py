"""Demo paths: every part does what its name says, for candidates of any price and direction."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.rehearsal.demo_paths import Part, Role, cast, minutes

DAY = date(2026, 11, 23)
OPENS_NS = 1795444200 * 10**9  # 09:30 in New York


def candidate(symbol: str, group: str, rank: int, **changes: Any) -> dict[str, Any]:
    made = {
        "symbol": symbol,
        "entry_group": group,
        "rank": rank,
        "strategy": group,
        "direction": "long",
        "prev_close": 100.0,
        "entry": 99.0,
        "stop": 97.0,
        "r1": 101.5,
        "r2": 104.0,
    }
    return {**made, **changes}


def role(part: Part, group: str, direction: int = 1, close: float = 100.0) -> Role:
    entry = close * (1 - 0.01 * direction)
    step = 0.02 * close * direction
    return Role(
        part, "AAA", group, direction, close, entry, entry - step, entry + step, entry + 2 * step
    )


def closes(one: Role, volume: float = 3_900_000.0) -> tuple[np.ndarray, np.ndarray]:
    """(open and 390 closes) of regular hours, and the volumes."""
    table = minutes([one], DAY, {"AAA": volume})
    regular = table.start.astype(np.int64) >= OPENS_NS
    assert regular.sum() == 390
    prices = np.append(table.open[regular][0], table.close[regular])
    return prices, table.volume[regular]


def test_every_part_is_played_once_where_there_are_candidates_enough() -> None:
    groups = ["boh"] * 3 + ["confirm"] * 6 + ["moo"] * 3
    rows = [candidate(f"S{n}", g, n, strategy=f"{g}{n // 2}") for n, g in enumerate(groups, 1)]
    parts = [r.part for r in cast(rows)]
    once = [p for p in Part if p is not Part.HOLDS]
    assert [parts.count(p) for p in once] == [1] * len(once)
    assert parts.count(Part.HOLDS) == 12 - len(once)


@given(st.lists(st.sampled_from(["moo", "confirm", "boh"]), max_size=12))
def test_whatever_was_found_can_be_cast(groups: list[str]) -> None:
    cut = cast([candidate(f"S{n}", g, n) for n, g in enumerate(groups, 1)])
    assert [r.symbol for r in cut] == [f"S{n}" for n in range(1, len(groups) + 1)]
    assert all(
        r.part in (Part.RISES, Part.BREAKS_LATE, Part.NEVER_BREAKS, Part.GAPS)
        for r in cut
        if r.group == "boh"
    )
    table = minutes(cut, DAY, {})
    assert table.symbols == tuple(sorted(r.symbol for r in cut))
    assert (table.close > 0).all()
    assert (table.volume > 0).all()


SIDES = pytest.mark.parametrize("direction", [1, -1])
CLOSES = pytest.mark.parametrize("close", [7.0, 100.0, 900.0])


@SIDES
@CLOSES
def test_a_gap_is_beyond_the_filter_and_no_other_open_is(direction: int, close: float) -> None:
    for part in Part:
        for group in ("moo", "boh"):
            prices, _ = closes(role(part, group, direction, close))
            gap = abs(prices[0] / close - 1)
            assert gap > 0.04 if part is Part.GAPS else gap < 0.025


@SIDES
@CLOSES
def test_a_crash_is_two_bars_beyond_seven_percent_and_never_ten(
    direction: int, close: float
) -> None:
    prices, _ = closes(role(Part.CRASHES, "confirm", direction, close))
    loss = -direction * (prices / prices[15] - 1)  # from the price of 09:45
    assert (loss[:105] < 0.01).all()
    assert ((loss[112:130] > 0.07) & (loss[112:130] < 0.095)).all()


@SIDES
def test_a_fall_back_confirms_nothing_and_the_others_do(direction: int) -> None:
    for part in (Part.FALLS_BACK, Part.IS_LOST, Part.CRASHES, Part.HOLDS, Part.FILLS_IN_PART):
        prices, _ = closes(role(part, "confirm", direction))
        assert bool(direction * (prices[15] - 100.0) > 0) == (part is not Part.FALLS_BACK)


@SIDES
@CLOSES
def test_breakouts_hold_and_reach_their_targets(direction: int, close: float) -> None:
    rises, late, never = (
        direction * (closes(one)[0] - one.entry)
        for one in (
            role(part, "boh", direction, close)
            for part in (Part.RISES, Part.BREAKS_LATE, Part.NEVER_BREAKS)
        )
    )
    step = 0.02 * close
    assert rises[10] > 0
    assert rises[20] > 0
    assert rises[20] < step
    assert (rises[:100] < step).all()
    assert rises[120] > step
    assert rises.max() > 2 * step
    assert (late[10:60] < 0).all()
    assert late[70] > 0
    assert (late[80:] > 0).all()
    assert (never[6:] < 0).all()
    assert (never > -step).all()


def test_what_fills_in_part_trades_little_when_its_order_is_there() -> None:
    one = role(Part.FILLS_IN_PART, "moo")
    _, volume = closes(one)
    # a quarter of the first print, which is half of the minute, is what an order gets
    assert 0.2 * one.shares < volume[0] / 8 < 0.6 * one.shares
    assert volume[3] > 20 * volume[0]
