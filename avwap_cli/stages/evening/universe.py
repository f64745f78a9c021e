"""The stage universe: what trades, by the membership lists.

Reads the lists, merges them, sets beside each member what is known of its liquidity
(which decides nothing here; the scan decides), and writes `universe.csv` and
`universe.json`.  Both are functions of the lists and metrics alone, so a second run over
the same lists changes nothing and says so; files that were damaged since are made again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from avwap_cli.errors import InputError, MissingInput, SourceError
from avwap_cli.market.memberships import Memberships
from avwap_cli.market.universe import Liquidity, Universe
from avwap_cli.playbook import GAPFILTER_JSON, UNIVERSE_CSV, UNIVERSE_JSON
from avwap_cli.ports import ArtifactStore, Holdings, LiquidityMetrics
from avwap_cli.review.quality import hindsight
from avwap_cli.signals.rules import LiquidityRules
from avwap_cli.stages.evening.universe_files import (
    COLUMNS,
    NO,
    SCHEMA,
    TABLE,
    UNKNOWN,
    YES,
    read_liquid,
    write_rows,
)
from avwap_cli.stages.outcomes import Outcome, State


def build_universe(
    *,
    trade_session: date,
    as_of: date,
    holdings: Holdings,
    metrics: LiquidityMetrics | None,
    rules: LiquidityRules,
    store: ArtifactStore,
    force: bool = False,
) -> Outcome:
    """Make the universe of one trade session.

    Done once for the same lists: liquidity that became known since is no reason to write
    again, for it decides nothing, and the scan's inputs would change under it.

    Args:
        trade_session: the session acted on; its folder is written.
        as_of: the last completed session; a list known later is hindsight.
        holdings: the membership lists.
        metrics: where the liquidity columns come from; None leaves them empty.
        rules: what counts as liquid.
        store: the artifacts.
        force: write again for the same lists.

    Raises:
        SourceError, InputError: no list could be had.
    """
    lists = holdings.universe(as_of)
    before = None if force else _before(store, trade_session, as_of, lists)
    if before is not None:
        return _unchanged(before, lists, trade_session, store)
    measured, warnings = _measure(lists.universe, metrics, as_of)
    liquid = {symbol: _judge(seen, rules) for symbol, seen in measured.items()}
    outcome = _outcome(lists, _about(lists, liquid, trade_session, as_of), trade_session)
    outcome = replace(outcome, warnings=(*lists.warnings, *warnings))
    if store.digest(trade_session, GAPFILTER_JSON) is not None:
        text = f"{outcome.summary}; the plan for {trade_session} is frozen, nothing is written"
        return replace(outcome, state=State.FROZEN, summary=text)
    return _write(outcome, lists, measured, liquid, store)


def _outcome(lists: Memberships, body: dict[str, Any], trade_session: date) -> Outcome:
    """What is to be said of these lists, before anything is written."""
    members, equities = body["members"], body["equities"]
    return Outcome(
        stage="universe",
        trade_session=trade_session,
        state=State.DONE,
        summary=f"{members} members, {equities} equities",
        counts={
            "members": members,
            "equities": equities,
            **{f"dropped_{reason}": n for reason, n in lists.dropped.items()},
            **{f"liquid_{word}": n for word, n in body["liquid"].items()},
        },
        inputs=dict(lists.sources),
        body=body,
    )


def _write(
    outcome: Outcome,
    lists: Memberships,
    measured: Mapping[str, Liquidity],
    liquid: Mapping[str, str],
    store: ArtifactStore,
) -> Outcome:
    """The table first: the document is what says that the stage is done."""
    day = outcome.trade_session
    rows = write_rows(lists.universe, measured, liquid)
    store.write_csv(day, UNIVERSE_CSV, SCHEMA, COLUMNS, rows)
    body = {**outcome.body, TABLE: store.digest(day, UNIVERSE_CSV)}
    store.write_json(day, UNIVERSE_JSON, SCHEMA, body)
    outputs = {name: store.digest(day, name) or "" for name in (UNIVERSE_CSV, UNIVERSE_JSON)}
    return replace(outcome, body=body, outputs=outputs)


def _before(
    store: ArtifactStore, trade_session: date, as_of: date, lists: Memberships
) -> dict[str, Any] | None:
    """What the last run wrote, if both files are still what these lists make of them."""
    try:
        before = store.read_json(trade_session, UNIVERSE_JSON)
        digest = store.digest(trade_session, UNIVERSE_CSV)
        if digest is None or before.get(TABLE) != digest:
            return None
        liquid = read_liquid(store, trade_session)
    except InputError:
        return None
    body = {**_about(lists, liquid, trade_session, as_of), TABLE: digest}
    return before if before == {"schema": SCHEMA, **body} else None


def _unchanged(
    before: Mapping[str, Any],
    lists: Memberships,
    trade_session: date,
    store: ArtifactStore,
) -> Outcome:
    return Outcome(
        stage="universe",
        trade_session=trade_session,
        state=State.UNCHANGED,
        summary=f"{before['members']} members, {before['equities']} equities; the same lists"
        " as before, nothing changed",
        counts={"members": before["members"], "equities": before["equities"]},
        inputs=dict(lists.sources),
        outputs={
            name: store.digest(trade_session, name) or "" for name in (UNIVERSE_CSV, UNIVERSE_JSON)
        },
        warnings=lists.warnings,
        body=before,
    )


def _measure(
    universe: Universe, metrics: LiquidityMetrics | None, as_of: date
) -> tuple[Mapping[str, Liquidity], tuple[str, ...]]:
    """Metrics of the equities; without them the universe is made all the same."""
    if metrics is None:
        return {}, ()
    symbols = [member.symbol for member in universe.members if member.equity]
    try:
        return metrics.measure(symbols, as_of), ()
    except MissingInput:
        return {}, ()  # the first evening: the bars come after the lists
    except (InputError, SourceError) as problem:
        return {}, (f"liquidity is unknown: {problem.message}",)


def _judge(seen: Liquidity, rules: LiquidityRules) -> str:
    enough = (
        seen.close_usd >= rules.min_close_usd
        and seen.volume_shares >= rules.min_volume_shares
        and seen.dollar_volume_usd >= rules.min_dollar_volume_usd
    )
    return YES if enough else NO


def _about(
    lists: Memberships, liquid: Mapping[str, str], trade_session: date, as_of: date
) -> dict[str, Any]:
    """The body of universe.json."""
    universe = lists.universe
    equities = [member for member in universe.members if member.equity]
    known = {"membership": universe.membership_known, "sectors": universe.sectors_known}
    judged = Counter(liquid.get(member.symbol, UNKNOWN) for member in equities)
    sectors = Counter(member.sector for member in equities)
    return {
        "trade_session": trade_session.isoformat(),
        "as_of": as_of.isoformat(),
        "membership_known": universe.membership_known.isoformat(),
        "sectors_known": universe.sectors_known.isoformat(),
        "hindsight": hindsight(known, as_of),
        "members": len(universe.members),
        "equities": len(equities),
        "dropped": dict(sorted(lists.dropped.items())),
        "lists": {
            name: {"symbols": n, "known": lists.known[name].isoformat()}
            for name, n in sorted(lists.lists.items())
        },
        "sectors": dict(sorted(sectors.items())),
        "liquid": {word: judged[word] for word in (YES, NO, UNKNOWN)},
        "sources": dict(sorted(lists.sources.items())),
    }
