"""The street: one local exchange behind its server, and Alpaca's own clients pointed at it.

The clients are alpaca-py's, unmodified; of their attributes only the wait between repeats is
set to 0, so that no test waits 3 s.  Time is stepped through the exchange's Python handle.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from alpaca.common.exceptions import APIError
from alpaca.data.historical import NewsClient, StockHistoricalDataClient
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.historical.screener import ScreenerClient
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide
from alpaca.trading.models import Order
from alpaca.trading.requests import GetOrderByIdRequest, OrderRequest
from street_openapi import Exchanged
from street_orders import at_market
from street_tape import MONDAY

from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.ordered_faults.tampering import CHANGES
from avwap_cli.exchange.server import Served
from avwap_cli.market.sessions import EASTERN

NESTED = GetOrderByIdRequest(nested=True)


def eastern(time: str, day: date = MONDAY) -> datetime:
    """A moment in New York: `09:30`, `09:30:05`."""
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=EASTERN)


@dataclass(frozen=True)
class Refused:
    """What a refused request came back with."""

    status: int
    body: dict[str, Any]

    @property
    def code(self) -> int | None:
        return self.body.get("code")

    @property
    def text(self) -> str:
        return str(self.body["message"])


def refusal(call: Callable[..., object], *args: Any) -> Refused:
    """The refusal that the call has to raise."""
    with pytest.raises(APIError) as caught:
        call(*args)
    return Refused(caught.value.status_code, json.loads(str(caught.value)))


class Street:
    """One exchange and everything with which its client looks at it."""

    def __init__(self, exchange: LocalExchange, served: Served, exits: ExitStack) -> None:
        self.exchange = exchange
        self.served = served
        self.exchanged: list[Exchanged] = []
        self.last: requests.Response | None = None
        self._exits = exits
        self._tampered = 0

    @property
    def keys(self) -> tuple[str, str]:
        return self.exchange.keys.key_id, self.exchange.keys.secret

    @cached_property
    def trading(self) -> TradingClient:
        return self.client(TradingClient, paper=True)

    @cached_property
    def raw(self) -> TradingClient:
        return self.client(TradingClient, paper=True, raw_data=True)

    @cached_property
    def data(self) -> StockHistoricalDataClient:
        return self.client(StockHistoricalDataClient)

    @cached_property
    def raw_data(self) -> StockHistoricalDataClient:
        return self.client(StockHistoricalDataClient, raw_data=True)

    @cached_property
    def actions(self) -> CorporateActionsClient:
        return self.client(CorporateActionsClient)

    @cached_property
    def screener(self) -> ScreenerClient:
        return self.client(ScreenerClient)

    @cached_property
    def news(self) -> NewsClient:
        return self.client(NewsClient)

    def client(self, kind: Callable[..., Any], *keys: str, **options: Any) -> Any:
        """One of alpaca-py's clients, pointed here; what it exchanges is noted."""
        made = kind(*(keys or self.keys), url_override=self.served.url, **options)
        made._retry_wait = 0
        made._session.trust_env = False
        made._session.hooks["response"].append(self._note)
        self._exits.callback(made._session.close)
        return made

    def to(self, time: str, day: date = MONDAY) -> None:
        """Let everything happen up to that moment."""
        self.exchange.step_to(eastern(time, day))

    def fault(self, text: str) -> None:
        """Order a fault, as on the command line."""
        self.exchange.fault(text)

    def submit(self, order: OrderRequest) -> Order:
        """Send an order; what the answer shows."""
        return self.trading.submit_order(order)

    def held(self, symbol: str = "AAPL", qty: float = 10, **more: Any) -> Order:
        """A position, bought at market; two minutes pass."""
        order = self.submit(at_market(symbol=symbol, qty=qty, **more))
        self.exchange.step(120)
        filled = self.order(order)
        assert filled.status == "filled"
        return filled

    def short(self, symbol: str = "AAPL", qty: float = 10) -> Order:
        """A short position, sold at market; two minutes pass."""
        return self.held(symbol, qty, side=OrderSide.SELL)

    def order(self, order: Order) -> Order:
        """The order as it is now, its legs inside."""
        return self.trading.get_order_by_id(order.id, NESTED)

    def body(self) -> Any:
        """The JSON of the last answer."""
        assert self.last is not None
        return self.last.json()

    @property
    def query(self) -> dict[str, str]:
        """The query of the last request."""
        assert self.last is not None
        return dict(parse_qsl(urlsplit(self.last.request.url or "").query))

    @property
    def asked(self) -> str:
        """Method and path of the last request."""
        assert self.last is not None
        path = urlsplit(self.last.request.url or "").path
        return f"{self.last.request.method} {path}"

    def _note(self, response: requests.Response, *_args: Any, **_options: Any) -> None:
        self.last = response
        fired = self.exchange.context.faults.fired
        tampered = sum(times for kind, times in fired.items() if kind in CHANGES)
        is_json = "json" in response.headers.get("Content-Type", "")
        if tampered == self._tampered and is_json:
            path = urlsplit(response.request.url or "").path
            method = str(response.request.method).lower()
            self.exchanged.append(Exchanged(method, path, response.status_code, response.content))
        self._tampered = tampered
