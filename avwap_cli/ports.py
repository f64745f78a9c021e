"""Ports: what we ask of the world.

Each is small enough to be played by a fake of a few lines, and every implementation
and every fake passes the same suite in `tests/contracts/`.  Stages take ports as
arguments; `wiring` alone decides which adapter stands behind which.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from avwap_cli.market.bars import BarTable
    from avwap_cli.market.earnings import EarningsDates
    from avwap_cli.market.memberships import Memberships
    from avwap_cli.market.splits import Split
    from avwap_cli.market.universe import Liquidity
    from avwap_cli.market.vintages import Window
    from avwap_cli.trading.facts import Fact, Facts, Notice
    from avwap_cli.trading.intents import Intent
    from avwap_cli.trading.orders import (
        Account,
        Asset,
        BrokerClock,
        BrokerOrder,
        BrokerPosition,
        Fill,
        Transfer,
    )
    from avwap_cli.trading.quotes import LastTrade, PriceBar, Quote


class Clock(Protocol):
    """The time; aware, in America/New_York."""

    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None: ...


class Progress(Protocol):
    """Where long work says how far it is: a bar on a terminal, quiet lines under cron."""

    def begin(self, label: str, total: int | None) -> None: ...

    def advance(self, done: int, note: str = "") -> None:
        """`done` of `total` are finished (absolute, not a step)."""

    def end(self, note: str = "") -> None: ...

    def say(self, text: str) -> None:
        """One plain line a person should see now."""


class MarketData(Protocol):
    """Daily bars of one vendor, split-adjusted."""

    @property
    def provider(self) -> str:
        """Name of the vendor: alpaca, yfinance, files, synthetic."""

    @property
    def feed(self) -> str:
        """Where the trades come from: sip, iex, vendor."""

    def daily_bars(
        self, symbols: Sequence[str], first: date, last: date, progress: Progress
    ) -> Iterator[BarTable]:
        """Bars of first..last inclusive, in batches; each symbol is in one batch only.

        A symbol that the vendor does not know is absent.  Batches may be persisted by
        the caller as they come, so that an interrupted backfill can go on.

        Raises:
            SourceError: the vendor did not answer within its retries.
        """

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        """The vendor's own split events with ex-dates in first..last; empty if it has no list."""


class Holdings(Protocol):
    """Where the membership lists come from."""

    def universe(self, on: date) -> Memberships:
        """The merged lists, with what was dropped, where they come from, and warnings.

        Raises:
            SourceError: no list could be had and no good copy is at hand.
            DamagedInput: a file given by hand is not a holdings list.
        """


class LiquidityMetrics(Protocol):
    """Recent price and volume of the members, for the universe's liquidity columns."""

    def measure(self, symbols: Sequence[str], as_of: date) -> Mapping[str, Liquidity]:
        """What is known about these symbols; one that is not known is absent.

        Raises:
            InputError, SourceError: the bars behind it cannot be had.
        """


class Earnings(Protocol):
    """Report dates, from a cache that a refresh keeps young."""

    def dates(self, symbols: Sequence[str]) -> EarningsDates:
        """All that is known now, without touching the network."""

    def refresh(
        self, symbols: Sequence[str], now: datetime, progress: Progress
    ) -> Mapping[str, int]:
        """Fetch what is older than its time to live; returns counts by outcome."""


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What a bar store holds, read from its manifest alone.

    Attributes:
        provider, feed, adjustment: where the bars come from.
        as_of: the last session that a refresh completed.
        fetched_at: when that was (aware).
        sessions: number of sessions held.
        rows: number of rows.
        last_session: per symbol the last session with a bar.
        content_hash: sha-256 over the bars held, independent of file layout.
    """

    provider: str
    feed: str
    adjustment: str
    as_of: date
    fetched_at: datetime
    sessions: int
    rows: int
    last_session: Mapping[str, date]
    content_hash: str


class BarStore(Protocol):
    """The cache of daily bars."""

    def info(self) -> CacheInfo:
        """The manifest.

        Raises:
            MissingInput: the cache is empty.
            DamagedInput: the manifest or a file it names is unreadable.
            SchemaMismatch: a newer program wrote it.
        """

    def window(self, last: date, sessions: int) -> Window:
        """How much `read` would return, and a hash of it, from the manifest alone.

        Raises:
            As `info`.
        """

    def read(self, last: date, sessions: int) -> BarTable:
        """The rows of the last `sessions` sessions up to and including `last`."""


class ArtifactStore(Protocol):
    """The folders of the trade sessions: versioned files, each written whole or not at all."""

    def latest(self) -> date | None:
        """The newest trade session with a folder; None in an empty home."""

    def read_json(self, session: date, name: str) -> dict[str, Any]:
        """The document `name` of that session.

        Raises:
            MissingInput, DamagedInput, SchemaMismatch.
        """

    def read_csv(self, session: date, name: str) -> list[dict[str, str]]: ...

    def read_table(
        self, session: date, name: str, columns: Sequence[str]
    ) -> Mapping[str, Sequence[Any]]:
        """These columns of a Parquet table; a null is None.

        Raises:
            MissingInput, DamagedInput, SchemaMismatch.
        """

    def read_lines(self, session: date, name: str) -> list[dict[str, Any]]:
        """The objects of a file of lines, without their schema; raises as `read_json`."""

    def digest(self, session: date, name: str) -> str | None:
        """sha-256 of the file's bytes, None where it is absent."""

    def write_json(self, session: date, name: str, schema: str, body: Mapping[str, Any]) -> bool:
        """Write a document that begins with `schema`; True if its bytes changed."""

    def write_csv(
        self,
        session: date,
        name: str,
        schema: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
    ) -> bool:
        """Write a table whose first column is schema_version; True if its bytes changed."""

    def write_table(
        self,
        session: date,
        name: str,
        schema: str,
        columns: Mapping[str, Sequence[object]],
        kinds: Mapping[str, type],
    ) -> bool:
        """Write Parquet with the file metadata key avwap.schema; True if its bytes changed.

        `kinds` says of each column whether it is bool, int, float or str, so that a night
        without values has the same columns as any other.
        """

    def write_lines(
        self, session: date, name: str, schema: str, rows: Iterable[Mapping[str, Any]]
    ) -> bool:
        """Write one JSON object a line, each beginning with `schema`; True if bytes changed."""

    def write_text(self, session: date, name: str, text: str) -> bool: ...


