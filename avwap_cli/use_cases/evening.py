"""The evening: what its commands ask of the desk, one function per piece of work.

Here a trade session becomes the stages' arguments: symbols to fetch, windows of
sessions, the rules of a scan.  The stages themselves know none of the wiring.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from avwap_cli import __version__
from avwap_cli.errors import UsageError
from avwap_cli.market import sessions
from avwap_cli.market.universe import Universe
from avwap_cli.playbook import UNIVERSE_CSV
from avwap_cli.stages.evening.scan_inputs import ScanRequest
from avwap_cli.stages.evening.universe_files import read_liquid, read_universe
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.use_cases.conduct import conduct, must_be_home, trade_session, wait_for
from avwap_cli.wiring.desk import Desk

DAILY = "daily"


def request_scan(desk: Desk, session: date, profile: str, *, dry_run: bool = False) -> ScanRequest:
    """The scan of that session by the configuration in force.

    Raises:
        UsageError: there is no such profile.
    """
    from avwap_cli.config import digest

    rules, scale = desk.config.rules, desk.config.data.volume_scale
    if profile not in rules.quality:
        known = ", ".join(sorted(rules.quality))
        raise UsageError(f"there is no profile {profile!r}", f"the profiles are {known}")
    return ScanRequest(
        as_of=sessions.previous_session(session),
        trade_session=session,
        profile=profile,
        rules=rules,
        config_hash=digest([rules, scale, desk.config.universe.prefilter, __version__]),
        setup_hash=digest(rules.setup),
        volume_scale=scale,
        prefilter=desk.config.universe.prefilter,
        dry_run=dry_run,
    )


def universe(
    desk: Desk,
    session: date,
    iwv_file: Path | None = None,
    sp500_file: Path | None = None,
    force: bool = False,
) -> Outcome:
    """The membership lists of that session."""
    from avwap_cli.stages.evening.universe import build_universe

    def work() -> Outcome:
        return build_universe(
            trade_session=session,
            as_of=sessions.previous_session(session),
            holdings=desk.data.holdings(iwv_file, sp500_file, renew=force),
            metrics=desk.data.liquidity_metrics(),
            rules=desk.config.rules.liquidity,
            store=desk.store,
            force=force,
        )

    return conduct(desk, "universe", session, work)


def scan(desk: Desk, session: date, profile: str = DAILY, *, dry_run: bool = False) -> Outcome:
    """The scan of that session, once the bars are there; a dry run writes nothing.

    Raises:
        UsageError: there is no such profile.
    """
    from avwap_cli.stages.evening.scan import run_scan

    wait_for(desk, "refresh-cache", session)
    request = request_scan(desk, session, profile, dry_run=dry_run)

    def work() -> Outcome:
        return run_scan(
            request,
            store=desk.store,
            bars=desk.bars,
            earnings=desk.data.earnings(),
            progress=desk.progress,
            positions=desk.ledgers.open_positions(),
        )

    return conduct(desk, "scan", session, work, writes=not dry_run)


def explain(desk: Desk, symbol: str, asked: str | None, profile: str) -> Outcome:
    """Every step of one symbol through the scan; nothing is written.

    Raises:
        UsageError: there is no such profile.
    """
    from avwap_cli.stages.evening.explain import run_explain

    must_be_home(desk)
    request = request_scan(desk, trade_session(desk, asked), profile)
    earnings = desk.data.earnings()
    return run_explain(symbol, request, store=desk.store, bars=desk.bars, earnings=earnings)


def refresh(desk: Desk, session: date, force: bool = False) -> Outcome:
    """Bars of every equity member and benchmark, then the members' report dates."""
    wait_for(desk, "universe", session)
    return conduct(desk, "refresh-cache", session, lambda: _refresh(desk, session, force))


def _refresh(desk: Desk, session: date, force: bool) -> Outcome:
    from avwap_cli.stages.evening.refresh_cache import refresh_cache
    from avwap_cli.stages.evening.refresh_documents import RefreshRequest

    members = read_universe(desk.store, session)
    liquid = read_liquid(desk.store, session)
    settings, as_of = desk.config.data, sessions.previous_session(session)
    request = RefreshRequest(
        trade_session=session,
        as_of=as_of,
        members=sorted(set(_to_fetch(members, liquid, desk.config.universe.prefilter))),
        benchmarks=sorted(set(settings.benchmarks)),
        universe=desk.store.digest(session, UNIVERSE_CSV) or "",
        sessions=sessions.last_sessions(as_of, settings.backfill_sessions),
        clean_frac=desk.config.rules.run.clean_coverage_frac,
        fetched_at=desk.known_at(),
    )
    outcome = refresh_cache(
        request,
        data=desk.data.market_data(),
        cache=desk.bars,
        store=desk.store,
        settings=settings,
        clock=desk.clock,
        progress=desk.progress,
        force=force,
    )
    if outcome.state is State.FROZEN:
        return outcome
    asked = desk.data.earnings().refresh(_to_ask(members, liquid), desk.known_at(), desk.progress)
    counts = {f"earnings_{name}": n for name, n in sorted(asked.items())}
    return replace(outcome, counts={**outcome.counts, **counts})


def _to_fetch(universe: Universe, liquid: dict[str, str], prefilter: bool) -> list[str]:
    """Every equity member; with the prefilter not those known to be illiquid."""
    symbols = [member.symbol for member in universe.members if member.equity]
    return [s for s in symbols if not prefilter or liquid[s] != "no"]


def _to_ask(universe: Universe, liquid: dict[str, str]) -> list[str]:
    """Whose report dates matter, most wanted first: S&P members, then liquid names.

    A name known to be illiquid leaves the funnel before its report is asked for.
    """
    wanted = [m for m in universe.members if m.equity and liquid[m.symbol] != "no"]
    return [m.symbol for m in sorted(wanted, key=lambda m: (not m.in_sp500, m.symbol))]
