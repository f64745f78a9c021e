"""Stage refresh-cache: bring the bar cache up to the as-of session.

Reads the universe's symbols, asks the provider for what is missing and for the last
sessions again, compares the overlap (a split since the last refresh means fetching that
symbol whole), refuses faulty rows with reasons, and writes the cache and `cache.json`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from avwap_cli.errors import InputError
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
LISTED = 50  # names that the artifact lists; the count is always whole


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
    force: bool = False,
) -> Outcome:
    """Make the cache hold every symbol's bars up to `as_of` and write `cache.json`.

    Args:
        symbols: the equity members, whose coverage is judged.
        benchmarks: index and sector funds, fetched too.
        universe_digest: hash of the universe that names the symbols.
        sessions: all sessions of the backfill window, ascending, the last one `as_of`.
        clean_coverage_frac: share of the symbols below which a warning is given, and a
            second run asks again for the ones that lack their bar.
        force: refresh although the as-of session is done.

    Raises:
        SourceError: the vendor gave no bars; the cache stays as it was.
        DamagedInput, SchemaMismatch: the cache cannot be read.
    """
    members = sorted(set(symbols))
    wanted = sorted(set(members) | set(benchmarks))
    held = look(cache, data, as_of)
    inputs = _inputs(universe_digest, wanted, sessions, data)
    before = _document(store, trade_session)
    covered = sum(s in held.at_as_of for s in members)
    late = any(b in held.symbols and b not in held.at_as_of for b in benchmarks)
    thin = late or covered < clean_coverage_frac * len(members)
    plan = plan_refresh(held, wanted, sessions, settings.refresh_sessions, thin, force)
    if held.vintage and before and before.get("inputs") == inputs and not (thin or force):
        now_held = cache.window(as_of, len(sessions)).content_hash
        if now_held == before.get("content_hash"):
            return _unchanged(trade_session, as_of, before, store)
    work = None
    if plan:
        downloads = Downloads(data, cache, clock, progress, settings.retries.refresh_waits_s)
        work = work_through(plan, held, sessions, downloads)
        _write(work, held, sessions, clock, data, cache)
    body = _body(trade_session, as_of, inputs, members, sessions, data, cache, work)
    store.write_json(trade_session, NAME, SCHEMA, body)
    return _outcome(trade_session, as_of, body, benchmarks, cache, store, work, clean_coverage_frac)


def _inputs(
    universe_digest: str, wanted: Sequence[str], sessions: Sequence[date], data: MarketData
) -> dict[str, Any]:
    return {
        "universe": universe_digest,
        "symbols": hashlib.sha256("\n".join(wanted).encode()).hexdigest(),
        "first_session": sessions[0].isoformat(),
        "provider": data.provider,
        "feed": data.feed,
    }


def _document(store: ArtifactStore, trade_session: date) -> dict[str, Any] | None:
    """The last `cache.json` of the session; an unreadable one is as good as none."""
    try:
        return store.read_json(trade_session, NAME)
    except InputError:
        return None


def _write(
    work: Work,
    held: Held,
    sessions: Sequence[date],
    clock: Clock,
    data: MarketData,
    cache: WritableBars,
) -> None:
    """Write the refused rows, then the cache; then the download's batches are of no more use."""
    cache.keep_refused(work.bad, data.provider)
    old = held.vintage
    vintage = Vintage(
        data.provider,
        data.feed,
        ADJUSTMENT,
        sessions[0] if old is None else min(old.covered_from, sessions[0]),
        sessions[-1] if old is None else max(old.as_of, sessions[-1]),
        clock.now(),
    )
    if work.whole:
        cache.replace_all(work.table, vintage)
    else:
        cache.replace_sessions(work.table, vintage)
    cache.incoming("").clear()


