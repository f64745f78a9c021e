"""Policies: every figure of the trading day, as frozen records without values.

`config` fills them from `config/strategy_params.yaml` (entry, exit, risk) and
`config/default.yaml` (monitor); the core takes them as arguments.  How the broker is asked
stands in `settings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

Count = Annotated[int, Gt(0)]
CountFromZero = Annotated[int, Ge(0)]
Seconds = Annotated[float, Gt(0)]
Fraction = Annotated[float, Ge(0), Le(1)]
Positive = Annotated[float, Gt(0)]
Choice = Literal["allow", "refuse"]


@dataclass(frozen=True, slots=True)
class GapPolicy:
    """The gap filter.

    Attributes:
        threshold_frac: |price / previous close - 1| above it drops.
        on_missing: what happens to a candidate without a price.
        max_age_s: a price that is older is none.
    """

    threshold_frac: Fraction
    on_missing: Literal["keep", "drop"]
    max_age_s: Seconds


@dataclass(frozen=True, slots=True)
class ConfirmPolicy:
    """Confirmation at 9:45: the last trade against the previous close."""

    tolerance_frac: Fraction
    max_age_s: Seconds


@dataclass(frozen=True, slots=True)
class BreakoutPolicy:
    """Breakout and hold on closed 10-minute bars.

    Attributes:
        volume_frac: of the mean of the `volume_bars` bars before that the breakout bar needs.
        limit_frac: how far beyond the last price the entry's limit may lie.
        max_attempts: entry orders of one symbol in a session.
    """

    bar_minutes: Count
    volume_bars: Count
    volume_frac: Fraction
    limit_frac: Fraction
    max_attempts: Count


@dataclass(frozen=True, slots=True)
class EntryPolicy:
    """How candidates become orders.

    Attributes:
        on_degraded: by reason of a degraded scan, whether its plan may be entered.
        max_quote_age_s: confirm and boh only.
        cancel_after_s: an entry not filled so long after it could fill is canceled.
        cancel_partial_after_s: the rest of one that has filled in part, so that its stop can
            stand within `risk.protect_within_s`.
        passes_s: how long `enter` makes passes at most.
        resolve_s: how long an unanswered order is asked for before it counts as absent.
    """

    on_degraded: Mapping[str, Choice]
    gap: GapPolicy
    confirm: ConfirmPolicy
    breakout: BreakoutPolicy
    max_quote_age_s: Seconds
    cancel_after_s: Seconds
    cancel_partial_after_s: Seconds
    passes_s: Seconds
    pass_every_s: Seconds
    resolve_s: Seconds
    retry_waits_s: tuple[Seconds, ...]


@dataclass(frozen=True, slots=True)
class RiskPolicy:
    """How much may be at stake."""

    risk_frac: Fraction
    max_position_frac: Fraction
    short_size_frac: Fraction
    buying_power_margin: Positive
    min_notional_usd: Positive
    avwap_full_distance_pct: Positive
    avwap_min_size_frac: Fraction
    max_open: CountFromZero
    max_long: CountFromZero
    max_short: CountFromZero
    max_per_strategy: CountFromZero
    max_per_sector: CountFromZero
    max_new_per_session: CountFromZero
    max_new_per_group: CountFromZero
    max_entry_orders_per_session: CountFromZero
    min_short_equity_usd: Positive
    daily_loss_frac: Fraction
    drawdown_frac: Fraction
    max_refusals: Count
    max_clock_skew_s: Seconds
    protect_within_s: Seconds
    max_differing_symbols: CountFromZero
    recheck_after_s: Seconds


@dataclass(frozen=True, slots=True)
class ExitPolicy:
    """How positions are closed, beyond each strategy's own `exit` section.

    Attributes:
        emergency_frac: of the entry price; one closed minute bar is enough, and the entry
            day's stop stands there.
        emergency_twice_frac: two closed minute bars in a row.
        trail_from_atr: trailing begins once so many ATR in favour.
        avwap_trail_frac: of (R2 - entry): the distance of avwap's trail from the high.
        avwap_trail_every_s: it is moved at most so often.
        trim_wait_s: a trim not filled by then is canceled.
        stuck_cancel_s: a cancel pending longer pages.
        average_tolerance_frac: how far the ledger's average price may differ from the broker's.
        no_bar_s: so long without a bar, the last trade is used.
        retry_after_s: a refused exit is tried again after so long.
    """

    emergency_frac: Fraction
    emergency_twice_frac: Fraction
    trail_from_atr: Positive
    avwap_trim1_frac: Fraction
    avwap_trim2_frac: Fraction
    avwap_trail_frac: Fraction
    avwap_trail_every_s: Seconds
    trim_wait_s: Seconds
    stuck_cancel_s: Seconds
    average_tolerance_frac: Fraction
    no_bar_s: Seconds
    retry_after_s: Seconds
    short_stop_collar_frac: Fraction
    short_stop_collar_low_price_frac: Fraction
    low_price_usd: Positive


@dataclass(frozen=True, slots=True)
class MonitorPolicy:
    """How monitor watches.

    Attributes:
        bars: `stream` (polling when it is silent) or `poll`.
        silent_s: a stream without a message for so long is polled for.
        idle_s: between passes when nothing is open; `busy_s` else.
        busy_for_s: so long after the open passes come every `busy_s`.
    """

    bars: Literal["stream", "poll"]
    silent_s: Seconds
    idle_s: Seconds
    busy_s: Seconds
    busy_for_s: Seconds


@dataclass(frozen=True, slots=True)
class TradingRules:
    """All of it."""

    entry: EntryPolicy
    risk: RiskPolicy
    exit: ExitPolicy
    monitor: MonitorPolicy
