"""One symbol's chart as of any session: what it ends with, and what it says is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.errors import MissingInput, StaleInput, UsageError
from avwap_cli.market import sessions
from avwap_cli.market.bars import BarTable, bar_table, concat
from avwap_cli.market.earnings import EarningsDates
from avwap_cli.playbook import SCAN_JSON
from avwap_cli.review.pages.report_records import Picture
from avwap_cli.signals.rules import ScanRules
from avwap_cli.stages.operations.chart import ChartRequest, run_chart
from avwap_cli.stages.operations.chart_inputs import ChartPorts
from avwap_cli.stages.outcomes import Outcome, State

SESSION, AS_OF = date(2024, 3, 8), date(2024, 3, 7)
DAYS = np.array(
    sessions.sessions_between(date(2022, 6, 1), date(2024, 3, 12)), dtype="datetime64[D]"
)
LAST_CLOSE = 50 + 0.01 * int(np.searchsorted(DAYS, np.datetime64(AS_OF)))
NO_DATES = EarningsDates(
    (), np.zeros(0, np.int32), np.zeros(0, "datetime64[D]"), np.zeros(0, np.int8), AS_OF
)
CANDIDATE: dict[str, Any] = {
    "rank": 2, "symbol": "ABC", "strategy": "avwap", "direction": "short", "entry": 53.0,
    "stop": 55.5, "r1": 51.0, "r2": None, "prev_close": LAST_CLOSE, "score": 0.5, "metadata": {},
}  # fmt: skip


def rising(name: str, start: float) -> BarTable:
    """A close of `start` and a cent more each session, with a range of one dollar."""
    close = start + 0.01 * np.arange(len(DAYS))
    volume = np.full(len(DAYS), 1e6)
    names = [name] * len(DAYS)
    return bar_table(names, DAYS, close, close + 0.5, close - 0.5, close, volume, close)


@dataclass
class Desk:
    """A cache of two names up to 2024-03-12, and a page that keeps what it is given."""

    store: ArtifactFiles
    rules: ScanRules
    ends: date = date(2024, 3, 12)
    table: BarTable = field(default_factory=lambda: concat([rising("ABC", 50), rising("SPY", 400)]))
    drawn: list[tuple[Picture, date]] = field(default_factory=list)

    def info(self) -> Any:
        return SimpleNamespace(as_of=self.ends)

    def read(self, last: date, count: int) -> BarTable:
        first, end = np.array(sessions.last_sessions(last, count), dtype="datetime64[D]")[[0, -1]]
        return self.table.take((self.table.session >= first) & (self.table.session <= end))

    def dates(self, symbols: Any) -> EarningsDates:
        return NO_DATES

    def chart(self, symbol: str, session: date = SESSION) -> Outcome:
        def write(picture: Picture, as_of: date) -> tuple[str, bool]:
            self.drawn.append((picture, as_of))
            return "the/chart.html", len(self.drawn) == 1

        def fate(symbol: str) -> str:
            if session < SESSION:
                raise MissingInput("nothing is known", "")
            return f"{symbol} came second"

        ports = ChartPorts(self, lambda: self, self.rules)  # type: ignore[arg-type, return-value]
        return run_chart(ChartRequest(symbol, session), self.store, ports, fate, write)

    def scanned(self, *candidates: Any) -> None:
        body = {"avwap_price": "vwap", "candidates": list(candidates)}
        self.store.write_json(SESSION, SCAN_JSON, "avwap.scan/1.0", body)


@pytest.fixture
def desk(tmp_path: Path, scan_rules: ScanRules) -> Desk:
    return Desk(ArtifactFiles(tmp_path), scan_rules)


def test_it_ends_the_session_before_whatever_the_cache_holds(desk: Desk) -> None:
    outcome = desk.chart(" abc ")
    ((picture, as_of),) = desk.drawn
    assert (picture.symbol, as_of) == ("ABC", AS_OF)
    last = picture.chart.candles[-1]
    assert (last.at, last.close) == (str(AS_OF), pytest.approx(LAST_CLOSE))
    facts = dict(picture.facts)
    assert facts["last bar"] == "2024-03-07"
    assert facts["close"] == f"{LAST_CLOSE:.2f} USD"
    assert facts["mean volume"] == "1,000,000 shares"
    assert facts["ATR"].startswith("1.00 USD, 1.8%")
    assert facts["in the scan"] == "ABC came second"
    assert outcome.state is State.DONE
    assert outcome.counts["candles"] == len(picture.chart.candles)
    assert outcome.body["page"] == "the/chart.html"
    assert desk.chart("ABC").state is State.UNCHANGED


def test_a_candidate_has_the_levels_and_the_side_of_its_card(desk: Desk) -> None:
    desk.scanned({**CANDIDATE, "rank": 5, "stop": 99.0}, CANDIDATE, {"symbol": "ABC"})
    outcome = desk.chart("ABC")
    ((picture, _),) = desk.drawn
    assert picture.candidate == CANDIDATE, "the best of its ranks"
    assert {level.name: level.price for level in picture.chart.levels} == {
        "entry": 53.0, "stop": 55.5, "R1": 51.0,
    }  # fmt: skip
    assert outcome.warnings == ()


def test_another_symbol_is_drawn_as_a_long_setup(desk: Desk) -> None:
    desk.scanned(CANDIDATE)
    desk.chart("SPY")
    ((picture, _),) = desk.drawn
    assert picture.candidate is None
    levels = {level.name: level.price for level in picture.chart.levels}
    assert levels.keys() >= {"entry", "stop"}
    assert levels["stop"] < levels["entry"]


def test_without_a_scan_it_says_that_all_is_measured_anew(desk: Desk) -> None:
    (told,) = desk.chart("ABC").warnings
    assert told.startswith("there is no scan of 2024-03-08: levels and anchors are measured anew")
    desk.scanned()
    (desk.store.folder(SESSION) / SCAN_JSON).write_text("{torn")
    (told,) = desk.chart("ABC").warnings
    assert told.startswith("the scan of 2024-03-08 cannot be read (")


def test_what_the_scan_makes_of_it_may_be_unknown(desk: Desk) -> None:
    outcome = desk.chart("ABC", date(2024, 3, 1))
    ((picture, as_of),) = desk.drawn
    assert as_of == date(2024, 2, 29)
    assert "in the scan" not in dict(picture.facts)
    assert outcome.warnings[-1] == "what the scan makes of it is left out: nothing is known"


@pytest.mark.parametrize(
    ("symbol", "ends", "kind", "text"),
    [
        ("../etc", DAYS[-1].item(), UsageError, "is not a symbol"),
        ("XYZ", DAYS[-1].item(), MissingInput, "no bar of XYZ up to 2024-03-07"),
        ("ABC", date(2024, 3, 6), StaleInput, "ends at 2024-03-06"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_no_page_is_made(
    desk: Desk, symbol: str, ends: date, kind: type[Exception], text: str
) -> None:
    desk.ends = ends
    with pytest.raises(kind, match=text):
        desk.chart(symbol)
    assert desk.drawn == []
