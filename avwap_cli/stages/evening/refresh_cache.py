"""Stage refresh-cache: bring the bar cache up to the as-of session.

Reads the universe's symbols, asks the provider for what is missing and for the last
sessions again, compares the overlap (a split since the last refresh means fetching that
symbol whole), refuses faulty rows with reasons, and writes the cache and `cache.json`.
Symbols without an answer are passed over; the next run asks for them again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from avwap_cli.errors import InputError, SourceError
from avwap_cli.market.vintages import ADJUSTMENT, Vintage
from avwap_cli.playbook import CACHE_JSON, GAPFILTER_JSON
from avwap_cli.ports import ArtifactStore, Clock, MarketData, Progress
from avwap_cli.settings import DataSettings
from avwap_cli.stages.evening.bar_downloads import Downloads
from avwap_cli.stages.evening.bar_merges import Work, work_through
from avwap_cli.stages.evening.bar_stores import WritableBars
from avwap_cli.stages.evening.refresh_documents import (
    SCHEMA,
    STAGE,
    RefreshRequest,
    document,
    outcome,
    owed_by,
)
from avwap_cli.stages.evening.refresh_plans import Held, Plan, look, plan_refresh
from avwap_cli.stages.outcomes import Outcome, State


def refresh_cache(
    request: RefreshRequest,
    *,
    data: MarketData,
    cache: WritableBars,
    store: ArtifactStore,
    settings: DataSettings,
    clock: Clock,
    progress: Progress,
    force: bool = False,
) -> Outcome:
    """Make the cache hold every symbol's bars up to the as-of session and write `cache.json`.

    Once the session's plan is frozen, nothing is downloaded or written.

    Args:
        request: whose bars, of which sessions.
        data, cache, store, clock, progress: ports.
        force: refresh although the as-of session is done.

    Raises:
        SourceError: the vendor answers nothing, or has no bar of the session at all; the cache
            stays as it was.
        DamagedInput, SchemaMismatch: the cache cannot be read.
    """
    if store.digest(request.trade_session, GAPFILTER_JSON) is not None:
        return _frozen(request, store)
    downloads = Downloads(data, cache, clock, progress, settings.retries.refresh_waits_s)
    return _refresh(request, downloads, store, settings.refresh_sessions, force)


def _refresh(
    request: RefreshRequest,
    downloads: Downloads,
    store: ArtifactStore,
    refresh_sessions: int,
    force: bool,
) -> Outcome:
    """Download what is missing, unless the artifact tells of exactly what is held."""
    data, cache, sessions = downloads.data, downloads.cache, request.sessions
    tally = downloads.tally
    held, told = look(cache, data, request.as_of), _document(store, request.trade_session)
    thin = request.thin(held) or owed_by(told, request)
    if held.vintage and not (thin or force):
        body = document(request, held, data, cache)
        if told == {"schema": SCHEMA, **body}:
            return outcome(request, held, body, None, False, store, tally)
    plan = plan_refresh(held, request.wanted, sessions, refresh_sessions, thin, force)
    work, short = None, set[str]()
    if plan:
        asked = len(plan.backfill.symbols) + len(plan.recent.symbols)
        work = work_through(plan, held, sessions, replace(downloads, asked=asked))
        _must_have_the_session(request, held, work, data)
        short = _short(plan, held, downloads)
        _write(work, held, request, downloads, bool(short))
        held = look(cache, data, request.as_of)
    owed = short | (tally.unanswered - set(held.at_as_of))
    body = document(request, held, data, cache, owed)
    changed = store.write_json(request.trade_session, CACHE_JSON, SCHEMA, body)
    return outcome(request, held, body, work, changed, store, tally)


def _short(plan: Plan, held: Held, downloads: Downloads) -> set[str]:
    """Held symbols whose longer history was asked for in vain."""
    return downloads.tally.unanswered & set(plan.backfill.symbols) & set(held.symbols)


def _frozen(request: RefreshRequest, store: ArtifactStore) -> Outcome:
    return Outcome(
        STAGE,
        request.trade_session,
        State.FROZEN,
        f"the plan for {request.trade_session} is frozen, nothing is downloaded or written",
        inputs={"universe": request.universe},
        outputs={CACHE_JSON: store.digest(request.trade_session, CACHE_JSON) or ""},
    )


def _document(store: ArtifactStore, trade_session: date) -> dict[str, Any] | None:
    """The last `cache.json` of the session; an unreadable one is as good as none."""
    try:
        return store.read_json(trade_session, CACHE_JSON)
    except InputError:
        return None


def _must_have_the_session(
    request: RefreshRequest, held: Held, work: Work, data: MarketData
) -> None:
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


def _write(
    work: Work, held: Held, request: RefreshRequest, downloads: Downloads, short: bool
) -> None:
    """Write the refused rows, then the cache; then the download's batches are of no more use.

    Args:
        short: a held symbol lacks its longer history, so the cache does not reach back farther
            yet: the next run backfills again, and goes on from these batches.
    """
    data, cache, sessions = downloads.data, downloads.cache, request.sessions
    cache.keep_refused(work.bad, data.provider)
    old = held.vintage
    vintage = Vintage(
        data.provider,
        data.feed,
        ADJUSTMENT,
        _covered_from(old, sessions[0], short),
        sessions[-1] if old is None else max(old.as_of, sessions[-1]),
        request.fetched_at,
    )
    if work.whole:
        cache.replace_all(work.table, vintage)
    else:
        cache.replace_sessions(work.table, vintage)
    if not short:
        cache.incoming("").clear()


def _covered_from(old: Vintage | None, first: date, short: bool) -> date:
    if old is None:
        return first
    return old.covered_from if short else min(old.covered_from, first)
