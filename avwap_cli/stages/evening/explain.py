"""The explain stage: one symbol's way through the scan of one session, to the last number.

It scans again from the cache, so any past session in the cache can be explained, with
the universe of that session or, where there is none, the newest one (then the run says
that the membership is hindsight).
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from avwap_cli.errors import MissingInput, UsageError
from avwap_cli.market.symbols import inside
from avwap_cli.playbook import UNIVERSE_CSV
from avwap_cli.ports import ArtifactStore, BarStore, Earnings
from avwap_cli.review.explanations import explain
from avwap_cli.review.quality import REFUSED, hindsight, judge
from avwap_cli.signals.scans import scan
from avwap_cli.stages.evening.scan_inputs import ScanRequest, gather, read_earnings, skipped
from avwap_cli.stages.evening.universe_files import read_universe
from avwap_cli.stages.outcomes import Outcome, State

STAGE = "explain"


def run_explain(
    symbol: str,
    request: ScanRequest,
    *,
    store: ArtifactStore,
    bars: BarStore,
    earnings: Earnings,
) -> Outcome:
    """Explain one symbol as of one session; writes nothing.

    Raises:
        UsageError: the text is no symbol.
        MissingInput: neither bars nor lists know the symbol, or an input is absent.
        StaleInput: the cache ends before the session, or begins after it.
    """
    wanted = inside(symbol)
    if wanted is None:
        raise UsageError(f"{symbol!r} is not a symbol", "write it as the lists do, e.g. BRK.B")
    home_of_lists = universe_session(store, request.trade_session)
    universe = read_universe(store, home_of_lists)
    dates = read_earnings(earnings, universe)
    gathered = gather(request, universe, dates, bars, skipped(request, store))
    whole = scan(gathered.inputs, request.rules)
    quality = judge(whole, gathered.feed, request.rules)
    found = explain(whole, wanted, request.rules, refused=quality.state == REFUSED)
    if found is None:
        raise MissingInput(
            f"{wanted} is on no list of {home_of_lists} and has no bars up to {request.as_of}",
            "check the spelling, or add it with `avwap import`",
        )
    seen = hindsight(gathered.known, request.as_of)
    return Outcome(
        stage=STAGE,
        trade_session=request.trade_session,
        state=State.DONE,
        summary=f"{wanted} as of {request.as_of}: {found.fate}",
        quality=quality.state,
        warnings=(
            *quality.sentences,
            *((f"known only after {request.as_of}: {', '.join(seen)}",) if seen else ()),
        ),
        body=asdict(found),
    )


def universe_session(store: ArtifactStore, trade_session: date) -> date:
    """The session whose universe serves: its own, else the newest there is."""
    if store.digest(trade_session, UNIVERSE_CSV) is not None:
        return trade_session
    return store.latest() or trade_session
