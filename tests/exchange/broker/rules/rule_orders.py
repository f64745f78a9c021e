"""Orders of every shape, to try the rules for orders on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from avwap_cli.exchange.broker.assets import Asset
from avwap_cli.exchange.broker.orders import (
    ZERO,
    OrderClass,
    OrderRequest,
    OrderType,
    Side,
    Tif,
)
from avwap_cli.exchange.broker.rules.order_rules import check
from avwap_cli.exchange.instants import Instant, instant
from avwap_cli.exchange.refusals import Refusal
from avwap_cli.exchange.settings import Settings
from avwap_cli.market.sessions import EASTERN

D = Decimal


ASSET = Asset("id", "F", "Ford", "NYSE")


MARKET = OrderRequest("F", Side.BUY, OrderType.MARKET, Tif.DAY, qty=D(10))


LIMIT = replace(MARKET, type=OrderType.LIMIT, limit_price=D(10))


STOP = replace(MARKET, type=OrderType.STOP, stop_price=D(11))


STOP_LIMIT = replace(STOP, type=OrderType.STOP_LIMIT, limit_price=D(12))


TRAILING = replace(MARKET, type=OrderType.TRAILING_STOP, trail_percent=D(5))


BRACKET = replace(LIMIT, order_class=OrderClass.BRACKET, take_profit=D(12), stop_loss=D(9))


OCO = replace(
    LIMIT,
    side=Side.SELL,
    limit_price=None,
    order_class=OrderClass.OCO,
    take_profit=D(12),
    stop_loss=D(9),
)


OTO = replace(LIMIT, order_class=OrderClass.OTO, stop_loss=D(9))


def at(text: str) -> Instant:
    """The instant of a New York time, `2026-10-02 13:25`."""
    return instant(datetime.fromisoformat(text).replace(tzinfo=EASTERN))


PAPER = Settings()


NOON = at("2026-10-02 12:00")


EARLY = at("2026-10-02 08:00")


def refusal(
    request: OrderRequest,
    asset: Asset | None = ASSET,
    now: Instant = EARLY,
    settings: Settings = PAPER,
    position_qty: Decimal = ZERO,
) -> tuple[int, int | None, str] | None:
    try:
        check(request, asset, now, settings, position_qty)
    except Refusal as found:
        return (found.status, found.code, found.message)
    return None


MALFORMED = (422, 40010001)


UNACCEPTABLE = (422, 42210000)


FORBIDDEN = (403, 40310000)


SUB_PENNY = "sub-penny increment does not fulfill minimum pricing criteria"
