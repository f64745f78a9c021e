"""Refusals: the broker's many ways to say no, as a closed list of names.

One code stands for a dozen causes, so the text decides, then the other fields of the answer,
then the code.  Texts may change: what none of these knows is `unknown`, and an unknown no is
still a no.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

UNAUTHORIZED_STATUS = 401
DAY_TRADING_CODE = 40310100


class RefusalName(StrEnum):
    """Why the broker said no."""

    # the account
    UNAUTHORIZED = "unauthorized"
    INSUFFICIENT_BUYING_POWER = "insufficient_buying_power"
    SHORTING_NOT_ALLOWED = "shorting_not_allowed"
    LIQUIDATION_ONLY = "liquidation_only"
    DAY_TRADING = "day_trading"
    POSITION_CAP = "position_cap"
    # what is held and ordered already
    INSUFFICIENT_QTY = "insufficient_qty"
    WASH_TRADE = "wash_trade"
    OPPOSITE_SIDE = "opposite_side"
    POSITION_INTENT = "position_intent"
    POSITION_MISSING = "position_missing"
    # the symbol
    ASSET_MISSING = "asset_missing"
    ASSET_NOT_ACTIVE = "asset_not_active"
    ASSET_NOT_TRADABLE = "asset_not_tradable"
    HALTED = "halted"
    NOT_SHORTABLE = "not_shortable"
    HARD_TO_BORROW_DAY_ONLY = "hard_to_borrow_day_only"
    NOT_FRACTIONABLE = "not_fractionable"
    NO_PRICE = "no_price"
    # an order that was sent before
    ORDER_MISSING = "order_missing"
    DUPLICATE_ID = "duplicate_id"
    ALREADY_FINAL = "already_final"
    CHANGE_PENDING = "change_pending"
    NOT_REPLACEABLE = "not_replaceable"
    UNCHANGED = "unchanged"
    BELOW_FILLED = "below_filled"
    # the order itself
    STOP_THROUGH = "stop_through"
    SUB_PENNY = "sub_penny"
    WINDOW = "window"
    FRACTIONAL = "fractional"
    COMPLEX_ORDER = "complex_order"
    EXTENDED_HOURS = "extended_hours"
    TIME_IN_FORCE = "time_in_force"
    MALFORMED = "malformed"
    UNKNOWN = "unknown"


# the first that is part of the text, in lower case, names it
_TEXTS: tuple[tuple[str, RefusalName], ...] = (
    ("insufficient buying power", RefusalName.INSUFFICIENT_BUYING_POWER),
    ("insufficient qty", RefusalName.INSUFFICIENT_QTY),
    ("wash trade", RefusalName.WASH_TRADE),
    ("cannot open a long buy while", RefusalName.OPPOSITE_SIDE),
    ("cannot open a short sell while", RefusalName.OPPOSITE_SIDE),
    ("position intent mismatch", RefusalName.POSITION_INTENT),
    ("position does not exist", RefusalName.POSITION_MISSING),
    ("not allowed to short", RefusalName.SHORTING_NOT_ALLOWED),
    ("liquidation only", RefusalName.LIQUIDATION_ONLY),
    ("pattern day trading", RefusalName.DAY_TRADING),
    ("600% of the account", RefusalName.POSITION_CAP),
    ("client_order_id must be unique", RefusalName.DUPLICATE_ID),
    ("order not found", RefusalName.ORDER_MISSING),
    ('already in "pending', RefusalName.CHANGE_PENDING),
    ("already in", RefusalName.ALREADY_FINAL),
    ("order already replaced", RefusalName.ALREADY_FINAL),
    ("order is not open", RefusalName.ALREADY_FINAL),
    ("order chain not fully replaced", RefusalName.CHANGE_PENDING),
    ("cannot replace order in pending", RefusalName.CHANGE_PENDING),
    ("cannot replace order in", RefusalName.NOT_REPLACEABLE),
    ("cannot be replaced", RefusalName.NOT_REPLACEABLE),
    ("parameters are not changed", RefusalName.UNCHANGED),
    ("must be > filled_qty", RefusalName.BELOW_FILLED),
    ("only day orders are allowed for hard-to-borrow", RefusalName.HARD_TO_BORROW_DAY_ONLY),
    ("cannot be sold short", RefusalName.NOT_SHORTABLE),
    ("is not fractionable", RefusalName.NOT_FRACTIONABLE),
    ("is not active", RefusalName.ASSET_NOT_ACTIVE),
    ("is not tradable", RefusalName.ASSET_NOT_TRADABLE),
    ("halted", RefusalName.HALTED),
    ("trading halt", RefusalName.HALTED),
    ("no market price", RefusalName.NO_PRICE),
    ("symbol not found", RefusalName.ASSET_MISSING),
    ("asset not found", RefusalName.ASSET_MISSING),
    ("stop price must be", RefusalName.STOP_THROUGH),
    ("sub-penny", RefusalName.SUB_PENNY),
    ("opg orders must be submitted", RefusalName.WINDOW),
    ("cls orders must be submitted", RefusalName.WINDOW),
    ("extended hours", RefusalName.EXTENDED_HOURS),
    ("not available for this account", RefusalName.TIME_IN_FORCE),
    ("orders must be entry orders", RefusalName.COMPLEX_ORDER),
    ("orders must be exit orders", RefusalName.COMPLEX_ORDER),
    ("bracket orders", RefusalName.COMPLEX_ORDER),
    ("oco orders", RefusalName.COMPLEX_ORDER),
    ("oto orders", RefusalName.COMPLEX_ORDER),
    ("base_price", RefusalName.COMPLEX_ORDER),
    ("unauthorized", RefusalName.UNAUTHORIZED),
    ("not authorized", RefusalName.UNAUTHORIZED),
    ("forbidden.", RefusalName.UNAUTHORIZED),
    ("request body format", RefusalName.MALFORMED),
    ("is required", RefusalName.MALFORMED),
    ("only one of", RefusalName.MALFORMED),
    ("orders require", RefusalName.MALFORMED),
    ("orders must", RefusalName.MALFORMED),
    ("must be no more than", RefusalName.MALFORMED),
    ("must be limited to", RefusalName.MALFORMED),
    ("must be >", RefusalName.MALFORMED),
    ("must be less than", RefusalName.MALFORMED),
    ("invalid ", RefusalName.MALFORMED),
)
_EXTRAS: tuple[tuple[frozenset[str], RefusalName], ...] = (
    (frozenset({"held_for_orders"}), RefusalName.INSUFFICIENT_QTY),
    (frozenset({"existing_order_id"}), RefusalName.WASH_TRADE),
    (frozenset({"buying_power", "cost_basis"}), RefusalName.INSUFFICIENT_BUYING_POWER),
    (frozenset({"market_price", "stop_price"}), RefusalName.STOP_THROUGH),
)


def named(status: int, code: int, text: str, extras: Mapping[str, str]) -> RefusalName:
    """The name of a refusal.

    Args:
        status: the HTTP status.
        code: the broker's number, 0 where it gave none.
        text: its message.
        extras: the other fields of its answer.
    """
    if status == UNAUTHORIZED_STATUS:
        return RefusalName.UNAUTHORIZED
    said = text.lower()
    if said.startswith('asset "') and said.endswith("not found"):
        return RefusalName.ASSET_MISSING
    if said.startswith("fractional orders"):
        return RefusalName.FRACTIONAL
    for part, name in _TEXTS:
        if part in said:
            return name
    for fields, name in _EXTRAS:
        if fields <= extras.keys():
            return name
    return RefusalName.DAY_TRADING if code == DAY_TRADING_CODE else RefusalName.UNKNOWN
