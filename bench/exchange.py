"""The local exchange: a session over HTTP, in process, on the books alone, and how it grows.

The session is one of a trader who looks every minute: step, latest bars of all symbols,
open orders, positions; and who sends 200 orders over the day, every tenth of which is a
limit order far away that is canceled a minute later.  Over HTTP and in process it is the same
client with the same requests; on the books alone there are neither requests nor answers.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import requests

from avwap_cli.exchange.broker.orders import Order, OrderRequest, OrderType, Side, Tif
from avwap_cli.exchange.in_process import InProcess
from avwap_cli.exchange.instants import MINUTE, hours
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.server import serving
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market import sessions
from avwap_cli.market.bars import bar_table
from avwap_cli.market.sessions import EASTERN
from bench.pairs import run

SESSION = date(2026, 11, 23)
MINUTES = 390
ORDERS = 200
SYMBOLS, MANY = 30, 300
RESTING, FEW_RESTING = 4_000, 400
PAIRS = 3


@dataclass(frozen=True, slots=True)
class Day:
    """What a session cost."""

    cpu_s: float
    wall_s: float
    requests: int
    fills: int


def tape(symbols: int) -> Tape:
    """Thirty sessions of made-up names around 50 USD."""
    days = np.array(sessions.last_sessions(SESSION, 30), dtype="datetime64[D]")
    rng = np.random.default_rng(7)
    close = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, (symbols, len(days))), axis=1))
    names = [f"N{i:03d}" for i in range(symbols)]
    flat = np.round(close, 2).ravel()
    return Tape(
        bar_table(
            np.repeat(names, len(days)),
            np.tile(days, symbols),
            np.round(flat * 0.995, 2),
            np.round(flat * 1.01, 2),
            np.round(flat * 0.985, 2),
            flat,
            np.full(len(flat), 2_000_000.0),
        )
    )


def opened(on: Tape) -> LocalExchange:
    """A new exchange at 09:30."""
    settings = Settings(cash=Decimal(10_000_000), requests_per_minute=0, subscription="plus")
    start = datetime.combine(SESSION, datetime.min.time(), EASTERN).replace(hour=9, minute=30)
    return LocalExchange(on, settings, start=start)


def measured() -> list[tuple[str, str, str, str]]:
    """The rows of the bench's table."""
    cpu, peak = run([sys.executable, "-m", "bench.exchange"], {})
    days = [(over_http(), in_process(), on_the_books(SYMBOLS)) for _ in range(PAIRS)]
    to_books = statistics.median(http.cpu_s / books.cpu_s for http, _, books in days)
    to_process = statistics.median(http.cpu_s / inner.cpu_s for http, inner, _ in days)
    growth = statistics.median(
        on_the_books(MANY).cpu_s / MANY / (on_the_books(SYMBOLS).cpu_s / SYMBOLS)
        for _ in range(PAIRS)
    )
    rests = [(resting(RESTING), resting(FEW_RESTING)) for _ in range(PAIRS)]
    per_order = statistics.median(many / RESTING / (few / FEW_RESTING) for many, few in rests)
    http, inner, books = days[-1]
    return [
        (
            f"a session of {SYMBOLS} symbols and {ORDERS} orders over HTTP",
            f"{cpu:.1f} s",
            "<= 10 s",
            f"CPU with the program's start; {http.requests:,} requests, {http.fills:,} fills; "
            f"{http.requests / http.wall_s:,.0f} requests a second, "
            f"{SYMBOLS * MINUTES / http.wall_s:,.0f} symbol-minutes a second",
        ),
        ("its peak memory", f"{peak:.0f} MB", "", ""),
        (
            "a session over HTTP / on the books alone",
            f"{to_books:.0f}x",
            ">= 20x",
            f"{http.cpu_s:.2f} s over {books.cpu_s:.3f} s, "
            f"{SYMBOLS * MINUTES / books.wall_s:,.0f} symbol-minutes a second",
        ),
        (
            "a session over HTTP / in process, with the client",
            f"{to_process:.1f}x",
            "",
            f"{http.cpu_s:.2f} s over {inner.cpu_s:.2f} s, "
            f"{inner.requests / inner.wall_s:,.0f} requests a second",
        ),
        (f"cost per symbol, {MANY} / {SYMBOLS} symbols", f"{growth:.2f}x", "<= 1.3x", ""),
        (
            f"cost per resting order, {RESTING:,} / {FEW_RESTING} orders",
            f"{per_order:.2f}x",
            "<= 1.3x",
            f"{RESTING:,} sent and kept for a session: {rests[-1][0]:.1f} s",
        ),
    ]


def over_http() -> Day:
    """The day of a client with `requests`, as alpaca-py is one; both sides in this process."""
    on = tape(SYMBOLS)
    exchange = opened(on)
    began, cpu = time.perf_counter(), time.process_time()
    with serving(exchange) as served, requests.Session() as session:
        _trade(exchange, session, served.url, on.symbols)
    return _day(exchange, began, cpu)


