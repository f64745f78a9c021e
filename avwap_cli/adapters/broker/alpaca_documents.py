"""Documents: the broker's JSON as records.

Reading is strict where a mistake could cost money and tolerant elsewhere.  A field that must be
there and is not, or is no number or time, or one that cannot be (a fill at no price, a day
that no calendar has), is a `Damaged` answer that names it; a word that
nobody knows becomes the record's own word for unknown; fields beyond these are ignored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from avwap_cli.market.sessions import EASTERN, FIRST_DAY, LAST_DAY
from avwap_cli.market.symbols import is_symbol
from avwap_cli.trading.orders import (
    Account,
    Asset,
    BrokerClock,
    BrokerOrder,
    BrokerPosition,
    Effect,
    Fill,
    OrderKind,
    Side,
    Status,
    TimeInForce,
    Transfer,
)

Document = Mapping[str, Any]
Word = TypeVar("Word", bound=StrEnum)

EQUITY = "us_equity"
MULTI_LEG = "mleg"
EASY = "easy_to_borrow"
_SIDES = {"buy": Side.BUY, "sell": Side.SELL, "sell_short": Side.SELL}
_EFFECTS = {"open": Effect.OPEN, "close": Effect.CLOSE}


class Damaged(Exception):
    """A document that lacks what it must have; the text names what."""


def order_of(document: Document) -> BrokerOrder:
    """One order."""
    submitted = _submitted(document)
    updated = "updated_at" if document.get("updated_at") is not None else submitted
    shares = _optional(document, "qty")
    if shares is None and _optional(document, "notional") is None:
        raise Damaged("an order without qty")
    filled, average = _number(document, "filled_qty"), _optional(document, "filled_avg_price")
    if filled < 0 or (filled and average is not None and average <= 0):
        raise Damaged(f"a filled_qty of {filled} at a filled_avg_price of {average}")
    return BrokerOrder(
        id=_text(document, "id"),
        client_id=_text(document, "client_order_id"),
        symbol=_text(document, "symbol"),
        side=_side(document),
        effect=_EFFECTS.get(str(document.get("position_intent") or "").rpartition("_")[2]),
        kind=_word(OrderKind, _text(document, "type"), OrderKind.OTHER),
        tif=_word(TimeInForce, _text(document, "time_in_force"), TimeInForce.OTHER),
        status=_word(Status, _text(document, "status"), Status.UNKNOWN),
        shares=shares,
        filled_shares=filled,
        filled_avg_price=average,
        limit_price=_optional(document, "limit_price"),
        stop_price=_optional(document, "stop_price"),
        submitted_at=_moment(document, submitted),
        updated_at=_moment(document, updated),
        replaces=_optional_text(document, "replaces"),
        replaced_by=_optional_text(document, "replaced_by"),
    )


def submitted_at(document: Document) -> datetime:
    """When any order was submitted, of a stock or not."""
    return _moment(document, _submitted(document))


def is_stock_order(document: Document) -> bool:
    """Whether an order is for one stock; options and coins are no business of ours."""
    if document.get("order_class") == MULTI_LEG:
        return False
    return document.get("asset_class") in {None, EQUITY}


def positions_of(rows: Sequence[Document]) -> list[BrokerPosition]:
    """All positions; only what is no stock, and so surely not ours, may be unreadable."""
    found = []
    for row in rows:
        try:
            found.append(position_of(row))
        except Damaged:
            if is_stock_order(row):
                raise
    return found


def position_of(document: Document) -> BrokerPosition:
    """One position; a short's shares are negative, and an average that is no price is None."""
    side, shares = _text(document, "side"), _number(document, "qty")
    if side not in {"long", "short"} or (side == "long" and shares < 0):
        raise Damaged(f"a position whose side is {side!r} and whose qty is {shares}")
    return BrokerPosition(
        symbol=_text(document, "symbol"),
        shares=abs(shares) if side == "long" else -abs(shares),
        avg_price=_price_or_none(document, "avg_entry_price"),
        last_price=_optional(document, "current_price"),
    )


def account_of(document: Document) -> Account:
    """The account; a permission that is not told is not given."""
    blocks = ("trading_blocked", "account_blocked")
    return Account(
        number=_text(document, "account_number"),
        status=_text(document, "status"),
        equity=_number(document, "equity"),
        last_equity=_number(document, "last_equity"),
        cash=_number(document, "cash"),
        buying_power=_number(document, "buying_power"),
        multiplier=_number(document, "multiplier"),
        shorting_enabled=document.get("shorting_enabled") is True,
        blocked=any(document.get(name) is not False for name in blocks)
        or document.get("trade_suspended_by_user") is True,
    )


