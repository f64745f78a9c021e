"""The stage refresh-cache: backfill, refresh, splits, resumption, and doing nothing twice."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.bar_store.bar_cache import BarCache
from avwap_cli.errors import DamagedInput, SourceError
from avwap_cli.market.bars import BarTable, bar_table, concat
from avwap_cli.market.splits import Split
from avwap_cli.settings import DataSettings, RetrySettings
from avwap_cli.stages.evening.refresh_cache import refresh_cache
from avwap_cli.stages.evening.refresh_documents import RefreshRequest
from avwap_cli.stages.outcomes import Outcome, State

SESSIONS = [date(2024, 1, 1) + timedelta(days=i) for i in range(90)]
SETTINGS = DataSettings(
    provider="files",
    feed="sip",
    volume_scale=1.0,
    files=(),
    backfill_sessions=40,
    refresh_sessions=15,
    compact_sessions=20,
    symbols_per_request=100,
    requests_per_minute=200,
    benchmarks=("SPY",),
    split_list="",
    synthetic_seed=1,
    retries=RetrySettings((1,), (60, 120), 1),
)


def history(symbol: str, n: int = 90, start: int = 0) -> BarTable:
    chance = np.random.default_rng([ord(c) for c in symbol])
    close = np.round(100 * np.exp(np.cumsum(chance.normal(0, 0.02, 90))), 2)
    volume = np.floor(chance.uniform(1e5, 1e6, 90))
    keep = slice(start, n)
    days = np.array(SESSIONS, dtype="datetime64[D]")[keep]
    c = close[keep]
    return bar_table([symbol] * len(c), days, c, c, c, c, volume[keep])


def scale(table: BarTable, ratio: float, before: date = date.max) -> BarTable:
    k = np.where(table.session < np.datetime64(before), ratio, 1.0)
    prices = [getattr(table, n) / k for n in ("open", "high", "low", "close")]
    return bar_table(table.names(), table.session, *prices, table.volume * k)


class PassedOver(SourceError):
    """What a source raises in the end, when some batches had no answer."""

    def __init__(self, unanswered: Sequence[str]) -> None:
        self.unanswered = tuple(unanswered)
        self.why = "the vendor is slow"
        super().__init__(f"no answer for {len(unanswered)}: {self.why}")


@dataclass
class Vendor:
    """Bars in memory; `fail_after` batches it stops answering, once per entry.

    A symbol in `silent` has no answer, so many times; the others do.
    """

    tables: dict[str, BarTable]
    events: list[Split] = field(default_factory=list)
    fail_after: list[int] = field(default_factory=list)
    silent: dict[str, int] = field(default_factory=dict)
    calls: list[tuple[tuple[str, ...], date, date]] = field(default_factory=list)
    provider: str = "alpaca"
    feed: str = "sip"

    def daily_bars(
        self, symbols: Sequence[str], first: date, last: date, progress: Any
    ) -> Iterator[BarTable]:
        self.calls.append((tuple(symbols), first, last))
        limit = self.fail_after.pop(0) if self.fail_after else None
        unanswered = []
        for number, symbol in enumerate(symbols):
            if number == limit:
                raise SourceError("the vendor is down")
            if self.silent.get(symbol, 0):
                self.silent[symbol] -= 1
                unanswered.append(symbol)
                continue
            table = self.tables.get(symbol)
            if table is not None:
                inside = (table.session >= np.datetime64(first)) & (
                    table.session <= np.datetime64(last)
                )
                if inside.any():
                    yield table.take(inside)
        if unanswered:
            raise PassedOver(unanswered)

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        return [s for s in self.events if s.symbol in symbols]


class Clock:
    def __init__(self) -> None:
        self.moment = datetime(2024, 3, 30, 20, 15, tzinfo=ZoneInfo("America/New_York"))
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Notes:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.notes: list[str] = []

    def begin(self, label: str, total: int | None) -> None:
        self.said.append(f"{label} {total}")

    def advance(self, done: int, note: str = "") -> None:
        self.notes.append(note)

    def end(self, note: str = "") -> None: ...

    def say(self, text: str) -> None:
        self.said.append(text)


@dataclass
class Evening:
    """One home and one vendor, refreshed evening by evening."""

    home: Path
    vendor: Vendor
    members: list[str]
    clock: Clock = field(default_factory=Clock)
    notes: Notes = field(default_factory=Notes)

    @property
    def cache(self) -> BarCache:
        return BarCache(self.home / "cache/bars")

    @property
    def store(self) -> ArtifactFiles:
        return ArtifactFiles(self.home / "outputs")

    def refresh(self, number: int, window: int = 40, **changes: Any) -> Outcome:
        """Refresh as of SESSIONS[number]."""
        as_of = SESSIONS[number]
        asked: dict[str, Any] = {
            "trade_session": as_of + timedelta(days=1),
            "as_of": as_of,
            "members": self.members,
            "benchmarks": ["SPY"],
            "universe": "u1",
            "sessions": SESSIONS[number + 1 - window : number + 1],
            "clean_frac": 0.95,
            "fetched_at": self.clock.now(),
        }
        ports: dict[str, Any] = {
            "data": self.vendor,
            "cache": self.cache,
            "store": self.store,
            "settings": SETTINGS,
            "clock": self.clock,
            "progress": self.notes,
        }
        for name, value in changes.items():
            (asked if name in asked else ports)[name] = value
        return refresh_cache(RefreshRequest(**asked), **ports)

    def closes(self, symbol: str, number: int = 89) -> list[float]:
        return self.cache.read(SESSIONS[number], 999).only([symbol]).close.tolist()


@pytest.fixture
def evening(tmp_path: Path) -> Evening:
    names = ["A", "B", "BRK.B", "C", "SPY"]
    return Evening(tmp_path, Vendor({n: history(n) for n in names}), ["A", "B", "BRK.B", "C"])


def test_a_first_run_backfills_the_whole_window(evening: Evening) -> None:
    outcome = evening.refresh(59)
    assert outcome.state is State.DONE
    symbols = ("A", "B", "BRK.B", "C", "SPY")
    assert evening.vendor.calls == [(symbols, SESSIONS[20], SESSIONS[59])]
    assert dict(outcome.counts) == {
        "symbols": 4,
        "with_bar": 4,
        "sessions": 40,
        "rows": 200,
        "rows_fetched": 200,
        "refetched": 0,
        "refused": 0,
    }
    assert evening.closes("A") == history("A", 60, 20).close.tolist()
    assert evening.cache.vintage().covered_from == SESSIONS[20]
    assert not (evening.home / "cache/bars/incoming").exists()


def test_the_artifact_tells_what_is_held(evening: Evening) -> None:
    outcome = evening.refresh(59)
    document = evening.store.read_json(SESSIONS[60], "cache.json")
    assert document["schema"] == "avwap.cache/1.0"
    assert document["coverage"] == {"expected": 4, "with_bar": 4, "frac": 1.0}
    assert (document["as_of"], document["trade_session"]) == ("2024-02-29", "2024-03-01")
    assert (document["provider"], document["feed"], document["adjustment"]) == (
        "alpaca",
        "sip",
        "split",
    )
    assert (document["sessions"], document["symbols"], document["rows"]) == (40, 4, 200)
    assert document["content_hash"] == evening.cache.window(SESSIONS[59], 40).content_hash
    assert not {"refetched", "quarantined"} & set(document)
    assert outcome.outputs == {"cache.json": evening.store.digest(SESSIONS[60], "cache.json")}
    assert outcome.inputs == {"universe": "u1"}


def test_a_second_run_downloads_nothing_and_says_so(evening: Evening) -> None:
    first = evening.refresh(59)
    evening.vendor.calls.clear()
    again = evening.refresh(59)
    assert again.state is State.UNCHANGED
    assert "nothing was downloaded" in again.summary
    assert evening.vendor.calls == []
    assert again.outputs == first.outputs


def test_force_refreshes_again(evening: Evening) -> None:
    evening.refresh(59)
    evening.vendor.calls.clear()
    again = evening.refresh(59, force=True)
    assert (again.state, again.counts["rows_fetched"]) == (State.UNCHANGED, 75)
    assert "nothing changed" in again.summary
    assert [c[1] for c in evening.vendor.calls] == [SESSIONS[45]]


def test_the_next_evening_asks_for_the_last_fifteen_sessions(evening: Evening) -> None:
    evening.refresh(59)
    evening.vendor.calls.clear()
    outcome = evening.refresh(60)
    assert [(c[1], c[2]) for c in evening.vendor.calls] == [(SESSIONS[45], SESSIONS[60])]
    assert outcome.counts["sessions"] == 40
    assert evening.closes("C") == history("C", 61, 20).close.tolist()


def test_after_a_pause_the_download_still_overlaps_what_is_held(evening: Evening) -> None:
    evening.refresh(49)
    evening.vendor.calls.clear()
    evening.refresh(80)
    assert [(c[1], c[2]) for c in evening.vendor.calls] == [(SESSIONS[35], SESSIONS[80])]
    assert evening.closes("A") == history("A", 81, 10).close.tolist()


def test_revised_rows_are_taken(evening: Evening) -> None:
    evening.refresh(59)
    evening.vendor.tables["A"].volume[58] += 7
    evening.refresh(60)
    row = evening.cache.read(SESSIONS[58], 1).only(["A"])
    assert row.volume[0] == history("A").volume[58] + 7


def test_an_older_evening_is_rehearsed_from_the_cache_alone(evening: Evening) -> None:
    evening.refresh(70, window=60)
    evening.vendor.calls.clear()
    outcome = evening.refresh(59, window=40)
    assert evening.vendor.calls == []
    assert outcome.counts["rows"] == 200
    assert evening.cache.vintage().as_of == SESSIONS[70]


def test_more_history_than_held_is_backfilled_without_losing_the_newest(evening: Evening) -> None:
    evening.refresh(70, window=40)
    evening.refresh(59, window=50)
    assert evening.closes("A") == history("A", 71, 10).close.tolist()
    vintage = evening.cache.vintage()
    assert (vintage.covered_from, vintage.as_of) == (SESSIONS[10], SESSIONS[70])


def test_a_new_member_is_backfilled(evening: Evening) -> None:
    evening.refresh(59)
    evening.vendor.tables["NEW"] = history("NEW")
    evening.members.append("NEW")
    evening.vendor.calls.clear()
    outcome = evening.refresh(59, universe="u2")
    assert evening.vendor.calls == [(("NEW",), SESSIONS[20], SESSIONS[59])]
    assert outcome.counts["with_bar"] == 5
    assert evening.closes("NEW") == history("NEW", 60, 20).close.tolist()
    assert evening.closes("B") == history("B", 60, 20).close.tolist()


def test_a_split_leads_to_a_full_refetch(evening: Evening) -> None:
    evening.refresh(59)
    new = scale(history("B"), 10.0, SESSIONS[60])  # 10:1, ex-date SESSIONS[60]
    evening.vendor.tables["B"] = new
    evening.vendor.calls.clear()
    outcome = evening.refresh(60)
    assert evening.vendor.calls[1] == (("B",), SESSIONS[20], SESSIONS[60])
    assert outcome.counts["refetched"] == 1
    assert "1 symbols fetched whole: B (resplit 10 by volume)" in outcome.warnings
    assert evening.closes("B") == new.take(slice(20, 61)).close.tolist()
    assert evening.closes("A") == history("A", 61, 20).close.tolist()


@pytest.mark.parametrize("ratio", [0.499, 0.45])
def test_a_crash_with_a_false_claim_is_left_alone(evening: Evening, ratio: float) -> None:
    evening.refresh(59)
    crashed = history("B")
    for column in (crashed.open, crashed.high, crashed.low, crashed.close):
        column[60:] *= ratio
    crashed.volume[60] *= 19
    evening.vendor.tables["B"] = crashed
    evening.vendor.events = [Split("B", SESSIONS[60], 2.0)]
    evening.vendor.calls.clear()
    outcome = evening.refresh(60)
    assert len(evening.vendor.calls) == 1
    assert outcome.counts["refetched"] == 0
    assert evening.closes("B") == crashed.take(slice(20, 61)).close.tolist()


def test_a_name_that_trades_again_after_a_long_halt_is_fetched_whole(evening: Evening) -> None:
    full = history("B")
    evening.vendor.tables["B"] = full.take(slice(0, 30))
    evening.refresh(59)
    resumed = scale(concat([full.take(slice(0, 30)), full.take(slice(60, 90))]), 0.1, SESSIONS[60])
    evening.vendor.tables["B"] = resumed
    outcome = evening.refresh(60)
    assert outcome.counts["refetched"] == 1
    until = np.datetime64(SESSIONS[60])
    expected = resumed.take(
        (resumed.session >= np.datetime64(SESSIONS[20])) & (resumed.session <= until)
    )
    assert evening.closes("B") == expected.close.tolist()


def test_a_failing_split_list_is_a_warning_only(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any) -> Sequence[Split]:
        raise SourceError("no list today")

    evening.refresh(59)
    evening.vendor.tables["B"] = scale(history("B"), 10.0, SESSIONS[60])
    monkeypatch.setattr(evening.vendor, "splits", down)
    outcome = evening.refresh(60)
    assert outcome.counts["refetched"] == 1
    assert any("no list today" in w for w in outcome.warnings)


def test_faulty_rows_go_to_the_quarantine_file(evening: Evening) -> None:
    table = evening.vendor.tables["A"]
    table.high[55] = table.low[55] / 2
    table.close[57] = np.nan
    outcome = evening.refresh(59)
    assert (outcome.counts["refused_high_low"], outcome.counts["refused_not_a_number"]) == (1, 1)
    assert any("2 rows refused" in w for w in outcome.warnings)
    with (evening.home / "cache/bars/quarantine.csv").open(encoding="utf-8") as file:
        rows = [(r["symbol"], r["session"], r["reason"]) for r in csv.DictReader(file)]
    assert rows == [
        ("A", SESSIONS[55].isoformat(), "high_low"),
        ("A", SESSIONS[57].isoformat(), "not_a_number"),
    ]
    assert len(evening.closes("A")) == 38


def test_an_interrupted_backfill_goes_on_where_it_stopped(evening: Evening) -> None:
    evening.vendor.fail_after = [2, 0, 0]
    with pytest.raises(SourceError, match="down"):
        evening.refresh(59)
    assert evening.clock.slept == [60, 120]
    evening.vendor.calls.clear()
    outcome = evening.refresh(59)
    assert evening.vendor.calls[0][0] == ("BRK.B", "C", "SPY")
    assert any("going on, 2 of 5" in said for said in evening.notes.said)
    assert outcome.counts["with_bar"] == 4
    assert evening.closes("A") == history("A", 60, 20).close.tolist()


def test_a_source_that_recovers_is_waited_for(evening: Evening) -> None:
    evening.vendor.fail_after = [3]
    assert evening.refresh(59).counts["with_bar"] == 4
    assert evening.clock.slept == [60]
    assert evening.vendor.calls[1][0] == ("C", "SPY")


def test_a_failed_refresh_leaves_the_cache_as_it_was(evening: Evening) -> None:
    evening.refresh(59)
    before = evening.cache.info()
    evening.vendor.fail_after = [1, 1, 1]
    with pytest.raises(SourceError):
        evening.refresh(60)
    assert evening.cache.info() == before


def test_a_vendor_that_knows_nothing_is_an_error_and_writes_nothing(evening: Evening) -> None:
    evening.vendor.tables.clear()
    with pytest.raises(SourceError, match="no bars for any of 5"):
        evening.refresh(59)
    assert not (evening.home / "cache/bars/manifest.json").exists()


def test_thin_coverage_is_a_warning_and_the_next_run_asks_for_the_missing(evening: Evening) -> None:
    late = evening.vendor.tables["B"]
    evening.vendor.tables["B"] = late.take(slice(0, 59))
    outcome = evening.refresh(59)
    assert outcome.counts["with_bar"] == 3
    assert any("only 3 of 4" in w and "missing: B" in w for w in outcome.warnings)
    evening.vendor.tables["B"] = late
    evening.vendor.calls.clear()
    outcome = evening.refresh(59)
    assert evening.vendor.calls == [(("B",), SESSIONS[45], SESSIONS[59])]
    assert outcome.counts["with_bar"] == 4


def test_an_evening_without_any_new_bar_keeps_what_is_held(evening: Evening) -> None:
    evening.refresh(59)
    full, evening.vendor.tables = evening.vendor.tables, {}
    before = evening.cache.info()
    with pytest.raises(SourceError, match=r"no bar of .* the cache stays as it was"):
        evening.refresh(60)
    assert evening.cache.info() == before
    evening.vendor.tables = full
    assert evening.refresh(60).counts["with_bar"] == 4


def test_a_late_benchmark_is_asked_for_again(evening: Evening) -> None:
    full = evening.vendor.tables["SPY"]
    evening.vendor.tables["SPY"] = full.take(slice(0, 59))
    evening.refresh(59)
    evening.vendor.tables["SPY"] = full
    evening.vendor.calls.clear()
    evening.refresh(59)
    assert [c[0] for c in evening.vendor.calls] == [("SPY",)]
    assert evening.refresh(59).state is State.UNCHANGED


def test_a_missing_benchmark_is_a_warning(evening: Evening) -> None:
    del evening.vendor.tables["SPY"]
    outcome = evening.refresh(59)
    assert any("benchmarks SPY" in w for w in outcome.warnings)
    assert outcome.body["coverage"]["expected"] == 4


def test_rows_that_a_vendor_drops_later_are_not_lost_but_withdrawn_holes_are(
    evening: Evening,
) -> None:
    evening.refresh(59)
    full = history("A")
    keep = np.ones(90, dtype=bool)
    keep[50] = False  # withdrawn between two rows it still gives
    keep[56:] = False  # delisted: gives no newer rows any more
    evening.vendor.tables["A"] = full.take(keep)
    evening.refresh(60)
    expected = [*full.close[20:50], *full.close[51:60]]
    assert evening.closes("A") == expected


def test_another_provider_starts_a_cache_of_its_own(evening: Evening) -> None:
    evening.refresh(59)
    evening.vendor = replace(evening.vendor, provider="yfinance", feed="vendor", calls=[])
    outcome = evening.refresh(59)
    assert outcome.state is State.DONE
    assert evening.vendor.calls[0][1] == SESSIONS[20]
    assert evening.cache.info().provider == "yfinance"


def test_a_damaged_cache_is_named(evening: Evening) -> None:
    evening.refresh(59)
    (evening.home / "cache/bars/manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(DamagedInput, match="costs only time"):
        evening.refresh(60)


def test_many_evenings_equal_one_backfill(evening: Evening, tmp_path: Path) -> None:
    for number in range(59, 90):
        evening.refresh(number)
    once = Evening(tmp_path / "once", evening.vendor, evening.members)
    once.refresh(89, window=70)
    assert once.cache.window(SESSIONS[89], 70) == evening.cache.window(SESSIONS[89], 70)


def test_cache_json_tells_what_is_held_however_it_came(evening: Evening, tmp_path: Path) -> None:
    """A split and a refused row on the way leave no trace in the artifact."""
    evening.refresh(59)
    evening.vendor.tables["B"] = scale(history("B"), 10.0, SESSIONS[60])
    evening.vendor.tables["A"].close[60] = np.nan
    outcome = evening.refresh(60)
    assert (outcome.counts["refetched"], outcome.counts["refused"]) == (1, 1)
    once = Evening(tmp_path / "once", evening.vendor, evening.members)
    once.refresh(60, window=40)
    one, other = (e.store.digest(SESSIONS[61], "cache.json") for e in (evening, once))
    assert one == other is not None


def test_a_frozen_session_is_left_alone(evening: Evening) -> None:
    evening.refresh(59)
    session = SESSIONS[60]
    evening.store.write_json(session, "gapfilter.json", "avwap.gapfilter/1.0", {})
    files = {p: p.read_bytes() for p in evening.home.rglob("*") if p.is_file()}
    evening.vendor.calls.clear()
    evening.vendor.tables["A"].volume[58] += 7
    outcome = evening.refresh(59, force=True)
    assert outcome.state is State.FROZEN
    assert "is frozen" in outcome.summary
    assert evening.vendor.calls == []
    assert {p: p.read_bytes() for p in evening.home.rglob("*") if p.is_file()} == files


@pytest.mark.parametrize(
    "change",
    [
        {"coverage": {"with_bar": 4, "frac": 1.0}},
        {"coverage": ""},
        {"coverage": None},
        {"inputs": []},
        {"symbols": "many"},
        {"content_hash": 7},
    ],
)
def test_a_damaged_artifact_is_written_again(evening: Evening, change: dict[str, Any]) -> None:
    evening.refresh(59)
    good = evening.store.digest(SESSIONS[60], "cache.json")
    document = evening.store.read_json(SESSIONS[60], "cache.json")
    schema = document.pop("schema")
    evening.store.write_json(SESSIONS[60], "cache.json", schema, {**document, **change})
    assert evening.refresh(59).state is State.DONE
    assert evening.store.digest(SESSIONS[60], "cache.json") == good


def test_a_benchmark_without_the_bar_of_the_session_is_a_warning(evening: Evening) -> None:
    evening.vendor.tables["SPY"] = evening.vendor.tables["SPY"].take(slice(0, 59))
    for _ in range(2):
        warnings = evening.refresh(59).warnings
        assert "no bar of 2024-02-29 for the benchmarks SPY" in warnings


def test_thin_coverage_asked_again_in_vain_is_unchanged(evening: Evening) -> None:
    evening.vendor.tables["B"] = evening.vendor.tables["B"].take(slice(0, 59))
    assert evening.refresh(59).state is State.DONE
    evening.vendor.calls.clear()
    again = evening.refresh(59)
    assert again.state is State.UNCHANGED
    assert [c[0] for c in evening.vendor.calls] == [("B",)]
    assert "nothing changed" in again.summary
    assert any("missing: B" in w for w in again.warnings)


def test_a_refused_row_does_not_take_the_good_one_away(evening: Evening) -> None:
    evening.refresh(59)
    good = evening.closes("A", 59)
    table = evening.vendor.tables["A"]
    high = table.high.copy()
    high[58] = 0.01
    evening.vendor.tables["A"] = replace(table, high=high)
    outcome = evening.refresh(60)
    assert outcome.counts["refused"] == 1
    assert evening.closes("A", 59) == good


ALWAYS = 99


def owed(evening: Evening, number: int) -> Any:
    """The symbols without an answer, as the evening's artifact has them."""
    document = evening.store.read_json(SESSIONS[number + 1], "cache.json")
    return document["inputs"].get("unanswered")


