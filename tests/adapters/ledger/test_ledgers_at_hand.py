"""A home's ledgers are found and read without a word to the broker."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from avwap_cli.adapters.ledger.ledger_files import path_of
from avwap_cli.adapters.ledger.ledgers_at_hand import EmptyLedger, accounts_at_hand, books_at_hand
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.errors import LedgerError
from avwap_cli.market.sessions import EASTERN
from avwap_cli.trading.facts import Facts, HaltChange, HaltLevel

NOON = datetime(2024, 3, 8, 12, tzinfo=EASTERN)
HALT = HaltChange(NOON, HaltLevel.FLATTEN, "person", "news", None)


def test_only_those_of_the_broker_are_meant(tmp_path: Path) -> None:
    assert accounts_at_hand(tmp_path, "paper") == ()
    for broker, account in (("paper", "PA2"), ("paper", "PA1"), ("live", "123")):
        SqliteLedger.open(path_of(tmp_path, broker, account), account).close()
    (tmp_path / "ledger" / "notes.txt").write_text("")
    assert accounts_at_hand(tmp_path, "paper") == ("PA1", "PA2")
    assert accounts_at_hand(tmp_path, "live") == ("123",)
    assert accounts_at_hand(tmp_path, "exchange") == ()


def test_their_books_are_read(tmp_path: Path) -> None:
    with SqliteLedger.open(path_of(tmp_path, "paper", "PA1"), "PA1") as ledger:
        ledger.append(HALT)
    SqliteLedger.open(path_of(tmp_path, "paper", "PA2"), "PA2").close()
    one, two = books_at_hand(tmp_path, "paper")
    assert (one.halts, two.halts) == ((HALT,), ())


def test_one_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    path = path_of(tmp_path, "paper", "PA1")
    path.parent.mkdir()
    path.write_text("no ledger at all")
    with pytest.raises(LedgerError, match="PA1"):
        books_at_hand(tmp_path, "paper")


def test_an_account_that_never_traded_has_an_empty_ledger_that_stays_empty() -> None:
    ledger = EmptyLedger()
    assert ledger.facts() == Facts()
    with pytest.raises(LedgerError):
        ledger.append(HALT)
