"""Members and universe: what trades, in one symbol form.

Inside the program a share class is written with a dot (`BRK.B`); vendors' spellings
are mapped at the doors.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

UNKNOWN_SECTOR = "Unknown"


@dataclass(frozen=True, slots=True)
class Member:
    """One row of the universe.

    Attributes:
        symbol: the inside form, e.g. `BRK.B`.
        name: the company's name as the list gives it.
        sector: one of the 11 GICS sector names, or `Unknown`.
        lists: the lists that name it, of `IWV` and `SP500`, sorted.
        equity: False for cash, futures, funds and rows without a ticker, which are
            counted and never scanned.
        note: for a non-equity row, what it is (the reason it is no equity).
    """

    symbol: str
    name: str
    sector: str
    lists: tuple[str, ...]
    equity: bool
    note: str = ""

    @property
    def in_sp500(self) -> bool:
        return "SP500" in self.lists


@dataclass(frozen=True, slots=True)
class Universe:
    """All members, sorted by symbol, with the dates on which the lists were known."""

    members: tuple[Member, ...]
    membership_known: date
    sectors_known: date


@dataclass(frozen=True, slots=True)
class Liquidity:
    """Recent price and volume of one symbol.

    Attributes:
        close_usd: last close.
        volume_shares: mean volume of its last n bars, n being the rule's.
        dollar_volume_usd: mean of close times volume over the same bars.
    """

    close_usd: float
    volume_shares: float
    dollar_volume_usd: float