def test_a_symbol_that_answers_late_is_waited_for_and_asked_for_alone(evening: Evening) -> None:
    evening.vendor.tables.pop("C")  # unknown to the vendor, which is an answer
    evening.vendor.silent = {"B": 2}
    outcome = evening.refresh(59)
    assert [c[0] for c in evening.vendor.calls[1:]] == [("B",), ("B",)]
    assert evening.clock.slept == [60, 120]
    assert "unanswered" not in outcome.counts
    assert owed(evening, 59) is None
    assert evening.closes("B") == history("B", 60, 20).close.tolist()


def test_a_symbol_without_an_answer_is_passed_over_counted_and_named(evening: Evening) -> None:
    evening.vendor.silent = {"B": ALWAYS}
    outcome = evening.refresh(59)
    assert outcome.state is State.DONE
    assert (outcome.counts["with_bar"], outcome.counts["unanswered"]) == (3, 1)
    assert outcome.warnings[0] == (
        "1 symbols passed over: B (the vendor is slow);"
        " run `avwap refresh-cache` again to ask for them"
    )
    document = evening.store.read_json(SESSIONS[60], "cache.json")
    assert document["coverage"] == {"expected": 4, "with_bar": 3, "frac": 0.75}
    assert document["missing"] == {"count": 1, "first": ["B"]}
    assert owed(evening, 59) == ["B"]
    assert evening.closes("A") == history("A", 60, 20).close.tolist()
    assert not (evening.home / "cache/bars/incoming").exists()


