"""What every source of daily bars keeps: one suite for all implementations of MarketData."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from avwap_cli.adapters.bar_sources.alpaca_data import AlpacaBars
from avwap_cli.adapters.bar_sources.bar_files import FileBars
from avwap_cli.adapters.bar_sources.yfinance_bars import YfinanceBars
from avwap_cli.market.bars import concat
from avwap_cli.market.sessions import sessions_between
from avwap_cli.market.splits import Split
from avwap_cli.ports import MarketData
from avwap_cli.settings import DataSettings, RetrySettings

DAYS = sessions_between(date(2024, 3, 1), date(2024, 3, 12))
CLOSES = {
    "A": [10.0, 10.5, 11.0, 10.75, 10.25, 10.0, 9.5, 9.75],
    "BRK.B": [400.5, 401.0, 402.25, 400.0, 399.5, 398.0, 401.5, 405.0],
    "ZZ": [None, None, None, 3.25, 3.5, 3.75, None, 4.0],
}
SPLIT = Split("BRK.B", DAYS[4], 50.0)
PAGE = 3


class Clock:
    def now(self) -> datetime:
        return datetime(2024, 3, 20, 20, tzinfo=ZoneInfo("America/New_York"))

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing to wait for")


class Silent:
    def begin(self, label: str, total: int | None) -> None: ...

    def advance(self, done: int, note: str = "") -> None: ...

    def end(self, note: str = "") -> None: ...

    def say(self, text: str) -> None: ...


def settings() -> DataSettings:
    return DataSettings(
        provider="alpaca",
        feed="sip",
        volume_scale=1.0,
        files=(),
        backfill_sessions=504,
        refresh_sessions=15,
        compact_sessions=20,
        symbols_per_request=2,
        requests_per_minute=200,
        benchmarks=(),
        split_list="",
        synthetic_seed=1,
        retries=RetrySettings((1,), (1,), 5),
    )


def long_form() -> list[tuple[str, date, float]]:
    return [(s, d, c) for s, cs in CLOSES.items() for d, c in zip(DAYS, cs, strict=True) if c]


def files(folder: Path) -> FileBars:
    bars, splits = folder / "bars.csv", folder / "splits.csv"
    lines = [f"{s},{d},{c},{c + 1},{c - 1},{c},100\n" for s, d, c in long_form()]
    bars.write_text("symbol,date,open,high,low,close,volume\n" + "".join(lines), encoding="utf-8")
    splits.write_text(f"symbol,date,stock_splits\nBRK-B,{DAYS[4]},50\n", encoding="utf-8")
    return FileBars([bars], splits)


def yahoo(tickers: list[str], start: str, end: str, **_: Any) -> pd.DataFrame:
    columns: dict[tuple[str, str], list[float]] = {}
    for ticker in tickers:
        closes = CLOSES.get(ticker.replace("-", "."))
        if closes is None:
            continue
        values = np.array([np.nan if c is None else c for c in closes])
        for name, shift in (("Open", 0), ("High", 1), ("Low", -1), ("Close", 0)):
            columns[ticker, name] = list(values + shift)
        columns[ticker, "Volume"] = list(np.where(np.isnan(values), np.nan, 100.0))
        columns[ticker, "Stock Splits"] = [
            SPLIT.ratio if ticker == "BRK-B" and d == SPLIT.ex_date else 0.0 for d in DAYS
        ]
    frame = pd.DataFrame(columns, index=pd.DatetimeIndex(DAYS))
    return frame[(frame.index >= start) & (frame.index < end)]


class Alpaca(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        symbols = query["symbols"].split(",")
        if parts.path.endswith("/corporate-actions"):
            event = {"symbol": "BRK.B", "ex_date": str(DAYS[4]), "new_rate": 50, "old_rate": 1}
            body: dict[str, Any] = {"corporate_actions": {"forward_splits": [event]}}
        else:
            rows = [
                (s, {"t": f"{d}T05:00:00Z", "o": c, "h": c + 1, "l": c - 1, "c": c, "v": 100})
                for s, d, c in long_form()
                if s in symbols and query["start"] <= f"{d}T05:00:00Z" <= query["end"]
            ]
            place = int(query.get("page_token", 0))
            bars: dict[str, list[Any]] = {}
            for symbol, bar in rows[place : place + PAGE]:
                bars.setdefault(symbol, []).append(bar)
            more = str(place + PAGE) if place + PAGE < len(rows) else None
            body = {"bars": bars, "next_page_token": more}
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(params=["files", "yfinance", "alpaca"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MarketData]:
    if request.param == "files":
        yield files(tmp_path)
    elif request.param == "yfinance":
        yield YfinanceBars(settings(), Clock(), yahoo)
    else:
        http = ThreadingHTTPServer(("127.0.0.1", 0), Alpaca)
        http.daemon_threads = True
        threading.Thread(target=http.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{http.server_address[1]}"
        yield AlpacaBars(settings(), "K", "S", Clock(), url)
        http.shutdown()
        http.server_close()


ALL = ["ZZ", "A", "NOBODY", "BRK.B"]


def test_it_names_itself(source: MarketData) -> None:
    assert source.provider in {"alpaca", "yfinance", "files", "synthetic"}
    assert source.feed in {"sip", "iex", "vendor"}


def test_bars_are_complete_sorted_and_within_the_span(source: MarketData) -> None:
    table = concat(list(source.daily_bars(ALL, DAYS[1], DAYS[6], Silent())))
    found = list(zip(table.names(), table.session.tolist(), table.close, strict=True))
    wanted = [row for row in long_form() if DAYS[1] <= row[1] <= DAYS[6]]
    assert found == sorted(wanted, key=lambda row: (row[1], row[0]))
    assert np.array_equal(table.high, table.close + 1)
    assert np.array_equal(table.low, table.close - 1)
    assert set(table.volume) == {100.0}
    assert np.isnan(table.vwap).all()


def test_each_batch_is_sorted_and_each_symbol_is_in_one_batch_only(source: MarketData) -> None:
    seen: list[str] = []
    for batch in source.daily_bars(ALL, DAYS[0], DAYS[-1], Silent()):
        keys = list(zip(batch.session.tolist(), batch.names().tolist(), strict=True))
        assert keys == sorted(keys)
        assert list(batch.symbols) == sorted(batch.symbols)
        seen += sorted(set(batch.names().tolist()))
    assert sorted(seen) == sorted(CLOSES)


def test_the_order_of_the_symbols_does_not_matter(source: MarketData) -> None:
    one = concat(list(source.daily_bars(ALL, DAYS[0], DAYS[-1], Silent())))
    two = concat(list(source.daily_bars(ALL[::-1], DAYS[0], DAYS[-1], Silent())))
    assert np.array_equal(one.names(), two.names())
    assert np.array_equal(one.close, two.close)


def test_an_unknown_symbol_alone_gives_no_rows(source: MarketData) -> None:
    assert len(concat(list(source.daily_bars(["NOBODY"], DAYS[0], DAYS[-1], Silent())))) == 0


def test_nothing_asked_gives_nothing(source: MarketData) -> None:
    assert len(concat(list(source.daily_bars([], DAYS[0], DAYS[-1], Silent())))) == 0


def test_split_events_are_those_of_the_span(source: MarketData) -> None:
    assert list(source.splits(ALL, DAYS[0], DAYS[-1])) == [SPLIT]
    assert list(source.splits(ALL, DAYS[5], DAYS[-1])) == []
    assert list(source.splits(["A"], DAYS[0], DAYS[-1])) == []
