"""Views: what the broker said in one pass, complete or not there at all.

A view is made of answers that all came and all could be read.  There is no partial one: a
failed query must never look like "flat".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from avwap_cli.trading.orders import ZERO, BrokerOrder, BrokerPosition, Fill


@dataclass(frozen=True, slots=True)
class View:
    """The broker's side.

    Attributes:
        at: before the first question.
        orders: every order seen, by the broker's id.
        absent: client ids asked for of which the broker knows no order.
        positions: by symbol; only what is not flat.
        fills: since the last pass, oldest first, in the symbols that the ledger ever traded.
    """

    at: datetime
    orders: Mapping[str, BrokerOrder]
    absent: frozenset[str]
    positions: Mapping[str, BrokerPosition]
    fills: tuple[Fill, ...]

    def held(self, symbol: str) -> Decimal:
        """Signed shares."""
        position = self.positions.get(symbol)
        return ZERO if position is None else position.shares

    def resting(self, symbol: str) -> tuple[BrokerOrder, ...]:
        """Orders of any owner that may still trade."""
        return tuple(o for o in self.orders.values() if o.symbol == symbol and not o.status.final)