@pytest.mark.parametrize("clean", [0.5, 0.95])
def test_the_next_run_of_the_evening_asks_for_them_though_coverage_is_enough(
    evening: Evening, tmp_path: Path, clean: float
) -> None:
    evening.refresh(59)
    evening.vendor.silent = {"B": 3}
    assert evening.refresh(60, clean_frac=clean).counts["with_bar"] == 3
    evening.vendor.calls.clear()
    again = evening.refresh(60, clean_frac=clean)
    assert [(c[0], c[2]) for c in evening.vendor.calls] == [(("B",), SESSIONS[60])]
    assert (again.state, again.counts["with_bar"]) == (State.DONE, 4)
    assert evening.closes("B") == history("B", 61, 20).close.tolist()
    once = Evening(tmp_path / "once", evening.vendor, evening.members)
    once.refresh(59)
    once.refresh(60, clean_frac=clean)
    assert once.store.digest(SESSIONS[61], "cache.json") == again.outputs["cache.json"]
    evening.vendor.calls.clear()
    assert evening.refresh(60, clean_frac=clean).state is State.UNCHANGED
    assert evening.vendor.calls == []


def test_new_symbols_without_an_answer_are_backfilled_by_the_next_run(evening: Evening) -> None:
    evening.vendor.silent = {"B": 3}
    evening.refresh(59, clean_frac=0.5)
    evening.vendor.calls.clear()
    again = evening.refresh(59, clean_frac=0.5)
    assert evening.vendor.calls == [(("B",), SESSIONS[20], SESSIONS[59])]
    assert again.counts["with_bar"] == 4
    assert evening.closes("B") == history("B", 60, 20).close.tolist()


