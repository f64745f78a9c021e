"""Verdict and Reason: every way a symbol or a signal leaves.

Three words for no: a rule *drops* a symbol, a gate *denies* an intent, a broker
*rejects* an order.  This module holds the closed list of drops.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """The stages of the funnel, in the order in which they are asked."""

    MEMBER = "member"
    DATA = "data"
    SANITY = "sanity"
    LIQUIDITY = "liquidity"
    SECTOR = "sector"
    REGIME = "regime"
    EARNINGS = "earnings"
    WEEKLY = "weekly"
    QUALITY = "quality"
    ANCHOR = "anchor"
    LEVELS = "levels"


class Reason(StrEnum):
    """Why a symbol was dropped by the scan; the value is what artifacts carry."""

    NOT_A_MEMBER = "not_a_member"
    NOT_EQUITY = "not_equity"
    NO_BARS = "no_bars"
    SHORT_HISTORY = "short_history"
    STALE_BARS = "stale_bars"
    BAD_BARS = "bad_bars"
    UNADJUSTED_SPLIT = "unadjusted_split"
    PRICE = "price"
    SHARE_VOLUME = "share_volume"
    DOLLAR_VOLUME = "dollar_volume"
    SECTOR_RANK = "sector_rank"
    SNAPSHOT_CAP = "snapshot_cap"
    MARKET_SIDE = "market_side"
    REGIME_UNKNOWN = "regime_unknown"
    EARNINGS = "earnings"
    WEEKLY_TREND = "weekly_trend"
    TREND = "trend"
    ATR_USD = "atr_usd"
    ATR_PCT = "atr_pct"
    ATR_EXPANSION = "atr_expansion"
    NO_ANCHOR = "no_anchor"
    LEVELS = "levels"
    CONFLICT = "conflict"
    OTHER_SIGNAL_OF_SYMBOL = "other_signal_of_symbol"
    SECTOR_CAP = "sector_cap"
    STRATEGY_CAP = "strategy_cap"
    SHORT_CAP = "short_cap"
    MAX_CANDIDATES = "max_candidates"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One gate asked of one symbol.

    Attributes:
        stage: the funnel stage that asked.
        reason: what the symbol is dropped for when it fails.
        passed: whether it passed.
        measured: the number (or short text) that was measured; None when undefined.
        threshold: the rule in words with its figure, e.g. "close >= 3.00".
    """

    stage: Stage
    reason: Reason
    passed: bool
    measured: float | str | None
    threshold: str
