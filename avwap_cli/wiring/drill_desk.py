"""The wiring of a drill: one account at an exchange in this process, with a home of its own.

The adapters are the product's.  Only the transport is another: it opens no socket, so that
nothing reaches a real broker, whatever the address and the keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from avwap_cli.adapters import halt_file as halts
from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.broker import doors
from avwap_cli.adapters.broker.alpaca_broker import AlpacaBroker
from avwap_cli.adapters.broker.alpaca_quotes import AlpacaQuotes
from avwap_cli.adapters.ledger.ledger_files import path_of
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.adapters.stage_locks import stage_lock
from avwap_cli.exchange.in_process import Handles, InProcess
from avwap_cli.home import Home
from avwap_cli.ports import ArtifactStore, Broker, Clock, Quotes
from avwap_cli.settings import BrokerSettings
from avwap_cli.trading.facts import HaltLevel
from avwap_cli.wiring.trading_desk import ACCOUNT

LIVE_URL, LIVE_ACCOUNT = doors.LIVE_URL, doors.LIVE_ACCOUNT
NUMBER = "LOCAL"  # of the account, in its ledger


@dataclass(frozen=True, slots=True)
class DrillDesk:
    """The ports of a drill, plugged in; each call makes new ones, as a new process has them.

    Attributes:
        home: where the account's files lie.
        clock: the exchange's time.
    """

    home: Home
    clock: Clock

    @property
    def store(self) -> ArtifactStore:
        """The session folders."""
        return ArtifactFiles(self.home.outputs)

    def ledger(self) -> SqliteLedger:
        """The account's ledger, to be closed."""
        return SqliteLedger.open(path_of(self.home.outputs, "exchange", NUMBER), NUMBER)

    def broker(
        self,
        exchange: Handles,
        settings: BrokerSettings,
        key_id: str,
        secret: str,
        environment: Mapping[str, str],
    ) -> Broker:
        """The account's broker, at that exchange.

        Raises:
            ConfigError: the keys may not go where the settings point.
        """
        return AlpacaBroker(
            settings,
            key_id,
            secret,
            self.clock,
            environment=environment,
            transport=InProcess(exchange),
        )

    def quotes(
        self, exchange: Handles, settings: BrokerSettings, key_id: str, secret: str
    ) -> Quotes:
        """Prices of the running session, from that exchange."""
        transport = InProcess(exchange)
        return AlpacaQuotes(settings, key_id, secret, self.clock, transport=transport)

    def account_lock(self) -> AbstractContextManager[None]:
        """A hold on the account that waits for nobody."""
        return stage_lock(self.home.locks, ACCOUNT, 0, self.clock.now())

    @property
    def halt_path(self) -> Path:
        """Where a person puts the HALT file."""
        return self.home.root / halts.NAME

    def halt_file(self) -> HaltLevel:
        """The level that it orders."""
        return halts.halt_file(self.home.root)
