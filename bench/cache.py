"""The bar cache: what an evening's append costs, and what its layers cost to read."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from avwap_cli.adapters.bar_store.bar_cache import BarCache
from avwap_cli.market.bars import concat
from bench.market import Market
from bench.pairs import Ratio, in_process

EVENINGS = 15


def appended(market: Market, folder: Path) -> tuple[int, int, Ratio]:
    """Bytes of the last append and of a rewrite; reading layered over reading one file."""
    source = BarCache(market.home / "cache" / "bars")
    info, vintage = source.info(), source.vintage()
    table = source.read(info.as_of, info.sessions)
    sessions = np.unique(table.session)
    cut = sessions[-EVENINGS]
    layered, single = (BarCache(folder / name) for name in ("layered", "single"))
    old = replace(vintage, as_of=cut.item() - timedelta(days=1))
    layered.replace_all(table.take(table.session < cut), old)
    written = 0
    for session in sessions[-EVENINGS:]:
        part = table.take(table.session == session)
        written = layered.replace_sessions(part, replace(vintage, as_of=session.item()))
    rewrite = single.replace_all(concat([table]), vintage)
    ratio = in_process(
        lambda: layered.read(info.as_of, info.sessions),
        lambda: single.read(info.as_of, info.sessions),
    )
    shutil.rmtree(folder)
    return written, rewrite, ratio
