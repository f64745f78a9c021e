"""Requests: untrusted JSON becomes an `OrderRequest` or a `Replacement`, or is refused.

Numbers may be JSON numbers or texts; a float counts as the shortest decimal that names it,
so binary noise stays visible (30.299999999999997) and is refused later by the tick rule.
Truth values may be texts, as Python clients send them.  Unknown fields are ignored, and so
are the legs of an order without a class, as at Alpaca.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from avwap_cli.exchange.broker.orders import (
    OrderClass,
    OrderRequest,
    OrderType,
    PositionIntent,
    Replacement,
    Side,
    Tif,
)
from avwap_cli.exchange.broker.rules import order_refusals

LONGEST_NUMBER = 40
LONGEST_SYMBOL = 32
LARGEST_EXPONENT = 15
SMALLEST_EXPONENT = -20

Word = TypeVar("Word", bound=StrEnum)
Fields = Mapping[str, object]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_TRUTH = {"true": True, "false": False}


def order_request(fields: Fields) -> OrderRequest:
    """The order that a POST asks for; the fields have their types, no rule is checked.

    Raises:
        Refusal: a field is missing or cannot be read; the text names it.
    """
    order_class = _order_class(fields)
    take_profit = stop_loss = stop_loss_limit = None
    if order_class is not OrderClass.SIMPLE:
        take_profit = _leg_price(fields, "take_profit", "limit_price")
        stop_loss = _leg_price(fields, "stop_loss", "stop_price")
        stop_loss_limit = _leg_price(fields, "stop_loss", "limit_price")
    return OrderRequest(
        symbol=_symbol(fields),
        side=_required(fields, "side", Side),
        type=_required(fields, "type", OrderType),
        tif=_required(fields, "time_in_force", Tif),
        qty=_number(fields, "qty"),
        notional=_number(fields, "notional"),
        limit_price=_number(fields, "limit_price"),
        stop_price=_number(fields, "stop_price"),
        trail_price=_number(fields, "trail_price"),
        trail_percent=_number(fields, "trail_percent"),
        extended_hours=_flag(fields, "extended_hours"),
        client_order_id=_text(fields, "client_order_id"),
        order_class=order_class,
        take_profit=take_profit,
        stop_loss=stop_loss,
        stop_loss_limit=stop_loss_limit,
        intent=_word(fields, "position_intent", PositionIntent),
    )


def replacement(fields: Fields) -> Replacement:
    """The changes that a PATCH asks for; null and absent both mean unchanged.

    Raises:
        Refusal: a field cannot be read; the text names it.
    """
    return Replacement(
        qty=_number(fields, "qty"),
        tif=_word(fields, "time_in_force", Tif),
        limit_price=_number(fields, "limit_price"),
        stop_price=_number(fields, "stop_price"),
        trail=_number(fields, "trail"),
        client_order_id=_text(fields, "client_order_id"),
    )


def _symbol(fields: Fields) -> str:
    value = _text(fields, "symbol")
    if value is None:
        raise order_refusals.missing_field("symbol")
    if len(value) > LONGEST_SYMBOL or not value.isprintable():
        raise order_refusals.bad_field("symbol")
    return value


def _text(fields: Fields, name: str) -> str | None:
    """The text, or None; an empty one counts as absent."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not _is_unicode(value):
        raise order_refusals.bad_field(name)
    return value or None


def _is_unicode(text: str) -> bool:
    """Whether the text can be written as UTF-8; half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _required(fields: Fields, name: str, words: type[Word]) -> Word:
    found = _word(fields, name, words)
    if found is None:
        raise order_refusals.missing_field(name)
    return found


def _word(fields: Fields, name: str, words: type[Word]) -> Word | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        for word in words:
            if word.value == value:
                return word
    raise order_refusals.bad_field("order type" if name == "type" else name)


def _order_class(fields: Fields) -> OrderClass:
    if fields.get("order_class") == "simple":
        return OrderClass.SIMPLE
    return _word(fields, "order_class", OrderClass) or OrderClass.SIMPLE


def _leg_price(fields: Fields, leg: str, name: str) -> Decimal | None:
    value = fields.get(leg)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise order_refusals.bad_field(leg)
    return _decimal(value.get(name), f"{leg}.{name}")


def _number(fields: Fields, name: str) -> Decimal | None:
    return _decimal(fields.get(name), name)


def _decimal(value: object, name: str) -> Decimal | None:
    """The number; an empty text counts as absent, as clients of other languages send it."""
    if value is None or value == "":
        return None
    text = _digits(value)
    if text is None or len(text) > LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise order_refusals.bad_field(name)
    number = Decimal(text)
    if number and not SMALLEST_EXPONENT <= number.adjusted() <= LARGEST_EXPONENT:
        raise order_refusals.bad_field(name)
    return number if number else Decimal(0)


def _digits(value: object) -> str | None:
    """The number as a text; None for what is no number.  Long integers are not written out."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value.bit_length() <= 128 else None
    if isinstance(value, Decimal | float):
        return str(value)
    return None


def _flag(fields: Fields, name: str) -> bool:
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str) and value.lower() in _TRUTH:
        return _TRUTH[value.lower()]
    raise order_refusals.bad_field(name)
