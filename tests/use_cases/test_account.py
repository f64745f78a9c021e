"""The account from its ledger alone: halts, positions and copies, with nobody to ask."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import traded_days as day
from filelock import FileLock

from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.errors import CannotWrite, LedgerError, UsageError
from avwap_cli.stages.outcomes import State
from avwap_cli.trading.facts import Fact, HaltLevel
from avwap_cli.use_cases import account
from avwap_cli.wiring.desk import Choices, Desk

NOON = "2024-03-06T12:00"


def desk(home: Path, mode: str = "exchange", now: str | None = NOON) -> Desk:
    settings = {"broker.mode": mode}
    return Desk(Choices(home=home, now=now, settings=settings, quiet=True), {})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose only account traded the days of `traded_days`."""
    ledger(tmp_path, *day.FACTS)
    return tmp_path


def ledger(home: Path, *facts: Fact) -> list[HaltLevel]:
    """Add facts; the levels of all halts that are in it."""
    path = home / "outputs" / "ledger" / "exchange-A1.sqlite3"
    path.parent.mkdir(parents=True, exist_ok=True)
    books = SqliteLedger.open(path, "A1")
    books.append(*facts)
    found = [change.level for change in books.facts().halts]
    books.close()
    return found


def test_positions_are_what_the_ledger_holds_when_nobody_can_be_asked(home: Path) -> None:
    told = account.positions(desk(home))
    rows = {row["symbol"]: row for row in told.body["positions"]}
    assert rows.keys() == {"JKL"}
    assert (rows["JKL"]["shares"], rows["JKL"]["stop"]) == (30, 95)
    assert told.trade_session.isoformat() == "2024-03-06"


def test_a_halt_is_one_fact_and_a_dry_one_none(home: Path) -> None:
    dry = account.halt(desk(home), "flatten", "news", dry_run=True)
    assert dry.summary.startswith("dry run: flatten")
    assert ledger(home) == []
    done = account.halt(desk(home), "no-entries", "news", dry_run=False)
    assert done.summary.startswith("no-entries: ")
    assert ledger(home) == [HaltLevel.NO_ENTRIES]
    lifted = account.resume(desk(home), dry_run=False)
    assert lifted.summary == "no-entries of person (news) is lifted"
    assert ledger(home) == [HaltLevel.NO_ENTRIES, HaltLevel.NONE]


def test_a_copy_is_made_once_a_session(home: Path) -> None:
    first, second = account.backup(desk(home)), account.backup(desk(home))
    assert (first.state, second.state) == (State.DONE, State.UNCHANGED)
    (copy,) = (home / "outputs" / "ledger" / "backups").glob("*.sqlite3")
    assert copy.name == "exchange-A1-2024-03-05.sqlite3"


def test_of_no_ledger_there_is_no_copy(tmp_path: Path) -> None:
    told = account.backup(desk(tmp_path))
    assert (told.state, told.summary) == (State.UNCHANGED, "there is no ledger yet")
    assert not (tmp_path / "outputs" / "ledger").exists()


@pytest.mark.parametrize(
    "act",
    [
        lambda here: account.halt(here, "flatten", "x", dry_run=False),
        lambda here: account.resume(here, dry_run=False),
        lambda here: account.accept(here, "KO", "x", dry_run=False),
        lambda here: account.rebuild(here, dry_run=False),
    ],
    ids=["halt", "resume", "accept", "rebuild"],
)
def test_a_rehearsed_time_changes_no_account_with_money(tmp_path: Path, act: object) -> None:
    with pytest.raises(UsageError, match="--now is not the real time"):
        act(desk(tmp_path, "paper"))  # type: ignore[operator]
    assert list(tmp_path.iterdir()) == []


def test_words_that_mean_nothing_are_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'\.\./x' is not a symbol"):
        account.accept(desk(tmp_path), "../x", "because", dry_run=False)
    with pytest.raises(UsageError, match="flaten"):
        account.halt(desk(tmp_path), "flaten", "x", dry_run=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "failure"),
    [
        (SqliteLedger, LedgerError("cannot write the ledger: disk is full", "make room")),
        (FileLock, OSError(errno.ENOSPC, "No space left on device")),
    ],
)
def test_a_halt_that_cannot_be_kept_names_the_file_that_halts(
    home: Path, monkeypatch: pytest.MonkeyPatch, place: type, failure: Exception
) -> None:
    def full(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(place, "append" if place is SqliteLedger else "acquire", full)
    with pytest.raises((LedgerError, CannotWrite)) as caught:
        account.halt(desk(home, now=None), "flatten", "news", dry_run=False)
    assert caught.value.hint.startswith(f"`touch {home / 'HALT'}` halts (reduce-only)")
    assert "make room" in caught.value.hint
    assert caught.value.exit_code == 4, "as the table of exit codes says of a full disk"
