"""The gates of the funnel, stage by stage, in the order in which they are asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avwap_cli.market.bars import Floats
from avwap_cli.market.panel import Bools
from avwap_cli.market.universe import UNKNOWN_SECTOR
from avwap_cli.signals.features import Features
from avwap_cli.signals.funnel import Funnel
from avwap_cli.signals.grounds import Ground
from avwap_cli.signals.levels import Levels
from avwap_cli.signals.rules import LiquidityRules, QualityRules, ScanRules
from avwap_cli.verdicts import Reason, Stage


def ask_basics(funnel: Funnel, ground: Ground, rules: ScanRules, min_bars: int) -> None:
    """Stages 1 to 4, which every strategy asks: member, data, sanity, liquidity."""
    _ask_member(funnel, ground)
    _ask_data(funnel, ground, min_bars)
    _ask_sanity(funnel, ground)
    _ask_liquidity(funnel, ground.features, rules.liquidity)


def _ask_member(funnel: Funnel, ground: Ground) -> None:
    """Stage 1: on a list, an equity, with bars (or known to be illiquid and not fetched)."""
    listed, bars = ground.listed, ground.panel.bars.astype(np.float64)
    member, equity = listed.member.astype(np.float64), listed.equity.astype(np.float64)
    has_bars = (bars > 0) | listed.skipped
    funnel.ask(Stage.MEMBER, Reason.NOT_A_MEMBER, listed.member, member, "on a list")
    funnel.ask(Stage.MEMBER, Reason.NOT_EQUITY, listed.equity, equity, "an equity")
    funnel.ask(Stage.MEMBER, Reason.NO_BARS, has_bars, bars, "bars >= 1")


def _ask_data(funnel: Funnel, ground: Ground, min_bars: int) -> None:
    """Stage 2: enough bars, the last of them of the as-of session."""
    p, skipped = ground.panel, ground.listed.skipped
    bars = p.bars.astype(np.float64)
    missed = np.where(bars > 0, p.depth - 1.0 - p.session[-1], np.nan)
    enough, current = (bars >= min_bars) | skipped, (missed == 0) | skipped
    funnel.ask(Stage.DATA, Reason.SHORT_HISTORY, enough, bars, f"bars >= {min_bars}")
    funnel.ask(Stage.DATA, Reason.STALE_BARS, current, missed, "sessions since the last bar = 0")


def _ask_sanity(funnel: Funnel, ground: Ground) -> None:
    """Stage 3: no impossible bar, no split left unadjusted."""
    bad, split = ground.bad_bars, ground.split_ratio
    text = "no close ratio that looks like a split"
    funnel.ask(Stage.SANITY, Reason.BAD_BARS, bad == 0, bad, "impossible bars = 0")
    funnel.ask(Stage.SANITY, Reason.UNADJUSTED_SPLIT, np.isnan(split), split, text)


def _ask_liquidity(funnel: Funnel, f: Features, wants: LiquidityRules) -> None:
    """Stage 4: price, share volume, dollar volume."""
    n = wants.mean_sessions
    least, shares, value = wants.min_close_usd, wants.min_volume_shares, wants.min_dollar_volume_usd
    for reason, measured, limit, text in (
        (Reason.PRICE, f.close, least, f"close >= {least:.2f}"),
        (Reason.SHARE_VOLUME, f.volume_mean, shares, f"mean volume({n}) >= {shares:,.0f}"),
        (
            Reason.DOLLAR_VOLUME,
            f.dollar_volume_mean,
            value,
            f"mean close x volume({n}) >= {value:,.0f} USD",
        ),
    ):
        funnel.ask(Stage.LIQUIDITY, reason, measured >= limit, measured, text)


def ask_earnings(funnel: Funnel, ground: Ground, rules: ScanRules) -> None:
    """Stage 7: no report within the next sessions; an unknown date passes."""
    next_in, within = ground.reports.next_in, rules.earnings.block_within_sessions
    far = ~(next_in <= within)
    funnel.ask(
        Stage.EARNINGS, Reason.EARNINGS, far, next_in, f"sessions to the next report > {within}"
    )


def sector_medians(
    sector: NDArray[np.str_], alive: Bools, trend: Floats
) -> list[tuple[str, float]]:
    """Sectors by the median TrendScore of those alive, best first; undefined ones last."""
    names = sorted(set(sector[alive].tolist()) - {UNKNOWN_SECTOR})
    rows = []
    for name in names:
        scores = trend[alive & (sector == name)]
        scores = scores[~np.isnan(scores)]
        rows.append((name, float(np.median(scores)) if len(scores) else float("nan")))
    return sorted(rows, key=lambda row: (np.isnan(row[1]), -row[1], row[0]))


def ask_sector(funnel: Funnel, ground: Ground, rules: ScanRules, trend: Floats) -> Floats:
    """Stage 5: the best sectors, then the names with most dollar volume; returns the ranks."""
    sector, keep = ground.listed.sector, rules.sector.keep_best
    rank = np.full(len(trend), np.nan)
    for place, (name, _) in enumerate(sector_medians(sector, funnel.alive, trend), start=1):
        rank[sector == name] = place
    funnel.ask(
        Stage.SECTOR, Reason.SECTOR_RANK, ~(rank > keep), rank, f"rank of its sector <= {keep}"
    )
    cap = rules.sector.snapshot_cap
    value = np.where(funnel.alive, ground.features.dollar_volume_mean, -np.inf)
    place_by_value = np.empty(len(value))
    place_by_value[np.argsort(-value, kind="stable")] = np.arange(1, len(value) + 1)
    funnel.ask(
        Stage.SECTOR,
        Reason.SNAPSHOT_CAP,
        place_by_value <= cap,
        place_by_value,
        f"place by dollar volume <= {cap}",
    )
    return rank


def ask_market_side(funnel: Funnel, ground: Ground, rules: ScanRules, direction: int) -> None:
    """Stage 6: the market on the setup's side of its long mean."""
    market, rule = ground.market, rules.market_side
    everyone = np.ones(len(funnel.alive), dtype=bool)
    sign = ">" if direction > 0 else "<"
    text = f"{rules.regime.symbol} close {sign} its {rule.mean_sessions}-session mean"
    funnel.ask(
        Stage.REGIME,
        Reason.REGIME_UNKNOWN,
        everyone & (market.known or rule.on_unknown == "allow"),
        np.full(len(everyone), market.close),
        f"{rules.regime.symbol} close and mean known",
    )
    funnel.ask(
        Stage.REGIME,
        Reason.MARKET_SIDE,
        everyone & (not market.known or market.side * direction > 0),
        np.full(len(everyone), market.close),
        f"{text} {market.mean_slow:.2f}",
    )


