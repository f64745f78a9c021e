"""Exit plans: written before and without a plan of entries, and read again by monitor."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from held_positions import BATCH, D, held

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.errors import MissingInput
from avwap_cli.market import sessions
from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.playbook import EXITS_PLANNED_JSON
from avwap_cli.signals.rules import ScanRules
from avwap_cli.stages.evening.exit_plans import plan_exits, reasons_planned
from avwap_cli.stages.evening.scan import run_scan
from avwap_cli.stages.evening.scan_inputs import ScanRequest
from avwap_cli.trading.positions import Position
from avwap_cli.verdicts import ExitReason

TUE, NEXT_WEEK, LAST_WEEK = date(2024, 3, 5), date(2024, 3, 11), date(2024, 3, 8)
SHORT = replace(BATCH, symbol="BBB", strategy="overbought_short", direction=-1, max_hold_sessions=5)


class Bars:
    """The cache of two symbols that rose all the time; `broken` has none."""

    def __init__(self, as_of: date, broken: bool = False) -> None:
        self.as_of, self.broken, self.reads = as_of, broken, 0

    def read(self, last: date, count: int) -> BarTable:
        self.reads += 1
        if self.broken:
            raise MissingInput("the bar cache is empty", "run `avwap refresh-cache` first")
        days = np.array(sessions.last_sessions(self.as_of, 60), dtype="datetime64[D]")
        rising = np.linspace(50.0, 100.0, 60) + np.tile([0.0, -1.0], 30)
        names = ["ABC"] * 60 + ["BBB"] * 60
        twice = np.concatenate([rising, rising])
        return bar_table(names, np.concatenate([days, days]), *[twice] * 4, twice * 1e4)


@pytest.fixture
def store(tmp_path: Path) -> ArtifactFiles:
    return ArtifactFiles(tmp_path)


def positions() -> tuple[Position, ...]:
    return held(), held(SHORT, symbol="BBB")


def plan(
    store: ArtifactFiles,
    rules: ScanRules,
    session: date = TUE,
    bars: Bars | None = None,
    who: tuple[Position, ...] | None = None,
    **more: Any,
) -> Any:
    cache: Any = bars or Bars(sessions.previous_session(session))
    return plan_exits(session, positions() if who is None else who, cache, rules, store, **more)


def rows(store: ArtifactFiles, session: date = TUE) -> dict[str, dict[str, Any]]:
    return {row["symbol"]: row for row in store.read_json(session, EXITS_PLANNED_JSON)["positions"]}


def test_the_document_tells_of_every_position(store: ArtifactFiles, scan_rules: ScanRules) -> None:
    made = plan(store, scan_rules)
    assert (made.count, made.notes, made.changed) == (1, (), True)
    found = rows(store)
    kept, left = found["BBB"], found["ABC"]
    assert left["reason"] == "rsi_target"
    assert left["rule"] == "RSI > 70"
    assert left["rsi"] > 70
    assert (left["shares"], left["held_sessions"], left["max_hold_sessions"]) == (100, 1, 7)
    assert (kept["direction"], kept["reason"], kept["close"]) == ("short", None, 99.0)
    assert plan(store, scan_rules).changed is False


def test_without_bars_the_exit_by_time_stays_and_is_told(
    store: ArtifactFiles, scan_rules: ScanRules
) -> None:
    made = plan(store, scan_rules, NEXT_WEEK, Bars(LAST_WEEK, broken=True))
    assert made.notes == (
        "no bars of the held symbols: the bar cache is empty; run `avwap refresh-cache` first",
        "ABC: no bar of 2024-03-08, so RSI says nothing",
        "BBB: no bar of 2024-03-08, so RSI and pct_b say nothing",
    )
    found = rows(store, NEXT_WEEK)
    assert {s: row["reason"] for s, row in found.items()} == {"ABC": None, "BBB": "time_exit"}
    stale = plan(store, scan_rules, NEXT_WEEK, Bars(date(2024, 3, 7)))
    assert stale.notes == made.notes[1:]


def test_nothing_is_read_for_nobody(store: ArtifactFiles, scan_rules: ScanRules) -> None:
    bars = Bars(date(2024, 3, 4), broken=True)
    made = plan(store, scan_rules, bars=bars, who=())
    assert (made.count, made.notes, bars.reads) == (0, (), 0)
    assert store.read_json(TUE, EXITS_PLANNED_JSON)["positions"] == []


def test_a_frozen_plan_is_not_overwritten_but_a_missing_one_is_made(
    store: ArtifactFiles, scan_rules: ScanRules
) -> None:
    store.write_json(TUE, "gapfilter.json", "avwap.gapfilter/1.0", {"passed": []})
    assert plan(store, scan_rules).changed is True
    before = store.digest(TUE, EXITS_PLANNED_JSON)
    again = plan(store, scan_rules, who=())
    assert (again.changed, store.digest(TUE, EXITS_PLANNED_JSON)) == (False, before)


def test_a_dry_run_writes_nothing(store: ArtifactFiles, scan_rules: ScanRules) -> None:
    assert plan(store, scan_rules, dry_run=True).count == 1
    assert store.digest(TUE, EXITS_PLANNED_JSON) is None


def test_a_scan_that_cannot_be_made_has_planned_the_exits(
    store: ArtifactFiles, scan_rules: ScanRules
) -> None:
    request = ScanRequest(date(2024, 3, 4), TUE, "daily", scan_rules, "0" * 64, "0" * 64)
    nothing: Any = None
    bars: Any = Bars(date(2024, 3, 4))
    with pytest.raises(MissingInput, match="universe"):
        run_scan(
            request,
            store=store,
            bars=bars,
            earnings=nothing,
            progress=nothing,
            positions=positions(),
        )
    assert rows(store)["ABC"]["reason"] == "rsi_target"
    assert store.digest(TUE, "scan.json") is None


def test_monitor_reads_what_was_planned(store: ArtifactFiles, scan_rules: ScanRules) -> None:
    plan(store, scan_rules)
    read = reasons_planned(store, TUE, positions(), scan_rules.strategies)
    assert read == ({("adx_pullback", "ABC"): ExitReason.RSI_TARGET}, ())


def test_a_position_that_the_document_does_not_tell_of_keeps_its_time(
    store: ArtifactFiles, scan_rules: ScanRules
) -> None:
    plan(store, scan_rules, NEXT_WEEK, who=())
    read = reasons_planned(store, NEXT_WEEK, positions(), scan_rules.strategies)
    assert read == ({("overbought_short", "BBB"): ExitReason.TIME_EXIT}, ())


@pytest.mark.parametrize("text", [None, "{", json.dumps({"schema": "avwap.exits_planned/1.0"})])
def test_without_a_document_the_exits_by_time_remain(
    store: ArtifactFiles, scan_rules: ScanRules, text: str | None
) -> None:
    if text is not None:
        store.write_text(NEXT_WEEK, EXITS_PLANNED_JSON, text)
    reasons, notes = reasons_planned(store, NEXT_WEEK, positions(), scan_rules.strategies)
    assert reasons == {("overbought_short", "BBB"): ExitReason.TIME_EXIT}
    assert len(notes) == 1
    assert notes[0].startswith("only exits by time are planned: ")
    assert EXITS_PLANNED_JSON in notes[0]
    assert reasons_planned(store, NEXT_WEEK, (), scan_rules.strategies) == ({}, ())


def test_a_fractional_rest_is_written_as_it_is(store: ArtifactFiles, scan_rules: ScanRules) -> None:
    plan(store, scan_rules, who=(held(shares=D("33.5")),))
    assert rows(store)["ABC"]["shares"] == 33.5
