"""Yahoo's report dates, through yfinance, kept in a cache with a time to live.

Yahoo is slow, scraped and often wrong about small names, so: dates are asked for again
after `ttl_hours`, or `ttl_near_hours` when a known date is within `near_days`; the most
urgent first; no longer than `budget_s`; and what was fetched is on the disk every few
symbols, so that the next run goes on where this one stopped.  A failure leaves the old
dates.  Unknown is counted, and never means "no earnings".

yfinance is imported by a refresh alone: a scan that only reads dates need not wait for it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from avwap_cli.adapters.earnings.earnings_cache import (
    Entry,
    answered,
    as_dates,
    read_entries,
    unanswered,
    write_entries,
)
from avwap_cli.errors import DamagedInput
from avwap_cli.market.earnings import EarningsDates
from avwap_cli.market.sessions import EASTERN
from avwap_cli.ports import Progress
from avwap_cli.settings import EarningsSettings

Fetch = Callable[[str], Any]
FILE = "yfinance.json"
SAVE_EVERY = 25
GIVE_UP_AFTER = 20


@dataclass(frozen=True, slots=True)
class YfinanceEarnings:
    """The port Earnings over a cache of Yahoo's answers.

    Attributes:
        folder: where the cache file is.
        settings: time to live and budget.
        fetch: Yahoo symbol -> frame or None; None asks Yahoo.
        elapsed: seconds on a clock that only moves forward.
    """

    folder: Path
    settings: EarningsSettings
    fetch: Fetch | None = None
    elapsed: Callable[[], float] = time.monotonic

    def dates(self, symbols: Sequence[str]) -> EarningsDates:
        """All that is known now, without touching the network.

        Raises:
            DamagedInput, SchemaMismatch: the cache file is unusable.
        """
        return as_dates(read_entries(self.folder / FILE), symbols)

    def refresh(
        self, symbols: Sequence[str], now: datetime, progress: Progress
    ) -> Mapping[str, int]:
        """Ask for what is due; returns counts by outcome.

        Counts: known, empty, unanswered (Yahoo has no table) and failed (of this run; a
        failure leaves the entry as it was and due), fresh (not due), left (due, but the
        budget was spent or Yahoo had enough of us), rate_limited, unknown (symbols without
        any date after this run), damaged_cache (an unusable file put aside).
        """
        path = self.folder / FILE
        entries, counts = self._entries(path)
        due = self._due(symbols, entries, now)
        counts["fresh"] = len(set(symbols)) - len(due)
        progress.begin("earnings", len(due))
        try:
            done = self._ask(due, entries, counts, now, progress)
        finally:
            write_entries(path, entries)
        counts["left"] = len(due) - done
        counts["unknown"] = sum(not (s in entries and entries[s].days) for s in set(symbols))
        progress.end(f"{done} of {len(due)} asked, {counts['unknown']} unknown")
        return dict(sorted(counts.items()))

    def _entries(self, path: Path) -> tuple[dict[str, Entry], Counter[str]]:
        """The cache; a damaged one is put aside and a new one begun."""
        try:
            return read_entries(path), Counter()
        except DamagedInput:
            path.replace(path.with_suffix(".damaged"))
            return {}, Counter(damaged_cache=1)

    def _due(
        self, symbols: Sequence[str], entries: Mapping[str, Entry], now: datetime
    ) -> list[str]:
        """What is older than its time to live: never asked, then near a date, then the oldest."""
        here = now.astimezone(EASTERN).date()
        ranked = []
        for symbol in sorted(set(symbols)):
            entry = entries.get(symbol)
            if entry is None:
                ranked.append((0, 0.0, symbol))
                continue
            near = self._near(entry, here)
            hours = self.settings.ttl_near_hours if near else self.settings.ttl_hours
            if now - entry.tried >= timedelta(hours=hours) or entry.tried > now:
                ranked.append((1 if near else 2, entry.tried.timestamp(), symbol))
        return [symbol for _, _, symbol in sorted(ranked)]

    def _near(self, entry: Entry, here: date) -> bool:
        return any(abs((day - here).days) <= self.settings.near_days for day in entry.dates())

    def _ask(
        self,
        due: Sequence[str],
        entries: dict[str, Entry],
        counts: Counter[str],
        now: datetime,
        progress: Progress,
    ) -> int:
        """Ask for each until the budget is spent; returns how many were asked."""
        from avwap_cli.adapters.earnings.yahoo_reports import NoAnswer, RateLimited, ask, from_yahoo

        began, failed_in_a_row = self.elapsed(), 0
        for done, symbol in enumerate(due):
            if self.elapsed() - began >= self.settings.budget_s:
                progress.say(f"earnings: {self.settings.budget_s:.0f} s are spent")
                return done
            if failed_in_a_row >= GIVE_UP_AFTER:
                progress.say(f"earnings: Yahoo failed {failed_in_a_row} times in a row")
                return done
            try:
                reports = ask(symbol, self.fetch or from_yahoo)
            except RateLimited as problem:
                counts["rate_limited"] += 1
                progress.say(f"earnings: {problem}")
                return done
            except NoAnswer:
                failed_in_a_row += 1
                counts["failed"] += 1
                continue
            failed_in_a_row = 0
            old = entries.get(symbol)
            entry = unanswered(old, now) if reports is None else answered(old, reports, now)
            entries[symbol] = entry
            counts[entry.answer.value] += 1
            if (done + 1) % SAVE_EVERY == 0:
                write_entries(self.folder / FILE, entries)
            progress.advance(done + 1, symbol)
        return len(due)
