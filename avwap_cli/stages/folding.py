"""Folding the ledger only when it holds something new: a quiet pass costs no fold."""

from __future__ import annotations

from dataclasses import dataclass, fields

from avwap_cli.ports import Ledger
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Facts

_KINDS = tuple(f.name for f in fields(Facts))


@dataclass(slots=True)
class Folding:
    """The last book folded, and of how many facts of each kind."""

    counts: tuple[int, ...] = ()
    book: Book | None = None

    def of(self, ledger: Ledger) -> Book:
        """The book of all facts; facts are only ever appended, so their number tells it all."""
        facts = ledger.facts()
        counts = tuple(len(getattr(facts, kind)) for kind in _KINDS)
        if self.book is None or counts != self.counts:
            self.book, self.counts = fold(facts), counts
        return self.book

    def has_grown(self, ledger: Ledger, since: tuple[int, ...]) -> bool:
        """Whether the ledger holds more than when `counts` were those."""
        self.of(ledger)
        return self.counts != since
