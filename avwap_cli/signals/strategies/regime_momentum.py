"""Regime momentum: an orderly, widening rise with room left in RSI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from avwap_cli.signals.columns import Columns
from avwap_cli.signals.strategies.declarations import Condition, Fires, Strategy

Count = Annotated[int, Gt(0)]


@dataclass(frozen=True, slots=True)
class Params:
    """Trend, widening of the band, return, room in RSI, and how calm the name must be."""

    min_adx: Annotated[float, Gt(0), Lt(100)]
    width_ratio: Annotated[float, Gt(0)]
    width_mean_sessions: Count
    return_sessions: Count
    min_rsi: Annotated[float, Ge(0), Le(100)]
    max_rsi: Annotated[float, Ge(0), Le(100)]
    max_atr_frac: Annotated[float, Gt(0)]


def fires(columns: Columns, params: Params) -> tuple[Fires, ...]:
    """Long: ADX high, band wide against its mean, C up over n sessions, RSI in its room."""
    adx, rsi, atr_frac = columns.adx(), columns.rsi(), columns.atr_frac()
    with np.errstate(divide="ignore", invalid="ignore"):
        wide = columns.width() / columns.width_mean(params.width_mean_sessions)
    gain = columns.change(params.return_sessions)
    fast, slow = columns.ema_fast(), columns.ema_slow()
    conditions = (
        Condition(f"ADX >= {params.min_adx:g}", adx, adx >= params.min_adx),
        Condition(f"band >= {params.width_ratio:g} of its mean", wide, wide >= params.width_ratio),
        Condition(f"change of {params.return_sessions} > 0", gain, gain > 0),
        Condition(
            f"{params.min_rsi:g} <= RSI <= {params.max_rsi:g}",
            rsi,
            (rsi >= params.min_rsi) & (rsi <= params.max_rsi),
        ),
        Condition("EMA8 > EMA21", fast - slow, fast > slow),
        Condition(f"ATR/C < {params.max_atr_frac:g}", atr_frac, atr_frac < params.max_atr_frac),
    )
    raw = 10 * gain + (adx - params.min_adx) / params.min_adx
    measured = {"adx": adx, "rsi": rsi, "change_frac": gain, "width_ratio": wide}
    return (Fires(1, conditions, raw, measured),)


def lookback(params: Params) -> int:
    return max(params.width_mean_sessions, params.return_sessions)


STRATEGY = Strategy("regime_momentum", Params, fires, lookback)
