"""What a home's ledgers say is asked by broker, and a new one never takes the place of another."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from avwap_cli.adapters.ledger.ledger_files import path_of
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.errors import LedgerError
from avwap_cli.market.sessions import EASTERN
from avwap_cli.trading.facts import HaltChange, HaltLevel
from avwap_cli.trading.orders import Fill, Side
from avwap_cli.wiring.desk import Choices, Desk

NOON = datetime(2024, 3, 8, 12, tzinfo=EASTERN)
HALT = HaltChange(NOON, HaltLevel.FLATTEN, "person", "news", None)
FILL = Fill("f-1", "b-1", "x", "KO", Side.BUY, Decimal(5), Decimal(60), NOON)


def desk(home: Path, mode: str) -> Desk:
    return Desk(Choices(home=home, settings={"broker.mode": mode}), {})


def test_a_home_without_ledgers_says_nothing(tmp_path: Path) -> None:
    ledgers = desk(tmp_path, "paper").ledgers
    assert (ledgers.accounts(), ledgers.books(), ledgers.every_book()) == ((), (), ())
    assert (ledgers.others(), ledgers.facts(), ledgers.open_positions()) == ((), [], ())


def test_the_configured_broker_is_meant_and_the_others_are_named(tmp_path: Path) -> None:
    paper, live = desk(tmp_path, "paper").ledgers, desk(tmp_path, "live").ledgers
    paper.begin("PA1", [HALT])
    SqliteLedger.open(path_of(tmp_path / "outputs", "exchange", "LX9"), "LX9").close()
    assert [book.halts for book in paper.books()] == [(HALT,)]
    assert [list(facts.halts) for facts in paper.facts()] == [[HALT]]
    assert (live.books(), live.facts()) == ((), [])
    assert (paper.others(), live.others()) == (("exchange",), ("paper", "exchange"))
    assert [book.halts for book in live.every_book()] == [(HALT,), ()]
    both = live.shelves(("paper", "exchange"))
    assert [shelf.account for shelf in both] == ["PA1", "LX9"]


def test_a_ledger_is_begun_once(tmp_path: Path) -> None:
    ledgers = desk(tmp_path, "exchange").ledgers
    ledgers.begin("LX9", [HALT, FILL])
    with pytest.raises(LedgerError):
        ledgers.begin("LX9", [])
    with ledgers.opened() as opened:
        assert [len(ledger.facts().fills) for ledger in opened] == [1]
