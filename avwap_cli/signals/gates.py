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
from avwap_cli.signals.rules import QualityRules, ScanRules
from avwap_cli.verdicts import Reason, Stage


def ask_basics(funnel: Funnel, ground: Ground, rules: ScanRules, min_bars: int) -> None:
    """Stages 1 to 4, which every strategy asks: member, data, sanity, liquidity."""
    p, listed, f = ground.panel, ground.listed, ground.features
    bars = p.bars.astype(np.float64)
    missed = np.where(bars > 0, p.depth - 1.0 - p.session[-1], np.nan)
    ask, wants, skipped = funnel.ask, rules.liquidity, listed.skipped
    ask(
        Stage.MEMBER,
        Reason.NOT_A_MEMBER,
        listed.member,
        listed.member.astype(np.float64),
        "on a list",
    )
    ask(
        Stage.MEMBER,
        Reason.NOT_EQUITY,
        listed.equity,
        listed.equity.astype(np.float64),
        "an equity",
    )
    ask(Stage.MEMBER, Reason.NO_BARS, (bars > 0) | skipped, bars, "bars >= 1")
    ask(Stage.DATA, Reason.SHORT_HISTORY, (bars >= min_bars) | skipped, bars, f"bars >= {min_bars}")
    ask(
        Stage.DATA,
        Reason.STALE_BARS,
        (missed == 0) | skipped,
        missed,
        "sessions since the last bar = 0",
    )
    bad, split = ground.bad_bars, ground.split_ratio
    ask(Stage.SANITY, Reason.BAD_BARS, bad == 0, bad, "impossible bars = 0")
    ask(
        Stage.SANITY,
        Reason.UNADJUSTED_SPLIT,
        np.isnan(split),
        split,
        "no close ratio that looks like a split",
    )
    ask(
        Stage.LIQUIDITY,
        Reason.PRICE,
        f.close >= wants.min_close_usd,
        f.close,
        f"close >= {wants.min_close_usd:.2f}",
    )
    ask(
        Stage.LIQUIDITY,
        Reason.SHARE_VOLUME,
        f.volume_mean >= wants.min_volume_shares,
        f.volume_mean,
        f"mean volume({wants.mean_sessions}) >= {wants.min_volume_shares:,.0f}",
    )
    ask(
        Stage.LIQUIDITY,
        Reason.DOLLAR_VOLUME,
        f.dollar_volume_mean >= wants.min_dollar_volume_usd,
        f.dollar_volume_mean,
        f"mean close x volume({wants.mean_sessions}) >= {wants.min_dollar_volume_usd:,.0f} USD",
    )


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
