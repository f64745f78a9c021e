"""A vintage: where a set of bars came from, and up to when it is complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

ADJUSTMENT = "split"


@dataclass(frozen=True, slots=True)
class Vintage:
    """The origin of cached bars.

    Attributes:
        provider, feed, adjustment: whose bars, of which trades, on which basis.
        covered_from: the first session that a backfill has asked for.
        as_of: the last session that a refresh completed.
        fetched_at: when that was (aware).
    """

    provider: str
    feed: str
    adjustment: str
    covered_from: date
    as_of: date
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """What a cache holds of the last n sessions up to a day.

    Attributes:
        sessions: number of sessions held.
        rows: number of rows.
        content_hash: sha-256 over these rows, independent of file layout and of other sessions.
    """

    sessions: int
    rows: int
    content_hash: str