def test_the_evening_after_catches_up(evening: Evening) -> None:
    evening.refresh(59)
    evening.vendor.silent = {"B": 3}
    evening.refresh(60)
    assert evening.refresh(61).counts["with_bar"] == 4
    assert evening.closes("B") == history("B", 62, 20).close.tolist()


def test_new_members_without_an_answer_do_not_keep_the_others_from_theirs(
    evening: Evening,
) -> None:
    evening.refresh(59)
    evening.vendor.tables["NEW"] = history("NEW")
    evening.members.append("NEW")
    evening.vendor.silent = {"NEW": ALWAYS}
    outcome = evening.refresh(60)
    assert (outcome.counts["with_bar"], outcome.counts["unanswered"]) == (4, 1)
    assert owed(evening, 60) == ["NEW"]


def test_a_vendor_that_answers_nothing_fails_and_is_waited_for_once(evening: Evening) -> None:
    """New members are asked for first; the rest gets one try, not waits of its own."""
    evening.refresh(59)
    before = evening.cache.info()
    evening.members.append("NEW")
    evening.vendor.silent = dict.fromkeys(["A", "B", "BRK.B", "C", "NEW", "SPY"], ALWAYS)
    evening.vendor.calls.clear()
    with pytest.raises(SourceError, match="the vendor is slow"):
        evening.refresh(60)
    assert evening.clock.slept == [60, 120]
    assert len(evening.vendor.calls) == 4
    assert evening.cache.info() == before
    assert evening.store.digest(SESSIONS[61], "cache.json") is None


