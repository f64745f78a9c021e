"""The scan: bars, lists and reports in, ranked signals with all their reasons out.

`scan` is a pure function of its inputs and rules:

1. measure every symbol once (`features`, `sanity`, `avwap`, `reports`) -> Ground
2. anchored-VWAP longs, and shorts if they are on, through the funnel -> Side
3. batch strategies through their own shorter funnel -> fires
4. everything that fired becomes a Signal, ranked against each other (`ranking`)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from avwap_cli.market.bars import Days, Floats
from avwap_cli.market.earnings import EarningsDates
from avwap_cli.market.panel import Bools, Panel
from avwap_cli.market.universe import UNKNOWN_SECTOR, Liquidity, Universe
from avwap_cli.signals import gates, ranking
from avwap_cli.signals.avwap import traded
from avwap_cli.signals.columns import Columns
from avwap_cli.signals.features import MONDAY, Features, features
from avwap_cli.signals.finds import AVWAP, batch_signals, setup_signals
from avwap_cli.signals.funnel import Funnel
from avwap_cli.signals.grounds import Ground, Listed
from avwap_cli.signals.indicators import sma_at
from avwap_cli.signals.ranking import Signal
from avwap_cli.signals.regime import Market, classify
from avwap_cli.signals.reports import reports
from avwap_cli.signals.rules import ScanRules
from avwap_cli.signals.sanity import bad_bars, unadjusted_split
from avwap_cli.signals.sides import Side, look
from avwap_cli.signals.strategies import STRATEGIES
from avwap_cli.signals.strategies.declarations import Fires
from avwap_cli.verdicts import Stage


@dataclass(frozen=True, slots=True)
class ScanInputs:
    """What a scan is a function of, besides its rules.

    Attributes:
        panel: sealed at the as-of session; has a column for every member, also those
            without bars, and for the index fund.
        universe: the lists.
        earnings: report dates.
        calendar: (S,) XNYS sessions from the panel's first to well beyond the as-of one.
        profile: key of `rules.quality`.
        skipped: what is known of members whose bars a prefilter did not fetch.
    """

    panel: Panel
    universe: Universe
    earnings: EarningsDates
    calendar: Days
    profile: str
    skipped: Mapping[str, Liquidity] = field(default_factory=dict)

    @property
    def as_of(self) -> date:
        day: date = self.panel.sessions[-1].item()
        return day


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything a scan found, per symbol and per signal.

    Attributes:
        inputs: what it was made from.
        columns: the measurements, for strategies and explain.
        ground: measured once for all.
        sides: direction -> the anchored-VWAP funnel.
        batch: the funnel of the batch strategies.
        fires: strategy -> its fires.
        signals: all, ranked, best first.
        sectors: (name, median TrendScore), best first.
        rs_rank: (N,) percentile of relative strength among liquid names, 0..1.
        rs_pct: (N,) relative strength against the index fund in percent.
    """

    inputs: ScanInputs
    columns: Columns
    ground: Ground
    sides: Mapping[int, Side]
    batch: Funnel
    fires: Mapping[str, tuple[Fires, ...]]
    signals: tuple[Signal, ...]
    sectors: tuple[tuple[str, float], ...]
    rs_pct: Floats
    rs_rank: Floats

    @property
    def candidates(self) -> list[Signal]:
        """The ranked ones, best first."""
        return [s for s in self.signals if s.rank is not None]


def scan(inputs: ScanInputs, rules: ScanRules) -> Scan:
    """Scan the panel; see the module's docstring for the steps."""
    columns = Columns(inputs.panel, rows=1, lookback=lookback(rules))
    ground = _ground(inputs, columns, rules)
    directions = (1, -1) if rules.strategies[AVWAP].shorts else (1,)
    sides = {d: look(ground, rules, inputs.profile, d) for d in directions}
    batch = Funnel(ground.listed.member)
    gates.ask_basics(batch, ground, rules, rules.history.min_batch_sessions)
    gates.ask_earnings(batch, ground, rules)
    fires = {
        name: strategy.fires(columns, rules.strategies[name].params)
        for name, strategy in STRATEGIES.items()
        if strategy.fires is not None and rules.strategies[name].enabled
    }
    liquid = sides[1].funnel.survivors(Stage.LIQUIDITY)
    rs_pct, rs_rank = _relative_strength(ground, rules, liquid)
    found = [
        *setup_signals(ground, sides, rules),
        *batch_signals(ground, batch, fires, rules),
    ]
    return Scan(
        inputs=inputs,
        columns=columns,
        ground=ground,
        sides=sides,
        batch=batch,
        fires=fires,
        signals=tuple(ranking.rank(found, rules.ranking)),
        sectors=tuple(gates.sector_medians(ground.listed.sector, liquid, sides[1].trend)),
        rs_pct=rs_pct,
        rs_rank=rs_rank,
    )


