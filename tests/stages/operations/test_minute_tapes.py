"""Minutes of a session are asked for once, kept, and read with care."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from held_positions import MON, TUE, bar

from avwap_cli import playbook
from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.errors import SourceError
from avwap_cli.playbook import MINUTES_PARQUET
from avwap_cli.stages.operations.minute_tapes import (
    MEND,
    MinuteTape,
    kept_tape,
    minute_tape,
    whole_tape,
)
from avwap_cli.trading.quotes import PriceBar

ROW: dict[str, Any] = {
    "symbol": "ABC", "start": "2024-03-04T09:30-05:00", "open": 100.0, "high": 101.0,
    "low": 99.0, "close": 100.5, "volume": 5,
}  # fmt: skip
KINDS = {name: type(value) for name, value in ROW.items()}


class Provider:
    """Answers with these bars, or not at all."""

    def __init__(self, *bars: PriceBar, silent: bool = False) -> None:
        self.bars, self.silent = bars, silent
        self.asked: list[tuple[list[str], str, str]] = []

    def minute_bars(
        self, symbols: Sequence[str], first: datetime, last: datetime
    ) -> Sequence[PriceBar]:
        self.asked.append((list(symbols), f"{first:%m-%d %H:%M}", f"{last:%m-%d %H:%M}"))
        if self.silent:
            raise SourceError("the line is dead")
        return self.bars

    def tape(self, store: ArtifactFiles, *symbols: str, session: date = MON) -> MinuteTape:
        return minute_tape(session, symbols, store, lambda: self)  # type: ignore[arg-type, return-value]


@pytest.fixture
def store(tmp_path: Path) -> ArtifactFiles:
    return ArtifactFiles(tmp_path)


def kept(store: ArtifactFiles, **columns: list[Any]) -> None:
    """One row, with some columns changed."""
    schema = playbook.schema_of(MINUTES_PARQUET) or ""
    rows = {name: columns.get(name, [value]) for name, value in ROW.items()}
    store.write_table(MON, MINUTES_PARQUET, schema, rows, KINDS)


def test_what_came_is_kept_whole_and_given_from_the_open_on(store: ArtifactFiles) -> None:
    early, first, last = (
        bar(MON, "08:15", "9.5"),
        bar(MON, "09:30", "10.25"),
        bar(MON, "15:59", "11"),
    )
    other = replace(bar(MON, "08:00", "7"), symbol="KO")
    provider = Provider(last, early, other, first)
    tape = provider.tape(store, "KO", "ABC", "ABC")
    assert provider.asked == [(["ABC", "KO"], "03-04 04:00", "03-04 15:59")]
    assert tape == MinuteTape({"ABC": [first, last]}), "KO traded before the open alone"
    assert kept_tape(store, MON) == tape
    assert whole_tape(store, MON).bars == {"ABC": [early, first, last], "KO": [other]}
    assert provider.tape(store, "ABC") == tape
    assert len(provider.asked) == 1, "nobody is asked twice"


def test_a_half_day_ends_at_its_own_close(store: ArtifactFiles) -> None:
    provider = Provider()
    provider.tape(store, "ABC", session=date(2024, 11, 29))
    assert provider.asked == [(["ABC"], "11-29 04:00", "11-29 12:59")]


def test_of_nothing_nobody_is_asked(store: ArtifactFiles) -> None:
    provider = Provider(silent=True)
    assert provider.tape(store) == MinuteTape()
    assert provider.asked == []


def test_no_answer_is_said_and_asked_for_again(store: ArtifactFiles) -> None:
    dead, empty = Provider(silent=True).tape(store, "ABC"), Provider().tape(store, "ABC")
    assert (dead.missing, dead.warning) == (
        "the session's minute bars could not be had", "the line is dead",
    )  # fmt: skip
    assert (empty.missing, empty.warning) == ("the provider has no minute bars of the session", "")
    assert store.digest(MON, MINUTES_PARQUET) is None
    assert Provider(bar(MON, "09:30", "1")).tape(store, "ABC").bars != {}


@pytest.mark.parametrize(
    "odd",
    [
        {"symbol": ["not a symbol"]},
        {"start": ["2024-03-05T09:30-05:00"]},
        {"start": ["soon"]},
        {"close": [0.0]},
        {"high": [float("nan")]},
        {"volume": [-1]},
        {"symbol": [None]},
    ],
    ids=str,
)
def test_a_row_that_is_no_bar_costs_the_file_and_nobody_is_asked(
    store: ArtifactFiles, odd: dict[str, list[Any]]
) -> None:
    kept(store)
    assert kept_tape(store, MON).missing == ""
    kept(store, **odd)
    provider = Provider(bar(MON, "09:30", "1"))
    tape = provider.tape(store, "ABC")
    assert (tape.bars, tape.missing) == ({}, "minutes.parquet cannot be read")
    assert tape.warning == f"{tape.damage}; {MEND}", "one way out, and no other"
    assert "remove" not in tape.warning
    assert provider.asked == [], "what is there is mended by a person"


def test_a_session_without_a_file_says_nothing(store: ArtifactFiles) -> None:
    kept(store)
    assert kept_tape(store, TUE) == MinuteTape()
