"""The scan stage: reads the cache and the lists, writes tonight's candidates.

1. Plan the exits of what is held (`exit_plans`); they need nothing of the rest.
2. Read the universe, what is known of earnings, and the bars of the window.
3. Scan (`signals.scans`) and judge the quality of the run.
4. Write scan.json, signals.parquet, daily_candidates.csv and the watchlist.

A scan is quick and its artifacts are functions of its inputs, so it is simply made
again: files whose bytes would be the same are left alone, and a run that changed none
says so.  Once the plan is frozen nothing is written but a scan.json that is gone: it has the
bytes that were frozen, or nothing is entered by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from avwap_cli import playbook
from avwap_cli.market.earnings import Timing
from avwap_cli.playbook import (
    CANDIDATES_CSV,
    GAPFILTER_JSON,
    SCAN_JSON,
    SIGNALS_PARQUET,
    UNIVERSE_CSV,
    WATCHLIST_TXT,
)
from avwap_cli.ports import ArtifactStore, BarStore, Earnings, Progress
from avwap_cli.review import findings
from avwap_cli.review.findings import Circumstances
from avwap_cli.review.quality import hindsight, judge
from avwap_cli.signals.scans import Scan, scan
from avwap_cli.stages.evening.exit_plans import ExitPlans, plan_exits
from avwap_cli.stages.evening.scan_inputs import (
    Gathered,
    ScanRequest,
    gather,
    input_hashes,
    read_earnings,
    skipped,
)
from avwap_cli.stages.evening.universe_files import read_universe
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.positions import Position

STAGE = "scan"
_SCHEMAS = {a.name: a.schema or "" for a in playbook.stage(STAGE).writes}
REFUSED_EXIT_CODE = 5


def run_scan(
    request: ScanRequest,
    *,
    store: ArtifactStore,
    bars: BarStore,
    earnings: Earnings,
    progress: Progress,
    positions: tuple[Position, ...] = (),
) -> Outcome:
    """Scan one session; `positions` is everything held.

    Raises:
        MissingInput, StaleInput, DamagedInput, SchemaMismatch: an input cannot be used; the
            exits are planned nevertheless.
    """
    exits = plan_exits(
        request.trade_session, positions, bars, request.rules, store, dry_run=request.dry_run
    )
    universe = read_universe(store, request.trade_session)
    universe_hash = store.digest(request.trade_session, UNIVERSE_CSV) or ""
    dates = read_earnings(earnings, universe)
    window = request.rules.history.window_sessions
    hashes = input_hashes(bars, dates, universe_hash, request.as_of, window)
    progress.begin("scan", None)
    gathered = gather(request, universe, dates, bars, skipped(request, store))
    found = scan(gathered.inputs, request.rules)
    about = _circumstances(found, gathered, hashes, request)
    body = findings.scan_body(found, about, request.rules)
    progress.end()
    outcome = _outcome(request, about, body, hashes, exits)
    outcome = _with_news(outcome, about, exits, holdings_reporting(request, positions, earnings))
    if request.dry_run:
        return _said(outcome, "dry run, nothing is written")
    if store.digest(request.trade_session, GAPFILTER_JSON) is not None:
        return _of_frozen(outcome, body, store)
    changed = _write(found, about, body, request, store)
    outputs = {name: store.digest(request.trade_session, name) or "" for name in _SCHEMAS}
    outcome = replace(outcome, outputs=outputs)
    if changed or exits.changed or about.refused:
        return outcome
    return _said(replace(outcome, state=State.UNCHANGED), "the same as before, nothing changed")


def _of_frozen(outcome: Outcome, body: Mapping[str, Any], store: ArtifactStore) -> Outcome:
    """The plan stays as it is; where its scan.json is gone, that alone is written again.

    Raises:
        DamagedInput, SchemaMismatch: gapfilter.json, which says what it was, cannot be used.
    """
    day = outcome.trade_session
    if store.digest(day, SCAN_JSON) is not None:
        text = f"the plan for {day} is frozen, nothing is written"
        return _said(replace(outcome, state=State.FROZEN), text)
    pinned = store.read_json(day, GAPFILTER_JSON).get("scan_hash")
    store.write_json(day, SCAN_JSON, _SCHEMAS[SCAN_JSON], body)
    made = store.digest(day, SCAN_JSON) or ""
    again = f"the plan for {day} is frozen; {SCAN_JSON}, which was gone, is written again"
    outcome = _said(replace(outcome, outputs={SCAN_JSON: made}), again)
    if made == pinned:
        return outcome
    other = f"{SCAN_JSON} is another than the plan was frozen from: the gate stale_plan denies it"
    return replace(outcome, warnings=(*outcome.warnings, other))


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


def _write(
    found: Scan,
    about: Circumstances,
    body: Mapping[str, Any],
    request: ScanRequest,
    store: ArtifactStore,
) -> bool:
    """The tables first: scan.json is what says that the stage is done."""
    day = request.trade_session
    signals, kinds = findings.signal_columns(found, about), findings.SIGNAL_KINDS
    columns, rows = findings.candidate_table(body, found)
    written = [
        store.write_table(day, SIGNALS_PARQUET, _SCHEMAS[SIGNALS_PARQUET], signals, kinds),
        store.write_csv(day, CANDIDATES_CSV, _SCHEMAS[CANDIDATES_CSV], columns, rows),
        store.write_text(day, WATCHLIST_TXT, findings.watchlist(body)),
        store.write_json(day, SCAN_JSON, _SCHEMAS[SCAN_JSON], body),
    ]
    return any(written)


def _outcome(
    request: ScanRequest,
    about: Circumstances,
    body: Mapping[str, Any],
    hashes: Mapping[str, str],
    exits: ExitPlans,
) -> Outcome:
    quality = about.quality
    kept, fired = len(body["candidates"]), body["total_signals_generated"]
    summary = f"{kept} candidates of {fired} signals in {body['total_symbols_scanned']} members"
    if exits.count:
        summary = f"{summary}; {exits.count} exits planned"
    seen = f"inputs known only after {request.as_of}: {', '.join(about.hindsight)}"
    return Outcome(
        stage=STAGE,
        trade_session=request.trade_session,
        state=State.REFUSED if about.refused else State.DONE,
        summary=f"refused: {'; '.join(quality.sentences)}" if about.refused else summary,
        counts={
            "candidates": kept,
            "signals": fired,
            "exits_planned": exits.count,
            **_dropped(body),
        },
        inputs=hashes,
        quality=quality.state,
        warnings=(
            *quality.sentences,
            *((seen,) if about.hindsight else ()),
            *body["notes"],
            *exits.notes,
        ),
        body=body,
        exit_code=REFUSED_EXIT_CODE if about.refused else 0,
    )


def holdings_reporting(
    request: ScanRequest, positions: tuple[Position, ...], earnings: Earnings
) -> tuple[str, ...]:
    """Held symbols with a report after the close of `as_of` and within the trade session."""
    held = sorted({p.symbol for p in positions})
    if not held:
        return ()
    dates = earnings.dates(held)
    first, last = np.datetime64(request.as_of), np.datetime64(request.trade_session)
    tonight = (dates.day == first) & (dates.timing == Timing.AFTER_CLOSE)
    rows = tonight | ((dates.day > first) & (dates.day <= last))
    return tuple(sorted({dates.symbols[code] for code in dates.symbol[rows]}))


def _with_news(
    outcome: Outcome, about: Circumstances, exits: ExitPlans, reporting: tuple[str, ...]
) -> Outcome:
    """What people are told of the evening, and a warning for each holding that reports."""
    leaving = [f"{r['symbol']} ({r['reason']})" for r in exits.body["positions"] if r["reason"]]
    news = [outcome.summary]
    if not about.refused and about.quality.sentences:
        news.append(f"{about.quality.state}: {'; '.join(about.quality.sentences)}")
    if leaving:
        news.append(f"to be closed at the open: {', '.join(leaving)}")
    if reporting:
        news.append(f"held and reporting by {outcome.trade_session}: {', '.join(reporting)}")
    warnings = [f"{s} is held and reports by {outcome.trade_session}" for s in reporting]
    return replace(outcome, news="; ".join(news), warnings=(*outcome.warnings, *warnings))


def _said(outcome: Outcome, text: str) -> Outcome:
    return replace(outcome, summary=f"{outcome.summary}; {text}")


def _dropped(body: Mapping[str, Any]) -> dict[str, int]:
    return {
        f"dropped_{reason}": n for stage in body["funnel"] for reason, n in stage["dropped"].items()
    }
