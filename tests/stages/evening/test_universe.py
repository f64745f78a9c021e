"""The stage universe: its two files, what a second run does, and reading them back."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.errors import AvwapError, DamagedInput, MissingInput, SourceError
from avwap_cli.market.memberships import IWV, SP500, ListRow, MemberList, Memberships, merge
from avwap_cli.market.universe import Liquidity
from avwap_cli.signals.rules import LiquidityRules
from avwap_cli.stages.evening.universe import build_universe
from avwap_cli.stages.evening.universe_files import read_liquid, read_universe
from avwap_cli.stages.outcomes import Outcome, State

AS_OF, TRADE = date(2024, 3, 7), date(2024, 3, 8)
RULES = LiquidityRules(3.0, 400_000, 10_000_000, 20)


@dataclass
class Lists:
    """Holdings that are what the test says."""

    merged: Memberships

    def universe(self, on: date) -> Memberships:
        assert on == AS_OF
        return self.merged


@dataclass
class Known:
    """Metrics that are what the test says, or the failure to have any."""

    values: Mapping[str, Liquidity] | None = None
    failure: AvwapError = field(default_factory=lambda: MissingInput("the bar cache is empty"))

    def measure(self, symbols: Sequence[str], as_of: date) -> Mapping[str, Liquidity]:
        assert "-" not in symbols
        if self.values is None:
            raise self.failure
        return self.values


def lists(*extra: ListRow, known: date = date(2024, 8, 1)) -> Memberships:
    iwv = (
        ListRow("AAPL", "APPLE INC", "Information Technology"),
        ListRow("BRK.B", '=HYPERLINK("x")', "Financials"),
        ListRow("-", "- ESCROW\x00\n", "Unknown", False, "no_ticker"),
        ListRow("ESU4", "@EMINI", "Unknown", False, "futures"),
        ListRow("TINY", '\'t Hooft, "Inc"', "Energy"),
        *extra,
    )
    index = (ListRow("AAPL", "Apple Inc.", "Information Technology"),)
    return merge(
        [
            MemberList(IWV, iwv, known, ("c" if extra else "a") * 64, {"bad_symbol": 2}),
            MemberList(SP500, index, date(2024, 3, 5), "b" * 64, {}, ("the list is old",)),
        ]
    )


METRICS = Known(
    {
        "AAPL": Liquidity(168.123456, 60_000_000.4, 1e10),
        "TINY": Liquidity(2.99, 500_000.0, 2e7),
    }
)


def build(
    home: Path, merged: Memberships | None = None, metrics: Known | None = METRICS
) -> Outcome:
    return build_universe(
        trade_session=TRADE,
        as_of=AS_OF,
        holdings=Lists(merged or lists()),
        metrics=metrics,
        rules=RULES,
        store=ArtifactFiles(home),
    )


def files(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(home.rglob("universe.*"))}


def test_the_two_files(tmp_path: Path) -> None:
    outcome = build(tmp_path)
    assert outcome.state is State.DONE
    assert outcome.summary == "5 members, 3 equities"
    assert outcome.warnings == ("the list is old",)
    assert outcome.counts["dropped_bad_symbol"] == 2
    folder = tmp_path / "sessions" / "2024-03-08"
    with (folder / "universe.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["schema_version", "symbol", "name", "sector", "lists", "equity", "note", "close",
         "volume_mean20", "dollar_volume_mean20", "liquid"],
        ["avwap.universe/1.0", "-", "'- ESCROW  ", "Unknown", "IWV", "no", "no_ticker", "", "",
         "", "unknown"],
        ["avwap.universe/1.0", "AAPL", "Apple Inc.", "Information Technology", "IWV SP500", "yes",
         "", "168.1235", "60000000", "10000000000", "yes"],
        ["avwap.universe/1.0", "BRK.B", "'=HYPERLINK(\"x\")", "Financials", "IWV", "yes", "", "",
         "", "", "unknown"],
        ["avwap.universe/1.0", "ESU4", "'@EMINI", "Unknown", "IWV", "no", "futures", "", "", "",
         "unknown"],
        ["avwap.universe/1.0", "TINY", "''t Hooft, \"Inc\"", "Energy", "IWV", "yes", "", "2.99",
         "500000", "20000000", "no"],
    ]  # fmt: skip
    assert json.loads((folder / "universe.json").read_bytes()) == {
        "schema": "avwap.universe/1.0",
        "trade_session": "2024-03-08",
        "as_of": "2024-03-07",
        "membership_known": "2024-08-01",
        "sectors_known": "2024-08-01",
        "hindsight": ["membership", "sectors"],
        "members": 5,
        "equities": 3,
        "dropped": {"bad_symbol": 2, "futures": 1, "no_ticker": 1},
        "lists": {
            "IWV": {"symbols": 5, "known": "2024-08-01"},
            "SP500": {"symbols": 1, "known": "2024-03-05"},
        },
        "sectors": {"Energy": 1, "Financials": 1, "Information Technology": 1},
        "liquid": {"yes": 1, "no": 1, "unknown": 1},
        "sources": {"IWV": "a" * 64, "SP500": "b" * 64},
        "table_sha256": hashlib.sha256((folder / "universe.csv").read_bytes()).hexdigest(),
    }


def test_a_second_run_changes_nothing_and_says_so(tmp_path: Path) -> None:
    first = build(tmp_path)
    before = files(tmp_path)
    second = build(tmp_path)
    assert second.state is State.UNCHANGED
    assert second.summary == "5 members, 3 equities; the same lists as before, nothing changed"
    assert files(tmp_path) == before
    assert second.outputs == first.outputs
    third = build(tmp_path, lists(ListRow("NEW", "NEW INC", "Energy")))
    assert third.state is State.DONE
    assert files(tmp_path) != before


DAMAGE = {
    "cut table": ("universe.csv", lambda body: body[:300]),
    "changed cell": ("universe.csv", lambda body: body.replace(b"Energy", b"Utilities")),
    "empty table": ("universe.csv", lambda _: b""),
    "cut document": ("universe.json", lambda body: body[:300]),
    "no equities": ("universe.json", lambda body: body.replace(b'"equities": 3,', b"")),
    "members a list": ("universe.json", lambda b: b.replace(b'"members": 5', b'"members": []')),
    "another count": ("universe.json", lambda b: b.replace(b'"Energy": 1', b'"Energy": 7')),
    "no digest": ("universe.json", lambda b: b.replace(b"table_sha256", b"table_sha1")),
}


@pytest.mark.parametrize("name", sorted(DAMAGE))
def test_damaged_files_are_made_again(tmp_path: Path, name: str) -> None:
    file, damage = DAMAGE[name]
    build(tmp_path)
    before = files(tmp_path)
    path = tmp_path / "sessions" / "2024-03-08" / file
    path.write_bytes(damage(path.read_bytes()))
    assert files(tmp_path) != before
    assert build(tmp_path).state is State.DONE
    assert files(tmp_path) == before


def test_the_same_bytes_known_later_are_written_again(tmp_path: Path) -> None:
    build(tmp_path)
    assert build(tmp_path, lists(known=AS_OF)).state is State.DONE
    assert build(tmp_path, lists(known=AS_OF)).state is State.UNCHANGED


def test_a_frozen_plan_is_not_overwritten(tmp_path: Path) -> None:
    build(tmp_path)
    before = files(tmp_path)
    ArtifactFiles(tmp_path).write_json(TRADE, "gapfilter.json", "avwap.gapfilter/1.0", {})
    outcome = build(tmp_path, lists(ListRow("NEW", "NEW INC", "Energy")))
    assert outcome.state is State.FROZEN
    assert outcome.summary == (
        "6 members, 4 equities; the plan for 2024-03-08 is frozen, nothing is written"
    )
    assert files(tmp_path) == before


def test_lists_known_in_time_are_no_hindsight(tmp_path: Path) -> None:
    assert build(tmp_path, lists(known=AS_OF)).body["hindsight"] == []


@pytest.mark.parametrize(
    ("metrics", "warned"),
    [(None, False), (Known(None), False), (Known(None, SourceError("Yahoo is away")), True)],
)
def test_without_metrics_liquidity_is_unknown(
    tmp_path: Path, metrics: Known | None, warned: bool
) -> None:
    """An empty cache is the first evening and no reason for a warning."""
    outcome = build(tmp_path, metrics=metrics)
    assert outcome.body["liquid"] == {"yes": 0, "no": 0, "unknown": 3}
    assert ("liquidity is unknown: Yahoo is away" in outcome.warnings) is warned


def test_liquidity_known_later_changes_nothing(tmp_path: Path) -> None:
    """The bars come after the lists; a second run must not change the scan's input."""
    build(tmp_path, metrics=Known(None))
    before = files(tmp_path)
    assert build(tmp_path, metrics=METRICS).state is State.UNCHANGED
    assert files(tmp_path) == before


