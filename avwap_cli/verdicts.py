"""Verdicts: every way a symbol or a signal leaves, and every way a position does.

Three words for no: a rule *drops* a symbol, a gate *denies* an intent, a broker
*rejects* an order.  This module holds the closed lists of drops, of gates, and of the
reasons for which a position is closed or kept.
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


class Gate(StrEnum):
    """The gates an entry passes, in the order asked; the value is what artifacts carry."""

    HALTED = "halted"
    LIVE_KEY = "live_key"
    CLOCK = "clock"
    WINDOW = "window"
    STALE_PLAN = "stale_plan"
    DEGRADED_PLAN = "degraded_plan"
    NOT_RECONCILED = "not_reconciled"
    DAILY_LOSS = "daily_loss"
    DRAWDOWN = "drawdown"
    BAD_NUMBER = "bad_number"
    BARRED = "barred"
    CLOSED_TODAY = "closed_today"
    ATTEMPTS = "attempts"
    UNRESOLVED = "unresolved"
    ALREADY_HELD = "already_held"
    FOREIGN_POSITION = "foreign_position"
    ORDER_RESTING = "order_resting"
    MAX_OPEN = "max_open"
    MAX_LONG = "max_long"
    MAX_SHORT = "max_short"
    MAX_PER_STRATEGY = "max_per_strategy"
    MAX_PER_SECTOR = "max_per_sector"
    MAX_NEW = "max_new"
    MAX_NEW_IN_GROUP = "max_new_in_group"
    MAX_ORDERS = "max_orders"
    NOT_TRADABLE = "not_tradable"
    TRADING_HALT = "trading_halt"
    NOT_SHORTABLE = "not_shortable"
    HARD_TO_BORROW = "hard_to_borrow"
    SMALL_ACCOUNT = "small_account"
    NO_GTC_STOP = "no_gtc_stop"
    STALE_QUOTE = "stale_quote"
    CROSSED_QUOTE = "crossed_quote"
    GAP = "gap"
    NOT_CONFIRMED = "not_confirmed"
    NO_ROOM = "no_room"
    TOO_SMALL = "too_small"


class ExitReason(StrEnum):
    """Why a position, or a part of it, was closed."""

    EMERGENCY_STOP = "emergency_stop"
    EMERGENCY_IMMEDIATE = "emergency_immediate"
    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    TRIM_R1 = "trim_r1"
    TRIM_R2 = "trim_r2"
    TRAILING_STOP = "trailing_stop"
    RSI_TARGET = "rsi_target"
    BAND_TARGET = "band_target"
    TIME_EXIT = "time_exit"
    FLATTEN = "flatten"
    MANUAL = "manual"
    SPLIT_RESIDUE = "split_residue"


class HoldReason(StrEnum):
    """Why a position was kept."""

    HOLD = "hold"
    DAY_SKIP = "day_skip"


@dataclass(frozen=True, slots=True)
class Denial:
    """A gate that said no to one intent.

    Attributes:
        gate: which.
        measured: the number, or short text, that was measured; None when undefined.
        threshold: the rule in words with its figure, e.g. "at most 8 open positions".
    """

    gate: Gate
    measured: str | None
    threshold: str
