"""The report stage and the day's files, on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import traded_days as day
from held_positions import MON, TUE, WED, bar, moment
from memory_ledger import MemoryLedger

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.errors import LedgerDamaged, MissingInput, SourceError
from avwap_cli.playbook import MINUTES_PARQUET, REPORT_HTML, SCAN_JSON
from avwap_cli.signals.rules import ScanRules
from avwap_cli.stages.day.story import write_story
from avwap_cli.stages.operations.chart_inputs import ChartPorts
from avwap_cli.stages.operations.report import run_report, run_week
from avwap_cli.stages.operations.report_inputs import Notes, ReportPorts, gather
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.books import fold
from avwap_cli.trading.facts import Notice
from avwap_cli.trading.quotes import PriceBar


class NoCache:
    """A bar store that was never filled."""

    def info(self, *_: Any) -> Any:
        raise MissingInput("the bar cache is empty")

    window = read = info


@dataclass
class Street:
    """Minutes of every symbol asked for, 100 at 09:30 and 101 at 15:59, or no answer."""

    silent: bool = False
    asked: list[tuple[tuple[str, ...], datetime, datetime]] = field(default_factory=list)

    def minute_bars(
        self, symbols: Sequence[str], first: datetime, last: datetime
    ) -> Sequence[PriceBar]:
        self.asked.append((tuple(symbols), first, last))
        if self.silent:
            raise SourceError("nobody answers")
        rows = (("09:30", "100"), ("15:59", "101"))
        return [replace(bar(MON, at, price), symbol=s) for s in symbols for at, price in rows]


@pytest.fixture
def store(tmp_path: Path) -> ArtifactFiles:
    return ArtifactFiles(tmp_path)


@pytest.fixture
def street() -> Street:
    return Street()


@pytest.fixture
def ports(store: ArtifactFiles, street: Street, scan_rules: ScanRules) -> ReportPorts:
    charts = ChartPorts(NoCache(), lambda: None, scan_rules)  # type: ignore[arg-type, return-value]
    ledger = MemoryLedger(*day.FACTS)
    return ReportPorts(store, charts, lambda: ledger, lambda: street)  # type: ignore[arg-type, return-value]


def run(ports: ReportPorts, session: Any = MON) -> Outcome:
    return run_report(session, ports, "the/page.html")


def text_of(store: ArtifactFiles) -> str:
    return (store.folder(MON) / REPORT_HTML).read_text("utf-8")


def test_the_page_is_written_once(store: ArtifactFiles, ports: ReportPorts) -> None:
    first = run(ports)
    assert first.state is State.DONE
    counts = {"candidates": 0, "exits": 2, "trades": 1, "positions": 2, "alerts": 2}
    assert first.counts == counts
    names = (REPORT_HTML, MINUTES_PARQUET)
    assert first.outputs == {name: store.digest(MON, name) for name in names}
    assert text_of(store).startswith("<!doctype html>")
    again = run(ports)
    assert again.state is State.UNCHANGED
    assert again.summary == (
        "0 candidates, 2 exits, 1 trade, 2 positions, 2 alerts; the page: the/page.html,"
        " the same as before, nothing changed"
    )


def test_minutes_are_asked_for_once_and_kept(
    store: ArtifactFiles, street: Street, ports: ReportPorts
) -> None:
    run(ports)
    run(replace(ports, quotes=lambda: pytest.fail("the minutes are kept")))
    (symbols, first, last), *more = street.asked
    assert more == []
    assert symbols == ("ABC", "JKL", "XYZ")
    assert (f"{first:%H:%M}", f"{last:%H:%M}") == ("04:00", "15:59")
    kept = store.read_table(MON, MINUTES_PARQUET, ("symbol", "start", "close"))
    assert kept["symbol"] == ["ABC", "ABC", "JKL", "JKL", "XYZ", "XYZ"]
    assert kept["start"][:2] == ["2024-03-04T09:30-05:00", "2024-03-04T15:59-05:00"]
    assert kept["close"][:2] == [100.0, 101.0]


def test_without_an_answer_nothing_is_kept_and_the_page_says_so(
    store: ArtifactFiles, street: Street, ports: ReportPorts
) -> None:
    street.silent = True
    outcome = run(ports)
    assert store.digest(MON, MINUTES_PARQUET) is None
    said = "the session's minute bars could not be had"
    assert any(line.startswith(said) for line in outcome.body["missing"])
    assert [w for w in outcome.warnings if "nobody answers" in w] != []
    assert "nobody answers" not in text_of(store), (
        "a page does not depend on the words of a failure"
    )
    street.silent = False
    assert run(ports).state is State.DONE
    assert len(street.asked) == 2


@pytest.mark.parametrize("how", ["garbage", "schema", "column", "price", "day"])
def test_damaged_minutes_are_named_and_left_alone(
    store: ArtifactFiles, ports: ReportPorts, how: str
) -> None:
    columns: dict[str, Any] = {
        "symbol": ["ABC"], "start": ["2024-03-04T09:30-05:00"], "open": [100.0], "high": [101.0],
        "low": [99.0], "close": [100.5], "volume": [5],
    }  # fmt: skip
    columns |= {"price": {"close": [-1.0]}, "day": {"start": ["2024-03-05T09:30"]}}.get(how, {})
    if how == "column":
        del columns["low"]
    kinds: dict[str, type] = {name: type(values[0]) for name, values in columns.items()}
    schema = "avwap.signals/1.0" if how == "schema" else "avwap.minutes/1.0"
    store.write_table(MON, MINUTES_PARQUET, schema, columns, kinds)
    path = store.folder(MON) / MINUTES_PARQUET
    if how == "garbage":
        path.write_bytes(b"PAR1 not a table PAR1")
    before = path.read_bytes()
    outcome = run(ports)
    assert outcome.state is State.DONE
    assert [line for line in outcome.body["missing"] if MINUTES_PARQUET in line] != []
    assert path.read_bytes() == before


def test_what_is_not_there_is_named(ports: ReportPorts, store: ArtifactFiles) -> None:
    outcome = run(ports)
    missing = "; ".join(outcome.body["missing"])
    for part in (SCAN_JSON, "gapfilter.json", "bar cache"):
        assert part in missing
        assert part in text_of(store)
    assert outcome.exit_code == 0


def test_a_damaged_scan_is_named_and_the_rest_is_shown(
    ports: ReportPorts, store: ArtifactFiles
) -> None:
    store.folder(MON).mkdir(parents=True)
    (store.folder(MON) / SCAN_JSON).write_text('{"schema": "avwap.scan/1.0", "candid')
    outcome = run(ports)
    assert "scan.json cannot be read" in "; ".join(outcome.body["missing"])
    assert outcome.counts["trades"] == 1


HOSTILE: list[Any] = [
    None, 7, [], {"symbol": "ABC"},
    {"symbol": "../x", "strategy": "avwap", "direction": "long", "rank": 1, "metadata": {}},
    {"symbol": "A", "strategy": "avwap", "direction": "up", "rank": 1, "metadata": {}},
    {"symbol": "A", "strategy": "avwap", "direction": "long", "rank": 1, "metadata": []},
    {"symbol": "A", "strategy": "avwap", "direction": "long", "rank": 1, "metadata": {}, "r1": "9"},
    {"symbol": "A", "strategy": "avwap", "direction": "long", "rank": 1, "metadata": {}, "r1": 1e300},
]  # fmt: skip


def test_candidates_that_are_none_are_counted_and_left_out(
    ports: ReportPorts, store: ArtifactFiles
) -> None:
    store.write_json(MON, SCAN_JSON, "avwap.scan/1.0", {"candidates": HOSTILE, "regime": "?"})
    notes = Notes()
    report = gather(MON, ports, notes)
    assert report.scan is not None
    assert report.scan["candidates"] == []
    assert f"{len(HOSTILE)} of the candidates in scan.json cannot be read" in notes.missing
    assert list(report.regimes) == []


PARTS = (
    "candidates", "funnel", "funnel_batch", "quality", "regime", "inputs", "sectors", "notes",
    "all_signals", "avwap_price", "hindsight", "scan_summary", "profile", "as_of",
)  # fmt: skip


@pytest.mark.parametrize(
    "garbage", [None, 7, 1e300, "<evil>", [7, None], {"name": [1]}, [{"a": {}}]]
)
def test_a_scan_of_garbage_never_stops_the_page(
    ports: ReportPorts, store: ArtifactFiles, garbage: Any
) -> None:
    body = dict.fromkeys(PARTS, garbage)
    store.write_json(MON, SCAN_JSON, "avwap.scan/1.0", body)
    store.write_json(MON, "gapfilter.json", "avwap.gapfilter/1.0", {"rejected": garbage})
    outcome = run(ports)
    assert outcome.counts["trades"] == 1
    assert "<evil" not in text_of(store)


def test_without_a_ledger_the_sessions_own_files_tell_what_they_can(
    ports: ReportPorts, store: ArtifactFiles
) -> None:
    write_story(store, fold(MemoryLedger(*day.FACTS).facts()), MON)

    def damaged() -> Any:
        raise LedgerDamaged("the ledger is torn")

    outcome = run(replace(ports, ledger=damaged))
    assert outcome.exit_code == LedgerDamaged.exit_code
    assert [w for w in outcome.warnings if "the ledger is torn" in w] != []
    assert len(outcome.body["exits"]["exits"]) == 2
    assert outcome.body["trades"] == []

    def none() -> Any:
        raise MissingInput("there is no ledger yet")

    assert run(replace(ports, ledger=none)).exit_code == 0


@pytest.mark.parametrize("orders", [None, 7, "x", [None, [], "<b>"]])
def test_a_file_with_rows_that_are_none_is_shown_as_far_as_it_goes(
    ports: ReportPorts, store: ArtifactFiles, orders: Any
) -> None:
    def damaged() -> Any:
        raise LedgerDamaged("the ledger is torn")

    store.write_json(MON, "entries.json", "avwap.entries/1.0", {"orders": orders})
    store.write_json(MON, "exits.json", "avwap.exits/1.0", {"positions": orders})
    outcome = run(replace(ports, ledger=damaged))
    assert (outcome.body["entries"]["orders"], outcome.counts["positions"]) == ([], 0)


def test_a_past_session_stays_what_it_was(ports: ReportPorts, store: ArtifactFiles) -> None:
    until_monday = tuple(fact for fact in day.FACTS if fact not in day.FACTS[-5:])
    fresh = MemoryLedger(*until_monday)
    run(replace(ports, ledger=lambda: fresh))
    assert run(ports).state is State.UNCHANGED, "what came on Tuesday is not on Monday's page"


def test_discrepancies_are_those_that_began_in_the_session(ports: ReportPorts) -> None:
    told = [
        Notice(moment(MON, "10:00"), MON, "differs", "d", "ABC: 5 here, 6 there", page=True),
        Notice(moment(MON, "10:01"), MON, "differs", "d", "over", begins=False),
        Notice(moment(TUE, "10:00"), TUE, "differs", "e", "tomorrow's"),
    ]
    ledger = MemoryLedger(*day.FACTS, *told)
    report = gather(MON, replace(ports, ledger=lambda: ledger), Notes())
    assert list(report.discrepancies) == ["ABC: 5 here, 6 there"]


def test_entries_of_the_session_alone_are_told_with_the_time_of_their_first_fill(
    ports: ReportPorts,
) -> None:
    assert gather(MON, ports, Notes()).entered_at == {
        ("ABC", "avwap"): "09:50 ET",
        ("JKL", "avwap"): "10:10 ET",
        ("XYZ", "overbought_short"): "09:30 ET",
    }
    assert gather(TUE, ports, Notes()).entered_at == {}


def test_a_week_sums_its_sessions_and_asks_nobody(
    ports: ReportPorts, store: ArtifactFiles, street: Street
) -> None:
    run(ports)
    asked = len(street.asked)
    written: list[str] = []

    def write(page: str) -> bool:
        written.append(page)
        return len(set(written)) == len(written)

    week = run_week(MON, WED, ports, "week.html", write)
    assert len(street.asked) == asked
    assert week.counts == {"sessions": 3, "trades": 2, "positions": 1}
    assert [t["symbol"] for t in week.body["trades"]] == ["ABC", "XYZ"]
    assert "sessions/2024-03-04/report.html" in written[0]
    assert "there is no scan of 2024-03-05" in week.body["missing"]
    assert run_week(MON, WED, ports, "week.html", write).state is State.UNCHANGED
    assert written[0] == written[1]
    assert run_week(TUE, TUE, ports, "w", write).counts["trades"] == 1


def test_the_story_is_five_files_that_begin_with_their_schema(
    store: ArtifactFiles,
) -> None:
    book = fold(MemoryLedger(*day.FACTS).facts())
    written = write_story(store, book, TUE)
    assert sorted(written) == [
        "alerts.jsonl",
        "entries.json",
        "equity.jsonl",
        "exits.json",
        "trades.jsonl",
    ]
    assert store.read_json(TUE, "exits.json")["schema"] == "avwap.exits/1.0"
    lines = (store.folder(TUE) / "trades.jsonl").read_text("utf-8").splitlines()
    assert [list(json.loads(line))[:2] for line in lines] == [["schema", "symbol"]] * 2
    assert [json.loads(line)["schema"] for line in lines] == ["avwap.trades/1.0"] * 2
    assert (store.folder(TUE) / "alerts.jsonl").read_bytes() == b""
    assert write_story(store, book, TUE) == written


def test_a_session_without_anything_has_its_files_too(
    store: ArtifactFiles, ports: ReportPorts
) -> None:
    write_story(store, fold(MemoryLedger().facts()), MON)
    assert store.read_json(MON, "entries.json")["orders"] == []
    empty = MemoryLedger()
    assert run(replace(ports, ledger=lambda: empty)).counts["trades"] == 0
