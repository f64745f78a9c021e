"""Assets: what may be traded, and how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Borrow(StrEnum):
    """How a stock can be borrowed to sell it short."""

    EASY = "easy_to_borrow"
    HARD = "hard_to_borrow"
    NONE = "not_shortable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One stock as the broker lists it.

    Attributes:
        id: UUID text made from symbol and seed.
        exchange: NYSE, NASDAQ, ARCA, AMEX, BATS or OTC.
        active: False after its last session: orders are refused, positions stay.
        borrow: how it can be borrowed.
    """

    id: str
    symbol: str
    name: str
    exchange: str
    active: bool = True
    tradable: bool = True
    marginable: bool = True
    fractionable: bool = True
    borrow: Borrow = Borrow.EASY

    @property
    def shortable(self) -> bool:
        """Whether it can be sold short at all."""
        return self.borrow is not Borrow.NONE
