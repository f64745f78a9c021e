"""halt and resume: one fact each, told once, and never against the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

import pytest
from memory_ledger import MemoryLedger

from avwap_cli.adapters.clocks import FixedClock
from avwap_cli.errors import Halted, UsageError
from avwap_cli.market.sessions import EASTERN
from avwap_cli.stages.day.halts import HaltPorts, halt_text, level_of, run_halt, run_resume
from avwap_cli.stages.outcomes import State
from avwap_cli.trading.books import fold
from avwap_cli.trading.facts import HaltChange, HaltLevel, Notice

NOON = datetime(2024, 3, 8, 12, tzinfo=EASTERN)
FRIDAY, MONDAY = date(2024, 3, 8), date(2024, 3, 11)


@dataclass
class Told:
    notices: list[Notice] = field(default_factory=list)

    def tell(self, notice: Notice) -> None:
        self.notices.append(notice)


@dataclass
class Room:
    """A ledger, ears, and a HALT file."""

    file: HaltLevel = HaltLevel.NONE
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    told: Told = field(default_factory=Told)

    @property
    def ports(self) -> HaltPorts:
        return HaltPorts(self.ledger, self.told, FixedClock(NOON), lambda: self.file)

    def level(self, session: date = FRIDAY) -> HaltLevel:
        change = fold(self.ledger.facts()).halt(session)
        return HaltLevel.NONE if change is None else change.level


@pytest.mark.parametrize("word", ["no-entries", "reduce-only", "flatten"])
def test_a_halt_stands_on_every_later_session_until_resume(word: str) -> None:
    room = Room()
    outcome = run_halt(level_of(word), " news ", room.ports)
    assert outcome.state is State.DONE
    assert outcome.body["halted"] == f"{word} (person: news)"
    assert [room.level(day) for day in (FRIDAY, MONDAY, date(2030, 1, 2))] == [word] * 3
    assert [n.begins for n in room.told.notices] == [True]
    run_resume(room.ports)
    assert room.level() is HaltLevel.NONE
    assert [n.begins for n in room.told.notices] == [True, False]
    assert fold(room.ledger.facts()).states == {}


def test_the_same_halt_again_changes_nothing_and_another_one_takes_its_place() -> None:
    room = Room()
    run_halt(HaltLevel.FLATTEN, "news", room.ports)
    again = run_halt(HaltLevel.FLATTEN, "news", room.ports)
    assert again.state is State.UNCHANGED
    assert len(room.ledger.facts().halts) == len(room.told.notices) == 1
    run_halt(HaltLevel.NO_ENTRIES, "calmer", room.ports)
    assert room.level() is HaltLevel.NO_ENTRIES


def test_resume_lifts_what_the_program_raised_as_well() -> None:
    raised = HaltChange(NOON, HaltLevel.NO_ENTRIES, "drawdown", "15.2 %", None)
    room = Room(ledger=MemoryLedger(raised))
    assert run_resume(room.ports).summary == "no-entries of drawdown (15.2 %) is lifted"
    assert room.level() is HaltLevel.NONE
    assert run_resume(room.ports).state is State.UNCHANGED


def test_resume_refuses_while_the_file_is_there() -> None:
    room = Room(file=HaltLevel.REDUCE_ONLY)
    run_halt(HaltLevel.NO_ENTRIES, "news", room.ports)
    with pytest.raises(Halted, match="HALT") as refused:
        run_resume(room.ports)
    assert refused.value.exit_code == 8
    assert room.level() is HaltLevel.NO_ENTRIES


def test_the_severer_of_file_and_ledger_is_told() -> None:
    change = HaltChange(NOON, HaltLevel.REDUCE_ONLY, "person", "news", None)
    assert halt_text(None, HaltLevel.NONE) is None
    assert halt_text(None, HaltLevel.NO_ENTRIES) == "no-entries (the file HALT)"
    assert halt_text(change, HaltLevel.NO_ENTRIES) == "reduce-only (person: news)"
    assert halt_text(change, HaltLevel.FLATTEN) == "flatten (the file HALT)"


def test_a_halt_needs_a_level_and_a_reason() -> None:
    with pytest.raises(UsageError, match="no-entries, reduce-only, flatten"):
        level_of("none")
    room = Room()
    with pytest.raises(UsageError, match="reason"):
        run_halt(HaltLevel.FLATTEN, "  ", room.ports)
    assert room.ledger.facts().halts == []