class Broker(Protocol):
    """One account at one broker.

    Every call has a timeout.  A GET is repeated by the adapter; what changes something is
    sent once, and its failures say whether it may have happened:

    Raises (all calls):
        BrokerUnreachable: no connection, nothing was asked.
        BrokerUnclear: sent, and no usable answer.
        RateLimited: nothing was done.
        BrokerRefusal: the broker said no.
    """

    @property
    def name(self) -> str:
        """paper, live or exchange; with the account number the name of the ledger."""

    def account(self) -> Account: ...

    def clock(self) -> BrokerClock: ...

    def hours(self, session: date) -> tuple[datetime, datetime] | None:
        """Open and close of that day by the broker's calendar; None = it does not trade."""

    def orders(self, after: datetime) -> Sequence[BrokerOrder]:
        """Every order submitted after that moment, open or final, oldest first, all pages."""

    def open_orders(self) -> Sequence[BrokerOrder]:
        """Every order that is not final, however old, oldest first."""

    def order(self, client_id: str) -> BrokerOrder | None:
        """The order of that client id; None = the broker knows none."""

    def positions(self) -> Sequence[BrokerPosition]: ...

    def fills(self, after: datetime, symbols: Collection[str] | None = None) -> Sequence[Fill]:
        """Every execution at or after that moment, oldest first, all pages; without client ids.

        Where symbols are named only those in them; of the rest nothing needs to be readable.
        """

    def transfers(self, after: datetime) -> Sequence[Transfer]:
        """Cash paid in and out since that moment."""

    def asset(self, symbol: str) -> Asset: ...

    def ready(self) -> None:
        """Wait until the next request may go out at once, asking nothing.

        What is decided after it is not kept back on its way by a limit of requests.
        """

    def submit(self, intent: Intent) -> BrokerOrder:
        """Send a new order, once."""

    def replace(self, broker_id: str, intent: Intent) -> BrokerOrder:
        """Turn a resting order into that intent, once; the new order, with a new id."""

    def cancel(self, broker_id: str) -> None:
        """Ask for an order's end, once; it has ended only when a report says so."""


class Quotes(Protocol):
    """Prices of the running session."""

    def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """The best quote that may be had of each: SIP, else delayed SIP, else IEX.

        Symbols that no feed knows are absent.

        Raises:
            SourceError: no feed answered.
        """

    def last_trades(self, symbols: Sequence[str]) -> Mapping[str, LastTrade]: ...

    def minute_bars(
        self, symbols: Sequence[str], first: datetime, last: datetime
    ) -> Sequence[PriceBar]:
        """Minute bars that start in first..last inclusive, by symbol and start."""

    def bars(
        self, symbols: Sequence[str], minutes: int, first: datetime, last: datetime
    ) -> Sequence[PriceBar]:
        """Bars of so many minutes, likewise."""

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        """Splits of these symbols with ex-dates in first..last."""


class Feed(Protocol):
    """Pushed news while monitor runs; a hint only, what counts is asked for by REST."""

    def watch(self, symbols: Sequence[str]) -> None:
        """Which symbols' minute bars are wanted from now on."""

    def take(self) -> tuple[Sequence[PriceBar], bool]:
        """The minute bars that came since last asked, and whether an order changed."""

    def silent_s(self) -> float:
        """Seconds since the stream of bars said anything; infinite before its first word."""

    def close(self) -> None: ...


class Ledger(Protocol):
    """The durable record of one account: facts, appended.

    Every method is one transaction that is on the disk when it returns.
    """

    def facts(self) -> Facts:
        """All facts; the caller must not change the lists."""

    def append(self, *facts: Fact) -> int:
        """Commit these together, in order; how many of them were new.

        A fact that is there already (an intent, act, closure, fill or transfer of the same
        key and content; a report, mark or denial equal to the last one of its key) is not
        added again.

        Raises:
            LedgerDiffers: an intent or fill of that id is there with other content.
            LedgerError: the disk is full, the file read-only, locked or damaged.
        """


class Notifier(Protocol):
    """Where people hear of what happens."""

    def tell(self, notice: Notice) -> None:
        """Pass a message on; never raises, for a dead channel must not stop an exit."""
