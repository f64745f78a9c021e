"""Orders, fills and positions as the broker reports them.

What a broker says is kept as it was said: one frozen record per report, in the broker's own
words.  A word that this program does not know becomes `Status.UNKNOWN`, which counts as open:
what may still trade is never taken for gone.  Money and quantities are `Decimal`, times aware.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Side(StrEnum):
    """Whether an order buys or sells."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY

    @property
    def sign(self) -> int:
        """1 for a purchase, -1 for a sale."""
        return 1 if self is Side.BUY else -1


class Effect(StrEnum):
    """Whether an order opens a position or closes one."""

    OPEN = "open"
    CLOSE = "close"


class OrderKind(StrEnum):
    """What has to happen before an order trades."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"
    OTHER = "other"


class TimeInForce(StrEnum):
    """How long an order stands."""

    DAY = "day"
    GTC = "gtc"
    OTHER = "other"


class Status(StrEnum):
    """Where the broker says an order stands."""

    ACCEPTED = "accepted"
    PENDING_NEW = "pending_new"
    NEW = "new"
    HELD = "held"
    PARTIALLY_FILLED = "partially_filled"
    DONE_FOR_DAY = "done_for_day"
    ACCEPTED_FOR_BIDDING = "accepted_for_bidding"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    CALCULATED = "calculated"
    PENDING_REVIEW = "pending_review"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REPLACED = "replaced"
    REJECTED = "rejected"
    UNKNOWN = "unknown"

    @property
    def final(self) -> bool:
        """Whether the order can never trade again."""
        return self in _FINAL

    @property
    def working(self) -> bool:
        """Whether it stands in the market, or will at the next open, with nothing pending on it."""
        return self in _WORKING


_FINAL = frozenset(
    {Status.FILLED, Status.CANCELED, Status.EXPIRED, Status.REPLACED, Status.REJECTED}
)
_WORKING = frozenset(
    {Status.ACCEPTED, Status.PENDING_NEW, Status.NEW, Status.HELD, Status.PARTIALLY_FILLED}
)


@dataclass(frozen=True, slots=True)
class BrokerOrder:
    """One report of one order: what the broker says of it, at one moment.

    Attributes:
        id: the broker's.
        client_id: ours, where we made the order.
        symbol: the inside form, e.g. BRK.B.
        effect: None where the broker does not say.
        shares: None for an order by value (`notional`), until it has filled.
        filled_avg_price: USD; None while nothing has filled.
        limit_price, stop_price: USD; None where the kind has none.
        submitted_at, updated_at: aware.
        replaces, replaced_by: the broker's ids of the order before and after a PATCH.
    """

    id: str
    client_id: str
    symbol: str
    side: Side
    effect: Effect | None
    kind: OrderKind
    tif: TimeInForce
    status: Status
    shares: Decimal | None
    filled_shares: Decimal
    filled_avg_price: Decimal | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    submitted_at: datetime
    updated_at: datetime
    replaces: str | None = None
    replaced_by: str | None = None

    @property
    def left_shares(self) -> Decimal:
        """What may still trade; 0 once final."""
        if self.status.final or self.shares is None:
            return ZERO
        return self.shares - self.filled_shares


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution, from the broker's list of account activities.

    Attributes:
        id: the broker's id of the activity; a fill is folded once.
        order_id: the broker's id of its order.
        client_id: the order's client id; `by-hand.STRATEGY` for one that is not ours, taken
            in for the strategy that held the symbol; empty where nothing is known of it.
        price: USD a share.
    """

    id: str
    order_id: str
    client_id: str
    symbol: str
    side: Side
    shares: Decimal
    price: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class BrokerPosition:
    """What the broker says is held in one symbol.

    Attributes:
        shares: negative for a short.
        avg_price: USD; None where the broker shows no price.
    """

    symbol: str
    shares: Decimal
    avg_price: Decimal | None
    last_price: Decimal | None


@dataclass(frozen=True, slots=True)
class Account:
    """The account, in USD.

    Attributes:
        number: the account number.
        equity: cash and positions now.
        last_equity: the same at the previous close.
        multiplier: 1 cash, 2 or 4 margin.
        blocked: trading is not allowed, or shorting is not.
    """

    number: str
    status: str
    equity: Decimal
    last_equity: Decimal
    cash: Decimal
    buying_power: Decimal
    multiplier: Decimal
    shorting_enabled: bool
    blocked: bool


@dataclass(frozen=True, slots=True)
class Asset:
    """What may be done with one symbol."""

    symbol: str
    tradable: bool
    shortable: bool
    easy_to_borrow: bool
    active: bool = True


@dataclass(frozen=True, slots=True)
class Transfer:
    """Cash paid into the account, or out of it if negative."""

    id: str
    at: datetime
    amount_usd: Decimal


@dataclass(frozen=True, slots=True)
class BrokerClock:
    """The broker's own time and its regular session."""

    now: datetime
    is_open: bool
    next_open: datetime
    next_close: datetime
