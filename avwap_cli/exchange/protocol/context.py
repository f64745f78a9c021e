"""The context: everything that the routes may use, handed to each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from avwap_cli.exchange.broker.venue import Venue
from avwap_cli.exchange.faults import FaultBox
from avwap_cli.exchange.instants import Instant
from avwap_cli.exchange.protocol.keys import Keys
from avwap_cli.exchange.protocol.trading.configurations import Configurations
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.days import SymbolDay
from avwap_cli.exchange.tape.tapes import Tape


@dataclass
class RouteContext:
    """The books, the tape and the rules in force.

    Attributes:
        settings: as the account was opened; the venue's are these under the configurations.
        configurations: what the account's owner chose since.
        opened_at: when the account was opened: the venue's first moment.
    """

    venue: Venue
    tape: Tape
    settings: Settings
    faults: FaultBox
    keys: Keys
    configurations: Configurations = field(default_factory=Configurations)
    opened_at: Instant = field(init=False)

    def __post_init__(self) -> None:
        self.opened_at = self.venue.now

    @property
    def now(self) -> Instant:
        """The venue's moment; nothing later is ever shown."""
        return self.venue.now

    def day(self, symbol: str, session: date) -> SymbolDay | None:
        """The symbol's day as it is shown: without what lies in a halt."""
        return self.venue.day(symbol, session)
