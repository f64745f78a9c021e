"""ADX pullback: in a strong rise the low touches the fast mean and the close turns up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Lt

from avwap_cli.signals.columns import Columns
from avwap_cli.signals.strategies.declarations import Condition, Fires, Strategy


@dataclass(frozen=True, slots=True)
class Params:
    """How strong the trend must be and how far RSI must have come back."""

    min_adx: Annotated[float, Ge(0), Lt(100)]
    max_rsi: Annotated[float, Gt(0), Lt(100)]


def fires(columns: Columns, params: Params) -> tuple[Fires, ...]:
    """Long: ADX high, EMA8 > EMA21, L <= EMA8, C > EMA21, RSI moderate, C > C(t-1)."""
    close, adx, rsi = columns.close(), columns.adx(), columns.rsi()
    fast, slow = columns.ema_fast(), columns.ema_slow()
    before = columns.close(back=1)
    conditions = (
        Condition(f"ADX > {params.min_adx:g}", adx, adx > params.min_adx),
        Condition("EMA8 > EMA21", fast - slow, fast > slow),
        Condition("L <= EMA8", columns.low() - fast, columns.low() <= fast),
        Condition("C > EMA21", close - slow, close > slow),
        Condition(f"RSI <= {params.max_rsi:g}", rsi, rsi <= params.max_rsi),
        Condition("C > C(t-1)", close - before, close > before),
    )
    raw = (adx - params.min_adx) / params.min_adx + (params.max_rsi - rsi) / params.max_rsi
    return (Fires(1, conditions, raw, {"adx": adx, "rsi": rsi, "ema8": fast, "ema21": slow}),)


STRATEGY = Strategy("adx_pullback", Params, fires, lookback=lambda _: 1)