def test_a_first_run_without_any_answer_says_why(evening: Evening) -> None:
    evening.vendor.silent = dict.fromkeys(["A", "B", "BRK.B", "C", "SPY"], ALWAYS)
    with pytest.raises(SourceError, match="the vendor is slow"):
        evening.refresh(59)
    assert not (evening.home / "cache/bars/manifest.json").exists()


def test_asked_again_in_vain_the_session_stays_as_it_was_written(evening: Evening) -> None:
    evening.vendor.silent = {"B": ALWAYS}
    first = evening.refresh(59)
    before = evening.cache.info()
    with pytest.raises(SourceError, match="the vendor is slow"):
        evening.refresh(59)
    assert evening.cache.info() == before
    assert evening.store.digest(SESSIONS[60], "cache.json") == first.outputs["cache.json"]


def test_a_longer_history_without_an_answer_is_asked_for_again(evening: Evening) -> None:
    evening.refresh(70)
    evening.vendor.silent = {"B": 3}
    outcome = evening.refresh(70, window=50)
    assert outcome.counts["unanswered"] == 1
    assert evening.closes("B") == history("B", 71, 31).close.tolist()  # what was held stays
    assert evening.cache.vintage().covered_from == SESSIONS[31]
    evening.vendor.calls.clear()
    again = evening.refresh(70, window=50)
    assert evening.vendor.calls == [(("B",), SESSIONS[21], SESSIONS[70])]
    assert again.state is State.DONE
    assert evening.closes("B") == history("B", 71, 21).close.tolist()
    assert evening.cache.vintage().covered_from == SESSIONS[21]
    assert not (evening.home / "cache/bars/incoming").exists()