def asset_of(document: Document) -> Asset:
    """What may be done with a symbol; easy to borrow only if no word says otherwise."""
    words = []
    if document.get("borrow_status") is not None:
        words.append(document["borrow_status"] == EASY)
    if document.get(EASY) is not None:
        words.append(document[EASY] is True)
    return Asset(
        symbol=_text(document, "symbol"),
        tradable=_truth(document, "tradable"),
        shortable=_truth(document, "shortable"),
        easy_to_borrow=bool(words) and all(words),
        active=_text(document, "status") == "active",
    )


def clock_of(document: Document) -> BrokerClock:
    """The broker's time and regular session."""
    return BrokerClock(
        now=_moment(document, "timestamp"),
        is_open=_truth(document, "is_open"),
        next_open=_moment(document, "next_open"),
        next_close=_moment(document, "next_close"),
    )


def hours_of(days: Sequence[Document], session: date) -> tuple[datetime, datetime] | None:
    """Open and close of a session in a calendar that begins with it; None = not a trading day."""
    for day in days:
        if _text(day, "date") == session.isoformat():
            return _at(session, _text(day, "open")), _at(session, _text(day, "close"))
    if not days:
        raise Damaged("a calendar without days")
    return None


def fills_of(rows: Sequence[Document], symbols: Collection[str] | None) -> list[Fill]:
    """The executions in these symbols, or in any stock; the others' rows are not read at all."""
    return [fill_of(row) for row in rows if _concerns(row.get("symbol"), symbols)]


def _concerns(symbol: object, symbols: Collection[str] | None) -> bool:
    if not isinstance(symbol, str) or not symbol:
        return True  # whose it is cannot be said
    return is_symbol(symbol) if symbols is None else symbol in symbols


def fill_of(document: Document) -> Fill:
    """One execution of the account's activities; they carry no client id."""
    return Fill(
        id=_text(document, "id"),
        order_id=_text(document, "order_id"),
        client_id="",
        symbol=_text(document, "symbol"),
        side=_side(document),
        shares=_positive(document, "qty"),
        price=_positive(document, "price"),
        at=_moment(document, "transaction_time"),
    )


def transfer_of(document: Document) -> Transfer:
    """Cash in or out; where only its day is told, its time is that day's beginning."""
    stamped = document.get("created_at") is not None
    day = None if stamped else _day(document, "date")
    return Transfer(
        id=_text(document, "id"),
        at=_moment(document, "created_at") if day is None else _at(day, "00:00"),
        amount_usd=_number(document, "net_amount"),
    )


def _submitted(document: Document) -> str:
    return "submitted_at" if document.get("submitted_at") is not None else "created_at"


def _text(document: Document, name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise Damaged(f"no text in {name}")
    return value


def _optional_text(document: Document, name: str) -> str | None:
    return None if document.get(name) is None else _text(document, name)


def _number(document: Document, name: str) -> Decimal:
    found = _optional(document, name)
    if found is None:
        raise Damaged(f"no number in {name}")
    return found


def _optional(document: Document, name: str) -> Decimal | None:
    """A finite number, as text or as a JSON number by its shortest form; None for null."""
    value = document.get(name)
    if value is None:
        return None
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise Damaged(f"no number in {name}")


def _positive(document: Document, name: str) -> Decimal:
    number = _number(document, name)
    if number <= 0:
        raise Damaged(f"{number} in {name}")
    return number


def _price_or_none(document: Document, name: str) -> Decimal | None:
    try:
        return _positive(document, name)
    except Damaged:
        return None


def _truth(document: Document, name: str) -> bool:
    value = document.get(name)
    if not isinstance(value, bool):
        raise Damaged(f"neither true nor false in {name}")
    return value


def _side(document: Document) -> Side:
    word = _text(document, "side")
    if word not in _SIDES:
        raise Damaged(f"an unknown side, {word!r}")
    return _SIDES[word]


def _word(words: type[Word], text: str, unknown: Word) -> Word:
    return words(text) if text in list(words) else unknown


def _moment(document: Document, name: str) -> datetime:
    text = _text(document, name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Damaged(f"no time in {name}") from None
    if moment.tzinfo is None:
        raise Damaged(f"no time zone in {name}")
    if not FIRST_DAY.year <= moment.year <= LAST_DAY.year:
        raise Damaged(f"the year {moment.year} in {name}")
    return moment.astimezone(EASTERN)


def _day(document: Document, name: str) -> date:
    try:
        return date.fromisoformat(_text(document, name)[:10])
    except ValueError:
        raise Damaged(f"no day in {name}") from None


def _at(day: date, clock: str) -> datetime:
    try:
        return datetime.combine(day, time.fromisoformat(clock), EASTERN)
    except ValueError:
        raise Damaged(f"no time of day in {clock!r}") from None
