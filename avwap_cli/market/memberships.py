"""Memberships: the rows of several lists, merged into one universe.

Each list is a snapshot with the date on which it was known.  Merging asks every list
about each symbol: who names it, which sector, is it an equity.  The S&P list's sector
counts before the holdings list's.  A field of the universe is as late as the latest list
that decided it: membership by both lists, sectors by each list from which at least one
sector was taken.

Nothing disappears: a row that is no equity stays as a member that is never scanned, and
each row that was left out is counted by its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from avwap_cli.errors import DamagedInput
from avwap_cli.market.symbols import NO_TICKER
from avwap_cli.market.universe import UNKNOWN_SECTOR, Member, Universe

IWV = "IWV"
SP500 = "SP500"
SECTOR_ORDER = (SP500, IWV)

NO_TICKER_NOTE = "no_ticker"
DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of one list.

    Attributes:
        symbol: the inside form, or `-` for a row without a ticker.
        name: as the list gives it.
        sector: a GICS name or `Unknown`.
        equity: whether the list says that it is a share.
        note: what it is when it is no equity: no_ticker, futures, cash, money_market, ...
        value_usd: its size in the list, which decides between two rows of one symbol.
    """

    symbol: str
    name: str
    sector: str
    equity: bool = True
    note: str = ""
    value_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class MemberList:
    """One list as of one date.

    Attributes:
        name: IWV or SP500.
        rows: every usable row, in the list's order.
        known: the date on which this list was known.
        sha256: of the bytes it was read from.
        dropped: rows that could not be used, by reason.
        warnings: sentences a person should read.
    """

    name: str
    rows: tuple[ListRow, ...]
    known: date
    sha256: str
    dropped: Mapping[str, int]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Memberships:
    """The universe and how it came about.

    Attributes:
        universe: all members.
        lists: symbols named by each list.
        known: the date of each list.
        dropped: rows that are no members of their own or no equities, by reason.
        sources: sha-256 of each list's bytes.
        warnings: sentences a person should read.
    """

    universe: Universe
    lists: Mapping[str, int]
    known: Mapping[str, date]
    dropped: Mapping[str, int]
    sources: Mapping[str, str]
    warnings: tuple[str, ...]


def merge(lists: Sequence[MemberList]) -> Memberships:
    """Merge lists into one universe; neither their order nor that of their rows matters.

    Raises:
        DamagedInput: no list names an equity.
    """
    lists = sorted(lists, key=lambda each: each.name)
    dropped: Counter[str] = Counter()
    named: dict[str, dict[str, ListRow]] = {}
    for each in lists:
        dropped.update(each.dropped)
        named[each.name] = _one_row_per_symbol(each.rows, dropped)
    sector_lists: set[str] = set()
    members = tuple(
        _member(
            symbol,
            {name: rows[symbol] for name, rows in named.items() if symbol in rows},
            sector_lists,
        )
        for symbol in sorted(set().union(*named.values()))
    )
    if not any(member.equity for member in members):
        raise DamagedInput(
            f"no equity is named by {' and '.join(each.name for each in lists) or 'any list'}",
            "check the lists given by hand, or run `avwap universe` again",
        )
    known = {each.name: each.known for each in lists}
    membership = max(known.values())
    sectors = max((known[name] for name in sector_lists), default=membership)
    return Memberships(
        universe=Universe(members, membership, sectors),
        lists={name: len(rows) for name, rows in named.items()},
        known=known,
        dropped={reason: n for reason, n in sorted(dropped.items()) if n},
        sources={each.name: each.sha256 for each in lists},
        warnings=tuple(text for each in lists for text in each.warnings),
    )


def _one_row_per_symbol(rows: Iterable[ListRow], dropped: Counter[str]) -> dict[str, ListRow]:
    """The best row of each symbol: an equity before anything else, then the largest."""
    best: dict[str, ListRow] = {}
    for row in rows:
        if not row.equity:
            dropped[row.note] += 1
        seen = best.get(row.symbol)
        if seen is None:
            best[row.symbol] = row
            continue
        if row.symbol != NO_TICKER:
            dropped[DUPLICATE] += 1
        best[row.symbol] = min(seen, row, key=_rank)
    return best


def _rank(row: ListRow) -> tuple[bool, float, str, str, str]:
    return (not row.equity, -row.value_usd, row.name, row.sector, row.note)


def _member(symbol: str, rows: Mapping[str, ListRow], sector_lists: set[str]) -> Member:
    ordered = [(name, rows[name]) for name in SECTOR_ORDER if name in rows]
    best = min((row for _, row in ordered), key=lambda row: not row.equity)
    sector = UNKNOWN_SECTOR
    for name, row in ordered:
        if row.sector != UNKNOWN_SECTOR:
            sector = row.sector
            sector_lists.add(name)
            break
    return Member(symbol, best.name, sector, tuple(sorted(rows)), best.equity, best.note)
