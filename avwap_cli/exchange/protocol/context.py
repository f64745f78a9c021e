"""The context: everything that the routes may use, handed to each of them."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, field

from avwap_cli.exchange.broker.venue import Venue
from avwap_cli.exchange.faults import FaultBox
from avwap_cli.exchange.instants import Instant
from avwap_cli.exchange.protocol.trading.configurations import Configurations
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape


@dataclass(frozen=True, slots=True)
class Keys:
    """The pair of keys of the one account; worth nothing anywhere else."""

    key_id: str
    secret: str


def keys_of(seed: int) -> Keys:
    """The keys that a seed gives: `AVWAPLOCAL` and 10 characters, and a secret of 40."""
    chance = random.Random(f"keys {seed}")
    tail = "".join(chance.choices(string.ascii_uppercase + string.digits, k=10))
    secret = "".join(chance.choices(string.ascii_letters + string.digits, k=40))
    return Keys(f"AVWAPLOCAL{tail}", secret)


@dataclass
class RouteContext:
    """The books, the tape and the rules in force.

    Attributes:
        settings: as the account was opened; the venue's are these under the configurations.
        configurations: what the account's owner chose since.
        opened_at: when the account was opened: the venue's first moment.
        now: the venue's moment; nothing later is ever shown.
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
        return self.venue.now
