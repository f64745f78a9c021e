"""The wiring of the home's care: what `doctor` and `tidy` look at, plugged in."""

from __future__ import annotations

from avwap_cli.adapters.ledgers_at_hand import BROKERS, books_at_hand
from avwap_cli.adapters.leftovers import LeftoverFiles
from avwap_cli.adapters.session_archives import SessionArchives
from avwap_cli.stages.tidy import TidyPorts
from avwap_cli.trading.books import Book
from avwap_cli.wiring.desk import Desk
from avwap_cli.wiring.trading_desk import DRY_RUN


def tidy_ports(desk: Desk) -> TidyPorts:
    """The sessions' folders and archives, and what rehearsals leave."""
    outputs = desk.home.outputs
    leftovers = LeftoverFiles(outputs, outputs / DRY_RUN, desk.config.logs.keep_days)
    return TidyPorts(SessionArchives(outputs), leftovers, desk.clock)


def every_book(desk: Desk) -> tuple[Book, ...]:
    """What every ledger of the home says, whichever broker it is of.

    Raises:
        LedgerError, SchemaMismatch: one of them cannot be read.
    """
    return tuple(book for name in BROKERS for book in books_at_hand(desk.home.outputs, name))
