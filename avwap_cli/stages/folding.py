"""Folding the ledger only when it holds something new: a quiet pass costs no fold."""

from __future__ import annotations

from dataclasses import dataclass, fields

from avwap_cli.ports import Ledger
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Facts

_KINDS = tuple(f.name for f in fields(Facts))
_HEARD = ("reports", "marks")


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
        """Whether more was done, filled or told since `counts` were those; what was only heard
        of orders and prices does not count."""
        self.of(ledger)
        rows = zip(_KINDS, since, self.counts, strict=True)
        return any(before != now for kind, before, now in rows if kind not in _HEARD)
