"""Assets: what may be traded, and how."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asset:
    """One stock as the broker lists it.

    Attributes:
        id: UUID text made from symbol and seed.
        exchange: NYSE, NASDAQ, ARCA, AMEX, BATS or OTC.
        active: False after its last session: orders are refused, positions stay.
        borrow: `easy_to_borrow`, `hard_to_borrow` or `not_shortable`.
    """

    id: str
    symbol: str
    name: str
    exchange: str
    active: bool = True
    tradable: bool = True
    marginable: bool = True
    fractionable: bool = True
    borrow: str = "easy_to_borrow"

    @property
    def shortable(self) -> bool:
        """Whether it can be sold short at all."""
        return self.borrow != "not_shortable"
