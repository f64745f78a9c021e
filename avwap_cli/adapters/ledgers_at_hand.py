"""Ledgers at hand: what a home's ledgers say, told without asking the broker."""

from __future__ import annotations

from pathlib import Path

from avwap_cli.adapters.ledger.ledger_files import path_of
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.errors import LedgerError
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Fact, Facts

ENDING = ".sqlite3"
BROKERS = ("paper", "exchange", "live")


class EmptyLedger:
    """The ledger of an account that was never traded, to be read."""

    def facts(self) -> Facts:
        """None at all."""
        return Facts()

    def append(self, *facts: Fact) -> int:  # noqa: ARG002
        """Nothing is ever written to it.

        Raises:
            LedgerError: always.
        """
        raise LedgerError("there is no ledger to write to", "it comes with the first order")


def accounts_at_hand(outputs: Path, broker: str) -> tuple[str, ...]:
    """The account numbers of that broker with a ledger in this home, sorted."""
    folder, start = outputs / "ledger", f"{broker}-"
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return tuple(
        sorted(
            name.removeprefix(start).removesuffix(ENDING)
            for name in names
            if name.startswith(start) and name.endswith(ENDING)
        )
    )


def books_at_hand(outputs: Path, broker: str) -> tuple[Book, ...]:
    """What each of them says.

    Raises:
        LedgerError, SchemaMismatch: one of them cannot be read.
    """
    books = []
    for account in accounts_at_hand(outputs, broker):
        with SqliteLedger.open(path_of(outputs, broker, account), account, read_only=True) as one:
            books.append(fold(one.facts()))
    return tuple(books)
