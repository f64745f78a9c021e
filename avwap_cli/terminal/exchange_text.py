"""The local exchange on the terminal: how to point a program at it, and what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from avwap_cli.terminal.screen import Screen
from avwap_cli.terminal.streams import put
from avwap_cli.wiring.local_time import local

SNIPPET = """\
  import requests
  from alpaca.trading.client import TradingClient
  from alpaca.trading.requests import MarketOrderRequest

  keys = "{key_id}", "{secret}"
  trading = TradingClient(*keys, paper=True, url_override="{url}")
  print(trading.get_clock().timestamp, trading.get_account().buying_power)
  order = MarketOrderRequest(symbol="{symbol}", qty=10, side="buy", time_in_force="day")
  order = trading.submit_order(order)
  headers = {{"APCA-API-KEY-ID": keys[0], "APCA-API-SECRET-KEY": keys[1]}}
  requests.post("{url}/_exchange/step", json={{"seconds": 600}}, headers=headers)  # time passes
  order = trading.get_order_by_id(order.id)
  print(order.symbol, order.status.value, order.filled_qty, order.filled_avg_price)
"""
OTHERS = """\
  StockHistoricalDataClient(*keys, url_override="{url}")
  TradingStream(*keys, paper=True, url_override="{trade_stream}")
  StockDataStream(*keys, url_override="{data_stream}")
"""
ENVIRONMENT = """\
  export APCA_API_KEY_ID={key_id}
  export APCA_API_SECRET_KEY={secret}
  export APCA_API_BASE_URL={url}
  export NO_PROXY=127.0.0.1,localhost
"""
CONTROL = """\
  curl -H "APCA-API-KEY-ID: {key_id}" -H "APCA-API-SECRET-KEY: {secret}" \\
    {url}/_exchange/step -d '{{"seconds": 60}}'
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """Where an exchange is, and what trades there.

    Attributes:
        tape: its name in words.
        now: virtual time, New York.
        speed: virtual seconds per real second.
        data_stream: the one that the account's plan allows.
        symbols: a few that trade much, the busiest first; at least one.
        names: how many there are.
    """

    tape: str
    session: date
    now: datetime
    speed: float
    url: str
    trade_stream: str
    data_stream: str
    key_id: str
    secret: str
    symbols: tuple[str, ...]
    names: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of it: counts, and equity in USD."""

    now: datetime
    orders: int
    fills: int
    positions: int
    equity: Decimal
    requests: int
    faults: int


def show_opening(screen: Screen, opening: Opening) -> None:
    """Print where it is and how to use it; with --json one line of JSON, if quiet one of text."""
    document = asdict(opening)
    if screen.as_json:
        document |= {"session": str(opening.session), "now": opening.now.isoformat()}
        put(screen.out, json.dumps(document) + "\n", and_flush=True)
        return
    if screen.quiet:
        put(screen.out, f"{opening.url} {opening.key_id} {opening.secret}\n", and_flush=True)
        return
    screen.line(f"avwap exchange: session {opening.session} of {opening.tape}")
    screen.line(f"  time     {_both_times(opening.now)}, {_pace(opening.speed)}")
    screen.line(f"  url      {opening.url}  (this machine alone can reach it)")
    screen.line(f"  streams  {opening.trade_stream}, {opening.data_stream}")
    screen.line(f"  keys     {opening.key_id}  {opening.secret}")
    screen.line(f"  symbols  {', '.join(opening.symbols)} and others, {opening.names:,} in all")
    words = {**document, "symbol": opening.symbols[0]}
    for title, text in (
        ("Buy something, from Python:", SNIPPET),
        ("The other clients of alpaca-py:", OTHERS),
        ("Or in the environment, for programs that read it:", ENVIRONMENT),
        ("Drive its time:", CONTROL),
    ):
        screen.line()
        screen.line(title)
        for line in text.format_map(words).splitlines():
            screen.line(line)
    screen.line()
    screen.line("Ctrl-C stops it.")
    put(screen.out, "", and_flush=True)


def show_summary(screen: Screen, summary: Summary) -> None:
    """Print what came of it."""
    screen.line()
    screen.line(
        f"stopped at {_both_times(summary.now)}: {summary.orders:,} orders, "
        f"{summary.fills:,} fills, {summary.positions:,} positions, "
        f"equity {summary.equity:,.2f} USD; {summary.requests:,} requests, "
        f"{summary.faults:,} faults fired"
    )


def _both_times(moment: datetime) -> str:
    """In New York, and on this machine where that differs."""
    here = local(moment)
    text = f"{moment:%a %Y-%m-%d %H:%M:%S} ET"
    same = here.utcoffset() == moment.utcoffset()
    return text if same else f"{text} ({here:%a %H:%M} here)"


def _pace(speed: float) -> str:
    if not speed:
        return "standing still until it is stepped"
    return "as fast as real time" if speed == 1 else f"{speed:g} times as fast as real time"
