"""The gapfilter stage: asks the morning's prices once and freezes the plan.

1. Make exits_planned.json where the evening did not: exits must not wait for a plan.
2. A plan frozen before stays as it is, and no price is asked for again.
3. Read scan.json of this session; ask the prices of all its candidates together.
4. Write gapfilter.json with the hash of that scan.json; `enter` takes no other.

A scan that was refused is frozen too, with nothing passed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import inf
from typing import Any

from avwap_cli import playbook
from avwap_cli.errors import AvwapError, DamagedInput, SourceError, StaleInput
from avwap_cli.market import sessions
from avwap_cli.market.splits import Split
from avwap_cli.playbook import EXITS_PLANNED_JSON, GAPFILTER_JSON, SCAN_JSON
from avwap_cli.ports import ArtifactStore, Clock, Quotes
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.gap_checks import (
    FoundPrice,
    GapCheck,
    GapStatus,
    checked,
    checks_of,
    found_price,
    refused,
    row,
)
from avwap_cli.trading.plans import Plan, plan_of
from avwap_cli.trading.policies import GapPolicy

STAGE = "gapfilter"
REFUSED = "refused"
REFUSED_EXIT_CODE = 4
_WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class GapRequest:
    """Which plan is to be frozen.

    Attributes:
        policy: of the gap filter.
        dry_run: ask and show, write nothing.
    """

    session: date
    policy: GapPolicy
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class _Morning:
    """What the market said; a source that failed left a warning and nothing else."""

    prices: Mapping[str, FoundPrice]
    splits: Mapping[str, Fraction]
    warnings: tuple[str, ...]


def run_gapfilter(
    request: GapRequest,
    *,
    store: ArtifactStore,
    quotes: Quotes,
    clock: Clock,
    plan_exits: Callable[[], object],
) -> Outcome:
    """Freeze the plan of one session.

    Args:
        plan_exits: makes exits_planned.json; called where it is missing.

    Raises:
        MissingInput, DamagedInput, SchemaMismatch: scan.json cannot be used.
        StaleInput: it is of another session, or not the one frozen before.
    """
    warnings = _missing_exits(request, store, plan_exits)
    pinned = store.digest(request.session, SCAN_JSON)
    scan = _scan(request.session, store)
    if store.digest(request.session, GAPFILTER_JSON) is not None:
        return _kept(request, store, pinned, warnings)
    plans = _plans(scan, request.session)
    if scan["quality"].get("state") == REFUSED:
        morning, checks = None, [refused(plan) for plan in plans]
    else:
        morning = _ask(plans, request, quotes, clock)
        checks = [_checked(plan, morning, request.policy) for plan in plans]
        warnings = (*warnings, *morning.warnings)
    note = "" if morning is not None else _why_refused(scan)
    body = _body(request, pinned or "", checks, note)
    if not request.dry_run:
        store.write_json(
            request.session, GAPFILTER_JSON, playbook.schema_of(GAPFILTER_JSON) or "", body
        )
    return _outcome(request, store, body, checks, warnings)


def _plans(scan: Mapping[str, Any], session: date) -> list[Plan]:
    """The plans of scan.json in rank order, without what only an entry needs of the rules.

    Raises:
        DamagedInput: a candidate cannot be read.
    """
    plans = [plan_of(candidate, session, {}, None) for candidate in scan["candidates"]]
    for plan in plans:
        if plan.prev_close <= 0:
            raise DamagedInput(
                f"scan.json for {session} has {plan.prev_close} as the previous close of"
                f" {plan.symbol}",
                f"remove it and run `avwap scan --session {session}` again",
            )
    return sorted(plans, key=lambda plan: plan.rank)


def _missing_exits(
    request: GapRequest, store: ArtifactStore, plan_exits: Callable[[], object]
) -> tuple[str, ...]:
    """Make them if need be; entries do not depend on them, so a failure is only told."""
    if request.dry_run or store.digest(request.session, EXITS_PLANNED_JSON) is not None:
        return ()
    try:
        plan_exits()
    except AvwapError as problem:
        return (f"the exits could not be planned: {problem}",)
    return (f"{EXITS_PLANNED_JSON} was missing and has been made",)


def _scan(session: date, store: ArtifactStore) -> dict[str, Any]:
    scan = store.read_json(session, SCAN_JSON)
    hint = f"remove it and run `avwap scan --session {session}` again"
    if not isinstance(scan.get("candidates"), list) or not isinstance(scan.get("quality"), dict):
        raise DamagedInput(f"scan.json for {session} has no candidates or no quality", hint)
    before = sessions.previous_session(session)
    found = (scan.get("trade_session"), scan.get("as_of"))
    if found != (session.isoformat(), before.isoformat()):
        raise StaleInput(
            f"scan.json in the folder of {session} is for {found[0]} as of {found[1]},"
            f" not as of {before}",
            hint,
        )
    return scan


def _kept(
    request: GapRequest, store: ArtifactStore, digest: str | None, warnings: tuple[str, ...]
) -> Outcome:
    """The plan frozen before, if it is of this scan.json."""
    body = store.read_json(request.session, GAPFILTER_JSON)
    if body.get("scan_hash") != digest:
        raise StaleInput(
            f"{GAPFILTER_JSON} for {request.session} froze another {SCAN_JSON} than is there now",
            "put that scan.json back, or remove gapfilter.json if nothing was entered yet",
        )
    checks = checks_of(body).values()
    before, after = len(checks), sum(c.status is not GapStatus.REJECTED for c in checks)
    return Outcome(
        stage=STAGE,
        trade_session=request.session,
        state=State.UNCHANGED,
        summary=f"{after} of {before} candidates passed; frozen before, nothing changed",
        counts={"candidates_before": before, "candidates_after": after},
        inputs={SCAN_JSON: digest or ""},
        outputs={GAPFILTER_JSON: store.digest(request.session, GAPFILTER_JSON) or ""},
        warnings=warnings,
        body={key: value for key, value in body.items() if key != "schema"},
    )


def _ask(plans: Sequence[Plan], request: GapRequest, quotes: Quotes, clock: Clock) -> _Morning:
    """Quotes of all candidates at once, last trades of those that have no usable one."""
    symbols = sorted({plan.symbol for plan in plans})
    if not symbols:
        return _Morning({}, {}, ())
    warnings: list[str] = []
    try:
        splits = {
            split.symbol: split.fraction
            for split in quotes.splits(symbols, *_since(request.session))
            if _effective(split, request.session)
        }
    except SourceError as problem:
        splits = {}
        warnings.append(f"splits effective today are not known: {problem}")
    try:
        prices = _prices(symbols, request, quotes, clock)
    except SourceError as problem:
        prices = {}
        warnings.append(f"no prices could be had: {problem}")
    return _Morning(prices, splits, tuple(warnings))


def _prices(
    symbols: Sequence[str], request: GapRequest, quotes: Quotes, clock: Clock
) -> dict[str, FoundPrice]:
    day, policy = request.session, request.policy
    found: dict[str, FoundPrice] = {}
    heard = quotes.quotes(symbols)
    now = clock.now()
    for symbol in symbols:
        price = found_price(heard.get(symbol), None, day, now, policy)
        if price is not None:
            found[symbol] = price
    rest = [symbol for symbol in symbols if symbol not in found]
    trades = quotes.last_trades(rest) if rest else {}
    now = clock.now()
    for symbol in rest:
        price = found_price(None, trades.get(symbol), day, now, policy)
        if price is not None:
            found[symbol] = price
    return found


def _since(session: date) -> tuple[date, date]:
    """Ex-dates whose first session on the new basis is `session`."""
    before = sessions.previous_session(session)
    return date.fromordinal(before.toordinal() + 1), session


def _effective(split: Split, session: date) -> bool:
    return 0 < split.ratio < inf and split.first_session == session


def _checked(plan: Plan, morning: _Morning, policy: GapPolicy) -> GapCheck:
    split = morning.splits.get(plan.symbol, _WHOLE)
    return checked(plan, morning.prices.get(plan.symbol), split, policy)


def _why_refused(scan: Mapping[str, Any]) -> str:
    reasons = ", ".join(scan["quality"].get("reasons", ())) or "no reason given"
    return f"the scan was refused ({reasons}): nothing may be entered"


def _body(
    request: GapRequest, pinned: str, checks: Sequence[GapCheck], note: str
) -> dict[str, Any]:
    rejected = [check for check in checks if check.status is GapStatus.REJECTED]
    passed = [check for check in checks if check.status is not GapStatus.REJECTED]
    return {
        "trade_session": request.session.isoformat(),
        "scan_hash": pinned,
        "gap_threshold_frac": request.policy.threshold_frac,
        "candidates_before": len(checks),
        "candidates_after": len(passed),
        "note": note,
        "passed": [row(check) for check in passed],
        "rejected": [row(check) for check in rejected],
    }


def _outcome(
    request: GapRequest,
    store: ArtifactStore,
    body: Mapping[str, Any],
    checks: Sequence[GapCheck],
    warnings: tuple[str, ...],
) -> Outcome:
    note, before, after = body["note"], body["candidates_before"], body["candidates_after"]
    unverified = sum(check.status is GapStatus.UNVERIFIED for check in checks)
    reasons = Counter(f"rejected_{r['reason']}" for r in body["rejected"])
    summary = note or f"{after} of {before} candidates passed, {unverified} of them unverified"
    if request.dry_run:
        summary += "; dry run, nothing is written"
    outputs = (
        {}
        if request.dry_run
        else {GAPFILTER_JSON: store.digest(request.session, GAPFILTER_JSON) or ""}
    )
    return Outcome(
        stage=STAGE,
        trade_session=request.session,
        state=State.REFUSED if note else State.DONE,
        summary=summary,
        counts={
            "candidates_before": before,
            "candidates_after": after,
            "unverified": unverified,
            **reasons,
        },
        inputs={SCAN_JSON: body["scan_hash"]},
        outputs=outputs,
        warnings=warnings,
        body=body,
        exit_code=REFUSED_EXIT_CODE if note else 0,
    )
