"""RSI mean reversion: stretched beyond the band while no trend is at work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt

from avwap_cli.signals.columns import Columns
from avwap_cli.signals.strategies.declarations import Condition, Fires, Strategy

Rsi = Annotated[float, Gt(0), Lt(100)]


@dataclass(frozen=True, slots=True)
class Params:
    """Thresholds of both directions; pct_b is 0 at the lower band and 1 at the upper."""

    long_rsi: Rsi
    long_pct_b: float
    short_rsi: Rsi
    short_pct_b: float
    max_adx: Annotated[float, Ge(0), Le(100)]


def fires(columns: Columns, params: Params) -> tuple[Fires, ...]:
    """Long when oversold below the band, short when overbought above it; ADX low."""
    rsi, pct_b, adx = columns.rsi(), columns.pct_b(), columns.adx()
    calm = Condition(f"ADX < {params.max_adx:g}", adx, adx < params.max_adx)
    measured = {"rsi": rsi, "pct_b": pct_b, "adx": adx}
    return (
        Fires(
            1,
            (
                Condition(f"RSI < {params.long_rsi:g}", rsi, rsi < params.long_rsi),
                Condition(f"pct_b < {params.long_pct_b:g}", pct_b, pct_b < params.long_pct_b),
                calm,
            ),
            (params.long_rsi - rsi) / params.long_rsi + (params.long_pct_b - pct_b),
            measured,
        ),
        Fires(
            -1,
            (
                Condition(f"RSI > {params.short_rsi:g}", rsi, rsi > params.short_rsi),
                Condition(f"pct_b > {params.short_pct_b:g}", pct_b, pct_b > params.short_pct_b),
                calm,
            ),
            (rsi - params.short_rsi) / (100 - params.short_rsi) + (pct_b - params.short_pct_b),
            measured,
        ),
    )


STRATEGY = Strategy("rsi_mean_reversion", Params, fires)
