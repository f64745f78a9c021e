"""Ports: what we ask of the world.

Each is small enough to be played by a fake of a few lines, and every implementation
and every fake passes the same suite in `tests/contracts/`.  Stages take ports as
arguments; `wiring` alone decides which adapter stands behind which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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

    def write_text(self, session: date, name: str, text: str) -> bool: ...
