"""The scan's mathematics: against reading the same bars, and how its cost grows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq

from avwap_cli.market.bars import BarTable
from avwap_cli.market.panel import Panel, build_panel
from avwap_cli.market.sessions import trade_session_of
from avwap_cli.market.universe import UNKNOWN_SECTOR, Member
from avwap_cli.signals.rules import ScanRules
from avwap_cli.signals.scans import ScanInputs, scan
from avwap_cli.stages.evening.scan_inputs import gather, read_earnings
from avwap_cli.stages.evening.universe_files import read_universe
from avwap_cli.use_cases.evening import request_scan
from avwap_cli.wiring.desk import Choices, Desk
from bench.market import Market
from bench.pairs import Ratio, in_process

SIZES = (500, 10_000)


def inputs(market: Market) -> tuple[ScanInputs, ScanRules]:
    """What `avwap scan` hands to the mathematics."""
    desk = Desk(Choices(home=market.home, now=market.now), {})
    request = request_scan(desk, trade_session_of(desk.clock.now()), "daily")
    universe = read_universe(desk.store, request.trade_session)
    gathered = gather(request, universe, read_earnings(desk.data.earnings(), universe), desk.bars)
    return gathered.inputs, request.rules


def against_reading(market: Market) -> tuple[Ratio, Ratio, str]:
    """Scan, and arranging the panel, each over `pq.read_table` of the bars."""
    given, rules = inputs(market)
    panel = given.panel
    table = as_table(panel)

    def read() -> object:
        return pq.read_table(market.bars)

    what = f"{panel.width:,} names x {panel.depth} sessions"
    return (
        in_process(lambda: scan(given, rules), read),
        in_process(lambda: build_panel(table, panel.sessions), read),
        what,
    )


def growth(market: Market) -> tuple[float, float]:
    """CPU microseconds per name at both sizes, warm, real names tiled with jitter."""
    given, rules = inputs(market)
    small, large = (tiled(given, names) for names in SIZES)
    result = in_process(lambda: scan(large, rules), lambda: scan(small, rules))
    return 1e6 * result.base_s / SIZES[0], 1e6 * result.ours_s / SIZES[1]


def tiled(given: ScanInputs, names: int) -> ScanInputs:
    """The first names, again and again with prices jittered, and the index fund."""
    panel = given.panel
    full = np.flatnonzero(panel.bars == panel.depth)
    rng = np.random.default_rng(0)
    picked = np.sort(full[np.arange(names) % len(full)])
    symbols = [f"N{i:05d}" for i in range(names)]
    columns = {}
    for name in ("open", "high", "low", "close", "vwap"):
        columns[name] = getattr(panel, name)[:, picked] * rng.uniform(0.8, 1.25, names)
        rng = np.random.default_rng(0)
    fund = panel.column("SPY")
    if fund is None:
        raise SystemExit("the cache has no SPY")
    parts = {n: np.column_stack([v, getattr(panel, n)[:, fund]]) for n, v in columns.items()}
    volume = np.column_stack([panel.volume[:, picked], panel.volume[:, fund]])
    order = np.tile(np.arange(panel.depth, dtype=np.int32)[:, None], (1, names + 1))
    wide = Panel(
        symbols=(*symbols, "SPY"),
        sessions=panel.sessions,
        bars=np.full(names + 1, panel.depth, dtype=np.int64),
        session=order,
        volume=volume,
        duplicated=np.zeros(names + 1, dtype=bool),
        **parts,
    )
    members = [Member(s, "", UNKNOWN_SECTOR, ("IWV", "SP500"), equity=True) for s in symbols]
    universe = replace(given.universe, members=tuple(members))
    return replace(given, panel=wide, universe=universe)


def as_table(panel: Panel) -> BarTable:
    """The panel's bars in long form again, sorted as the cache holds them."""
    row, column = np.nonzero(panel.session >= 0)
    session = panel.session[row, column]
    order = np.lexsort((column, session))
    row, column, session = row[order], column[order], session[order]
    values = {
        name: getattr(panel, name)[row, column]
        for name in ("open", "high", "low", "close", "volume", "vwap")
    }
    days = panel.sessions[session]
    return BarTable(panel.symbols, column.astype(np.int32), days, **values)
