"""Protection days: a position is held, something happens to it, and its stop is looked for.

What is asked each time: does the exchange hold an order against the position, for exactly its
shares, or is the position gone?
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from avwap_cli.exchange.broker.orders import OrderType, Tif
from avwap_cli.market.splits import Split
from avwap_cli.rehearsal.drill.brakes import Brake, Finding, Kind, Seen, checked, seen_as
from avwap_cli.rehearsal.drill.prices import DAY, FLAT, NEXT, Path_, flat
from avwap_cli.rehearsal.drill.situations import SHORT, SYMBOL
from avwap_cli.rehearsal.drill.streets import ZERO, Street
from avwap_cli.rehearsal.drill.yards import Yard

BREAKOUT: Path_ = (
    ("09:30", 99.5),
    ("09:50", 101.0),
    ("10:00", 101.2),
    ("10:05", 102.0),
    ("10:10", 107.0),
    ("16:00", 107.0),
)


def protections() -> list[Brake]:
    """Every protection of what is held."""
    rows: list[tuple[str, str, Callable[[Yard], Finding]]] = [
        ("stop-after-fill", "a market entry fills at the open", _after_fill),
        ("stop-of-a-short", "a short fills at the open", _after_short),
        ("partial-fill", "an entry fills in part", _partial_fill),
        ("stop-restored", "a person cancels the stop", _restored),
        ("stop-moved", "the entry day's stop in the second session", _moved),
        ("trim", "the price reaches R1", _trim),
        ("emergency-stop", "two minutes close 8 % down, above the stop", _emergency),
        ("emergency-no-stop", "a minute closes 11 % down, and no stop stands", _without_stop),
        ("gap-through", "it opens 20 % down, below the stop", _gap_through),
        ("split-day", "two for one overnight, heard of in the morning", _split_day),
        ("unprotected-page", "the broker refuses every stop", _unprotected),
    ]
    return [Brake(Kind.PROTECTION, name, did, pull) for name, did, pull in rows]


def protected(street: Street, symbol: str = SYMBOL) -> Seen:
    """Whether one stop stands against all that is held of it, and in words."""
    held, orders = street.held(symbol), street.open_orders(symbol)
    if len(orders) != 1 or not held:
        return False, f"{held:f} shares held, {len(orders)} orders open"
    stop = orders[0]
    left = (stop.qty or ZERO) - stop.filled_qty
    against = (stop.side.value == "sell") is (held > 0)
    text = f"{held:f} shares held, a {stop.type.value} for {left:f} at {stop.stop_price}"
    is_stop = stop.type in (OrderType.STOP, OrderType.STOP_LIMIT)
    return is_stop and against and left == abs(held), text


def gone(street: Street, symbol: str = SYMBOL) -> Seen:
    """Whether nothing is held and nothing rests, and in words."""
    held, orders = street.held(symbol), street.open_orders(symbol)
    if held or orders:
        return False, f"{held:f} shares held, {len(orders)} orders open"
    with street.exchange.reading() as venue:
        sold = [e for e in venue.fills if e.order.symbol == symbol and e.order.side == "sell"]
    return bool(sold), f"sold at {sold[-1].price:.2f}, nothing rests" if sold else "never held"


def _after_fill(yard: Yard) -> Finding:
    street = yard.street(flat(SYMBOL))
    street.hold(SYMBOL)
    tifs = {order.tif for order in street.open_orders(SYMBOL)}
    return checked(
        protected(street),
        seen_as(tifs == {Tif.GTC}, "good till canceled", "not good till canceled"),
    )


def _after_short(yard: Yard) -> Finding:
    street = yard.street(flat(SYMBOL))
    street.hold(SYMBOL, SHORT)
    return checked(seen_as(street.held(SYMBOL) < 0, "a short", "no short"), protected(street))


def _partial_fill(yard: Yard) -> Finding:
    street = yard.street(flat(SYMBOL), participation_frac=Decimal("0.0005"))
    street.plan((SYMBOL, "rsi_mean_reversion"))
    street.enter("moo")
    street.to("09:30:10")
    street.watch("09:33")
    entries = [order for order in street.orders(SYMBOL) if ".entry." in order.client_order_id]
    filled = sum((order.filled_qty for order in entries), ZERO)
    wanted = sum((order.qty or ZERO for order in entries), ZERO)
    states = ", ".join(order.status.value for order in entries) or "not sent"
    part = states == "canceled" and 0 < filled < wanted
    return checked(protected(street), (part, f"entry {states} after {filled:f} of {wanted:f}"))


def _restored(yard: Yard) -> Finding:
    street = yard.street(flat(SYMBOL))
    street.hold(SYMBOL)
    street.cancel_by_hand(SYMBOL)
    bare = not street.open_orders(SYMBOL)
    street.watch("09:32")
    return checked(seen_as(bare, "it was gone", "it never went"), protected(street))


def _moved(yard: Yard) -> Finding:
    street = yard.street(flat(SYMBOL, days=(DAY, NEXT)))
    street.hold(SYMBOL)
    first = [order.stop_price for order in street.open_orders(SYMBOL)]
    street.to("09:30:30", NEXT)
    street.watch("09:32")
    second = [order.stop_price for order in street.open_orders(SYMBOL)]
    return checked(
        protected(street), seen_as(first != second, f"moved from {_prices(first)}", "not moved")
    )


def _prices(prices: list[Decimal | None]) -> str:
    return ", ".join(str(price) for price in prices) or "nowhere"


def _trim(yard: Yard) -> Finding:
    street = yard.street({SYMBOL: {DAY: BREAKOUT}})
    street.to("09:55")
    street.plan((SYMBOL, "avwap"))
    street.enter("boh")
    street.watch("09:58")
    whole = street.held(SYMBOL)
    street.to("10:08:30")
    street.watch("10:13")
    left = street.held(SYMBOL)
    return checked((0 < left < whole, f"{left:f} of {whole:f} shares left"), protected(street))


def _fallen(yard: Yard, low: float) -> Street:
    path: Path_ = (("09:30", 100.0), ("09:50", 100.0), ("09:51", low), ("16:00", low))
    street = yard.street({SYMBOL: {DAY: path}})
    street.hold(SYMBOL)
    return street


def _emergency(yard: Yard) -> Finding:
    street = _fallen(yard, 92.0)
    street.to("09:51:05")
    street.watch("09:54")
    return checked(gone(street))


def _without_stop(yard: Yard) -> Finding:
    street = _fallen(yard, 89.0)
    street.to("09:50")
    street.cancel_by_hand(SYMBOL)
    street.to("09:51:05")
    street.watch("09:53")
    return checked(gone(street))


def _gap_through(yard: Yard) -> Finding:
    low: Path_ = (("09:30", 80.0), ("16:00", 80.0))
    street = yard.street({SYMBOL: {DAY: FLAT, NEXT: low}})
    street.hold(SYMBOL)
    street.to("09:28", NEXT)
    street.watch("09:32")
    filled = [order.type for order in street.orders(SYMBOL) if order.status.value == "filled"]
    return checked(
        gone(street), seen_as(OrderType.STOP in filled, "by its stop", "not by its stop")
    )


def _split_day(yard: Yard) -> Finding:
    half: Path_ = (("09:30", 50.0), ("16:00", 50.0))
    splits = [Split(SYMBOL, NEXT, 2.0)]
    street = yard.street({SYMBOL: {DAY: FLAT, NEXT: half}}, splits=splits)
    street.hold(SYMBOL)
    before = street.held(SYMBOL)
    street.to("09:20", NEXT)
    street.watch("09:22")
    street.to("09:30:30")
    street.watch("09:32")
    doubled = street.held(SYMBOL) == 2 * before > 0
    below = all((order.stop_price or 0) < 50 for order in street.open_orders(SYMBOL))
    return checked(
        protected(street), seen_as(doubled and below, "on the new basis", "not on the new basis")
    )


def _unprotected(yard: Yard) -> Finding:
    street = yard.street(flat(SYMBOL))
    street.plan((SYMBOL, "rsi_mean_reversion"))
    street.enter("moo")
    street.exchange.fault("refuse@POST /v2/orders,value=no-price")
    street.to("09:30:10")
    street.watch("09:33")
    pages = street.pages("unprotected")
    bare = street.held(SYMBOL) > 0 and not street.open_orders(SYMBOL)
    return checked(
        seen_as(bare, "no stop stands", "a stop stands, or nothing is held"),
        (bool(pages), _paged(pages)),
    )


def _paged(pages: list[str]) -> str:
    return f"paged: {pages[0]}" if pages else "nobody was paged"
