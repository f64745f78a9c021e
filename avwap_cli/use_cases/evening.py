"""The evening: what its commands ask of the desk, one function per piece of work.

Here a trade session becomes the stages' arguments: symbols to fetch, windows of
sessions, the rules of a scan.  The stages themselves know none of the wiring.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from avwap_cli import __version__
from avwap_cli.errors import UsageError
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.market.universe import Universe
from avwap_cli.playbook import UNIVERSE_CSV
from avwap_cli.stages.make_home import HomeMade, make_home
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.stages.scan_inputs import ScanRequest
from avwap_cli.stages.universe_files import read_liquid, read_universe
from avwap_cli.wiring.desk import Desk


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
    from avwap_cli.stages.universe import build_universe

    return build_universe(
        trade_session=session,
        as_of=sessions.previous_session(session),
        holdings=desk.data.holdings(iwv_file, sp500_file, renew=force),
        metrics=desk.data.liquidity_metrics(),
        rules=desk.config.rules.liquidity,
        store=desk.store,
        force=force,
    )


def scan(desk: Desk, request: ScanRequest) -> Outcome:
    """The scan that is asked for."""
    from avwap_cli.stages.scan import run_scan

    return run_scan(
        request,
        store=desk.store,
        bars=desk.bars,
        earnings=desk.data.earnings(),
        progress=desk.progress,
        positions=desk.open_positions(),
    )


def refresh(desk: Desk, session: date, force: bool) -> Outcome:
    """Bars of every equity member and benchmark, then the members' report dates."""
    from avwap_cli.stages.refresh_cache import refresh_cache
    from avwap_cli.stages.refresh_documents import RefreshRequest

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


def bring_in(desk: Desk, session: date, files: list[Path], replace_all: bool) -> Outcome:
    """Users' own files into the cache."""
    from avwap_cli.stages.bar_exchange import import_bars

    as_of = sessions.previous_session(session)
    return import_bars(
        trade_session=session,
        as_of=as_of,
        fetched_at=desk.known_at(),
        files=desk.data.file_bars(files),
        cache=desk.bars,
        sessions=sessions.sessions_between(sessions.FIRST_DAY, as_of),
        replace=replace_all,
    )


def take_out(desk: Desk, out: Path, symbols: list[str]) -> Outcome:
    """The cache's bars into one file."""
    from avwap_cli.stages.bar_exchange import export_bars

    info = desk.bars.info()
    return export_bars(
        trade_session=sessions.next_session(info.as_of),
        as_of=info.as_of,
        cache=desk.bars,
        sessions=info.sessions,
        symbols=symbols,
        name=str(out),
        write=lambda table: desk.write_bars(out, table),
    )


def calibrated(desk: Desk, session: date, first: str, every: int, out: Path) -> Outcome:
    """Reference strengths, written as a YAML overlay."""
    from avwap_cli.stages.calibrate import Plan, run_calibrate

    outcome = run_calibrate(
        request_scan(desk, session, "daily"),
        Plan(sessions.parse_session(first), every),
        funds=desk.config.data.benchmarks,
        store=desk.store,
        bars=desk.bars,
        earnings=desk.data.earnings(),
        progress=desk.progress,
    )
    if desk.write_named(out, outcome.body["yaml"]):
        return replace(outcome, summary=f"{outcome.summary}; written to {out}")
    text = f"{outcome.summary}; {out} holds them already, nothing changed"
    return replace(outcome, state=State.UNCHANGED, summary=text)


def make_home_at(desk: Desk, folder: Path) -> HomeMade:
    """A home in that folder, with the packaged configuration."""
    from avwap_cli.defaults import texts

    return make_home(Home(folder.absolute()), program_path(), texts(), desk.write_file)


def program_path() -> Path:
    """Where the `avwap` command of this run lies; its bare name where nobody knows."""
    mine, beside = Path(sys.argv[0]).absolute(), Path(sys.executable).with_name("avwap")
    known = [path for path in (mine, beside) if path.name == "avwap" and path.is_file()]
    return known[0] if known else Path(shutil.which("avwap") or "avwap")


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
