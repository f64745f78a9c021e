"""Overbought short: stretched yesterday, turned down today, no trend behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt

from avwap_cli.signals.columns import Columns
from avwap_cli.signals.strategies.declarations import Condition, Fires, Strategy


@dataclass(frozen=True, slots=True)
class Params:
    """How stretched t-1 must have been, and the most ADX that t may have."""

    min_rsi: Annotated[float, Gt(0), Lt(100)]
    min_pct_b: float
    max_adx: Annotated[float, Ge(0), Le(100)]


def fires(columns: Columns, params: Params) -> tuple[Fires, ...]:
    """Short: at t-1 RSI and pct_b high; at t ADX low and C < C(t-1)."""
    rsi, pct_b, adx = columns.rsi(back=1), columns.pct_b(back=1), columns.adx()
    close, before = columns.close(), columns.close(back=1)
    conditions = (
        Condition(f"RSI(t-1) > {params.min_rsi:g}", rsi, rsi > params.min_rsi),
        Condition(f"pct_b(t-1) > {params.min_pct_b:g}", pct_b, pct_b > params.min_pct_b),
        Condition(f"ADX < {params.max_adx:g}", adx, adx < params.max_adx),
        Condition("C < C(t-1)", close - before, close < before),
    )
    raw = (rsi - params.min_rsi) / (100 - params.min_rsi) + (pct_b - params.min_pct_b)
    return (Fires(-1, conditions, raw, {"rsi_before": rsi, "pct_b_before": pct_b, "adx": adx}),)


STRATEGY = Strategy("overbought_short", Params, fires, lookback=lambda _: 1)
