"""Daily bars and split events from Alpaca's market-data API.

Feed and adjustment are always sent, because the vendor's defaults are neither stable
nor split-adjusted.  Pages are followed here, so that a failure on page N loses nothing
before it.  A batch without an answer is passed over, and its symbols are named in the end.
A daily bar is stamped 00:00 New York time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.historical.stock import StockHistoricalDataClient

from avwap_cli.adapters.alpaca_connection import AlpacaConnection
from avwap_cli.adapters.alpaca_splits import pages_of, splits_of
from avwap_cli.adapters.bar_sources.alpaca_requests import AlpacaRequests, Refusal, Silence
from avwap_cli.adapters.rate_budget import RateBudget
from avwap_cli.errors import ConfigError, SourceError
from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.sessions import EASTERN
from avwap_cli.market.splits import Split
from avwap_cli.market.vintages import ADJUSTMENT
from avwap_cli.ports import Clock, Progress
from avwap_cli.settings import DataSettings

PAGE_ROWS = 10_000
SIP_DELAY = timedelta(minutes=16)  # free keys read SIP bars once they are 15 minutes old
REGULAR_CLOSE = time(16, 0)
INVALID = re.compile(r"invalid symbols?:?\s*\"?([^\s\",}]+)", re.IGNORECASE)
FIELDS = ("o", "h", "l", "c", "v", "vw")

DOWN_AFTER = 2  # batches in a row without an answer, when there never was one
LOST_AFTER = 5  # the same of a vendor that did answer before: the rest is not asked for now

Row = tuple[str, date, float, float, float, float, float, float]


class Unanswered(SourceError):
    """Batches without an answer; every other one was given before this is raised.

    Attributes:
        unanswered: their symbols, sorted.
        why: what the last of them came to.
    """

    def __init__(self, unanswered: Sequence[str], asked: int, last: Silence) -> None:
        self.unanswered = tuple(unanswered)
        self.why = last.message
        count = f"{len(self.unanswered)} of {asked} symbols"
        super().__init__(f"no answer for {count}: {last.message}", last.hint)


class AlpacaBars:
    """The MarketData port over one pair of keys.

    Args:
        settings: feed, chunk size, budget, retries.
        key, secret: the keys; either may be a paper or a live pair.
        clock: tells the time and sleeps.
        url_override: host of another server that speaks the protocol, without a slash at the end.
        jitter: gives numbers in 0..1 that spread the waits.

    Raises:
        ConfigError: a key is missing.
    """

    def __init__(
        self,
        settings: DataSettings,
        key: str,
        secret: str,
        clock: Clock,
        url_override: str | None = None,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        if not key or not secret:
            raise ConfigError(
                "the provider alpaca needs keys",
                "set ALPACA_API_KEY and ALPACA_SECRET_KEY, or data.provider: yfinance or files",
            )
        self._settings = settings
        self._clock = clock
        self._heard = False  # whether any batch of bars was ever answered
        budget = RateBudget(clock, settings.requests_per_minute)

        def asking(client: Any) -> AlpacaRequests:
            connection = AlpacaConnection(client, settings.retries.timeout_s, budget, clock, jitter)
            return AlpacaRequests(connection, settings.retries.page_waits_s)

        self._bars = asking(
            StockHistoricalDataClient(key, secret, raw_data=True, url_override=url_override)
        )
        self._actions = asking(
            CorporateActionsClient(key, secret, raw_data=True, url_override=url_override)
        )

    @property
    def provider(self) -> str:
        return "alpaca"

    @property
    def feed(self) -> str:
        return self._settings.feed

    def daily_bars(
        self, symbols: Sequence[str], first: date, last: date, progress: Progress
    ) -> Iterator[BarTable]:
        """Bars of first..last, one batch per chunk of symbols; see `ports.MarketData`.

        Malformed symbols are left out and said so.  A bar of a session that may still
        have been running at the last moment asked for is dropped.

        Raises:
            ConfigError: at once, where the keys or the feed are not allowed.
            Unanswered: at the end, where batches were passed over.
            SourceError: at once, where the first two batches had no answer, or for a final no.
        """
        end = datetime.combine(last, time(23, 59, 59), EASTERN)
        if self.feed == "sip":
            end = min(end, self._clock.now().astimezone(EASTERN) - SIP_DELAY)
        complete = last
        if end.date() <= last and end.time() < REGULAR_CLOSE:
            complete = min(last, end.date() - timedelta(days=1))
        if complete < first:
            return
        params: dict[str, str | int] = {
            "timeframe": "1Day",
            "start": _stamp(datetime.combine(first, time(0), EASTERN)),
            "end": _stamp(end),
            "limit": PAGE_ROWS,
            "feed": self.feed,
            "adjustment": ADJUSTMENT,
            "asof": self._clock.now().astimezone(EASTERN).date().isoformat(),
            "sort": "asc",
        }
        for rows in self._batches(sorted(set(symbols)), params, progress):
            yield _table([row for row in rows if first <= row[1] <= complete])

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        """Forward and reverse splits with ex-dates in first..last, sorted."""
        wanted = sorted(set(symbols))
        size = self._settings.symbols_per_request
        found: list[Split] = []
        for place in range(0, len(wanted), size):
            found += splits_of(self._actions.get, wanted[place : place + size], first, last)
        return found

    def _batches(
        self, wanted: Sequence[str], params: Mapping[str, str | int], progress: Progress
    ) -> Iterator[list[Row]]:
        """The rows of each chunk that has an answer; raises as `daily_bars`."""
        size = self._settings.symbols_per_request
        unanswered: list[str] = []
        in_a_row, last = 0, None
        for place in range(0, len(wanted), size):
            chunk = wanted[place : place + size]
            if in_a_row == LOST_AFTER:
                unanswered += chunk
                continue
            try:
                rows, malformed = self._chunk(chunk, params)
            except Silence as problem:
                in_a_row, last = in_a_row + 1, problem
                if not self._heard and in_a_row == DOWN_AFTER:
                    raise
                unanswered += chunk
                progress.say(f"passed over {chunk[0]} to {chunk[-1]}: {problem.message}")
                continue
            self._heard, in_a_row = True, 0
            if malformed:
                progress.say(
                    f"{len(malformed)} malformed symbols left out: {', '.join(malformed[:10])}"
                )
            yield rows
        if last is not None:
            raise Unanswered(unanswered, len(wanted), last) from last

    def _chunk(
        self, symbols: Sequence[str], params: Mapping[str, str | int]
    ) -> tuple[list[Row], list[str]]:
        """All bars of a chunk and the symbols that the vendor calls malformed."""
        left = list(symbols)
        malformed: list[str] = []
        while left:
            try:
                pages = pages_of(
                    self._bars.get, "/stocks/bars", {**params, "symbols": ",".join(left)}
                )
                return [row for body in pages for row in _rows(body, set(left))], malformed
            except Refusal as refusal:
                named = INVALID.search(refusal.text)
                if refusal.status != 400 or named is None or named[1] not in left:
                    raise
                left.remove(named[1])
                malformed.append(named[1])
        return [], malformed


def _rows(body: Mapping[str, Any], symbols: set[str]) -> Iterator[Row]:
    """The bars of one page; what is no bar of a symbol asked for is passed over."""
    bars = body.get("bars")
    days: dict[str, date | None] = {}
    for symbol, entries in bars.items() if isinstance(bars, dict) else ():
        if symbol not in symbols or not isinstance(entries, list):
            continue
        for bar in entries:
            stamp = bar.get("t") if isinstance(bar, dict) else None
            if not isinstance(stamp, str):
                continue
            if stamp not in days:
                days[stamp] = _day(stamp)
            day = days[stamp]
            if day is not None:
                o, h, low, c, v, vw = (_number(bar.get(name)) for name in FIELDS)
                yield symbol, day, o, h, low, c, v, vw


def _day(stamp: str) -> date | None:
    """The New York date of a time stamp; None where it is none."""
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(EASTERN).date()
    except OverflowError:
        return None


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return float("nan")
    return float(value) if abs(value) < 1e300 else float("nan")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _table(rows: Sequence[Row]) -> BarTable:
    """A table of the rows; a zero volume-weighted price means that there is none."""
    names = np.array([row[0] for row in rows], dtype=np.str_)
    days = np.array([row[1] for row in rows], dtype="datetime64[D]")
    values = np.array([row[2:] for row in rows], dtype=np.float64).reshape(-1, len(FIELDS)).T
    vwap = np.where(values[5] > 0, values[5], np.nan)
    o, h, low, c, v = values[:5]
    return bar_table(names, days, o, h, low, c, v, vwap)
