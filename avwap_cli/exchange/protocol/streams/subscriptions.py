"""Subscriptions of one data connection: which symbols of which channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from avwap_cli.exchange.protocol.answers import Document
from avwap_cli.market.symbols import is_symbol

WILDCARD = "*"
CHANNELS = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds")
FOLLOWING_TRADES = ("corrections", "cancelErrors")
COUNTED = ("trades", "quotes")
SYMBOLS_ON_BASIC = 30


class BadSubscription(Exception):
    """A message that cannot be obeyed; the argument is the stream's error code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Sorted symbols by channel; `*` stands for all."""

    symbols: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: dict.fromkeys(CHANNELS, ())
    )

    def with_(self, message: Mapping[str, object]) -> Subscriptions:
        """These and those of a subscribe message.

        Raises:
            BadSubscription: 400 for a malformed message, 410 for a foreign channel.
        """
        asked = _asked(message)
        return Subscriptions(
            {
                name: tuple(sorted({*mine, *asked.get(name, ())}))
                for name, mine in self.symbols.items()
            }
        )

    def without(self, message: Mapping[str, object]) -> Subscriptions:
        """These without those of an unsubscribe message; raises as `with_`."""
        asked = _asked(message)
        return Subscriptions(
            {
                name: tuple(s for s in mine if s not in asked.get(name, ()))
                for name, mine in self.symbols.items()
            }
        )

    def fit_basic(self) -> bool:
        """Whether the basic plan allows them: 30 symbols named, no wildcard of ticks.

        Alpaca's texts disagree on whether bars count; named ones do here, and a wildcard of
        bars or statuses is let through.
        """
        if any(WILDCARD in self.symbols[name] for name in COUNTED):
            return False
        named = {s for mine in self.symbols.values() for s in mine} - {WILDCARD}
        return len(named) <= SYMBOLS_ON_BASIC

    def wanted(self, everything: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """The channels of each symbol, by symbol; a wildcard means all of `everything`."""
        found: dict[str, tuple[str, ...]] = {}
        for name, mine in self.symbols.items():
            for symbol in everything if WILDCARD in mine else mine:
                found[symbol] = (*found.get(symbol, ()), name)
        return found

    def document(self) -> Document:
        """The answer that tells all subscriptions."""
        channels = {name: list(self.symbols[name]) for name in CHANNELS}
        trades = self.symbols["trades"]
        return {"T": "subscription", **channels, **{n: list(trades) for n in FOLLOWING_TRADES}}


def _asked(message: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """The symbols by channel that a message names."""
    asked: dict[str, tuple[str, ...]] = {}
    for name, symbols in message.items():
        if name == "action":
            continue
        if name not in CHANNELS and name not in FOLLOWING_TRADES:
            raise BadSubscription(410)
        if not isinstance(symbols, list | tuple):
            raise BadSubscription(400)
        asked[name] = tuple(_symbol(symbol) for symbol in symbols)
    return asked


def _symbol(symbol: object) -> str:
    if not isinstance(symbol, str) or not (symbol == WILDCARD or is_symbol(symbol)):
        raise BadSubscription(400)
    return symbol
