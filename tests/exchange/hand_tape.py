"""A tape written by hand, print by print, and a venue on it that speaks in times of day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from avwap_cli.exchange.broker.events import Event
from avwap_cli.exchange.broker.orders import (
    Order,
    OrderClass,
    OrderRequest,
    OrderType,
    Replacement,
    Side,
    Tif,
)
from avwap_cli.exchange.broker.venue import Venue
from avwap_cli.exchange.faults import Fault, FaultBox
from avwap_cli.exchange.instants import Instant, eastern, instant
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.days import Minutes, Prints, Quotes, SymbolDay
from avwap_cli.market.sessions import EASTERN
from avwap_cli.market.splits import Split

D = Decimal
MON, TUE, WED, THU, FRI = (date(2026, 10, day) for day in (5, 6, 7, 8, 9))
Row = tuple[str, float, int]  # time of day, USD, shares


def at(day: date, clock: str) -> Instant:
    return instant(datetime.combine(day, time.fromisoformat(clock), EASTERN))


def _ints(values: Sequence[float], scale: int = 1) -> Any:
    return np.array([round(value * scale) for value in values], dtype=np.int64)


class HandTape:
    """Prints by symbol and session; the quote is a cent around each print, or as given."""

    def __init__(
        self,
        prints: Mapping[str, Mapping[date, Sequence[Row]]],
        quotes: Mapping[date, Sequence[tuple[str, float, float, int]]] | None = None,
        splits: Sequence[Split] = (),
    ) -> None:
        self.symbols = tuple(sorted(prints))
        self.sessions = tuple(sorted({day for days in prints.values() for day in days}))
        self.splits = tuple(splits)
        self._days = {
            (symbol, day): _day(symbol, day, rows, (quotes or {}).get(day, ()))
            for symbol, days in prints.items()
            for day, rows in days.items()
        }

    def name(self, symbol: str) -> str:
        return f"{symbol} Inc."

    def day(self, symbol: str, session: date) -> SymbolDay | None:
        return self._days.get((symbol, session))

    def close_before(self, symbol: str, session: date) -> int | None:
        days = [day for name, day in self._days if name == symbol and day < session]
        return int(self._days[symbol, max(days)].prints.price[-1]) if days else None

    def previous_close(self, symbol: str, session: date) -> int | None:
        close = self.close_before(symbol, session)
        if close is None:
            return None
        before = max(day for name, day in self._days if name == symbol and day < session)
        price = Fraction(close)
        for split in self.splits:
            if split.symbol == symbol and before < split.ex_date <= session:
                price /= split.fraction
        return round(price)

    def listed(self, symbol: str, session: date) -> bool:
        days = [day for name, day in self._days if name == symbol]
        ends = max(days) == self.sessions[-1]
        return bool(days) and min(days) <= session and (session <= max(days) or ends)

    def splits_on(self, session: date) -> tuple[Split, ...]:
        return tuple(split for split in self.splits if split.ex_date == session)


def _day(
    symbol: str, day: date, rows: Sequence[Row], more: Sequence[tuple[str, float, float, int]]
) -> SymbolDay:
    when, price, size = zip(*[(at(day, clock), p, s) for clock, p, s in rows], strict=True)
    quoted = [(moment, p - 0.01, p + 0.01, 1000) for moment, p in zip(when, price, strict=True)]
    quoted += [(at(day, clock), bid, ask, shares) for clock, bid, ask, shares in more]
    quoted.sort()
    moment, bid, ask, shares = zip(*quoted, strict=True)
    empty = np.empty(0, dtype=np.int64)
    return SymbolDay(
        symbol,
        day,
        Minutes(*[empty] * 7, empty.astype(float)),
        Prints(_ints(when), _ints(price, 10_000), _ints(size)),
        Quotes(
            _ints(moment),
            _ints(bid, 10_000),
            _ints(ask, 10_000),
            _ints(shares),
            _ints(shares),
        ),
    )


class Scene:
    """A venue on Monday, 2026-10-05, and short words to play on it.

    Each request is followed by what is due at once, as the gateway does it.
    """

    def __init__(
        self,
        tape: HandTape,
        start: str = "09:00",
        faults: Sequence[Fault] = (),
        day: date = MON,
        **settings: Any,
    ) -> None:
        chosen = Settings(**settings)
        box = FaultBox(chosen.seed, faults)
        self.faults = box
        self.venue = Venue(tape, chosen, at(day, start), box)  # type: ignore[arg-type]

    def to(self, clock: str, day: date | None = None) -> Scene:
        self.venue.step_to(at(day or eastern(self.venue.now).date(), clock))
        return self

    def place(self, side: str, qty: Any, kind: str = "market", **more: Any) -> Order:
        """Sends an order for F; numbers may be texts."""
        words = {"tif": Tif, "order_class": OrderClass}
        fields = {
            name: words[name](value) if name in words else _number(value)
            for name, value in more.items()
        }
        request = OrderRequest(
            **{
                "symbol": "F",
                "side": Side(side),
                "type": OrderType(kind),
                "tif": Tif.DAY,
                "qty": None if qty is None else D(qty),
                **fields,
            }
        )
        order = self.venue.submit(request)
        self.venue.settle()
        return order

    def buy(self, qty: Any, kind: str = "market", **more: Any) -> Order:
        return self.place("buy", qty, kind, **more)

    def sell(self, qty: Any, kind: str = "market", **more: Any) -> Order:
        return self.place("sell", qty, kind, **more)

    def cancel(self, order: Order) -> Scene:
        self.venue.cancel(order.id)
        self.venue.settle()
        return self

    def replace(self, order: Order, **changes: Any) -> Order:
        fields = {name: _number(value) for name, value in changes.items()}
        new = self.venue.replace(order.id, Replacement(**fields))
        self.venue.settle()
        return new

    def now(self, order: Order) -> Order:
        return self.venue.order(order.id)

    def status(self, *orders: Order) -> str:
        return " ".join(self.now(order).status.value for order in orders)

    def legs(self, order: Order) -> tuple[Order, ...]:
        return self.venue.legs(order)

    def held(self, symbol: str = "F") -> Decimal:
        position = self.venue.position(symbol)
        return D(0) if position is None else position.qty

    def story(self, *orders: Order) -> list[str]:
        """The events of these orders, or of all: `09:30:00 fill 10 @ 10.01`."""
        ids = {order.id for order in orders}
        return [told(event) for event in self.venue.events if not ids or event.order.id in ids]


def told(event: Event) -> str:
    text = f"{eastern(event.at):%H:%M:%S} {event.name}"
    if event.price is None or event.qty is None:
        return text
    return f"{text} {event.qty.normalize():f} @ {event.price.normalize():f}"


def _number(value: Any) -> Any:
    return D(value) if isinstance(value, str) and value[:1].isdigit() else value
