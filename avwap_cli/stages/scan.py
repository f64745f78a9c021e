"""The scan stage: reads the cache and the lists, writes tonight's candidates.

1. Read the universe, what is known of earnings, and the cache's manifest.
2. Nothing changed since the last scan of this session? Say so and stop.
3. Read the bars, scan (`signals.scans`), judge the quality of the run.
4. Write scan.json, signals.parquet, daily_candidates.csv and the watchlist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from avwap_cli import playbook
from avwap_cli.errors import InputError
from avwap_cli.ports import ArtifactStore, BarStore, Earnings, Progress
from avwap_cli.review import findings
from avwap_cli.review.findings import Circumstances
from avwap_cli.review.quality import hindsight, judge
from avwap_cli.signals.scans import Scan, scan
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.stages.scan_inputs import (
    Gathered,
    ScanRequest,
    gather,
    input_hashes,
    read_earnings,
    require_bars,
)
from avwap_cli.stages.universe_files import CSV_NAME, read_illiquid, read_universe

STAGE = "scan"
JSON_NAME, SIGNALS_NAME = "scan.json", "signals.parquet"
CANDIDATES_NAME, WATCHLIST_NAME = "daily_candidates.csv", "tradingview_watchlist.txt"
FROZEN_BY = "gapfilter.json"
REFUSED_EXIT_CODE = 5


def run_scan(
    request: ScanRequest,
    *,
    store: ArtifactStore,
    bars: BarStore,
    earnings: Earnings,
    progress: Progress,
) -> Outcome:
    """Scan one session.

    Raises:
        MissingInput, StaleInput, DamagedInput, SchemaMismatch: an input cannot be used.
    """
    universe = read_universe(store, request.trade_session)
    universe_hash = store.digest(request.trade_session, CSV_NAME) or ""
    dates = read_earnings(earnings, universe)
    require_bars(bars.info(), request.as_of)
    window = request.rules.history.window_sessions
    hashes = input_hashes(bars, dates, universe_hash, request.as_of, window)
    if not (request.force or request.dry_run) and _is_current(request, hashes, store):
        return _unchanged(request, hashes, store)
    progress.begin("scan", None)
    illiquid = read_illiquid(store, request.trade_session) if request.prefilter else {}
    gathered = gather(request, universe, dates, bars, illiquid)
    found = scan(gathered.inputs, request.rules)
    about = _circumstances(found, gathered, hashes, request)
    progress.end()
    frozen = store.digest(request.trade_session, FROZEN_BY) is not None
    body = findings.scan_body(found, about, request.rules)
    outputs = {} if request.dry_run or frozen else _write(found, about, body, request, store)
    return _outcome(request, about, body, hashes, outputs, frozen)


def _circumstances(
    found: Scan, gathered: Gathered, hashes: Mapping[str, str], request: ScanRequest
) -> Circumstances:
    return Circumstances(
        as_of=request.as_of,
        trade_session=request.trade_session,
        hindsight=tuple(hindsight(gathered.known, request.as_of)),
        quality=judge(found, gathered.feed, request.rules),
        inputs=hashes,
        config_hash=request.config_hash,
        setup_hash=request.setup_hash,
    )


def _is_current(request: ScanRequest, hashes: Mapping[str, str], store: ArtifactStore) -> bool:
    """Whether scan.json is of these very inputs, this config and profile, and all files are there."""
    names = [artifact.name for artifact in playbook.stage(STAGE).writes]
    if any(store.digest(request.trade_session, name) is None for name in names):
        return False
    try:
        before = store.read_json(request.trade_session, JSON_NAME)
    except InputError:
        return False
    return (
        before.get("inputs") == hashes
        and before.get("config_hash") == request.config_hash
        and before.get("profile") == request.profile
        and before.get("as_of") == request.as_of.isoformat()
    )


def _write(
    found: Scan,
    about: Circumstances,
    body: Mapping[str, Any],
    request: ScanRequest,
    store: ArtifactStore,
) -> dict[str, str]:
    """The tables first: scan.json is what says that the stage is done."""
    day = request.trade_session
    schema = {a.name: a.schema or "" for a in playbook.stage(STAGE).writes}
    store.write_table(
        day, SIGNALS_NAME, schema[SIGNALS_NAME], findings.signal_columns(found, about)
    )
    columns, rows = findings.candidate_table(body, found)
    store.write_csv(day, CANDIDATES_NAME, schema[CANDIDATES_NAME], columns, rows)
    store.write_text(day, WATCHLIST_NAME, findings.watchlist(body))
    store.write_json(day, JSON_NAME, schema[JSON_NAME], body)
    return {name: store.digest(day, name) or "" for name in schema}


def _outcome(
    request: ScanRequest,
    about: Circumstances,
    body: Mapping[str, Any],
    hashes: Mapping[str, str],
    outputs: Mapping[str, str],
    frozen: bool,
) -> Outcome:
    quality = about.quality
    kept, fired = len(body["candidates"]), body["total_signals_generated"]
    summary = f"{kept} candidates of {fired} signals in {body['total_symbols_scanned']} members"
    state = State.DONE
    if request.dry_run:
        summary += "; dry run, nothing is written"
    elif frozen:
        state = State.FROZEN
        summary += f"; the plan for {request.trade_session} is frozen, nothing is written"
    if about.refused:
        state = State.REFUSED
        summary = f"refused: {'; '.join(quality.sentences)}"
    seen = f"inputs known only after {request.as_of}: {', '.join(about.hindsight)}"
    return Outcome(
        stage=STAGE,
        trade_session=request.trade_session,
        as_of=request.as_of,
        state=state,
        summary=summary,
        counts={"candidates": kept, "signals": fired, **_dropped(body)},
        inputs=hashes,
        outputs=outputs,
        quality=quality.state,
        warnings=(*quality.sentences, *((seen,) if about.hindsight else ()), *body["notes"]),
        body=body,
        exit_code=REFUSED_EXIT_CODE if about.refused else 0,
    )


def _unchanged(request: ScanRequest, hashes: Mapping[str, str], store: ArtifactStore) -> Outcome:
    body = store.read_json(request.trade_session, JSON_NAME)
    names = [artifact.name for artifact in playbook.stage(STAGE).writes]
    refused = body["quality"]["state"] == "refused"
    return Outcome(
        stage=STAGE,
        trade_session=request.trade_session,
        as_of=request.as_of,
        state=State.UNCHANGED,
        summary=f"{len(body['candidates'])} candidates; same inputs as before, nothing changed",
        inputs=hashes,
        outputs={n: store.digest(request.trade_session, n) or "" for n in names},
        quality=body["quality"]["state"],
        body=body,
        exit_code=REFUSED_EXIT_CODE if refused else 0,
    )


def _dropped(body: Mapping[str, Any]) -> dict[str, int]:
    return {
        f"dropped_{reason}": n for stage in body["funnel"] for reason, n in stage["dropped"].items()
    }
