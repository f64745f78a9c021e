"""What people are told around one run of a stage: once, kept, and never in its way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from memory_ledger import MemoryLedger

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.clocks import FixedClock
from avwap_cli.adapters.run_records import RunRecordFiles
from avwap_cli.errors import LedgerDamaged
from avwap_cli.market.sessions import EASTERN
from avwap_cli.playbook import ALERTS_JSONL
from avwap_cli.review.runs import FAILED, RunRecord
from avwap_cli.stages.operations.day_alerts import AlertPorts, DayAlerts
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.facts import Notice

SESSION = date(2024, 3, 8)
NOW = datetime(2024, 3, 7, 20, 15, tzinfo=EASTERN)
DONE = Outcome("scan", SESSION, State.DONE, "12 candidates", news="12 candidates; KO leads")


class Home:
    """A home with these ledgers, and everything that it says."""

    def __init__(self, outputs: Path, *ledgers: MemoryLedger) -> None:
        self.store, self.runs = ArtifactFiles(outputs), RunRecordFiles(outputs)
        self.ledgers = ledgers
        self.damaged = False
        self.heard: list[Notice] = []
        self.unable: list[str] = []
        self.overlooked: list[int] = []

    def tell(self, notice: Notice) -> None:
        self.heard.append(notice)

    @contextmanager
    def opened(self) -> Iterator[Sequence[MemoryLedger]]:
        if self.damaged:
            raise LedgerDamaged("the ledger is torn", "")
        yield self.ledgers

    def alerts(self, stage: str = "scan") -> DayAlerts:
        ports = AlertPorts(
            ledgers=self.opened, notifier=self, store=self.store, runs=self.runs,
            clock=FixedClock(NOW), running_since=lambda stage: None, unable=self.unable.append,
            overlooked=lambda notices, now: self.overlooked.append(len(notices)),
        )  # fmt: skip
        return DayAlerts(ports, stage, SESSION)

    def said(self) -> list[str]:
        """The texts since the last time."""
        texts = [notice.text for notice in self.heard]
        self.heard.clear()
        return texts


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, MemoryLedger())


def test_news_are_told_once_kept_and_written(home: Home) -> None:
    home.alerts().ended(DONE)
    assert home.said() == ["done: 12 candidates; KO leads"]
    (kept,) = home.ledgers[0].facts().notices
    assert (kept.kind, kept.session, kept.at) == ("scan", SESSION, NOW)
    (line,) = home.store.read_lines(SESSION, ALERTS_JSONL)
    assert line["text"] == kept.text
    home.alerts().ended(DONE)
    assert home.said() == []
    home.alerts().ended(replace(DONE, news="11 candidates"))
    assert home.said() == ["done: 11 candidates"]


def test_a_run_without_news_says_nothing_and_a_refusal_always_something(home: Home) -> None:
    home.alerts().ended(replace(DONE, news=""))
    home.alerts().ended(replace(DONE, state=State.UNCHANGED))
    assert home.said() == []
    home.alerts().ended(replace(DONE, state=State.REFUSED, news="", exit_code=5))
    assert home.said() == ["scan 12 candidates"]


def test_a_failure_begins_once_and_ends_once(home: Home) -> None:
    for _ in range(2):
        home.alerts().failed("no such list")
    (begun,) = home.heard
    assert "no such list" in begun.text
    assert begun.begins
    home.heard.clear()
    home.alerts().ended(replace(DONE, exit_code=5, news=""))
    assert home.said() == [], "it ended, but not well"
    home.alerts("universe").ended(replace(DONE, news=""))
    assert home.said() == [], "another stage goes well"
    home.alerts().ended(replace(DONE, news=""))
    (ended,) = home.heard
    assert (ended.text, ended.key, ended.begins) == ("scan goes well again", begun.key, False)


def test_two_ledgers_keep_it_and_it_is_told_once(tmp_path: Path) -> None:
    home = Home(tmp_path, MemoryLedger(), MemoryLedger())
    home.alerts().ended(DONE)
    assert home.said() == ["done: 12 candidates; KO leads"]
    assert [len(ledger.facts().notices) for ledger in home.ledgers] == [1, 1]
    assert home.overlooked == [0], "whose story it is cannot be said of two"


def test_a_home_that_never_traded_is_told_by_its_records(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.alerts().begins()
    assert home.said() == [], "nobody has to trade there"
    home.alerts().failed("no such list")
    assert len(home.said()) == 1
    failed = RunRecord(
        stage="scan", trade_session=SESSION, as_of=SESSION, started=NOW, seconds=1.0, host="h",
        pid=1, code_version="1", config_hash="", state=FAILED, error="no such list", exit_code=4,
    )  # fmt: skip
    home.runs.write(failed)
    home.alerts().failed("no such list")
    assert home.said() == [], "its last run told so"
    home.alerts().ended(replace(DONE, news=""))
    assert home.said() == ["scan goes well again"]


def test_a_ledger_that_cannot_be_read_stops_neither_the_stage_nor_the_alert(home: Home) -> None:
    home.damaged = True
    home.alerts().failed("no such list")
    assert len(home.said()) == 1
    assert home.unable == ["an alert could not be kept: the ledger is torn"]