def _body(
    trade_session: date,
    as_of: date,
    inputs: Mapping[str, Any],
    members: Sequence[str],
    sessions: Sequence[date],
    data: MarketData,
    cache: WritableBars,
    work: Work | None,
) -> dict[str, Any]:
    """The document `cache.json`, without its schema."""
    window = cache.window(as_of, len(sessions))
    there = look(cache, data, as_of).at_as_of
    missing = [s for s in members if s not in there]
    with_bar = len(members) - len(missing)
    refetched = work.refetched if work else ()
    return {
        "as_of": as_of.isoformat(),
        "trade_session": trade_session.isoformat(),
        "provider": data.provider,
        "feed": data.feed,
        "adjustment": ADJUSTMENT,
        "sessions": window.sessions,
        "symbols": len(members),
        "rows": window.rows,
        "coverage": {
            "expected": len(members),
            "with_bar": with_bar,
            "frac": with_bar / len(members) if members else 0.0,
        },
        "missing": {"count": len(missing), "first": missing[:LISTED]},
        "refetched": [
            {
                "symbol": c.symbol,
                "why": str(c.decision),
                "ratio": None if np.isnan(c.ratio) else float(f"{c.ratio:.6g}"),
                "witness": c.witness,
            }
            for c in refetched
        ],
        "quarantined": dict(work.bad.counts()) if work else {},
        "content_hash": window.content_hash,
        "inputs": dict(inputs),
    }


def _outcome(
    trade_session: date,
    as_of: date,
    body: Mapping[str, Any],
    benchmarks: Sequence[str],
    cache: WritableBars,
    store: ArtifactStore,
    work: Work | None,
    clean_coverage_frac: float,
) -> Outcome:
    coverage = body["coverage"]
    refused = sum(body["quarantined"].values())
    warnings = _warnings(as_of, body, benchmarks, cache, work, clean_coverage_frac)
    rows_fetched = work.rows_fetched if work else 0
    summary = (
        f"{coverage['with_bar']} of {coverage['expected']} symbols have their bar of {as_of}"
        f" ({coverage['frac']:.1%}); {rows_fetched} rows fetched,"
        f" {len(body['refetched'])} symbols re-fetched, {refused} rows refused"
    )
    return Outcome(
        STAGE,
        trade_session,
        as_of,
        State.DONE,
        summary,
        counts={
            "symbols": coverage["expected"],
            "with_bar": coverage["with_bar"],
            "sessions": body["sessions"],
            "rows": body["rows"],
            "rows_fetched": rows_fetched,
            "refetched": len(body["refetched"]),
            "refused": refused,
        },
        inputs={"universe": body["inputs"]["universe"]},
        outputs={NAME: store.digest(trade_session, NAME) or ""},
        warnings=warnings,
        body=body,
    )


def _warnings(
    as_of: date,
    body: Mapping[str, Any],
    benchmarks: Sequence[str],
    cache: WritableBars,
    work: Work | None,
    clean_coverage_frac: float,
) -> tuple[str, ...]:
    coverage = body["coverage"]
    refused = sum(body["quarantined"].values())
    warnings = list(work.warnings) if work else []
    if coverage["frac"] < clean_coverage_frac:
        names = some(body["missing"]["first"])
        warnings.append(
            f"only {coverage['with_bar']} of {coverage['expected']} symbols have a bar of {as_of}"
            f" ({coverage['frac']:.1%}); missing: {names}"
        )
    lacking = sorted(set(benchmarks) - set(cache.info().last_session))
    if lacking:
        warnings.append(f"no bars for the benchmarks {some(lacking)}")
    if refused:
        warnings.append(f"{refused} rows refused, see quarantine.csv beside the bars")
    return tuple(warnings)


def _unchanged(
    trade_session: date, as_of: date, body: Mapping[str, Any], store: ArtifactStore
) -> Outcome:
    coverage = body["coverage"]
    return Outcome(
        STAGE,
        trade_session,
        as_of,
        State.UNCHANGED,
        f"the cache holds {as_of} already ({coverage['with_bar']} of {coverage['expected']}"
        " symbols); nothing was downloaded",
        counts={"symbols": coverage["expected"], "with_bar": coverage["with_bar"]},
        inputs={"universe": body["inputs"]["universe"]},
        outputs={NAME: store.digest(trade_session, NAME) or ""},
        body=body,
    )