def test_reading_gives_back_what_was_written(tmp_path: Path) -> None:
    merged = lists()
    build(tmp_path, merged)
    store = ArtifactFiles(tmp_path)
    expected = merged.universe
    escrow = replace(expected.members[0], name="- ESCROW  ")
    assert read_universe(store, TRADE) == replace(expected, members=(escrow, *expected.members[1:]))
    assert read_liquid(store, TRADE) == {
        "-": "unknown", "AAPL": "yes", "BRK.B": "unknown", "ESU4": "unknown", "TINY": "no",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("AAPL", "../etc"),
        ("AAPL", "ZZZZ"),
        ("AAPL", "BRK.B"),
        ("Energy", "Magic"),
        (",yes,", ",maybe,"),
        (",unknown\n", ",maybe\n"),
        ("avwap.universe/1.0,TINY", "avwap.universe/1.0,-"),
        ("avwap.universe/1.0,AAPL", "avwap.other/1.0,AAPL"),
        (",sector,", ",sektor,"),
    ],
)
def test_a_file_that_was_tampered_with_is_named(tmp_path: Path, old: str, new: str) -> None:
    build(tmp_path)
    path = tmp_path / "sessions" / "2024-03-08" / "universe.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="")
    with pytest.raises(DamagedInput, match=r"universe\.csv"):
        read_universe(ArtifactFiles(tmp_path), TRADE)


@pytest.mark.parametrize("old", ["AAPL", "Energy", ",unknown\n"])
def test_a_cell_of_any_length_is_cut_in_the_error(tmp_path: Path, old: str) -> None:
    build(tmp_path)
    path = tmp_path / "sessions" / "2024-03-08" / "universe.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    odd = old.replace(old.strip(",\n"), "x" * 100_000)
    path.write_text(text.replace(old, odd), encoding="utf-8", newline="")
    for read in (read_universe, read_liquid) if "unknown" in old else (read_universe,):
        with pytest.raises(DamagedInput, match=r"xxx\.\.\.") as caught:
            read(ArtifactFiles(tmp_path), TRADE)
        assert len(str(caught.value)) < 300


def test_a_lost_row_is_noticed(tmp_path: Path) -> None:
    build(tmp_path)
    path = tmp_path / "sessions" / "2024-03-08" / "universe.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8", newline="")
    with pytest.raises(DamagedInput, match=r"does not have the members"):
        read_universe(ArtifactFiles(tmp_path), TRADE)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"universe\.csv"):
        read_universe(ArtifactFiles(tmp_path), TRADE)
