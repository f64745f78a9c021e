"""One exchange for the broker's contract: a small market, and the adapters pointed at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from requests.adapters import BaseAdapter
from requests.models import PreparedRequest, Response

from avwap_cli.adapters.alpaca_connection import Timeouts
from avwap_cli.adapters.broker.alpaca_broker import AlpacaBroker
from avwap_cli.adapters.broker.alpaca_quotes import AlpacaQuotes
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market.bars import bar_table
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.market.sessions import EASTERN, sessions_between
from avwap_cli.market.splits import Split
from avwap_cli.settings import BrokerSettings
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import BrokerOrder, OrderKind, TimeInForce

FRIDAY, MONDAY, TUESDAY = date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24)
D = Decimal
TIMEOUT_S = 0.4
STEPS = {
    "AAPL": [("09:30", 190.0), ("10:00", 191.0), ("10:30", 189.0)],
    "BRK.B": [("09:30", 450.0)],
    "F": [("09:30", 12.0), ("10:30", 12.5)],
    "SPLT": [("09:30", 100.0)],
}
VOLUME = 10_000.0


def at(clock: str, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), EASTERN)


def street_tape() -> Tape:
    """Prices that stand still until the minute named; SPLT splits two for one on Tuesday."""
    days = sessions_between(date(2026, 10, 26), date(2026, 12, 4))
    others = [(s, day, steps[0][1]) for s, steps in STEPS.items() for day in days if day != MONDAY]
    price = np.array([row[2] for row in others])
    daily = bar_table(
        [row[0] for row in others],
        np.array([row[1] for row in others], dtype="datetime64[D]"),
        price,
        price * 1.01,
        price * 0.99,
        price,
        np.full(len(others), VOLUME * 390),
    )
    return Tape(daily, [Split("SPLT", TUESDAY, 2.0)], _minutes())


def _minutes() -> MinuteTable:
    rows: list[tuple[str, datetime, float]] = []
    for symbol, steps in STEPS.items():
        begins = [at(clock) for clock, _ in steps]
        for begin, end, (_, price) in zip(begins, [*begins[1:], at("16:00")], steps, strict=True):
            for i in range((end - begin) // timedelta(minutes=1)):
                rows.append((symbol, begin + timedelta(minutes=i), price))
    rows.sort()
    symbols = tuple(sorted(STEPS))
    price = np.array([row[2] for row in rows])
    starts = np.array([row[1].timestamp() for row in rows]) * 1e9
    return MinuteTable(
        symbols,
        np.array([symbols.index(row[0]) for row in rows], dtype=np.int32),
        starts.astype(np.int64).astype("datetime64[ns]"),
        price,
        price,
        price,
        price,
        np.full(len(rows), VOLUME),
    )


@dataclass
class ExchangeTime:
    """The exchange's own time; sleeping moves it, and is noted."""

    exchange: LocalExchange
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.exchange.now()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.exchange.step(seconds)


class Noting(BaseAdapter):
    """A transport that notes what is sent through another one."""

    def __init__(self, inner: BaseAdapter) -> None:
        super().__init__()
        self.inner = inner
        self.sent: list[PreparedRequest] = []

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        self.sent.append(request)
        return self.inner.send(request, *args, **options)

    def close(self) -> None:
        self.inner.close()


def settings(url: str, **changes: Any) -> BrokerSettings:
    usual = BrokerSettings("exchange", url, "", TIMEOUT_S, (2.0, 5.0), (1.0,), 100_000)
    return replace(usual, **changes)


class BrokerStreet:
    """An exchange, its time, and the adapters in front of it."""

    def __init__(self, exchange: LocalExchange, url: str, inner: BaseAdapter | None) -> None:
        self.exchange = exchange
        self.url = url
        self.time = ExchangeTime(exchange)
        self.transport = Noting(inner or Timeouts(TIMEOUT_S))
        self.settings = settings(url)
        keys = (exchange.keys.key_id, exchange.keys.secret)
        self.broker = AlpacaBroker(self.settings, *keys, self.time, transport=self.transport)
        self.quotes = AlpacaQuotes(self.settings, *keys, self.time, transport=self.transport)

    def fault(self, text: str) -> None:
        self.exchange.fault(text)

    def clear(self) -> None:
        self.exchange.context.faults.clear()

    def to(self, clock: str, day: date = MONDAY) -> None:
        self.exchange.step_to(at(clock, day))

    def sent(self, method: str) -> list[str]:
        """Paths of what was sent by that method."""
        return [str(r.path_url) for r in self.transport.sent if r.method == method]

    def counted(self) -> int:
        """How many orders stand in the exchange's books."""
        with self.exchange.reading() as venue:
            return len(venue.orders())

    def held(self, symbol: str = "AAPL", shares: int = 10) -> BrokerOrder:
        """A position that an entry made; two minutes pass."""
        made = entry(symbol, shares=shares)
        self.broker.submit(made)
        self.exchange.step(120)
        found = self.broker.order(made.id)
        assert found is not None
        assert found.filled_shares == shares
        return found


def intent(
    symbol: str = "AAPL",
    leg: Leg = Leg.ENTRY,
    kind: OrderKind = OrderKind.MARKET,
    attempt: int = 1,
    **changes: Any,
) -> Intent:
    """An order of a long's life: ten shares for the day."""
    role = Role(MONDAY, "adx_pullback", symbol, changes.pop("direction", 1), leg)
    fields: Mapping[str, Any] = {
        "tif": TimeInForce.DAY,
        "shares": D(10),
        "limit_price": None,
        "stop_price": None,
        "reason": "",
        "decision_price": None,
        "plan": "",
        "replaces": None,
        "made_at": at("09:45"),
        **changes,
    }
    fields = {**fields, "shares": D(fields["shares"])}
    return Intent(id=role.attempt(attempt), role=role, kind=kind, **fields)


def entry(symbol: str = "AAPL", **changes: Any) -> Intent:
    return intent(symbol, **changes)


def stop(price: str, symbol: str = "AAPL", attempt: int = 1, **changes: Any) -> Intent:
    """A sell stop under a long, good till canceled."""
    fields = {"tif": TimeInForce.GTC, "stop_price": D(price), **changes}
    return intent(symbol, Leg.STOP, OrderKind.STOP, attempt, **fields)


def ids(orders: Sequence[BrokerOrder]) -> list[str]:
    return [order.client_id for order in orders]
