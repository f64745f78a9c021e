"""Hearings: the book as it would be after one more pass, without writing anything down.

What the broker reports and the ledger has not heard yet is no disagreement; it is news.  So
before ledger and broker are compared, the news is laid over a copy of the facts.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, fields
from datetime import datetime

from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Facts
from avwap_cli.trading.reconciliation import (
    Difference,
    differences,
    fills_by_hand,
    foreign_fills,
    new_reports,
    own_fills,
)
from avwap_cli.trading.views import View


@dataclass(frozen=True, slots=True)
class Hearing:
    """Ledger and broker beside each other.

    Attributes:
        book: with the news.
        reports, fills: how many the ledger has not heard yet.
        by_hand: how many fills of somebody else the next pass will take in.
        differences: what stays different after all of that.
    """

    book: Book
    reports: int
    fills: int
    by_hand: int
    differences: tuple[Difference, ...]


def heard(facts: Facts, view: View, at: datetime) -> Hearing:
    """Lay the view's news over the facts and compare; `facts` stay as they are."""
    ours = Facts(**{f.name: copy(getattr(facts, f.name)) for f in fields(Facts)})
    reports = new_reports(fold(ours), view, at)
    ours.reports += reports
    fills = own_fills(fold(ours), view)
    ours.fills += fills
    book = fold(ours)
    strange = fills_by_hand(book, view)
    ours.fills += strange + foreign_fills(book, view)
    book = fold(ours)
    return Hearing(book, len(reports), len(fills), len(strange), differences(book, view))
