"""What doctor asks of the account: ledgers, halts, and the broker on the other side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Protocol

from avwap_cli.errors import LedgerDiffers, LockBusy
from avwap_cli.market import sessions
from avwap_cli.ports import Broker, Ledger, Quotes
from avwap_cli.review.operations import account_checkups
from avwap_cli.review.operations.checkups import Check
from avwap_cli.stages.day.halts import halt_text
from avwap_cli.stages.day.order_book import BookPorts, run_orders
from avwap_cli.trading.books import Book, halt_in_force
from avwap_cli.trading.facts import HaltLevel

CALENDAR_DAYS = 7


class CheckedLedger(Ledger, Protocol):
    """A ledger that can read itself whole."""

    def check(self) -> None: ...


class CopiedLedger(Protocol):
    """Where a ledger and its copies lie."""

    @property
    def account(self) -> str: ...

    def newest_backup(self) -> date | None: ...


Opened = Callable[[], AbstractContextManager[CheckedLedger]]


def ledgers(opened: Sequence[Opened]) -> Iterator[Check]:
    """Whether each ledger is whole.

    Raises:
        LedgerError, SchemaMismatch: one is not, or it cannot be read.
    """
    for each in opened:
        with each() as ledger:
            ledger.check()
            facts = ledger.facts()
        yield account_checkups.ledger(len(facts.intents), len(facts.fills))
    if not opened:
        yield account_checkups.no_ledger()


def backups(shelves: Sequence[CopiedLedger], now: datetime) -> Iterator[Check]:
    """How old each ledger's newest copy is."""
    last = sessions.last_completed(now)
    for shelf in shelves:
        yield account_checkups.backup(shelf.account, shelf.newest_backup(), last)
    if not shelves:
        yield account_checkups.no_backup()


def halts(books: Sequence[Book], file: HaltLevel, session: date) -> Check:
    """What is forbidden now."""
    changes = [change for book in books for change in book.halts]
    text = halt_text(halt_in_force(changes, session), file)
    return account_checkups.halt(text, by_file=file is not HaltLevel.NONE)


def broker_clock(broker: Broker, clock: Callable[[], datetime], limit_s: float) -> Check:
    """Our time against the broker's; the question's own time counts for us.

    Raises:
        BrokerError: it does not tell.
    """
    before = clock()
    told = broker.clock().now
    after = clock()
    ahead_s = (before - told).total_seconds()
    behind_s = (told - after).total_seconds()
    skew_s = ahead_s if ahead_s > 0 else -behind_s if behind_s > 0 else 0.0
    return account_checkups.clock("clock", skew_s, limit_s, "the broker's")


def calendar(broker: Broker, today: date) -> Check:
    """The broker's open and close of the coming days against ours.

    Raises:
        BrokerError: it does not tell.
    """
    different = []
    days = [today + timedelta(days=n) for n in range(CALENDAR_DAYS)]
    for day in (d for d in days if d.weekday() < 5):
        ours = (
            (sessions.opens_at(day), sessions.closes_at(day)) if sessions.is_session(day) else None
        )
        theirs = broker.hours(day)
        if ours != theirs:
            different.append(f"{day}: {_hours(ours)} by us, {_hours(theirs)} by the broker")
    return account_checkups.calendar(different, CALENDAR_DAYS)


def _hours(pair: tuple[datetime, datetime] | None) -> str:
    return "closed" if pair is None else f"{pair[0]:%H:%M}-{pair[1]:%H:%M}"


def feed(quotes: Quotes, symbol: str) -> Check:
    """Which feed quotes the market's symbol.

    Raises:
        SourceError: none answers.
    """
    found = quotes.quotes([symbol]).get(symbol)
    return account_checkups.feed(None if found is None else found.feed)


def both_sides(ports: BookPorts) -> Check:
    """The ledger against the broker.

    Raises:
        BrokerError: a question had no answer.
    """
    try:
        outcome = run_orders(ports, verify=True)
    except LockBusy as busy:
        return account_checkups.not_compared(busy.message)
    differences = [str(each) for each in outcome.body["differences"]]
    differ = outcome.exit_code == LedgerDiffers.exit_code
    return account_checkups.both_sides(differences, outcome.counts["orders"], differ=differ)