def test_a_split_symbol_without_an_answer_stays_old_and_is_fetched_by_the_next_run(
    evening: Evening,
) -> None:
    evening.refresh(59)
    new = scale(history("B"), 10.0, SESSIONS[60])
    evening.vendor.tables["B"] = new
    answering = evening.vendor.daily_bars

    def slow_when_whole(
        symbols: Sequence[str], first: date, last: date, progress: Any
    ) -> Iterator[BarTable]:
        evening.vendor.silent = {"B": 1} if tuple(symbols) == ("B",) else {}
        return answering(symbols, first, last, progress)

    evening.vendor.daily_bars = slow_when_whole  # type: ignore[method-assign]
    outcome = evening.refresh(60)
    assert any("1 split symbols gave no bars and stay old: B" in w for w in outcome.warnings)
    assert outcome.counts["unanswered"] == 1
    assert evening.closes("B") == history("B", 60, 20).close.tolist()
    del evening.vendor.daily_bars
    evening.vendor.silent = {}
    assert evening.refresh(60).counts["refetched"] == 1
    assert evening.closes("B") == new.take(slice(20, 61)).close.tolist()


def test_a_split_found_by_the_next_run_may_have_no_answer_either(evening: Evening) -> None:
    """The vendor did answer what the run was for; that its history is late is no failure."""
    evening.refresh(59)
    evening.vendor.silent = {"B": 3}
    evening.refresh(60)
    evening.vendor.tables["B"] = scale(history("B"), 10.0, SESSIONS[60])
    answering = evening.vendor.daily_bars

    def slow_when_whole(
        symbols: Sequence[str], first: date, last: date, progress: Any
    ) -> Iterator[BarTable]:
        evening.vendor.silent = {"B": 1} if first == SESSIONS[20] else {}
        return answering(symbols, first, last, progress)

    evening.vendor.daily_bars = slow_when_whole  # type: ignore[method-assign]
    outcome = evening.refresh(60)
    assert (outcome.counts["with_bar"], outcome.counts["unanswered"]) == (3, 1)
    assert owed(evening, 60) == ["B"]


@pytest.mark.parametrize("odd", [None, "B", {"B": 1}, [7, None], ["GONE"]])
def test_an_odd_list_of_the_unanswered_is_passed_over(evening: Evening, odd: object) -> None:
    evening.refresh(59)
    good = evening.store.digest(SESSIONS[60], "cache.json")
    document = evening.store.read_json(SESSIONS[60], "cache.json")
    schema = document.pop("schema")
    document["inputs"]["unanswered"] = odd
    evening.store.write_json(SESSIONS[60], "cache.json", schema, document)
    evening.vendor.calls.clear()
    evening.refresh(59)
    assert evening.vendor.calls == []
    assert evening.store.digest(SESSIONS[60], "cache.json") == good
