"""Orders as the broker keeps them: words, records, and which states are open.

Money and quantities are `Decimal`, times are instants.  Records are frozen; a change of
state is a new record with the same id.  The words are Alpaca's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from avwap_cli.exchange.instants import Instant

ZERO = Decimal(0)
FINEST_SHARE = Decimal("1e-9")


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


class OrderType(StrEnum):
    """What has to happen before an order trades, and what it pays at most."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


class Tif(StrEnum):
    """Time in force."""

    DAY = "day"
    GTC = "gtc"
    OPG = "opg"
    CLS = "cls"
    IOC = "ioc"
    FOK = "fok"


class OrderClass(StrEnum):
    """`simple` is written as an empty text, as Alpaca does."""

    SIMPLE = ""
    BRACKET = "bracket"
    OCO = "oco"
    OTO = "oto"


class PositionIntent(StrEnum):
    """Whether an order opens or closes, and on which side."""

    BUY_TO_OPEN = "buy_to_open"
    BUY_TO_CLOSE = "buy_to_close"
    SELL_TO_OPEN = "sell_to_open"
    SELL_TO_CLOSE = "sell_to_close"

    @property
    def closes(self) -> bool:
        """Whether it reduces a position; else it opens or enlarges one."""
        return self in {PositionIntent.BUY_TO_CLOSE, PositionIntent.SELL_TO_CLOSE}


class Role(StrEnum):
    """What a leg of a complex order is for."""

    TAKE_PROFIT = "take_profit"
    STOP_LOSS = "stop_loss"


class Status(StrEnum):
    """Where an order stands between its submission and its end."""

    ACCEPTED = "accepted"
    PENDING_NEW = "pending_new"
    NEW = "new"
    HELD = "held"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    PENDING_CANCEL = "pending_cancel"
    CANCELED = "canceled"
    PENDING_REPLACE = "pending_replace"
    REPLACED = "replaced"
    EXPIRED = "expired"
    REJECTED = "rejected"


FINAL = frozenset(
    {Status.FILLED, Status.CANCELED, Status.EXPIRED, Status.REPLACED, Status.REJECTED}
)


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What a client asks for, already parsed: every field has its type, none is checked yet.

    Attributes:
        qty, notional: shares, or USD; one of them.
        take_profit: limit price of the profit leg.
        stop_loss, stop_loss_limit: stop price of the loss leg, and its limit (stop-limit leg).
        client_order_id: None = the broker makes one.
    """

    symbol: str
    side: Side
    type: OrderType
    tif: Tif
    qty: Decimal | None = None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    extended_hours: bool = False
    client_order_id: str | None = None
    order_class: OrderClass = OrderClass.SIMPLE
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    stop_loss_limit: Decimal | None = None
    intent: PositionIntent | None = None


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a PATCH asks for; None = unchanged."""

    qty: Decimal | None = None
    tif: Tif | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail: Decimal | None = None
    client_order_id: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One order in the books.

    Attributes:
        seq: 1, 2, ... in the order of submission.
        id, asset_id: UUID texts made from the seed.
        session: the session that a DAY order lives in, or the first one of a GTC order.
        filled_avg_price: None until the first fill.
        hwm: high (for a buy: low) water mark of a trailing stop.
        elected: a stop that has been triggered, and now is a market or limit order.
        parent_id, role: of a leg; None for all others.
        leg_ids: legs, take profit first; of an OCO its stop leg only (the parent is the profit).
        replaces, replaced_by: ids of the order before and after a PATCH.
        ..._at: instants; None = has not happened.
    """

    seq: int
    id: str
    client_order_id: str
    asset_id: str
    symbol: str
    side: Side
    type: OrderType
    tif: Tif
    order_class: OrderClass
    intent: PositionIntent
    status: Status
    session: date
    created_at: Instant
    updated_at: Instant
    submitted_at: Instant
    qty: Decimal | None = None
    notional: Decimal | None = None
    filled_qty: Decimal = ZERO
    filled_avg_price: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    hwm: Decimal | None = None
    extended_hours: bool = False
    elected: bool = False
    parent_id: str | None = None
    role: Role | None = None
    leg_ids: tuple[str, ...] = ()
    replaces: str | None = None
    replaced_by: str | None = None
    expires_at: Instant | None = None
    filled_at: Instant | None = None
    expired_at: Instant | None = None
    canceled_at: Instant | None = None
    failed_at: Instant | None = None
    replaced_at: Instant | None = None

    @property
    def open(self) -> bool:
        """Whether it may still fill, now or later."""
        return self.status not in FINAL

    @property
    def remaining(self) -> Decimal:
        """Shares not filled yet; of a notional order, none are known before its fill."""
        return ZERO if self.qty is None else self.qty - self.filled_qty
