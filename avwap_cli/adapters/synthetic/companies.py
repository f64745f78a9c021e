"""Companies: who trades in the synthetic market, with the traits that never change.

Companies are listed and delisted all the time at a steady rate, so that on any day
about as many are alive as on the first.  All traits are drawn once, company by company.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avwap_cli.adapters.synthetic.names import invent
from avwap_cli.adapters.synthetic.sectors import SECTORS
from avwap_cli.adapters.synthetic.streams import Bools, Floats, Ints, Stream, growth, stream

CHURN_PER_YEAR = 0.04
SESSIONS_PER_YEAR = 252
CLASS_SHARES = ("B", "A", "B", "B")  # second share classes of large companies


@dataclass(frozen=True, slots=True)
class Companies:
    """N companies in the order of their listing.

    Attributes:
        symbols: the inside form; share classes as `ZXQU.B`.
        names: the companies' names.
        sector: (N,) index into SECTORS.
        price: (N,) at listing, USD.
        cap: (N,) market value at listing, USD.
        dollar_volume: (N,) of an ordinary session, USD.
        beta: (N,) exposure to the market.
        sector_load: (N,) exposure to the sector.
        sigma: (N,) own daily volatility, a fraction.
        born, dies: (N,) first session with a bar and first without one again, as ordinals.
        report_day: (N,) usual day of a report, days after the quarter's begin.
        before_open: (N,) reports come before the open, else after the close.
        timing_told: (N,) whether the earnings file knows the timing.
        covered: (N,) whether the earnings file knows the company at all.
    """

    symbols: tuple[str, ...]
    names: tuple[str, ...]
    sector: Ints
    price: Floats
    cap: Floats
    dollar_volume: Floats
    beta: Floats
    sector_load: Floats
    sigma: Floats
    born: Ints
    dies: Ints
    report_day: Ints
    before_open: Bools
    timing_told: Bools
    covered: Bools

    def __len__(self) -> int:
        return len(self.symbols)

    def alive(self, ordinal: int) -> Bools:
        """(N,) which have a bar on that session, halts aside."""
        return (self.born <= ordinal) & (ordinal < self.dies)


def companies(seed: int, names: int, last: int) -> Companies:
    """All companies listed up to session ordinal `last`, of which `names` (8 or more) on the first."""
    gap = SESSIONS_PER_YEAR / (CHURN_PER_YEAR * names)
    count = names + int(last / gap)
    late = np.floor((np.arange(names, count) - names + 1) * gap).astype(np.int64)
    born = np.concatenate([np.zeros(names, dtype=np.int64), late])
    u = stream(seed, Stream.TRAITS).random((count, 8))
    z = stream(seed, Stream.SHAPES).standard_normal((count, 6))
    sector = np.searchsorted(np.cumsum([s.share for s in SECTORS])[:-1], u[:, 0], side="right")
    size = np.clip(z[:, 0], -3.0, 3.4)
    rank = np.argsort(-size[:names], kind="stable")
    place = max(len(CLASS_SHARES), names // 40)
    first, second = rank[: len(CLASS_SHARES)], rank[place : place + len(CLASS_SHARES)]
    sector[second] = sector[first]
    symbols, titles = (list(texts) for texts in invent(seed, sector))
    for one, other, letter in zip(first.tolist(), second.tolist(), CLASS_SHARES, strict=True):
        symbols[other] = f"{symbols[one]}.{letter}"
        titles[other] = f"{titles[one]} Class {letter}"
    covered = u[:, 7] < np.where(size > 0.7, 0.96, 0.86)
    return Companies(
        symbols=tuple(symbols),
        names=tuple(titles),
        sector=sector.astype(np.int64),
        price=np.clip(np.round(growth(3.25 + 0.65 * size + 0.75 * z[:, 1]), 2), 1.2, 780.0),
        cap=np.round(growth(2.1 + 1.7 * size), 3) * 1e8,
        dollar_volume=np.round(growth(3.15 + 1.75 * size + 0.45 * z[:, 2]), 3) * 1e6,
        beta=np.round(_of(sector, "beta") * np.clip(1.0 + 0.25 * z[:, 3], 0.3, 2.0), 4),
        sector_load=np.round(0.6 + 0.8 * u[:, 1], 4),
        sigma=np.round(
            _of(sector, "sigma") * np.clip(growth(0.32 * z[:, 4] - 0.22 * size), 0.45, 3.0), 6
        ),
        born=born,
        dies=born + _lifetimes(u[:, 2]),
        report_day=_report_days(u[:, 3], u[:, 4]),
        before_open=u[:, 5] < 0.52,
        timing_told=u[:, 6] < 0.9,
        covered=covered,
    )


def _of(sector: Ints, field: str) -> Floats:
    return np.array([getattr(s, field) for s in SECTORS], dtype=np.float64)[sector]


def _lifetimes(u: Floats) -> Ints:
    """Exponential lifetimes in sessions, at least 30."""
    rate = CHURN_PER_YEAR / SESSIONS_PER_YEAR
    return 30 + np.floor(-np.log1p(-u) / rate).astype(np.int64)


def _report_days(month: Floats, day: Floats) -> Ints:
    """Most report in the first six weeks of a quarter, some one or two months later."""
    start = np.where(month < 0.84, 12, np.where(month < 0.93, 40, 66))
    return (start + np.floor(day * 26)).astype(np.int64)
