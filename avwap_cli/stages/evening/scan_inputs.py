"""Scan inputs: what a scan reads, gathered and sealed at the as-of session.

The scan, explain and calibrate read the same way, so an explanation is of the very
scan that it explains.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

import numpy as np

from avwap_cli.errors import StaleInput
from avwap_cli.market import sessions
from avwap_cli.market.bars import BarTable, Days
from avwap_cli.market.earnings import EarningsDates
from avwap_cli.market.panel import build_panel
from avwap_cli.market.universe import Liquidity, Universe
from avwap_cli.playbook import UNIVERSE_CSV
from avwap_cli.ports import ArtifactStore, BarStore, CacheInfo, Earnings
from avwap_cli.signals.rules import ScanRules
from avwap_cli.signals.scans import ScanInputs
from avwap_cli.stages.evening.universe_files import read_illiquid

# No rule looks further ahead for a report than a quarter.
CALENDAR_AHEAD = timedelta(days=200)


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """Which scan is wanted.

    Attributes:
        as_of, trade_session: the last completed session, and the one acted on.
        profile: of the quality gates.
        rules: of the scan.
        config_hash: of the rules and the volume scale: what can change the result.
        setup_hash: of the setup labels' rules.
        volume_scale: multiplies volumes (1 for a consolidated feed).
        prefilter: members known to be illiquid were not fetched.
        dry_run: compute and show, write nothing.
    """

    as_of: date
    trade_session: date
    profile: str
    rules: ScanRules
    config_hash: str
    setup_hash: str
    volume_scale: float = 1.0
    prefilter: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """The inputs, with the dates on which they were known.

    Attributes:
        inputs: for `signals.scans.scan`.
        feed: where the bars come from.
        known: name -> date.
    """

    inputs: ScanInputs
    feed: str
    known: Mapping[str, date]


def require_bars(info: CacheInfo, as_of: date) -> None:
    """The cache must reach the session.

    Raises:
        StaleInput: it ends before.
    """
    if info.as_of < as_of:
        raise StaleInput(
            f"the bar cache ends at {info.as_of}, the scan is as of {as_of}",
            f"run `avwap refresh-cache --session {sessions.next_session(as_of)}` first",
        )


def _require_rows(table: BarTable, info: CacheInfo, as_of: date) -> None:
    """The cache must not begin after the session.

    Raises:
        StaleInput: it does.
    """
    if info.rows and not len(table.session):
        first = sessions.last_sessions(info.as_of, info.sessions)[0]
        raise StaleInput(
            f"the bar cache begins at {first}; {as_of} lies before its first bar",
            "name a later session, or bring older bars with `avwap import`",
        )


def _earnings_hash(dates: EarningsDates) -> str:
    """sha-256 over the dates themselves, so that a fetch that changed nothing changes nothing."""
    digest = hashlib.sha256("\n".join(dates.symbols).encode())
    for column in (dates.symbol, dates.day, dates.timing):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def input_hashes(
    bars: BarStore, earnings: EarningsDates, universe_hash: str, as_of: date, window_sessions: int
) -> dict[str, str]:
    """sha-256 of everything a scan reads; of the bars only the window, not what came later."""
    return {
        "bars": bars.window(as_of, window_sessions).content_hash,
        "earnings": _earnings_hash(earnings),
        "universe": universe_hash,
    }


def skipped(request: ScanRequest, store: ArtifactStore) -> dict[str, Liquidity]:
    """What the universe measured of members that the prefilter did not fetch."""
    if not request.prefilter or store.digest(request.trade_session, UNIVERSE_CSV) is None:
        return {}
    return read_illiquid(store, request.trade_session)


def known_dates(universe: Universe, earnings: EarningsDates, info: CacheInfo) -> dict[str, date]:
    """When each input was known; for hindsight."""
    return {
        "membership": universe.membership_known,
        "sectors": universe.sectors_known,
        "earnings": earnings.known,
        "splits": sessions.last_completed(info.fetched_at),
    }


def gather(
    request: ScanRequest,
    universe: Universe,
    earnings: EarningsDates,
    bars: BarStore,
    skipped: Mapping[str, Liquidity] = MappingProxyType({}),
) -> Gathered:
    """Read the bars of the window and arrange everything over one panel.

    Args:
        request: which session, and by which rules.
        universe, earnings: what is known.
        bars: the cache.
        skipped: what the universe measured of members that were not fetched.

    Raises:
        StaleInput: the cache ends before the session, or begins after it.
    """
    info, as_of = bars.info(), request.as_of
    require_bars(info, as_of)
    sessions_back = request.rules.history.window_sessions
    table = bars.read(as_of, sessions_back)
    _require_rows(table, info, as_of)
    table = table.including([member.symbol for member in universe.members])
    window = as_days(sessions.last_sessions(as_of, sessions_back))
    calendar = as_days(sessions.sessions_between(window[0].item(), as_of + CALENDAR_AHEAD))
    panel = build_panel(table, window, request.volume_scale)
    return Gathered(
        inputs=ScanInputs(panel, universe, earnings, calendar, request.profile, skipped),
        feed=info.feed,
        known=known_dates(universe, earnings, info),
    )


def read_earnings(earnings: Earnings, universe: Universe) -> EarningsDates:
    """What is known of the members' reports, without touching the network."""
    return earnings.dates([member.symbol for member in universe.members if member.equity])


def as_days(days: list[date]) -> Days:
    """Sessions as datetime64[D]."""
    return np.array(days, dtype="datetime64[D]")
