"""Ledgers at hand: what a home's ledgers say, told without asking the broker."""

from __future__ import annotations

from pathlib import Path

from avwap_cli.adapters.ledger.ledger_files import account_of, path_of
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.errors import LedgerError
from avwap_cli.home import LEDGERS
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Fact, Facts


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
    folder = outputs / LEDGERS
    found = [account_of(path, broker) for path in folder.iterdir()] if folder.is_dir() else []
    return tuple(sorted(account for account in found if account is not None))


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
