"""The status page: its lines, countdowns and distances, in words."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.terminal.screen import Screen
from avwap_cli.terminal.status_text import (
    POSITIONS,
    next_line,
    position_cells,
    show_status,
)

ROOT = Path(__file__).parents[2]
CANDIDATE = {
    "rank": 1, "symbol": "ADP", "strategy": "avwap", "direction": "long", "entry": 244.0082,
    "stop": 240.348, "r1": 247.668, "score": 0.8373,
}  # fmt: skip
PAGE: dict[str, Any] = {
    "trade_session": "2024-03-08",
    "as_of": "2024-03-07",
    "now": "2024-03-07T20:15:00-05:00",
    "attention": [],
    "data": {"state": "fresh", "as_of": "2024-03-07", "age_s": 15300.0, "provider": "alpaca", "feed": "sip"},
    "regime": {"name": "TREND", "direction": "up"},
    "quality": {"state": "clean", "reasons": []},
    "stages": [
        {
            "stage": "scan", "state": "done", "opens": "2024-03-07T20:00:00-05:00",
            "closes": "2024-03-08T09:20:00-05:00", "started": "2024-03-07T20:00:01-05:00",
            "seconds": 1.25, "counts": {"scanned": 2622, "candidates": 1}, "note": "",
        }
    ],
    "ages": {"universe": 5400.0, "report dates": None, "scan": 30.0},
    "timeline": {
        "bars": [{"stage": "scan", "mark": "done", "left": 0.0909, "right": 0.303}],
        "now": 0.1061,
        "hours": [(0.0, "18:30"), (0.3333, "09:00")],
    },
    "positions": [],
    "next_due": {"stage": "universe", "at": "2024-03-08T18:30:00-05:00", "in_s": 80100.0},
    "candidates": [CANDIDATE],
    "notes": [],
    "halted": None,
    "warnings": ["something to read"],
    "nothing": None,
    "healthy": True,
}  # fmt: skip


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(page: dict[str, Any], out: io.StringIO | None = None) -> tuple[str, str]:
    """What stands on the screen, and beside it."""
    out, err = out or io.StringIO(), io.StringIO()
    told = Outcome("status", date(2024, 3, 8), State.DONE, "", body=page)
    show_status(Screen(out, err), told)
    return out.getvalue(), err.getvalue()


def test_the_status_page_in_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = shown(PAGE)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "Trade session 2024-03-08, as of 2024-03-07" in lines
    assert "Data: as of 2024-03-07 (fresh, 4 h 15 min old, alpaca sip)" in lines
    assert "Regime: TREND up; scan clean" in lines
    assert "scan done Thu 20:00-Fri 09:20 1.2 s scanned 2,622, candidates 1" in lines
    assert "1 ADP avwap long 244.01 240.35 247.67 0.837" in lines
    assert "Next: universe, Fri 2024-03-08 18:30 ET" in out
    assert err == "warning: something to read\n"


def test_what_to_look_at_stands_above_all_tables() -> None:
    page = PAGE | {"attention": ["overdue: monitor", "ABC has no stop"], "halted": "all, by hand"}
    out, _ = shown(page)
    assert out.splitlines()[2:5] == [
        "Look: overdue: monitor", "Look: ABC has no stop", "Halted: all, by hand",
    ]  # fmt: skip


def test_the_status_page_of_an_empty_evening() -> None:
    empty = PAGE | {
        "candidates": [],
        "nothing": "0 AVWAP setups: SPY is below",
        "regime": None,
        "quality": None,
        "data": {"state": "missing", "as_of": None, "age_s": None, "provider": None, "feed": None},
    }
    out, _ = shown(empty)
    assert "Nothing to trade: 0 AVWAP setups: SPY is below" in out
    assert "Data: none yet" in out
    assert "Regime: not known" in out


def test_a_terminal_gets_drawn_tables() -> None:
    out, _ = shown(PAGE, Terminal())
    assert "─" in out
    assert "ADP" in out


def test_the_next_time_is_told_in_the_local_zone_too() -> None:
    code = (
        "import sys, json; from datetime import date;"
        "from avwap_cli.stages.outcomes import Outcome, State;"
        "from avwap_cli.terminal.screen import Screen;"
        "from avwap_cli.terminal.status_text import show_status;"
        "page = Outcome('status', date(2024, 3, 8), State.DONE, '', body=json.load(sys.stdin));"
        "show_status(Screen(sys.stdout, sys.stderr), page)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TZ": "Europe/Berlin"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(PAGE),
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "universe, Fri 2024-03-08 18:30 ET (Sat 00:30 CET here)" in done.stdout


def test_thin_bars_are_called_thin() -> None:
    thin = PAGE["data"] | {"state": "thin", "expected": 2985, "with_bar": 42}
    out, _ = shown(PAGE | {"data": thin})
    assert "Data: as of 2024-03-07 (thin: 42 of 2,985 symbols, 4 h 15 min old, alpaca sip)" in out


def test_a_halt_stands_on_the_page() -> None:
    out, _ = shown(PAGE | {"halted": "no-entries (daily_loss)"})
    assert "Halted: no-entries (daily_loss)\n" in out


def test_a_note_of_any_length_is_cut() -> None:
    out, _ = shown(PAGE | {"stages": [PAGE["stages"][0] | {"note": "start " + "x" * 100_000}]})
    assert "start xxx" in out
    assert len(out) < 10_000


def test_the_countdown() -> None:
    due = {"stage": "scan", "at": "2024-03-07T20:00:00-05:00", "in_s": 3900.0}
    assert next_line(due).endswith("in 1 h 5 min")
    assert next_line({**due, "in_s": 0.0}).endswith(", now")


HELD = {
    "symbol": "ABC", "strategy": "avwap", "direction": "long", "shares": 10, "avg_price": 100.0,
    "stop": 95.0, "target": None, "stops": 1, "price": 98.0,
    "price_at": "2024-03-08T10:04:00-05:00", "price_is": "newest extreme",
    "to_stop_frac": 0.030612, "to_stop_r": 0.6, "to_target_frac": None, "to_target_r": None,
}  # fmt: skip


def test_a_price_is_named_for_what_it_is_and_distances_may_be_unknown() -> None:
    assert len(POSITIONS) == len(position_cells(HELD))
    assert "last" not in POSITIONS, "an extreme is none"
    assert position_cells(HELD)[4:] == [
        "100.00", "98.00", "newest extreme, 2024-03-08 10:04 ET", "95.00", "-", "3.1%, 0.6 R", "-",
    ]  # fmt: skip
    close = {**HELD, "price_at": "2024-03-07T16:00:00-05:00", "price_is": "close"}
    assert position_cells(close)[6] == "close, 2024-03-07"
    assert position_cells({**HELD, "to_stop_r": None})[9] == "3.1%"
    entry = {**HELD, "price_at": None, "price_is": "entry average"}
    assert position_cells(entry)[6] == "entry average"


@pytest.mark.parametrize(
    ("direction", "stop", "target"),
    [
        ("long", "below its stop by 1.2%", "above its target by 0.5%"),
        ("short", "above its stop by 1.2%", "below its target by 0.5%"),
    ],
)
def test_what_is_passed_has_a_word(direction: str, stop: str, target: str) -> None:
    passed = {**HELD, "direction": direction, "to_stop_frac": -0.012, "to_target_frac": -0.005}
    assert position_cells(passed)[9:] == [stop, target]
