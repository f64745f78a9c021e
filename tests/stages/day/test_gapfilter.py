"""The gapfilter stage over real files: what it freezes, keeps, refuses and survives."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import jsonschema
import pytest

import avwap_cli
from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.errors import DamagedInput, InputError, MissingInput, SourceError, StaleInput
from avwap_cli.market.splits import Split
from avwap_cli.stages.day.gapfilter import GapRequest, run_gapfilter
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.policies import GapPolicy
from avwap_cli.trading.quotes import LastTrade, PriceBar, Quote

D = Decimal
FRIDAY, MONDAY = date(2024, 3, 8), date(2024, 3, 11)
NOW = datetime(2024, 3, 11, 9, 25, 40, tzinfo=ZoneInfo("America/New_York"))
SCHEMA = json.loads(
    (Path(avwap_cli.__file__).parent / "schemas" / "gapfilter.schema.json").read_text("utf-8")
)


def candidate(rank: int, symbol: str, prev_close: float, **changes: Any) -> dict[str, Any]:
    plain = {
        "rank": rank, "symbol": symbol, "strategy": "rsi_mean_reversion", "direction": "long",
        "entry_group": "moo", "sector": "Energy", "prev_close": prev_close, "atr": 1.5,
        "sl_atr_mult": 2.5, "tp_atr_mult": 3.0, "trailing_atr_mult": None,
        "max_hold_sessions": 5, "entry": prev_close, "stop": prev_close - 3.75,
        "r1": prev_close + 4.5, "r2": None, "metadata": {},
    }  # fmt: skip
    return plain | changes


CANDIDATES = [
    candidate(2, "GAPS", 50.0),
    candidate(1, "CALM", 100.0),
    candidate(3, "MUTE", 20.0, strategy="avwap", entry_group="boh"),
    candidate(4, "FALL", 40.0, strategy="overbought_short", direction="short"),
]


@dataclass
class Market:
    """Prices in memory; counts what it is asked."""

    mids: dict[str, str] = field(default_factory=dict)
    trades: dict[str, str] = field(default_factory=dict)
    listed: list[Split] = field(default_factory=list)
    silent: bool = False
    no_splits: bool = False
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        self._ask("quotes", symbols)
        at, penny = NOW - timedelta(seconds=2), D("0.01")
        return {
            s: Quote(s, D(self.mids[s]) - penny, D(self.mids[s]) + penny, at, "delayed_sip")
            for s in symbols
            if s in self.mids
        }

    def last_trades(self, symbols: Sequence[str]) -> Mapping[str, LastTrade]:
        self._ask("trades", symbols)
        at = NOW - timedelta(minutes=10)
        return {s: LastTrade(s, D(self.trades[s]), at, "iex") for s in symbols if s in self.trades}

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        if self.no_splits:
            raise SourceError("no list of splits")
        return [s for s in self.listed if first <= s.ex_date <= last and s.symbol in symbols]

    def minute_bars(self, *_: Any) -> Sequence[PriceBar]:
        raise NotImplementedError

    def bars(self, *_: Any) -> Sequence[PriceBar]:
        raise NotImplementedError

    def _ask(self, what: str, symbols: Sequence[str]) -> None:
        self.asked.append((what, *symbols))
        if self.silent:
            raise SourceError("no feed answered")


class Still:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


def quiet() -> Market:
    return Market({"CALM": "101", "GAPS": "51.51", "FALL": "39"}, {"MUTE": "20.5"})


@dataclass
class Morning:
    """A home with scan.json for Monday, and a gap filter over it."""

    folder: Path
    market: Market = field(default_factory=quiet)
    planned: int = 0

    @property
    def store(self) -> ArtifactFiles:
        return ArtifactFiles(self.folder)

    def scan(self, **changes: Any) -> None:
        body = {
            "as_of": FRIDAY, "trade_session": MONDAY,
            "quality": {"state": "clean", "reasons": []}, "candidates": CANDIDATES,
        }  # fmt: skip
        self.store.write_json(MONDAY, "scan.json", "avwap.scan/1.0", body | changes)

    def plan_exits(self) -> None:
        self.planned += 1
        body = {"trade_session": MONDAY}
        self.store.write_json(MONDAY, "exits_planned.json", "avwap.exits_planned/1.0", body)

    def run(
        self,
        on_missing: Literal["keep", "drop"] = "keep",
        plan_exits: Callable[[], object] | None = None,
        **changes: Any,
    ) -> Outcome:
        policy = GapPolicy(threshold_frac=0.03, on_missing=on_missing, max_age_s=1800)
        return run_gapfilter(
            replace(GapRequest(MONDAY, policy), **changes),
            store=self.store,
            quotes=self.market,
            clock=Still(),
            plan_exits=plan_exits or self.plan_exits,
        )

    def document(self) -> dict[str, Any]:
        document = self.store.read_json(MONDAY, "gapfilter.json")
        checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
        jsonschema.Draft202012Validator(SCHEMA, format_checker=checker).validate(document)
        return document

    def verdicts(self) -> dict[str, tuple[str, str | None]]:
        document = self.document()
        rows = (*document["passed"], *document["rejected"])
        return {r["symbol"]: (r["status"], r["reason"]) for r in rows}


@pytest.fixture
def morning(tmp_path: Path) -> Morning:
    found = Morning(tmp_path / "outputs")
    found.scan()
    return found


def test_what_gapped_is_dropped_and_the_plan_is_frozen(morning: Morning) -> None:
    outcome = morning.run()
    document = morning.document()
    assert document["scan_hash"] == morning.store.digest(MONDAY, "scan.json")
    assert document["trade_session"] == "2024-03-11"
    assert (document["candidates_before"], document["candidates_after"]) == (4, 3)
    assert [r["symbol"] for r in document["passed"]] == ["CALM", "MUTE", "FALL"]
    assert document["rejected"] == [{
        "symbol": "GAPS", "strategy": "rsi_mean_reversion", "direction": "long",
        "entry_group": "moo", "prev_close": 50.0, "price": 51.51,
        "price_source": "delayed_sip_quote", "price_age_s": 2.0, "gap_frac": 0.0302,
        "split": None, "status": "rejected", "reason": "gap",
    }]  # fmt: skip
    assert (outcome.state, outcome.exit_code) == (State.DONE, 0)
    assert outcome.summary == "3 of 4 candidates passed, 0 of them unverified"
    assert outcome.counts == {
        "candidates_before": 4, "candidates_after": 3, "unverified": 0, "rejected_gap": 1,
    }  # fmt: skip
    assert outcome.outputs == {"gapfilter.json": morning.store.digest(MONDAY, "gapfilter.json")}
    assert "schema" not in outcome.body


def test_all_are_asked_for_at_once_and_trades_only_of_those_without_a_quote(
    morning: Morning,
) -> None:
    morning.run()
    assert morning.market.asked == [("quotes", "CALM", "FALL", "GAPS", "MUTE"), ("trades", "MUTE")]
    mute = next(r for r in morning.document()["passed"] if r["symbol"] == "MUTE")
    assert (mute["price"], mute["price_source"], mute["price_age_s"]) == (20.5, "iex_trade", 600.0)


def test_a_second_run_changes_nothing_asks_nothing_and_says_so(morning: Morning) -> None:
    first = morning.run()
    before = (morning.folder / "sessions/2024-03-11/gapfilter.json").read_bytes()
    morning.market = Market({"CALM": "200"})
    second = morning.run()
    assert second.state is State.UNCHANGED
    assert second.summary == "3 of 4 candidates passed; frozen before, nothing changed"
    assert morning.market.asked == []
    assert (second.inputs, second.outputs) == (first.inputs, first.outputs)
    assert (morning.folder / "sessions/2024-03-11/gapfilter.json").read_bytes() == before


def test_another_scan_than_the_frozen_one_is_refused(morning: Morning) -> None:
    morning.run()
    morning.scan(candidates=CANDIDATES[:1])
    with pytest.raises(StaleInput, match=r"froze another scan\.json"):
        morning.run()


@pytest.mark.parametrize(("policy", "status"), [("keep", "unverified"), ("drop", "rejected")])
def test_without_prices_the_policy_decides_and_the_warning_says_why(
    morning: Morning, policy: Literal["keep", "drop"], status: str
) -> None:
    morning.market.silent = True
    outcome = morning.run(policy)
    assert set(morning.verdicts().values()) == {(status, "no_price")}
    assert "no prices could be had: no feed answered" in outcome.warnings
    assert outcome.counts["unverified"] == (4 if policy == "keep" else 0)


def test_a_symbol_that_no_feed_knows_is_unverified_alone(morning: Morning) -> None:
    del morning.market.trades["MUTE"]
    morning.run()
    assert morning.verdicts() == {
        "CALM": ("passed", None),
        "GAPS": ("rejected", "gap"),
        "MUTE": ("unverified", "no_price"),
        "FALL": ("passed", None),
    }


@pytest.mark.parametrize("ex_date", [MONDAY, date(2024, 3, 9)])
def test_a_split_effective_today_is_no_gap(morning: Morning, ex_date: date) -> None:
    morning.market.mids["CALM"] = "25.10"
    morning.market.listed = [Split("CALM", ex_date, 4.0)]
    morning.run()
    calm = morning.document()["passed"][0]
    assert (calm["symbol"], calm["prev_close"], calm["split"]) == ("CALM", 25.0, "4")
    assert calm["gap_frac"] == 0.004


@pytest.mark.parametrize(
    "split",
    [
        Split("CALM", FRIDAY, 4.0),
        Split("CALM", date(2024, 3, 12), 4.0),
        Split("CALM", MONDAY, float("inf")),
        Split("CALM", MONDAY, 0.0),
        Split("GAPS", MONDAY, 4.0),
    ],
)
def test_a_split_of_another_day_or_symbol_or_of_no_ratio_is_none(
    morning: Morning, split: Split
) -> None:
    morning.market.listed = [split]
    morning.run()
    calm = morning.document()["passed"][0]
    assert (calm["symbol"], calm["prev_close"], calm["split"]) == ("CALM", 100.0, None)


def test_splits_that_could_not_be_had_are_told(morning: Morning) -> None:
    morning.market.no_splits = True
    outcome = morning.run()
    assert morning.verdicts()["CALM"] == ("passed", None)
    assert any("splits effective today are not known" in w for w in outcome.warnings)


def test_a_scan_that_refused_lets_nothing_pass_and_no_price_is_asked(morning: Morning) -> None:
    morning.scan(quality={"state": "refused", "reasons": ["coverage"]})
    outcome = morning.run()
    assert set(morning.verdicts().values()) == {("rejected", "scan_refused")}
    assert (outcome.state, outcome.exit_code) == (State.REFUSED, 4)
    assert morning.document()["note"] == ("the scan was refused (coverage): nothing may be entered")
    assert morning.market.asked == []
    assert morning.planned == 1


def test_an_evening_without_candidates_is_frozen_too(morning: Morning) -> None:
    morning.scan(candidates=[])
    outcome = morning.run()
    assert (outcome.state, outcome.exit_code) == (State.DONE, 0)
    assert morning.document()["candidates_before"] == 0
    assert morning.market.asked == []


def test_missing_exits_are_planned_before_anything_can_fail(tmp_path: Path) -> None:
    morning = Morning(tmp_path / "outputs")
    with pytest.raises(MissingInput, match=r"scan\.json for 2024-03-11 is missing"):
        morning.run()
    assert morning.planned == 1
    with pytest.raises(MissingInput):
        morning.run()
    assert morning.planned == 1


def test_exits_that_cannot_be_planned_do_not_stop_the_gap_filter(morning: Morning) -> None:
    def fails() -> None:
        raise InputError("the cache is empty")

    outcome = morning.run(plan_exits=fails)
    assert outcome.state is State.DONE
    assert outcome.warnings == ("the exits could not be planned: the cache is empty",)


@pytest.mark.parametrize(
    "change", [{"trade_session": "2024-03-08"}, {"as_of": "2024-03-07"}, {"as_of": None}]
)
def test_a_scan_of_another_session_is_refused_by_name(
    morning: Morning, change: dict[str, Any]
) -> None:
    morning.scan(**change)
    with pytest.raises(StaleInput, match=r"avwap scan --session 2024-03-11"):
        morning.run()
    assert morning.store.digest(MONDAY, "gapfilter.json") is None


@pytest.mark.parametrize(
    "change",
    [
        {"candidates": None},
        {"quality": []},
        {"candidates": [candidate(1, "CALM", 0.0)]},
        {"candidates": [{"rank": 1}]},
    ],
)
def test_a_damaged_scan_is_refused_by_name(morning: Morning, change: dict[str, Any]) -> None:
    morning.scan(**change)
    with pytest.raises(DamagedInput, match=r"scan\.json"):
        morning.run()
    assert morning.store.digest(MONDAY, "gapfilter.json") is None


def test_a_damaged_frozen_plan_is_refused(morning: Morning) -> None:
    morning.run()
    path = morning.folder / "sessions/2024-03-11/gapfilter.json"
    path.write_text(path.read_text("utf-8").replace('"status": "passed"', '"status": "fine"'))
    with pytest.raises(DamagedInput, match=r"gapfilter\.json"):
        morning.run()


def test_a_dry_run_asks_and_writes_nothing(morning: Morning) -> None:
    outcome = morning.run(dry_run=True)
    assert outcome.summary.endswith("dry run, nothing is written")
    assert outcome.body["candidates_after"] == 3
    assert morning.planned == 0
    assert [p.name for p in sorted((morning.folder / "sessions/2024-03-11").iterdir())] == [
        "scan.json"
    ]


def test_the_same_morning_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for order in (CANDIDATES, CANDIDATES[::-1]):
        morning = Morning(tmp_path / str(len(written)))
        morning.scan(candidates=order)
        morning.run()
        document = morning.document()
        document.pop("scan_hash")
        written.append(json.dumps(document))
    assert written[0] == written[1]
