"""Hearings: the book as it would be after one more pass, without writing anything down.

What the broker reports and the ledger has not heard yet is no disagreement; it is news.  So
before ledger and broker are compared, the news is laid over a copy of the facts.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, fields
from datetime import datetime

from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Facts, Report
from avwap_cli.trading.orders import Fill
from avwap_cli.trading.positions import owner_by_hand
from avwap_cli.trading.reconciliation import Difference, differences, news
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
    for part in news(view, at, lambda: fold(ours)):
        ours.reports += [fact for fact in part if isinstance(fact, Report)]
        ours.fills += [fact for fact in part if isinstance(fact, Fill)]
    fills = ours.fills[len(facts.fills) :]
    book = fold(ours)
    return Hearing(
        book,
        reports=len(ours.reports) - len(facts.reports),
        fills=sum(fill.client_id in book.orders for fill in fills),
        by_hand=sum(owner_by_hand(fill.client_id) is not None for fill in fills),
        differences=differences(book, view),
    )