def lookback(rules: ScanRules) -> int:
    """Bars before t that any strategy's columns reach."""
    return max(
        strategy.lookback(rules.strategies[name].params)
        for name, strategy in STRATEGIES.items()
        if strategy.fires is not None
    )


def arrange(universe: Universe, panel: Panel, skipped: Collection[str] = ()) -> Listed:
    """The lists over the panel's columns; a skipped symbol that has its bar is not skipped."""
    by_symbol = {m.symbol: m for m in universe.members}
    rows = [by_symbol.get(s) for s in panel.symbols]
    return Listed(
        member=np.array([m is not None for m in rows], dtype=bool),
        equity=np.array([m is not None and m.equity for m in rows], dtype=bool),
        sp500=np.array([m is not None and m.in_sp500 for m in rows], dtype=bool),
        skipped=np.array([s in skipped for s in panel.symbols], dtype=bool)
        & (panel.session[-1] != panel.depth - 1),
        sector=np.array([m.sector if m else UNKNOWN_SECTOR for m in rows], dtype=np.str_),
    )


def _ground(inputs: ScanInputs, columns: Columns, rules: ScanRules) -> Ground:
    panel, calendar = inputs.panel, inputs.calendar
    after = calendar[np.searchsorted(calendar, panel.sessions[-1], side="right")]
    f = features(columns, rules, week_is_over=_week(after) != _week(panel.sessions[-1]))
    listed = arrange(inputs.universe, panel, inputs.skipped)
    return Ground(
        panel=panel,
        listed=listed,
        features=_with_skipped(f, listed, inputs),
        reports=reports(panel, inputs.earnings, calendar),
        market=_market(panel, f, rules),
        prices=traded(panel, rules.avwap_price),
        bad_bars=bad_bars(panel),
        split_ratio=unadjusted_split(panel, rules.sanity),
    )


def _with_skipped(f: Features, listed: Listed, inputs: ScanInputs) -> Features:
    """The liquidity of skipped members as the universe measured it, for they have no bars."""
    if not listed.skipped.any():
        return f
    close, volume, value = f.close.copy(), f.volume_mean.copy(), f.dollar_volume_mean.copy()
    for column in np.flatnonzero(listed.skipped).tolist():
        seen = inputs.skipped[inputs.panel.symbols[column]]
        close[column], volume[column] = seen.close_usd, seen.volume_shares
        value[column] = seen.dollar_volume_usd
    return replace(f, close=close, volume_mean=volume, dollar_volume_mean=value)


def _week(day: np.datetime64) -> int:
    """A number per calendar week, Monday to Sunday."""
    return int((day.astype("datetime64[D]") - MONDAY).astype(np.int64) // 7)


def _market(panel: Panel, f: Features, rules: ScanRules) -> Market:
    """The index fund's column at t; all NaN when its bar of t is missing."""
    column = panel.column(rules.regime.symbol)
    if column is None or panel.session[-1, column] != panel.depth - 1:
        nan = float("nan")
        return Market(None, nan, nan, nan, nan, nan)
    mean_slow, mean_regime = (
        float(sma_at(panel.close[:, [column]], n)[0])
        for n in (rules.market_side.mean_sessions, rules.regime.mean_sessions)
    )
    close, adx, atr_frac = (float(x[column]) for x in (f.close, f.adx, f.atr_frac))
    regime = classify(close, mean_regime, adx, atr_frac, rules.regime)
    return Market(regime, close, mean_slow, mean_regime, adx, atr_frac)


def _relative_strength(ground: Ground, rules: ScanRules, liquid: Bools) -> tuple[Floats, Floats]:
    """Change against the index fund's in percent, and its percentile among liquid names."""
    change = ground.features.change_rs
    column = ground.panel.column(rules.regime.symbol)
    index = change[column] if column is not None else np.nan
    pct = 100.0 * (change - index)
    among = np.sort(pct[liquid & ~np.isnan(pct)])
    rank = np.searchsorted(among, pct, side="right") / max(len(among), 1)
    return pct, np.where(liquid & ~np.isnan(pct), rank, np.nan)
