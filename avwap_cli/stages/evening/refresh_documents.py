"""What a refresh says: `cache.json`, which tells what is held, and the run's own outcome."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from avwap_cli.market.splits import Comparison
from avwap_cli.market.vintages import ADJUSTMENT
from avwap_cli.playbook import CACHE_JSON
from avwap_cli.ports import ArtifactStore, MarketData
from avwap_cli.stages.evening.bar_downloads import Tally
from avwap_cli.stages.evening.bar_merges import Work, some
from avwap_cli.stages.evening.bar_stores import WritableBars
from avwap_cli.stages.evening.refresh_plans import Held
from avwap_cli.stages.outcomes import Outcome, State

STAGE = "refresh-cache"
UNANSWERED = "unanswered"
SCHEMA = "avwap.cache/1.0"
LISTED = 50  # names that the artifact lists; the count is always whole


@dataclass(frozen=True, slots=True)
class RefreshRequest:
    """What one refresh is asked for.

    Attributes:
        members: the equity members, whose coverage is judged, sorted.
        benchmarks: index and sector funds, which must have their bar too, sorted.
        universe: hash of the universe that names the members.
        sessions: the backfill window, ascending; the last one is `as_of`.
        clean_frac: share of the members below which coverage is thin: a warning is given, and a
            second run asks again for the ones that lack their bar.
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


def owed_by(told: Mapping[str, Any] | None, request: RefreshRequest) -> bool:
    """Whether the last `cache.json` names symbols that had no answer and are still wanted."""
    inputs = (told or {}).get("inputs")
    named = inputs.get(UNANSWERED) if isinstance(inputs, dict) else None
    wanted = set(request.wanted)
    return isinstance(named, list) and any(isinstance(s, str) and s in wanted for s in named)


def document(
    request: RefreshRequest,
    held: Held,
    data: MarketData,
    cache: WritableBars,
    owed: Collection[str] = (),
) -> dict[str, Any]:
    """The document `cache.json`, without its schema: what is held, not how it came.

    Args:
        owed: symbols that had no answer; they stand in the inputs until one comes.
    """
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
        "inputs": _inputs(request, data) | ({UNANSWERED: sorted(owed)} if owed else {}),
    }


def outcome(
    request: RefreshRequest,
    held: Held,
    body: Mapping[str, Any],
    work: Work | None,
    changed: bool,
    store: ArtifactStore,
    tally: Tally,
) -> Outcome:
    refused = work.bad.counts() if work else {}
    return Outcome(
        STAGE,
        request.trade_session,
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
            **({UNANSWERED: len(tally.unanswered)} if tally.unanswered else {}),
        },
        inputs={"universe": request.universe},
        outputs={CACHE_JSON: store.digest(request.trade_session, CACHE_JSON) or ""},
        warnings=(*_passed_over(tally), *_warnings_of(work), *_lacking(request, held, body)),
        body=body,
    )


def _summary(
    request: RefreshRequest, body: Mapping[str, Any], work: Work | None, changed: bool
) -> str:
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


def _passed_over(tally: Tally) -> list[str]:
    """One sentence on the symbols without an answer, if there are any."""
    names = sorted(tally.unanswered)
    if not names:
        return []
    return [
        f"{len(names)} symbols passed over: {some(names)} ({tally.why});"
        " run `avwap refresh-cache` again to ask for them"
    ]


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


def _lacking(request: RefreshRequest, held: Held, body: Mapping[str, Any]) -> list[str]:
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


def _inputs(request: RefreshRequest, data: MarketData) -> dict[str, Any]:
    return {
        "universe": request.universe,
        "symbols": hashlib.sha256("\n".join(request.wanted).encode()).hexdigest(),
        "first_session": request.sessions[0].isoformat(),
        "provider": data.provider,
        "feed": data.feed,
    }