def ask_weekly(funnel: Funnel, ground: Ground, rules: ScanRules, direction: int) -> None:
    """Stage 8: the trend of weekly closes, asked of names with enough history."""
    f, rule = ground.features, rules.weekly
    asked = (ground.panel.bars >= rule.min_sessions) & (f.weeks >= rule.min_weeks)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread_pct = 100.0 * (f.weekly_fast / f.weekly_slow - 1.0)
    sign = ">" if direction > 0 else "<"
    funnel.ask(
        Stage.WEEKLY,
        Reason.WEEKLY_TREND,
        ~asked | (direction * (f.weekly_fast - f.weekly_slow) > 0),
        spread_pct,
        f"{rule.fast_weeks}-week mean over {rule.slow_weeks}-week mean {sign} 0 %",
    )


def tiers(f: Features, direction: int) -> NDArray[np.str_]:
    """(N,) A: C > fast mean >= slow mean; B: C > slow mean, which rises; else empty."""
    d = direction
    above = d * (f.close - f.sma_slow) > 0
    a = (d * (f.close - f.sma_fast) > 0) & (d * (f.sma_fast - f.sma_slow) >= 0)
    b = above & (d * f.slope_frac > 0)
    return np.where(a, "A", np.where(b, "B", ""))


def ask_quality(funnel: Funnel, f: Features, tier: NDArray[np.str_], rule: QualityRules) -> None:
    """Stage 9: trend tier, and a range that is worth trading and not expanding."""
    with np.errstate(invalid="ignore", divide="ignore"):
        trend_pct = 100.0 * (f.close / f.sma_slow - 1.0)
        expansion = f.atr_pct / f.atr_pct_median
    ask = funnel.ask
    ask(Stage.QUALITY, Reason.TREND, tier != "", trend_pct, "tier A or B (close over slow mean, %)")
    ask(
        Stage.QUALITY,
        Reason.ATR_USD,
        f.atr_sma >= rule.min_atr_usd,
        f.atr_sma,
        f"ATR >= {rule.min_atr_usd:.2f} USD",
    )
    ask(
        Stage.QUALITY,
        Reason.ATR_PCT,
        f.atr_pct <= rule.max_atr_pct,
        f.atr_pct,
        f"ATR <= {rule.max_atr_pct:g} % of the close",
    )
    ask(
        Stage.QUALITY,
        Reason.ATR_EXPANSION,
        np.isnan(f.atr_pct_median) | (expansion <= rule.max_atr_expansion),
        expansion,
        f"ATR % <= {rule.max_atr_expansion:g} of its median",
    )


def ask_levels(funnel: Funnel, plan: Levels, rules: ScanRules) -> None:
    """Stage 11: risk not too wide, and reward worth it from the close."""
    wide, worth = rules.levels.max_risk_frac, rules.levels.min_reward_risk
    funnel.ask(
        Stage.LEVELS,
        Reason.LEVELS,
        (plan.risk_frac <= wide),
        100.0 * plan.risk_frac,
        f"risk <= {100 * wide:g} % of the entry",
    )
    funnel.ask(
        Stage.LEVELS,
        Reason.LEVELS,
        plan.reward_risk >= worth,
        plan.reward_risk,
        f"(R2 - C) / (C - stop) >= {worth:g}",
    )
