"""Folding the ledger only when it holds something new, and then only what is new."""

from __future__ import annotations

from dataclasses import dataclass, field

from avwap_cli.ports import Ledger
from avwap_cli.trading.books import KINDS, Book, BookFold

_HEARD = ("reports", "marks")


@dataclass(slots=True)
class Folding:
    """The last book folded, and of how many facts of each kind."""

    counts: tuple[int, ...] = ()
    book: Book | None = None
    _fold: BookFold = field(default_factory=BookFold)

    def of(self, ledger: Ledger) -> Book:
        """The book of all facts; facts are only ever appended, so their number tells it all."""
        facts = ledger.facts()
        counts = tuple(len(getattr(facts, kind)) for kind in KINDS)
        if self.book is None or counts != self.counts:
            going_on, self._fold = self._fold, BookFold()  # one that fails midway is dropped
            self.book, self.counts = going_on.of(facts), counts
            self._fold = going_on
        return self.book

    def has_grown(self, ledger: Ledger, since: tuple[int, ...]) -> bool:
        """Whether more was done, filled or told since `counts` were those; what was only heard
        of orders and prices does not count."""
        self.of(ledger)
        rows = zip(KINDS, since, self.counts, strict=True)
        return any(before != now for kind, before, now in rows if kind not in _HEARD)
