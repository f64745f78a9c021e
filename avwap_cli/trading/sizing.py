"""Sizing: how many whole shares a plan may buy or sell short at a price.

Every limit is a number of shares, the smallest decides, and the result is rounded down once:

    risk            equity * risk_frac / |price - stop|
    position        equity * max_position_frac / price
    strategy        (equity * the regime's weight - what the strategy holds) / price
    buying_power    buying power left / (buying_power_margin * price)

Shorts take `short_size_frac` of it.  avwap takes 1 - distance / `avwap_full_distance_pct`, the
distance of the price from the entry level in percent, and at least `avwap_min_size_frac`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum

from avwap_cli.trading.orders import ZERO
from avwap_cli.trading.plans import AVWAP, Plan, decimal
from avwap_cli.trading.policies import RiskPolicy

_ONE = Decimal(1)
_CENT = Decimal("0.01")


class Cap(StrEnum):
    """The limits on a size, in the order in which ties are told."""

    RISK = "risk"
    POSITION = "position"
    STRATEGY = "strategy"
    BUYING_POWER = "buying_power"


@dataclass(frozen=True, slots=True)
class Means:
    """What an entry is paid from, USD.

    Attributes:
        equity: of the account.
        buying_power_left: after our own orders that the broker does not count yet.
        held_by_strategy_usd: value of what the strategy holds and may still get.
    """

    equity: Decimal
    buying_power_left: Decimal
    held_by_strategy_usd: Decimal


@dataclass(frozen=True, slots=True)
class Sized:
    """A size and what it is limited by.

    Attributes:
        shares: whole; 0 where not even one is allowed.
        cap: the limit that binds.
        stop: the stop it was sized for, USD.
        too_small: below one share or the least notional.
        needed_equity: from which the limits on equity allow the smallest order, USD rounded up
            to the cent; None where no equity does (the strategy has no weight).
        needed_buying_power: likewise of buying power; None where the scale is 0.
    """

    shares: Decimal
    cap: Cap
    stop: Decimal
    too_small: bool
    needed_equity: Decimal | None
    needed_buying_power: Decimal | None


def size(plan: Plan, price: Decimal, means: Means, risk: RiskPolicy) -> Sized:
    """The whole shares of an entry at that price.

    Raises:
        ValueError: a price, the equity or the distance to the stop is not positive, or the
            plan has no stop.
    """
    for what, number in (("price", price), ("entry", plan.entry), ("equity", means.equity)):
        _must_be_positive(what, number, plan)
    stop = plan.stop_from(price)
    if stop is None:
        raise ValueError(f"the plan of {plan.symbol} ({plan.strategy}) has no stop")
    distance = (price - stop) * plan.direction
    _must_be_positive("distance to the stop", distance, plan)
    scale = _scale(plan, price, risk)
    margin = decimal(risk.buying_power_margin)
    caps = {
        Cap.RISK: means.equity * decimal(risk.risk_frac) / distance,
        Cap.POSITION: means.equity * decimal(risk.max_position_frac) / price,
        Cap.STRATEGY: (means.equity * plan.weight - means.held_by_strategy_usd) / price,
        Cap.BUYING_POWER: means.buying_power_left / (margin * price),
    }
    cap = min(caps, key=lambda name: caps[name])
    shares = max(ZERO, (caps[cap] * scale).to_integral_value(ROUND_FLOOR))
    least = _least_shares(price, risk)
    unscaled = least / scale if scale > 0 else None
    return Sized(
        shares=shares,
        cap=cap,
        stop=stop,
        too_small=shares < least,
        needed_equity=_needed_equity(plan, price, distance, unscaled, means, risk),
        needed_buying_power=None if unscaled is None else _up_to_cent(unscaled * margin * price),
    )


def _must_be_positive(what: str, number: Decimal, plan: Plan) -> None:
    if not number.is_finite() or number <= 0:
        raise ValueError(f"the {what} of {plan.symbol} is {number}, not a positive number")


def _scale(plan: Plan, price: Decimal, risk: RiskPolicy) -> Decimal:
    scale = decimal(risk.short_size_frac) if plan.direction < 0 else _ONE
    if plan.strategy == AVWAP:
        far_pct = abs(price / plan.entry - 1) * 100
        shrunk = 1 - far_pct / decimal(risk.avwap_full_distance_pct)
        scale *= max(shrunk, decimal(risk.avwap_min_size_frac))
    return scale


def _least_shares(price: Decimal, risk: RiskPolicy) -> Decimal:
    least = (decimal(risk.min_notional_usd) / price).to_integral_value(ROUND_CEILING)
    return max(_ONE, least)


def _needed_equity(
    plan: Plan,
    price: Decimal,
    distance: Decimal,
    unscaled: Decimal | None,
    means: Means,
    risk: RiskPolicy,
) -> Decimal | None:
    """The equity at which each limit on it allows `unscaled` shares."""
    fractions = (decimal(risk.risk_frac), decimal(risk.max_position_frac), plan.weight)
    if unscaled is None or min(fractions) <= 0:
        return None
    risked, placed, weighted = fractions
    return _up_to_cent(
        max(
            unscaled * distance / risked,
            unscaled * price / placed,
            (unscaled * price + means.held_by_strategy_usd) / weighted,
        )
    )


def _up_to_cent(usd: Decimal) -> Decimal:
    return usd.quantize(_CENT, rounding=ROUND_CEILING)
