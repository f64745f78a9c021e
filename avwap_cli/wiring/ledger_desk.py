"""The wiring of ledgers: what a home's own files say of its accounts, without asking a broker.

A `LedgerDesk` is made from a `Desk` when somebody first asks for a ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from avwap_cli.home import Home
from avwap_cli.settings import BROKERS

if TYPE_CHECKING:
    from avwap_cli.adapters.ledger.ledger_shelf import LedgerShelf
    from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
    from avwap_cli.trading.books import Book
    from avwap_cli.trading.facts import Fact, Facts
    from avwap_cli.trading.positions import Position


@dataclass(frozen=True, slots=True)
class LedgerDesk:
    """The ledgers of one home.

    Attributes:
        broker: the configured one, whose ledgers are meant where none is named.
    """

    home: Home
    broker: Callable[[], str]

    def accounts(self, broker: str | None = None) -> tuple[str, ...]:
        """The account numbers of that broker (default: the configured one) with a ledger."""
        from avwap_cli.adapters.ledger.ledgers_at_hand import accounts_at_hand

        return accounts_at_hand(self.home.outputs, broker or self.broker())

    def shelves(self, brokers: Sequence[str] = ()) -> list[LedgerShelf]:
        """Every ledger of these brokers (default: the configured one), with its copies.

        Raises:
            LedgerError: the name of one holds no account number.
        """
        from avwap_cli.adapters.ledger.ledger_files import path_of
        from avwap_cli.adapters.ledger.ledger_shelf import LedgerShelf

        return [
            LedgerShelf(path_of(self.home.outputs, broker, account), account)
            for broker in brokers or (self.broker(),)
            for account in self.accounts(broker)
        ]

    def others(self) -> tuple[str, ...]:
        """The brokers, other than the configured one, of which the home has a ledger."""
        mine = self.broker()
        return tuple(name for name in BROKERS if name != mine and self.accounts(name))

    def books(self) -> tuple[Book, ...]:
        """What every ledger of the configured broker says.

        Raises:
            LedgerError, SchemaMismatch: one of them cannot be read.
        """
        if not self.home.ledgers.is_dir():
            return ()
        return self._books_of(self.broker())

    def every_book(self) -> tuple[Book, ...]:
        """What every ledger says, whichever broker it is of; raises as `books`."""
        return tuple(book for broker in BROKERS for book in self._books_of(broker))

    def _books_of(self, broker: str) -> tuple[Book, ...]:
        from avwap_cli.adapters.ledger.ledgers_at_hand import books_at_hand

        return books_at_hand(self.home.outputs, broker)

    def open_positions(self) -> tuple[Position, ...]:
        """All that is held, by every ledger of the configured broker; raises as `books`."""
        return tuple(position for book in self.books() for position in book.open)

    def facts(self) -> list[Facts]:
        """All that stands in each ledger of the configured broker; raises as `books`."""
        from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger

        found = []
        for shelf in self.shelves():
            with SqliteLedger.open(shelf.path, shelf.account, read_only=True) as ledger:
                found.append(ledger.facts())
        return found

    @contextmanager
    def opened(self) -> Iterator[Sequence[SqliteLedger]]:
        """The ledgers of the configured broker, to be read and written in a `with` block."""
        from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger

        with ExitStack() as held:
            yield [
                held.enter_context(SqliteLedger.open(shelf.path, shelf.account))
                for shelf in self.shelves()
            ]

    def begin(self, account: str, facts: Sequence[Fact]) -> None:
        """Begin that account's ledger at the configured broker with these facts.

        Raises:
            LedgerError: there is a good one, or it cannot be written.
        """
        from avwap_cli.adapters.ledger.ledger_files import path_of
        from avwap_cli.adapters.ledger.ledger_shelf import LedgerShelf

        LedgerShelf(path_of(self.home.outputs, self.broker(), account), account).put(facts)
