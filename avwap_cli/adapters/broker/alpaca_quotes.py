"""The Quotes port: prices of the running session, of the best feed that these keys may read.

SIP is the whole market, `delayed_sip` the same 15 minutes late, IEX one small exchange at once.
Before the open the whole market of a quarter of an hour ago says more than IEX, afterwards
less.  A feed that the subscription does not include is not asked again.  Feed and adjustment
are always sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol, TypeVar

from alpaca.common.rest import RESTClient
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.historical.stock import StockHistoricalDataClient
from requests.adapters import BaseAdapter

from avwap_cli.adapters.alpaca_connection import AlpacaConnection, ErrorAnswer, Trouble
from avwap_cli.adapters.alpaca_splits import Params, pages_of, splits_of
from avwap_cli.adapters.broker.doors import NOTHING, checked_door
from avwap_cli.adapters.broker.quote_rows import Document, bars_of, quote_of, trade_of
from avwap_cli.adapters.rate_budget import RateBudget
from avwap_cli.errors import ConfigError, SourceError
from avwap_cli.market.sessions import EASTERN
from avwap_cli.market.splits import Split
from avwap_cli.market.symbols import is_symbol
from avwap_cli.ports import Clock
from avwap_cli.settings import BrokerSettings
from avwap_cli.trading.quotes import LastTrade, PriceBar, Quote

BEFORE_OPEN = ("sip", "delayed_sip", "iex")
FROM_OPEN = ("sip", "iex", "delayed_sip")
OF_BARS = ("sip", "iex")
OPEN = time(9, 30)
FRESH = timedelta(minutes=30)
ROWS_A_PAGE = 10_000
RAW = "raw"


class _Dated(Protocol):
    """Anything with a time."""

    @property
    def at(self) -> datetime: ...


Priced = TypeVar("Priced", bound=_Dated)
Found = TypeVar("Found")


class AlpacaQuotes:
    """Quotes, trades, bars and splits for one pair of keys.

    Args:
        settings, key_id, secret, environment, transport: as of `AlpacaBroker`.
        clock: tells the time of day and the age of a quote; sleeps between tries.

    Raises:
        ConfigError: these keys may not go there.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        key_id: str,
        secret: str,
        clock: Clock,
        *,
        environment: Mapping[str, str] = NOTHING,
        transport: BaseAdapter | None = None,
    ) -> None:
        url = checked_door(settings, key_id, environment).data_url
        if not secret:
            raise ConfigError("the secret of the broker's keys is not set", "set ALPACA_SECRET_KEY")
        self._settings = settings
        self._clock = clock
        self._refused: set[tuple[str, str]] = set()
        budget = RateBudget(clock, settings.requests_per_minute)

        def connected(client: RESTClient) -> AlpacaConnection:
            return AlpacaConnection(client, settings.timeout_s, budget, clock, transport=transport)

        self._stocks = connected(
            StockHistoricalDataClient(key_id, secret, raw_data=True, url_override=url)
        )
        self._actions = connected(
            CorporateActionsClient(key_id, secret, raw_data=True, url_override=url)
        )

    def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """The best quote of each: of the first feed with both sides and at most 30 minutes old.

        Where no feed has such a one, the first that there is.  One request a feed.

        Raises:
            SourceError: no feed answered.
        """
        now = self._clock.now()
        return self._best(symbols, "quotes", quote_of, lambda q: q.two_sided and _is_fresh(q, now))

    def last_trades(self, symbols: Sequence[str]) -> Mapping[str, LastTrade]:
        """The last trade of each, of the first feed where it is at most 30 minutes old, likewise.

        Raises:
            SourceError: no feed answered.
        """
        now = self._clock.now()
        return self._best(symbols, "trades", trade_of, lambda trade: _is_fresh(trade, now))

    def minute_bars(
        self, symbols: Sequence[str], first: datetime, last: datetime
    ) -> Sequence[PriceBar]:
        """Minute bars that start in first..last inclusive, by symbol and start."""
        return self.bars(symbols, 1, first, last)

    def bars(
        self, symbols: Sequence[str], minutes: int, first: datetime, last: datetime
    ) -> Sequence[PriceBar]:
        """Bars of so many minutes, all of one feed, unadjusted; one still growing is included.

        Raises:
            SourceError: no feed answered.
        """
        wanted = _wanted(symbols)
        if not wanted or last < first:
            return ()
        params: Params = {
            "symbols": ",".join(wanted),
            "timeframe": f"{minutes}Min",
            "start": _stamp(first),
            "end": _stamp(last),
            "limit": ROWS_A_PAGE,
            "adjustment": RAW,
            "asof": self._clock.now().date().isoformat(),
            "sort": "asc",
        }

        def all_pages(feed: str) -> list[PriceBar]:
            length = timedelta(minutes=minutes)
            found: dict[tuple[str, datetime], PriceBar] = {}
            for body in pages_of(self._asking, "/stocks/bars", {**params, "feed": feed}):
                for bar in bars_of(body.get("bars"), frozenset(wanted), length):
                    found[bar.symbol, bar.start] = bar
            return [found[key] for key in sorted(found)]

        return next(self._answers("bars", OF_BARS, all_pages))

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        """Splits of these symbols with ex-dates in first..last.

        Raises:
            SourceError: no answer.
        """
        wanted = _wanted(symbols)
        return splits_of(self._asking_actions, wanted, first, last) if wanted else ()

    def _best(
        self,
        symbols: Sequence[str],
        name: str,
        reader: Callable[[str, Document, str], Priced | None],
        good: Callable[[Priced], bool],
    ) -> dict[str, Priced]:
        """Of each symbol what the first feed says that has something good, else the first."""
        missing = _wanted(symbols)
        first: dict[str, Priced] = {}
        best: dict[str, Priced] = {}

        def latest(feed: str) -> dict[str, Priced]:
            params: Params = {"symbols": ",".join(missing), "feed": feed}
            rows = self._asking(f"/stocks/{name}/latest", params).get(name)
            read = {} if not isinstance(rows, dict) else rows
            pairs = (
                (s, reader(s, read[s], feed)) for s in missing if isinstance(read.get(s), dict)
            )
            return {symbol: found for symbol, found in pairs if found is not None}

        before_open = self._clock.now().astimezone(EASTERN).time() < OPEN
        feeds = self._answers(name, BEFORE_OPEN if before_open else FROM_OPEN, latest)
        while missing and (answer := next(feeds, None)) is not None:
            first = {**answer, **first}
            best |= {symbol: found for symbol, found in answer.items() if good(found)}
            missing = [symbol for symbol in missing if symbol not in best]
        return first | best

    def _answers(
        self, name: str, feeds: Sequence[str], ask: Callable[[str], Found]
    ) -> Iterator[Found]:
        """What the feeds say, one after the other; at least one.

        Raises:
            SourceError: none of them may be read, or one gave no answer.
        """
        answered, refusal = False, ""
        for feed in feeds:
            if (name, feed) in self._refused:
                continue
            try:
                answer = ask(feed)
            except ErrorAnswer as problem:
                if "subscription" not in problem.text.lower():
                    raise _no_answer(name, problem) from None
                self._refused.add((name, feed))
                refusal = problem.text
            except Trouble as problem:
                raise _no_answer(name, problem) from None
            else:
                answered = True
                yield answer
        if not answered:
            raise SourceError(
                f"these keys may read none of the feeds {', '.join(feeds)} ({refusal})",
                "look at the account's market data subscription",
            )

    def _asking(self, path: str, params: Params) -> dict[str, Any]:
        before_open = self._clock.now().astimezone(EASTERN).time() < OPEN
        settings = self._settings
        waits = settings.quote_waits_s if before_open else settings.get_waits_s
        found: dict[str, Any] = self._stocks.get(path, params, waits, dict)
        return found

    def _asking_actions(self, path: str, params: Params) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._actions.get(
                path, params, self._settings.get_waits_s, dict
            )
        except Trouble as problem:
            raise _no_answer("splits", problem) from None
        return found


def _no_answer(name: str, problem: Trouble) -> SourceError:
    return SourceError(
        f"the broker's market data gave no {name} ({problem})", "look at the connection and keys"
    )


def _wanted(symbols: Sequence[str]) -> list[str]:
    """What may be asked for: one malformed symbol would spoil the whole request."""
    return sorted({symbol for symbol in symbols if is_symbol(symbol)})


def _is_fresh(found: _Dated, now: datetime) -> bool:
    return now - found.at <= FRESH


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
