"""Stage refresh-cache: bring the bar cache up to the as-of session.

Reads the universe's symbols, asks the provider for what is missing and for the last
sessions again, compares the overlap (a split since the last refresh means fetching that
symbol whole), refuses faulty rows with reasons, and writes the cache and `cache.json`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from avwap_cli.errors import InputError, SourceError
from avwap_cli.market.splits import Comparison
from avwap_cli.market.vintages import ADJUSTMENT, Vintage
from avwap_cli.ports import ArtifactStore, Clock, MarketData, Progress
from avwap_cli.settings import DataSettings
from avwap_cli.stages.bar_downloads import Downloads
from avwap_cli.stages.bar_merges import Work, some, work_through
from avwap_cli.stages.bar_stores import WritableBars
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.stages.refresh_plans import Held, look, plan_refresh

STAGE = "refresh-cache"
NAME = "cache.json"
SCHEMA = "avwap.cache/1.0"
FROZEN_BY = "gapfilter.json"
LISTED = 50  # names that the artifact lists; the count is always whole


@dataclass(frozen=True, slots=True)
class _Request:
    """What one refresh is asked for.

    Attributes:
        members: the symbols whose coverage is judged, sorted.
        benchmarks: funds that must have their bar too, sorted.
        universe: hash of the universe.
        sessions: the window, ascending; the last one is `as_of`.
        clean_frac: share of the members below which coverage is thin.
        fetched_at: when the vendor is asked; a rehearsed clock does not change that.
    """

    trade_session: date
    as_of: date
    members: Sequence[str]
    benchmarks: Sequence[str]
    universe: str
    sessions: Sequence[date]
    clean_frac: float
    fetched_at: datetime

    @property
    def wanted(self) -> list[str]:
        """Every symbol to fetch."""
        return sorted({*self.members, *self.benchmarks})

    def thin(self, held: Held) -> bool:
        """Whether too few members, or a benchmark that has bars, lack the as-of bar."""
        late = any(b in held.symbols and b not in held.at_as_of for b in self.benchmarks)
        covered = sum(s in held.at_as_of for s in self.members)
        return late or covered < self.clean_frac * len(self.members)


def refresh_cache(
    *,
    trade_session: date,
    as_of: date,
    clock: Clock,
    symbols: Sequence[str],
    benchmarks: Sequence[str],
    universe_digest: str,
    data: MarketData,
    cache: WritableBars,
    store: ArtifactStore,
    sessions: Sequence[date],
    settings: DataSettings,
    progress: Progress,
    clean_coverage_frac: float,
    fetched_at: datetime,
    force: bool = False,
) -> Outcome:
    """Make the cache hold every symbol's bars up to `as_of` and write `cache.json`.

    Once the session's plan is frozen, nothing is downloaded or written.

    Args:
        symbols: the equity members, whose coverage is judged.
        benchmarks: index and sector funds, fetched too.
        universe_digest: hash of the universe that names the symbols.
        sessions: all sessions of the backfill window, ascending, the last one `as_of`.
        clean_coverage_frac: share of the symbols below which a warning is given, and a
            second run asks again for the ones that lack their bar.
        fetched_at: the real time, by which hindsight is told.
        force: refresh although the as-of session is done.

    Raises:
        SourceError: the vendor has no bar of the session at all; the cache stays as it was.
        DamagedInput, SchemaMismatch: the cache cannot be read.
    """
    members, funds = sorted(set(symbols)), sorted(set(benchmarks))
    request = _Request(
        trade_session,
        as_of,
        members,
        funds,
        universe_digest,
        sessions,
        clean_coverage_frac,
        fetched_at,
    )
    if store.digest(trade_session, FROZEN_BY) is not None:
        return _frozen(request, store)
    downloads = Downloads(data, cache, clock, progress, settings.retries.refresh_waits_s)
    return _refresh(request, downloads, store, settings.refresh_sessions, force)


def _refresh(
    request: _Request,
    downloads: Downloads,
    store: ArtifactStore,
    refresh_sessions: int,
    force: bool,
) -> Outcome:
    """Download what is missing, unless the artifact tells of exactly what is held."""
    data, cache, sessions = downloads.data, downloads.cache, request.sessions
    held = look(cache, data, request.as_of)
    thin = request.thin(held)
    if held.vintage and not (thin or force):
        body = _body(request, held, data, cache)
        if _document(store, request.trade_session) == {"schema": SCHEMA, **body}:
            return _outcome(request, held, body, None, False, store)
    plan = plan_refresh(held, request.wanted, sessions, refresh_sessions, thin, force)
    work = None
    if plan:
        work = work_through(plan, held, sessions, downloads)
        _must_have_the_session(request, held, work, data)
        _write(work, held, request, downloads)
        held = look(cache, data, request.as_of)
    body = _body(request, held, data, cache)
    changed = store.write_json(request.trade_session, NAME, SCHEMA, body)
    return _outcome(request, held, body, work, changed, store)


def _frozen(request: _Request, store: ArtifactStore) -> Outcome:
    return Outcome(
        STAGE,
        request.trade_session,
        request.as_of,
        State.FROZEN,
        f"the plan for {request.trade_session} is frozen, nothing is downloaded or written",
        inputs={"universe": request.universe},
        outputs={NAME: store.digest(request.trade_session, NAME) or ""},
    )


def _inputs(request: _Request, data: MarketData) -> dict[str, Any]:
    return {
        "universe": request.universe,
        "symbols": hashlib.sha256("\n".join(request.wanted).encode()).hexdigest(),
        "first_session": request.sessions[0].isoformat(),
        "provider": data.provider,
        "feed": data.feed,
    }


def _document(store: ArtifactStore, trade_session: date) -> dict[str, Any] | None:
    """The last `cache.json` of the session; an unreadable one is as good as none."""
    try:
        return store.read_json(trade_session, NAME)
    except InputError:
        return None


def _must_have_the_session(request: _Request, held: Held, work: Work, data: MarketData) -> None:
    """A vendor that has nothing of the session has not answered; the cache is not moved on.

    Raises:
        SourceError: no row of the session, neither held nor fetched.
    """
    fetched = (work.table.session == np.datetime64(request.as_of, "D")).any()
    if not fetched and not held.at_as_of:
        raise SourceError(
            f"{data.provider} has no bar of {request.as_of} for any of"
            f" {len(request.wanted)} symbols; the cache stays as it was",
            "run it again later, or check data.provider",
        )


def _write(work: Work, held: Held, request: _Request, downloads: Downloads) -> None:
    """Write the refused rows, then the cache; then the download's batches are of no more use."""
    data, cache, sessions = downloads.data, downloads.cache, request.sessions
    cache.keep_refused(work.bad, data.provider)
    old = held.vintage
    vintage = Vintage(
        data.provider,
        data.feed,
        ADJUSTMENT,
        sessions[0] if old is None else min(old.covered_from, sessions[0]),
        sessions[-1] if old is None else max(old.as_of, sessions[-1]),
        request.fetched_at,
    )
    if work.whole:
        cache.replace_all(work.table, vintage)
    else:
        cache.replace_sessions(work.table, vintage)
    cache.incoming("").clear()