def in_process() -> Day:
    """The same client with the same requests, without a socket."""
    on = tape(SYMBOLS)
    exchange = opened(on)
    began, cpu = time.perf_counter(), time.process_time()
    with requests.Session() as session:
        session.mount("http://", InProcess(exchange))
        _trade(exchange, session, "http://exchange.local", on.symbols)
    return _day(exchange, began, cpu)


def _trade(
    exchange: LocalExchange, session: requests.Session, url: str, symbols: tuple[str, ...]
) -> None:
    session.trust_env = False
    session.headers["APCA-API-KEY-ID"] = exchange.keys.key_id
    session.headers["APCA-API-SECRET-KEY"] = exchange.keys.secret
    trader = _Trader(session, url)
    for minute in range(1, MINUTES + 1):
        trader.minute(minute, symbols)


def _day(exchange: LocalExchange, began: float, cpu: float) -> Day:
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - began
    with exchange.reading() as books:
        return Day(cpu_s, wall_s, exchange.requests, len(books.fills))


class _Trader:
    def __init__(self, session: requests.Session, url: str) -> None:
        self._session = session
        self._url = url
        self._far: list[str] = []

    def minute(self, minute: int, symbols: tuple[str, ...]) -> None:
        """Step one minute, look at everything, and trade."""
        self._ask("POST", "/_exchange/step", {"seconds": 60})
        self._ask("GET", f"/v2/stocks/bars/latest?feed=sip&symbols={','.join(symbols)}")
        self._ask("GET", "/v2/orders?status=open&limit=500")
        self._ask("GET", "/v2/positions")
        for order_id in self._far:
            self._ask("DELETE", f"/v2/orders/{order_id}")
        self._far.clear()
        for number in due(minute, ORDERS):
            order = wanted(number, symbols)
            body = {
                "symbol": order.symbol,
                "qty": str(order.qty),
                "side": order.side.value,
                "type": order.type.value,
                "time_in_force": order.tif.value,
            }
            if order.limit_price is not None:
                body["limit_price"] = str(order.limit_price)
            answer = self._ask("POST", "/v2/orders", body)
            if order.limit_price is not None:
                self._far.append(answer["id"])

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, str]:
        answer = self._session.request(method, self._url + path, json=body)
        if answer.status_code >= 300:
            raise SystemExit(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        document: dict[str, str] = answer.json() if answer.content else {}
        return document


def on_the_books(symbols: int) -> Day:
    """The same day without requests and answers; orders grow with the symbols."""
    on = tape(symbols)
    exchange = opened(on)
    began, cpu = time.perf_counter(), time.process_time()
    venue, start = exchange.venue, hours(SESSION).open
    days = [day for symbol in on.symbols if (day := on.day(symbol, SESSION)) is not None]
    far: list[Order] = []
    for minute in range(1, MINUTES + 1):
        now = start + minute * MINUTE
        exchange.advance(now)
        for day in days:  # the latest bars
            at = day.minutes.start.searchsorted(now - MINUTE, side="right")
            day.minutes.close[at - 1].item()
        venue.open_orders()
        venue.positions()
        for order in far:
            venue.cancel(order.id)
        far.clear()
        for number in due(minute, ORDERS * symbols // SYMBOLS):
            request = wanted(number, on.symbols)
            order = venue.submit(request)
            if request.limit_price is not None:
                far.append(order)
        venue.settle()
    return _day(exchange, began, cpu)


def resting(orders: int) -> float:
    """CPU seconds to send so many orders far from the market, and to keep them for a session."""
    on = tape(SYMBOLS)
    exchange = opened(on)
    cpu, start = time.process_time(), hours(SESSION).open
    one, far = Decimal(1), Decimal("1.00")
    for number in range(orders):
        symbol = on.symbols[number % len(on.symbols)]
        order = OrderRequest(symbol, Side.BUY, OrderType.LIMIT, Tif.GTC, one, limit_price=far)
        exchange.venue.submit(order)
        exchange.venue.settle()
    for minute in range(1, MINUTES + 1):
        exchange.advance(start + minute * MINUTE)
    return time.process_time() - cpu


def due(minute: int, orders: int) -> range:
    """The numbers of the orders to send in that minute of the day, none in its last two."""
    last = MINUTES - 2
    return range(min(minute - 1, last) * orders // last, min(minute, last) * orders // last)


def wanted(number: int, symbols: tuple[str, ...]) -> OrderRequest:
    """The order of that number: buys of all symbols, then sells; every tenth is far away."""
    symbol = symbols[number % len(symbols)]
    if number % 10 == 9:
        limit = Decimal("1.00")
        return OrderRequest(
            symbol, Side.BUY, OrderType.LIMIT, Tif.DAY, Decimal(5), limit_price=limit
        )
    side = Side.SELL if number // len(symbols) % 2 else Side.BUY
    return OrderRequest(symbol, side, OrderType.MARKET, Tif.DAY, Decimal(10))


if __name__ == "__main__":
    over_http()
