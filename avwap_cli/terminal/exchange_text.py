"""The local exchange on the terminal: how to point a program at it, and what came of it."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING

from avwap_cli.terminal.screen import Screen
from avwap_cli.terminal.streams import put

if TYPE_CHECKING:
    from avwap_cli.exchange.local import LocalExchange
    from avwap_cli.exchange.server import Served

SNIPPET = """\
  from alpaca.data.historical import StockHistoricalDataClient
  from alpaca.trading.client import TradingClient
  from alpaca.trading.stream import TradingStream

  keys = "{key_id}", "{secret}"
  trading = TradingClient(*keys, paper=True, url_override="{url}")
  data = StockHistoricalDataClient(*keys, url_override="{url}")
  updates = TradingStream(*keys, paper=True, url_override="{trade_stream}")
  print(trading.get_clock(), trading.get_account().buying_power)
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


def show_opening(
    screen: Screen, exchange: LocalExchange, served: Served, what: str, session: date
) -> None:
    """Print where the exchange is and how to use it; with --json one line of JSON."""
    now, keys = exchange.now(), exchange.keys
    names = {
        "url": served.url,
        "trade_stream": served.trade_stream_url,
        "data_stream": served.data_stream_url(),
        "key_id": keys.key_id,
        "secret": keys.secret,
    }
    if screen.as_json:
        document = {
            **names,
            "tape": what,
            "session": session.isoformat(),
            "now": now.isoformat(),
            "speed": exchange.speed,
        }
        put(screen.out, json.dumps(document) + "\n", and_flush=True)
        return
    screen.line(f"avwap exchange: session {session} of {what}")
    screen.line(f"  time     {_both_times(now)}, {_pace(exchange.speed)}")
    screen.line(f"  url      {served.url}  (this machine alone can reach it)")
    screen.line(f"  streams  {names['trade_stream']}, {names['data_stream']} or /v2/sip")
    screen.line(f"  keys     {keys.key_id}  {keys.secret}")
    for title, text in (
        ("Point a program at it:", SNIPPET),
        ("Or in the environment, for programs that read it:", ENVIRONMENT),
        ("Drive its time:", CONTROL),
    ):
        screen.line()
        screen.line(title)
        for line in text.format_map(names).splitlines():
            screen.line(line)
    screen.line()
    screen.line("Ctrl-C stops it.")
    put(screen.out, "", and_flush=True)


def show_summary(screen: Screen, exchange: LocalExchange) -> None:
    """Print what came of it."""
    venue = exchange.venue
    faults = sum(exchange.context.faults.fired.values())
    equity = venue.balances().equity
    screen.line()
    screen.line(
        f"stopped at {_both_times(exchange.now())}: {len(venue.orders()):,} orders, "
        f"{len(venue.fills()):,} fills, {len(venue.positions()):,} positions, "
        f"equity {equity:,.2f} USD; {exchange.requests:,} requests, {faults:,} faults fired"
    )


def _both_times(moment: datetime) -> str:
    """In New York, and on this machine where that differs."""
    here = moment.astimezone()
    text = f"{moment:%a %Y-%m-%d %H:%M:%S} ET"
    same = here.utcoffset() == moment.utcoffset()
    return text if same else f"{text} ({here:%a %H:%M} here)"


def _pace(speed: float) -> str:
    if not speed:
        return "standing still until it is stepped"
    return "as fast as real time" if speed == 1 else f"{speed:g} times as fast as real time"
