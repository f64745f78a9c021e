"""The screen: one renderer for prose and JSON, plain lines when not a terminal."""

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

from avwap_cli.errors import AvwapError, MissingInput
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.terminal.screen import Screen

ROOT = Path(__file__).parents[1]
TRADE, AS_OF = date(2024, 3, 8), date(2024, 3, 7)
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


def outcome(**changes: Any) -> Outcome:
    fields: dict[str, Any] = {
        "stage": "universe",
        "trade_session": TRADE,
        "as_of": AS_OF,
        "state": State.DONE,
        "summary": "2,672 equities",
        "counts": {"members": 2678},
        "warnings": ("12 without sector",),
    }
    return Outcome(**fields | changes)


def shown(result: Outcome, **how: Any) -> tuple[str, str]:
    out, err = how.pop("out", io.StringIO()), io.StringIO()
    Screen(out, err, **how).outcome(result)
    return out.getvalue(), err.getvalue()


def test_an_outcome_is_a_sentence_its_counts_and_warnings() -> None:
    assert shown(outcome()) == (
        "universe 2024-03-08: 2,672 equities\n  members 2,678\n",
        "warning: 12 without sector\n",
    )
    assert shown(outcome(state=State.UNCHANGED))[0].startswith("universe 2024-03-08 (unchanged): ")


def test_quiet_leaves_only_the_warnings() -> None:
    assert shown(outcome(), quiet=True) == ("", "warning: 12 without sector\n")


def test_json_is_one_document_with_everything() -> None:
    out, err = shown(outcome(body={"x": [1, None]}, exit_code=4), as_json=True)
    assert err == ""
    assert json.loads(out) == {
        "stage": "universe", "trade_session": "2024-03-08", "as_of": "2024-03-07", "state": "done",
        "summary": "2,672 equities", "counts": {"members": 2678}, "inputs": {}, "outputs": {},
        "quality": "clean", "warnings": ["12 without sector"], "exit_code": 4, "body": {"x": [1, None]},
    }  # fmt: skip


def test_an_error_says_what_and_what_to_do_next() -> None:
    out, err = io.StringIO(), io.StringIO()
    Screen(out, err).error(MissingInput("cache.json is missing", "run `avwap refresh-cache` first"))
    assert out.getvalue() == ""
    assert err.getvalue().splitlines() == [
        "avwap: cache.json is missing",
        "       run `avwap refresh-cache` first",
    ]
    Screen(out, err, as_json=True).error(MissingInput("gone"))
    assert json.loads(out.getvalue()) == {
        "error": "gone", "hint": "", "kind": "MissingInput", "exit_code": 4,
    }  # fmt: skip


def test_the_status_page_in_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = shown(outcome(stage="status", body=PAGE))
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
    out, _ = shown(outcome(stage="status", body=page))
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
    out, _ = shown(outcome(stage="status", body=empty))
    assert "Nothing to trade: 0 AVWAP setups: SPY is below" in out
    assert "Data: none yet" in out
    assert "Regime: not known" in out


def test_a_terminal_gets_drawn_tables() -> None:
    out, _ = shown(outcome(stage="status", body=PAGE), out=Terminal())
    assert "─" in out
    assert "ADP" in out


@pytest.mark.parametrize("out", [Terminal(), io.StringIO()])
def test_text_from_outside_cannot_move_the_cursor_or_style(out: io.StringIO) -> None:
    screen = Screen(out, out)
    screen.table("Names", ["name"], [["[red]x[/red]\x1b[2J\nsecond"], ["\u202eabc"]])
    screen.line("a\x1b[31mb")
    text = out.getvalue()
    assert "\x1b[2J" not in text
    assert "\x1b[31m" not in text
    assert "\u202e" not in text
    assert "[red]x[/red]" in text


def test_the_next_time_is_told_in_the_local_zone_too() -> None:
    code = (
        "import sys, json; from avwap_cli.terminal.screen import Screen;"
        "Screen(sys.stdout, sys.stderr).status(json.load(sys.stdin))"
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


def test_a_stream_of_another_encoding_gets_what_it_can() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Screen(out, out).line("Crédit → ok")
    out.flush()
    assert raw.getvalue() == b"Cr?dit ? ok\n"


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_a_named_failure_and_no_second_one() -> None:
    with pytest.raises(AvwapError, match="No space left"):
        Screen(Full(), io.StringIO()).line("x")
    err = io.StringIO()
    Screen(Full(), err, as_json=True).error(MissingInput("gone", "look"))
    assert err.getvalue() == "avwap: gone\n       look\n"
    Screen(Full(), Full(), as_json=True).error(MissingInput("gone"))


def test_messages_of_any_length_are_cut() -> None:
    out, err = io.StringIO(), io.StringIO()
    long = "start " + "x" * 100_000 + " end"
    for as_json in (False, True):
        Screen(out, err, as_json).error(MissingInput(long, long))
    Screen(out, err).warnings([long])
    notes = [PAGE["stages"][0] | {"note": long}]
    Screen(out, err).status(PAGE | {"stages": notes})
    assert len(out.getvalue()) + len(err.getvalue()) < 15_000
    for text in (
        json.loads(out.getvalue()[: out.getvalue().index("}") + 1])["error"],
        err.getvalue(),
    ):
        assert "start xxx" in text
        assert "99010 characters cut" in text
        assert "xxx end" in text


def test_thin_bars_are_called_thin() -> None:
    thin = PAGE["data"] | {"state": "thin", "expected": 2985, "with_bar": 42}
    out, _ = shown(outcome(stage="status", body=PAGE | {"data": thin}))
    assert "Data: as of 2024-03-07 (thin: 42 of 2,985 symbols, 4 h 15 min old, alpaca sip)" in out


def test_a_halt_stands_on_the_page() -> None:
    out, err = io.StringIO(), io.StringIO()
    Screen(out, err).status(PAGE | {"halted": "no-entries (daily_loss)"})
    assert "Halted: no-entries (daily_loss)\n" in out.getvalue()
