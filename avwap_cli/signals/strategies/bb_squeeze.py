"""Bollinger squeeze: a narrow band breaks open while ADX turns up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt

from avwap_cli.signals.columns import Columns
from avwap_cli.signals.strategies.declarations import Condition, Fires, Strategy

Count = Annotated[int, Gt(0)]


@dataclass(frozen=True, slots=True)
class Params:
    """A squeeze is width <= squeeze_ratio * mean(width, width_mean_sessions)."""

    squeeze_ratio: Annotated[float, Gt(0)]
    squeeze_sessions: Count
    width_mean_sessions: Count
    min_adx_rise: float


def fires(columns: Columns, params: Params) -> tuple[Fires, ...]:
    """A squeeze in any of the sessions before t, ADX up in one session, close beyond the band."""
    n = params.width_mean_sessions
    tightest = np.full_like(columns.width(), np.inf)
    for back in range(1, params.squeeze_sessions + 1):
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = columns.width(back) / columns.width_mean(n, back)
        tightest = np.fmin(tightest, ratio)
    rise = columns.adx() - columns.adx(back=1)
    pct_b = columns.pct_b()
    both = (
        Condition(
            f"band <= {params.squeeze_ratio:g} of its mean in the {params.squeeze_sessions} before",
            tightest,
            tightest <= params.squeeze_ratio,
        ),
        Condition(f"ADX rose >= {params.min_adx_rise:g}", rise, rise >= params.min_adx_rise),
    )
    raw = np.abs(pct_b - 0.5) - 0.5
    measured = {"pct_b": pct_b, "adx_rise": rise, "tightest_ratio": tightest}
    return (
        Fires(1, (*both, Condition("pct_b > 1", pct_b, pct_b > 1)), raw, measured),
        Fires(-1, (*both, Condition("pct_b < 0", pct_b, pct_b < 0)), raw, measured),
    )


def lookback(params: Params) -> int:
    return params.squeeze_sessions + params.width_mean_sessions


STRATEGY = Strategy("bb_squeeze", Params, fires, lookback)
