"""Market situations: moments in which one market gate alone says no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from avwap_cli.exchange.instants import instant
from avwap_cli.ports import Quotes
from avwap_cli.rehearsal.drill.prices import DAY, Path_, flat, moment
from avwap_cli.rehearsal.drill.situations import (
    CONFIRM,
    MOO,
    SHORT,
    SYMBOL,
    Play,
    Situation,
    changed,
    entered,
    faulty,
)
from avwap_cli.rehearsal.drill.streets import Street, with_risk
from avwap_cli.rehearsal.drill.yards import Yard
from avwap_cli.stages.day.enter import run_enter
from avwap_cli.trading.quotes import Quote
from avwap_cli.verdicts import Gate


def _trading_halt(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL))
    street.to("09:31")
    with street.exchange.reading() as venue:
        venue.halt(SYMBOL, instant(moment("10:30")))
    return entered(street, at="09:40")


def _not_shortable(yard: Yard) -> Street:
    return entered(yard.street(flat(SYMBOL), shorting=False), strategy=SHORT)


def _borrowed(yard: Yard, strategy: str) -> Street:
    street = yard.street(flat(SYMBOL))
    with street.exchange.reading() as venue:
        venue.set_borrow(SYMBOL, "hard_to_borrow")
    return entered(street, strategy=strategy)


def _small_account(yard: Yard) -> Street:
    rules = with_risk(min_short_equity_usd=200_000.0)
    return entered(yard.street(flat(SYMBOL), rules=rules), strategy=SHORT)


@dataclass
class Crossed:
    """The exchange's prices, bid and ask the wrong way round."""

    right: Quotes

    def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """Crossed ones."""
        found = self.right.quotes(symbols)
        return {s: replace(quote, bid=quote.ask, ask=quote.bid) for s, quote in found.items()}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.right, name)


def _crossed_quote(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL))
    street.to("09:46")
    street.plan((SYMBOL, CONFIRM))
    ports = street.ports()
    run_enter(replace(ports, quotes=Crossed(ports.quotes)), street.request("confirm"))
    return street


def _priced(price: float, group: str, at: str) -> Play:
    path: Path_ = (("09:30", price), ("16:00", price))
    return lambda yard: entered(yard.street({SYMBOL: {DAY: path}}), group, at)


def _too_small(yard: Yard) -> Street:
    return entered(yard.street(flat(SYMBOL), cash=Decimal(1000)))


OF_MARKET: Mapping[Gate, Situation] = {
    Gate.NOT_TRADABLE: Situation(
        "the asset's status is none that we know",
        lambda yard: faulty(yard, "unknown-enum@GET /v2/assets/AAA,value=status"),
    ),
    Gate.TRADING_HALT: Situation("halted since 09:31, moo at 09:40", _trading_halt),
    Gate.NOT_SHORTABLE: Situation("the account may not short", _not_shortable),
    Gate.HARD_TO_BORROW: Situation("a short, hard to borrow", lambda yard: _borrowed(yard, SHORT)),
    Gate.SMALL_ACCOUNT: Situation("a short, and less equity than one needs", _small_account),
    Gate.NO_GTC_STOP: Situation("a long, hard to borrow", lambda yard: _borrowed(yard, MOO)),
    Gate.STALE_QUOTE: Situation(
        "a quote 120 s old",
        lambda yard: faulty(
            yard, "stale-quote@GET /v2/stocks/quotes/latest,value=120", "confirm", "09:46"
        ),
    ),
    Gate.CROSSED_QUOTE: Situation("a bid above the ask", _crossed_quote),
    Gate.GAP: Situation("moo at 09:35, 4 % up", _priced(104.0, "moo", "09:35")),
    Gate.NOT_CONFIRMED: Situation("1 % down at 09:46", _priced(99.0, "confirm", "09:46")),
    Gate.NO_ROOM: Situation("the first target lies below the price", changed(r1=99.5)),
    Gate.TOO_SMALL: Situation("an account of 1,000 USD", _too_small),
}
