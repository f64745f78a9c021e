"""A dry run's artifacts: read from the real folders, written beside them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.dry_artifacts import DryArtifacts
from avwap_cli.errors import MissingInput

DAY = date(2024, 3, 8)


@pytest.fixture
def dry(tmp_path: Path) -> DryArtifacts:
    real = ArtifactFiles(tmp_path / "outputs")
    real.write_json(DAY, "scan.json", "avwap.scan/1.0", {"as_of": "2024-03-07"})
    real.write_csv(DAY, "universe.csv", "avwap.universe/1.0", ["symbol"], [["KO"]])
    return DryArtifacts(real, ArtifactFiles(tmp_path / "outputs" / "dry-run"))


def test_what_is_read_is_the_real_thing(dry: DryArtifacts) -> None:
    assert dry.read_json(DAY, "scan.json")["as_of"] == "2024-03-07"
    assert dry.read_csv(DAY, "universe.csv") == [{"symbol": "KO"}]
    assert dry.digest(DAY, "scan.json") == dry.real.digest(DAY, "scan.json")
    assert dry.latest() == DAY


def test_what_is_written_goes_aside_and_nobody_reads_it(dry: DryArtifacts) -> None:
    dry.write_json(DAY, "gapfilter.json", "avwap.gapfilter/1.0", {})
    dry.write_csv(DAY, "daily_candidates.csv", "avwap.daily_candidates/1.0", ["a"], [["1"]])
    dry.write_table(DAY, "signals.parquet", "avwap.signals/1.0", {"a": [1]}, {"a": int})
    dry.write_lines(DAY, "trades.jsonl", "avwap.trades/1.0", [{"a": 1}])
    dry.write_text(DAY, "tradingview_watchlist.txt", "KO\n")
    names = {
        "gapfilter.json", "daily_candidates.csv", "signals.parquet", "trades.jsonl",
        "tradingview_watchlist.txt",
    }  # fmt: skip
    for name in names:
        assert dry.real.digest(DAY, name) is None
        assert dry.aside.digest(DAY, name) is not None
        assert dry.digest(DAY, name) is None
    with pytest.raises(MissingInput):
        dry.read_json(DAY, "gapfilter.json")
