"""Balances: the account's money at one moment, as a pure function of what it holds.

Half of every position's value is its initial margin, 30 % its maintenance margin.  The buying
power is equity times multiplier, less the value of the positions, less what open orders
reserve: with each multiplier a share costs the same while it is on order and once it is
held, and a canceled order gives back exactly what it took.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from avwap_cli.exchange.broker.orders import ZERO
from avwap_cli.exchange.broker.positions import Position
from avwap_cli.exchange.settings import Settings

MARGIN_FROM_USD = Decimal(2000)
INITIAL_FRAC = Decimal("0.5")
MAINTENANCE_FRAC = Decimal("0.3")


@dataclass(frozen=True, slots=True)
class Balances:
    """USD, but for the multiplier.

    Attributes:
        equity: cash + long_market_value + short_market_value.
        short_market_value: negative, or 0.
        buying_power: what a new order may cost, open orders already taken off; never negative.
        multiplier: buying power over equity: 1 below 2,000 USD of equity, where nothing may be
            bought on credit nor sold short.
    """

    cash: Decimal
    equity: Decimal
    long_market_value: Decimal
    short_market_value: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    buying_power: Decimal
    regt_buying_power: Decimal
    non_marginable_buying_power: Decimal
    multiplier: int
    accrued_fees: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the positions are worth, USD: the long ones, and the short ones as 0 or less."""

    longs: Decimal = ZERO
    shorts: Decimal = ZERO


def exposure_of(positions: Iterable[Position], price: Callable[[str], Decimal | None]) -> Exposure:
    """The positions at their prices; one without a price counts with what it cost."""
    values = [_value(position, price(position.symbol)) for position in positions]
    return Exposure(
        sum((value for value in values if value > 0), ZERO),
        sum((value for value in values if value < 0), ZERO),
    )


def balances_of(
    cash: Decimal, exposure: Exposure, reserved_usd: Decimal, settings: Settings
) -> Balances:
    """The account's balances.

    Args:
        reserved_usd: what the open orders reserve.
    """
    longs, shorts = exposure.longs, exposure.shorts
    equity = cash + longs + shorts
    multiplier = settings.multiplier if equity >= MARGIN_FROM_USD else 1
    gross = longs - shorts
    initial = gross * (INITIAL_FRAC if multiplier > 1 else 1)
    maintenance = gross * MAINTENANCE_FRAC
    spare = equity - initial
    regulated = equity * min(multiplier, 2) - gross
    buying_power = equity * multiplier - gross
    return Balances(
        cash=cash,
        equity=equity,
        long_market_value=longs,
        short_market_value=shorts,
        initial_margin=initial,
        maintenance_margin=maintenance,
        buying_power=_left(buying_power, reserved_usd),
        regt_buying_power=_left(regulated, reserved_usd),
        non_marginable_buying_power=_left(spare, reserved_usd / min(multiplier, 2)),
        multiplier=multiplier,
    )


def _value(position: Position, price: Decimal | None) -> Decimal:
    return position.cost_basis if price is None else position.qty * price


def _left(usd: Decimal, reserved_usd: Decimal) -> Decimal:
    return max(usd - reserved_usd, ZERO)
