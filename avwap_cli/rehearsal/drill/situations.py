"""Situations: what every gate's situation begins with, a candidate about whom all is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from avwap_cli.market import sessions
from avwap_cli.rehearsal.drill.prices import DAY, PRICE, flat, moment
from avwap_cli.rehearsal.drill.streets import Street
from avwap_cli.rehearsal.drill.yards import Yard
from avwap_cli.trading.facts import Acceptance

SYMBOL = "AAA"
MOO, CONFIRM = "rsi_mean_reversion", "adx_pullback"
SHORT = "overbought_short"
SHARES = Decimal(100)
BEFORE = sessions.previous_session(DAY)
YESTERDAY = moment("12:00", BEFORE)

Play = Callable[[Yard], Street]


@dataclass(frozen=True, slots=True)
class Situation:
    """How one gate is tripped.

    Attributes:
        did: what is wrong, for a person.
        play: makes it so in a fresh yard and tries to enter AAA.
    """

    did: str
    play: Play


def clear(yard: Yard, group: str = "moo", at: str = "09:26") -> Street:
    """Nothing is wrong: the road on which every gate stands."""
    street = yard.street(flat(SYMBOL))
    return entered(street, group, at)


def entered(
    street: Street, group: str = "moo", at: str = "09:26", strategy: str = "", **changes: Any
) -> Street:
    """Plan AAA, and try to enter it at that time, once."""
    street.to(at)
    street.plan((SYMBOL, strategy or (CONFIRM if group == "confirm" else MOO)), **changes)
    street.enter(group)
    return street


def faulty(yard: Yard, fault: str, group: str = "moo", at: str = "09:26") -> Street:
    """Try to enter while the exchange does that."""
    return entered(yard.street(flat(SYMBOL), faults=[fault]), group, at)


def taken(symbol: str, strategy: str, shares: Decimal, at: datetime = YESTERDAY) -> Acceptance:
    """So many shares, signed, that a strategy holds by the ledger since then."""
    return Acceptance(at, strategy, symbol, shares, Decimal(str(PRICE)), "drill")


def changed(**changes: Any) -> Play:
    """Try to enter a candidate with other fields."""
    return lambda yard: entered(yard.street(flat(SYMBOL)), **changes)
