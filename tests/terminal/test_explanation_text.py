"""An explanation on the screen: what a candidate was picked for comes before all else."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest

from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.terminal.explanation_text import plan_line, show_explanation
from avwap_cli.terminal.screen import Screen

SQUEEZE: dict[str, Any] = {
    "strategy": "bb_squeeze", "direction": "short", "rank": 4, "entry": 149.01, "stop": 154.09,
    "r1": 141.39, "atr": 2.54, "score": 0.7, "strength": 1.0, "weight": 0.8, "calm": 0.9,
    "volume": 1.1, "reason": None,
}  # fmt: skip
FIRED = {
    "strategy": "bb_squeeze",
    "direction": "short",
    "fires": True,
    "conditions": [{"rule": "pct_b < 0", "measured": -0.16, "holds": True}],
}
QUIET = {**FIRED, "direction": "long", "fires": False}
SIDE: dict[str, Any] = {
    "dropped_by": "trend", "gates": [], "anchors": [], "winner": None, "trend_score": None,
    "sector_rank": 11.0, "tier": "", "confluence": 0, "raw_strength": None, "levels": {},
    "labels": {},
}  # fmt: skip


def lines(**changes: Any) -> list[str]:
    """The screen for a symbol of which that is known."""
    body = {
        "lists": ["SP500"],
        "sector": "Financials",
        "last_bar": None,
        "sides": {"long": SIDE},
        "batch": {"scanned": True, "dropped_by": None, "strategies": [QUIET, FIRED]},
        "signals": [SQUEEZE],
        **changes,
    }
    out = io.StringIO()
    told = Outcome("explain", date(2024, 3, 8), State.DONE, "QXCG: candidate 4", body=body)
    show_explanation(Screen(out, io.StringIO()), told)
    return out.getvalue().splitlines()


def test_a_batch_candidate_begins_with_its_own_levels_and_conditions() -> None:
    # 5.08 and 7.62 are two and three times an ATR of 2.54
    shown = lines()
    own = shown.index("bb_squeeze short: entry 149.01, stop 154.09 (2 ATR), R1 141.39 (3 ATR)")
    assert shown[own + 1] == "bb_squeeze short: conditions"
    assert shown[own + 3].split() == [
        "bb_squeeze", "short", "fires", "pct_b", "<", "0", "-0.16", "yes",
    ]  # fmt: skip
    assert own + 3 < shown.index("AVWAP long: left by trend")


@pytest.mark.parametrize(
    "signal",
    [{**SQUEEZE, "rank": None, "reason": "max_per_sector"}, {**SQUEEZE, "strategy": "avwap"}],
    ids=["left out", "avwap"],
)
def test_others_begin_with_the_sides(signal: dict[str, Any]) -> None:
    shown = lines(signals=[signal])
    assert shown[3] == "AVWAP long: left by trend"
    assert not any("conditions" in line for line in shown)


def test_a_level_that_is_none_is_named() -> None:
    bare = {**SQUEEZE, "r1": None, "atr": None}
    assert plan_line(bare) == "bb_squeeze short: entry 149.01, stop 154.09, no R1"
