"""What a refresh has to download, told from what the cache holds."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from avwap_cli.errors import MissingInput
from avwap_cli.market.vintages import ADJUSTMENT, Vintage
from avwap_cli.ports import MarketData
from avwap_cli.stages.evening.bar_downloads import Job
from avwap_cli.stages.evening.bar_stores import WritableBars


@dataclass(frozen=True, slots=True)
class Held:
    """What is in the cache before a refresh.

    Attributes:
        vintage: where it came from; None where the cache is empty or of another source.
        symbols: the symbols with bars.
        at_as_of: those with a bar of the as-of session.
        sessions: the sessions held.
    """

    vintage: Vintage | None
    symbols: Collection[str] = ()
    at_as_of: Collection[str] = ()
    sessions: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The downloads: whole histories, and the last sessions of what is held."""

    backfill: Job
    recent: Job

    def __bool__(self) -> bool:
        return bool(self.backfill.symbols or self.recent.symbols)


def look(cache: WritableBars, data: MarketData, as_of: date) -> Held:
    """What the cache holds of this provider's bars.

    Raises:
        DamagedInput, SchemaMismatch: the cache is unusable.
    """
    try:
        info, vintage = cache.info(), cache.vintage()
    except MissingInput:
        return Held(None)
    if (vintage.provider, vintage.feed, vintage.adjustment) != (
        data.provider,
        data.feed,
        ADJUSTMENT,
    ):
        return Held(None)
    newest = cache.read(as_of, 1)
    there = newest.names().tolist() if len(newest) and newest.session[0] == as_of else []
    return Held(vintage, set(info.last_session), set(there), cache.sessions())


def plan_refresh(
    held: Held,
    wanted: Sequence[str],
    sessions: Sequence[date],
    refresh_sessions: int,
    thin: bool,
    force: bool,
) -> Plan:
    """Which symbols to fetch whole, and which for the last sessions only.

    1. Nothing held, or less history than asked for: every symbol whole.
    2. Symbols without a bar are new: whole.
    3. The others: the last `refresh_sessions`, and as far back as is needed to overlap
       that many sessions with what is held; only if the as-of session is not done yet,
       `force` is set, or coverage was thin (then only those that lack their bar).
    """
    first, as_of = sessions[0], sessions[-1]
    vintage = held.vintage
    if vintage is None or first < vintage.covered_from:
        last = as_of if vintage is None else max(as_of, vintage.as_of)
        return Plan(Job("backfill", tuple(wanted), first, last), Job("refresh", (), first, as_of))
    last = max(as_of, vintage.as_of)
    new = tuple(s for s in wanted if s not in held.symbols)
    known = tuple(s for s in wanted if s in held.symbols)
    if as_of <= vintage.as_of and not force:
        known = tuple(s for s in known if thin and s not in held.at_as_of)
    days = calendar(held, sessions)
    back = min(
        bisect_left(days, as_of) + 1 - refresh_sessions,
        bisect_left(days, vintage.as_of) + 1 - refresh_sessions,
    )
    start = days[max(back, 0)]
    return Plan(Job("backfill", new, first, last), Job("refresh", known, start, as_of))


def calendar(held: Held, sessions: Sequence[date]) -> list[date]:
    """Every session that is asked for or held, ascending."""
    return sorted({*sessions, *held.sessions})
