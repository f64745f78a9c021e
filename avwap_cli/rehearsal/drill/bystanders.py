"""Bystanders: the ports of a street behind which nothing much stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from avwap_cli.exchange.local import LocalExchange
from avwap_cli.trading.facts import Notice


@dataclass
class ExchangeTime:
    """The exchange's time; sleeping steps it."""

    exchange: LocalExchange

    def now(self) -> datetime:
        """The virtual time."""
        return self.exchange.now()

    def sleep(self, seconds: float) -> None:
        """Let so much of it pass."""
        self.exchange.step(seconds)


@dataclass
class KeptNotices:
    """What people would have been told."""

    notices: list[Notice] = field(default_factory=list)

    def tell(self, notice: Notice) -> None:
        """Keep it."""
        self.notices.append(notice)


class Silent:
    """Progress that nobody sees."""

    def begin(self, label: str, total: int | None) -> None: ...

    def advance(self, done: int, note: str = "") -> None: ...

    def end(self, note: str = "") -> None: ...

    def say(self, text: str) -> None: ...