def _body(request: _Request, held: Held, data: MarketData, cache: WritableBars) -> dict[str, Any]:
    """The document `cache.json`, without its schema: what is held, not how it came."""
    window = cache.window(request.as_of, len(request.sessions))
    expected = len(request.members)
    missing = [s for s in request.members if s not in held.at_as_of]
    with_bar = expected - len(missing)
    return {
        "as_of": request.as_of.isoformat(),
        "trade_session": request.trade_session.isoformat(),
        "provider": data.provider,
        "feed": data.feed,
        "adjustment": ADJUSTMENT,
        "sessions": window.sessions,
        "symbols": expected,
        "rows": window.rows,
        "coverage": {
            "expected": expected,
            "with_bar": with_bar,
            "frac": with_bar / expected if expected else 0.0,
        },
        "missing": {"count": len(missing), "first": missing[:LISTED]},
        "content_hash": window.content_hash,
        "inputs": _inputs(request, data),
    }


def _outcome(
    request: _Request,
    held: Held,
    body: Mapping[str, Any],
    work: Work | None,
    changed: bool,
    store: ArtifactStore,
) -> Outcome:
    refused = work.bad.counts() if work else {}
    return Outcome(
        STAGE,
        request.trade_session,
        request.as_of,
        State.DONE if changed else State.UNCHANGED,
        _summary(request, body, work, changed),
        counts={
            "symbols": body["symbols"],
            "with_bar": body["coverage"]["with_bar"],
            "sessions": body["sessions"],
            "rows": body["rows"],
            "rows_fetched": work.rows_fetched if work else 0,
            "refetched": len(work.refetched) if work else 0,
            "refused": sum(refused.values()),
            **{f"refused_{reason}": n for reason, n in refused.items()},
        },
        inputs={"universe": request.universe},
        outputs={NAME: store.digest(request.trade_session, NAME) or ""},
        warnings=(*_warnings_of(work), *_lacking(request, held, body)),
        body=body,
    )


def _summary(request: _Request, body: Mapping[str, Any], work: Work | None, changed: bool) -> str:
    coverage, as_of = body["coverage"], request.as_of
    with_bar, expected = coverage["with_bar"], coverage["expected"]
    if work is None and not changed:
        return (
            f"the cache holds {as_of} already ({with_bar} of {expected} symbols);"
            " nothing was downloaded"
        )
    done = (work.rows_fetched, len(work.refetched), len(work.bad)) if work else (0, 0, 0)
    return (
        f"{with_bar} of {expected} symbols have their bar of {as_of} ({coverage['frac']:.1%});"
        " {} rows fetched, {} symbols re-fetched, {} rows refused".format(*done)
        + ("" if changed else "; nothing changed")
    )


def _warnings_of(work: Work | None) -> list[str]:
    """What this run's download showed."""
    if work is None:
        return []
    warnings = list(work.warnings)
    if work.refetched:
        names = some([_refetched(c) for c in work.refetched])
        warnings.append(f"{len(work.refetched)} symbols fetched whole: {names}")
    if len(work.bad):
        warnings.append(f"{len(work.bad)} rows refused, see quarantine.csv beside the bars")
    return warnings


def _refetched(found: Comparison) -> str:
    about = [str(found.decision)]
    if not np.isnan(found.ratio):
        about += [
            f"{found.ratio:.6g} by {found.witness}" if found.witness else f"{found.ratio:.6g}"
        ]
    return f"{found.symbol} ({' '.join(about)})"


def _lacking(request: _Request, held: Held, body: Mapping[str, Any]) -> list[str]:
    """Sentences on members and benchmarks without the bar of the as-of session."""
    coverage, warnings = body["coverage"], []
    if coverage["frac"] < request.clean_frac:
        warnings.append(
            f"only {coverage['with_bar']} of {coverage['expected']} symbols have a bar of"
            f" {request.as_of} ({coverage['frac']:.1%}); missing: {some(body['missing']['first'])}"
        )
    without = [b for b in request.benchmarks if b not in held.at_as_of]
    if without:
        warnings.append(f"no bar of {request.as_of} for the benchmarks {some(without)}")
    return warnings
