"""The scan's rules as frozen records: every threshold, none of its values.

Values live in the YAML files of `config/`; `config` validates them into these
records.  A name carries its unit; bounds are part of the type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Len

Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
Fraction = Annotated[float, Ge(0), Le(1)]
Sessions = Annotated[int, Gt(0)]
Strength = Annotated[float, Ge(0), Le(100)]


@dataclass(frozen=True, slots=True)
class HistoryRules:
    """Stage 2: how many bars a symbol must have."""

    window_sessions: Sessions
    min_avwap_sessions: Sessions
    min_batch_sessions: Sessions


@dataclass(frozen=True, slots=True)
class SanityRules:
    """Stage 3: the last line against a split left unadjusted."""

    split_window_sessions: Sessions
    split_min_ratio: Annotated[float, Gt(1)]
    split_tolerance_frac: Fraction
    split_volume_ratio: Positive
    split_volume_sessions: Sessions


@dataclass(frozen=True, slots=True)
class LiquidityRules:
    """Stage 4: price, share volume and dollar volume."""

    min_close_usd: NotNegative
    min_volume_shares: NotNegative
    min_dollar_volume_usd: NotNegative
    mean_sessions: Sessions


@dataclass(frozen=True, slots=True)
class SectorRules:
    """Stage 5: the best sectors, then the most traded names."""

    keep_best: Annotated[int, Ge(1), Le(11)]
    snapshot_cap: Annotated[int, Gt(0)]


@dataclass(frozen=True, slots=True)
class MarketSideRules:
    """Stage 6: on which side of its long mean the market must be."""

    mean_sessions: Sessions
    on_unknown: Literal["block", "allow"]


@dataclass(frozen=True, slots=True)
class EarningsRules:
    """Stage 7: how near a report may be, and how many may be unknown."""

    block_within_sessions: Annotated[int, Ge(0)]
    max_unknown_frac: Fraction


@dataclass(frozen=True, slots=True)
class WeeklyRules:
    """Stage 8: the trend of weekly closes."""

    min_sessions: Sessions
    min_weeks: Sessions
    fast_weeks: Sessions
    slow_weeks: Sessions


@dataclass(frozen=True, slots=True)
class TrendRules:
    """TrendScore and the tiers."""

    fast_sma: Sessions
    slow_sma: Sessions
    slope_sessions: Sessions
    adx_weight: NotNegative
    slope_weight: NotNegative
    volatility_weight: NotNegative
    volatility_cap: Positive
    atr_median_sessions: Sessions


@dataclass(frozen=True, slots=True)
class QualityRules:
    """Stage 9: volatility of one name; one record per profile."""

    min_atr_usd: NotNegative
    max_atr_pct: Positive
    max_atr_expansion: Positive


@dataclass(frozen=True, slots=True)
class AnchorRules:
    """Stage 10: which anchors exist and how they are scored."""

    window_sessions: Sessions
    min_age_sessions: Sessions
    gap_pct: Positive
    breakout_volume_ratio: Positive
    breakout_volume_sessions: Sessions
    breakout_range_frac: Fraction
    breakout_lookback_sessions: Sessions
    swing_sessions: Sessions
    priority: Mapping[str, Annotated[int, Ge(0)]]
    max_dist_pct: Positive
    slope_sessions: Sessions
    min_slope_pct: float
    trend_weight: NotNegative
    near_pct: Positive
    near_bonus: NotNegative
    reclaim_bonus: NotNegative
    confluence_pct: Positive
    confluence_bonus: NotNegative


@dataclass(frozen=True, slots=True)
class LevelRules:
    """Stage 11: entry, stop and targets."""

    swing_sessions: Annotated[int, Ge(3)]
    swing_buffer_frac: Fraction
    min_stop_frac: Fraction
    max_risk_frac: Fraction
    min_reward_risk: NotNegative
    targets: Literal["risk", "pivots"]


@dataclass(frozen=True, slots=True)
class SetupRules:
    """Context labels; they never decide anything."""

    version: str
    vwap_sessions: Sessions
    control_buffer_pct: NotNegative
    acceptance_closes: Sessions
    balanced_pct: NotNegative
    extended_pct: Positive
    gap_pct: Positive
    gap_window_sessions: Sessions
    gap_recent_sessions: Sessions
    structure_slope_sessions: Sessions


@dataclass(frozen=True, slots=True)
class RegimeRules:
    """Regimes of the market and the weight of each strategy in them."""

    symbol: str
    high_volatility_atr_frac: Positive
    trend_adx: Positive
    ranging_adx: Positive
    mean_sessions: Sessions
    weights: Mapping[str, Mapping[str, Fraction]]


@dataclass(frozen=True, slots=True)
class ScoreWeights:
    """The four parts of a candidate's score; they sum to 1."""

    strength: Fraction
    weight: Fraction
    calm: Fraction
    volume: Fraction


@dataclass(frozen=True, slots=True)
class RankingRules:
    """How signals become candidates."""

    score: ScoreWeights
    calm_atr_frac: Positive
    volume_cap: Positive
    max_per_sector: Annotated[int, Gt(0)]
    max_per_strategy: Annotated[int, Gt(0)]
    max_shorts: Annotated[int, Ge(0)]
    max_candidates: Annotated[int, Gt(0)]
    rs_sessions: Sessions


@dataclass(frozen=True, slots=True)
class ExitRules:
    """What a strategy's positions are closed by; None = the strategy has no such exit.

    Attributes:
        long_rsi_above, short_rsi_below: a daily close with an RSI beyond it closes.
        short_pct_b_below: likewise of the place in the Bollinger band.
    """

    sl_atr_mult: Positive | None
    max_stop_frac: Fraction | None
    tp_atr_mult: Positive | None
    trailing_atr_mult: Positive | None
    max_hold_sessions: Sessions
    long_rsi_above: Strength | None = None
    short_rsi_below: Strength | None = None
    short_pct_b_below: Fraction | None = None


@dataclass(frozen=True, slots=True)
class StrategyRules:
    """One strategy's section: its own parameters, its entry group, exits and reference deciles.

    Attributes:
        params: the strategy's own `Params` record.
        reference: raw strengths at 0 %, 10 %, .. 100 % of a reference sample, ascending.
    """

    enabled: bool
    shorts: bool
    entry_group: Literal["moo", "confirm", "boh"]
    params: Any
    exit: ExitRules
    reference: Annotated[tuple[float, ...], Len(11, 11)]


@dataclass(frozen=True, slots=True)
class QualityOfRun:
    """When a whole run is degraded or refused."""

    min_coverage_frac: Fraction
    clean_coverage_frac: Fraction


@dataclass(frozen=True, slots=True)
class ScanRules:
    """All of it: what one scan is a function of, besides its data."""

    history: HistoryRules
    sanity: SanityRules
    liquidity: LiquidityRules
    sector: SectorRules
    market_side: MarketSideRules
    earnings: EarningsRules
    weekly: WeeklyRules
    trend: TrendRules
    quality: Mapping[str, QualityRules]
    anchors: AnchorRules
    levels: LevelRules
    setup: SetupRules
    regime: RegimeRules
    ranking: RankingRules
    run: QualityOfRun
    avwap_price: Literal["auto", "vwap", "typical"]
    batch_universe: Literal["SP500", "all"]
    atr_sma_sessions: Sessions
    strategies: Mapping[str, StrategyRules]
    user_anchors: Mapping[str, Mapping[str, tuple[date, int]]]
