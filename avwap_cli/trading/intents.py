"""Intents: orders we mean to send, each with an id that is ours for ever.

An intent is durable before it touches the wire, and its id is the broker's client order id,
so after any crash the broker can be asked what became of it.  The id says in plain text what
the order is for: session, strategy, symbol, direction, leg and attempt.  It does not depend
on quantity or price: a changed equity must not make a second order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from avwap_cli.trading.orders import Effect, OrderKind, Side, TimeInForce

LONGEST_ID = 48
_ID = re.compile(
    r"(?P<day>[0-9]{8})\.(?P<strategy>[a-z0-9_]+)\.(?P<symbol>[A-Z0-9]+(?:[.-][A-Z0-9]+)*)"
    r"\.(?P<direction>[LS])\.(?P<leg>entry|stop|trim1|trim2|exit)\.(?P<attempt>[1-9][0-9]{0,3})",
    re.ASCII,
)


class Leg(StrEnum):
    """What an order is for in the life of one position."""

    ENTRY = "entry"
    STOP = "stop"
    TRIM1 = "trim1"
    TRIM2 = "trim2"
    EXIT = "exit"

    @property
    def reduces(self) -> bool:
        """Whether it makes a position smaller; only an entry does not."""
        return self is not Leg.ENTRY


TRIMS = (Leg.TRIM1, Leg.TRIM2)
REDUCING = (Leg.STOP, *TRIMS, Leg.EXIT)


@dataclass(frozen=True, slots=True)
class Role:
    """What an order is for: everything of its id but the attempt."""

    session: date
    strategy: str
    symbol: str
    direction: int
    leg: Leg

    @property
    def side(self) -> Side:
        """Entries of longs and all that reduces shorts buy; the rest sells."""
        opens = self.leg is Leg.ENTRY
        return Side.BUY if (self.direction > 0) is opens else Side.SELL

    def attempt(self, number: int) -> str:
        """The id of that attempt, counted from 1.

        Raises:
            ValueError: the id would be longer than 48 characters, or not be one.
        """
        direction = "L" if self.direction > 0 else "S"
        parts = (f"{self.session:%Y%m%d}", self.strategy, self.symbol, direction, self.leg)
        text = ".".join((*parts, str(number)))
        if len(text) > LONGEST_ID or _ID.fullmatch(text) is None:
            raise ValueError(f"{text!r} cannot be the id of an order")
        return text


def role_of(client_id: str) -> tuple[Role, int] | None:
    """Role and attempt that an id of ours tells; None for any other text."""
    found = _ID.fullmatch(client_id)
    if found is None or len(client_id) > LONGEST_ID:
        return None
    day = found["day"]
    try:
        session = date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return None
    direction = 1 if found["direction"] == "L" else -1
    role = Role(session, found["strategy"], found["symbol"], direction, Leg(found["leg"]))
    return role, int(found["attempt"])


@dataclass(frozen=True, slots=True)
class Intent:
    """One order we mean to send.

    Attributes:
        id: the client order id.
        role: what it is for.
        kind, tif, shares, limit_price, stop_price: the order; whole shares, USD.
        reason: why: an `ExitReason` for trims and exits, the stop's level for stops
            (`emergency_stop`, `stop_loss`, `trailing_stop`), empty for entries.
        decision_price: price a share at which it was decided, USD; for slippage.
        plan: the plan as JSON text, of entries only (see `trading.plans`).
        replaces: our id of the order that a PATCH turns into this one; None = a new order.
        made_at: aware.
    """

    id: str
    role: Role
    kind: OrderKind
    tif: TimeInForce
    shares: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    reason: str
    decision_price: Decimal | None
    plan: str
    replaces: str | None
    made_at: datetime

    @property
    def side(self) -> Side:
        return self.role.side

    @property
    def effect(self) -> Effect:
        """What the order says it does; a late or doubled exit must be refused, not open a side."""
        return Effect.CLOSE if self.role.leg.reduces else Effect.OPEN
