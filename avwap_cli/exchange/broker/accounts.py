"""The account: cash, positions and realized profit, as fills and transfers change them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType

from avwap_cli.exchange.broker.events import Log
from avwap_cli.exchange.broker.orders import ZERO, Side
from avwap_cli.exchange.broker.positions import Position, apply_fill
from avwap_cli.exchange.broker.rules.balances import Exposure, exposure_of
from avwap_cli.exchange.instants import Instant


class Account:
    """What the account has.

    Attributes:
        cash: USD.
        realized: profit of all closed shares, USD.
        positions: what is held, by symbol.
        closes: equity at each session's close.
    """

    def __init__(self, cash: Decimal) -> None:
        self.cash = self._first = cash
        self.closes: Log[tuple[Instant, Decimal]] = Log()
        self.realized = ZERO
        self._positions: dict[str, Position] = {}
        self.positions: Mapping[str, Position] = MappingProxyType(self._positions)
        self._exposed: tuple[Instant, Exposure] | None = None

    def fill(
        self, symbol: str, side: Side, qty: Decimal, price: Decimal, last_close: Decimal | None
    ) -> Decimal:
        """Book shares bought or sold; the signed shares held after it.

        Args:
            last_close: of the day before, on today's split basis.
        """
        before = self.positions.get(symbol)
        held, realized = apply_fill(
            before, side, qty, price, symbol=symbol, lastday_price=last_close or ZERO
        )
        self.hold(symbol, held)
        self.cash -= side.sign * qty * price
        self.realized += realized
        return ZERO if held is None else held.qty

    def hold(self, symbol: str, position: Position | None) -> None:
        """Let that be what is held of a symbol; None = nothing."""
        self._exposed = None
        if position is None:
            self._positions.pop(symbol, None)
        else:
            self._positions[symbol] = position

    def transfer(self, amount: Decimal) -> None:
        """Book cash that comes in, or goes out if negative."""
        self.cash += amount

    def exposure(self, at: Instant, price: Callable[[str], Decimal | None]) -> Exposure:
        """The positions at that moment's prices; remembered until time moves or one changes."""
        if self._exposed is None or self._exposed[0] != at:
            self._exposed = at, exposure_of(self.positions.values(), price)
        return self._exposed[1]

    def note_close(self, at: Instant, price: Callable[[str], Decimal | None]) -> None:
        """Note the equity at a session's close."""
        exposure = self.exposure(at, price)
        self.closes.append((at, self.cash + exposure.longs + exposure.shorts))

    def equity_before(self, at: Instant) -> Decimal:
        """Equity at the last close before that moment; the first cash before any."""
        before = (equity for close, equity in reversed(self.closes) if close < at)
        return next(before, self._first)
