"""The wiring of the trading day: which adapter stands behind broker, prices, ledger and news.

A `TradingDesk` is one run's set of them, made from a `Desk` when each is first asked for.  A
dry run is another wiring of the same stages: a broker that sends nothing, a copy of the
ledger, and artifacts that go aside.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.dry_artifacts import DryArtifacts
from avwap_cli.adapters.own_processes import OwnProcesses
from avwap_cli.adapters.session_folders import folder_of
from avwap_cli.adapters.stage_locks import stage_lock
from avwap_cli.adapters.tick_notes import TickNotes
from avwap_cli.errors import AvwapError, BrokerError, ConfigError
from avwap_cli.ports import ArtifactStore, Broker, Feed, Ledger, Notifier, Quotes
from avwap_cli.stages.day.order_book import BookPorts
from avwap_cli.stages.day.trading_ports import TradingPorts, TradingRequest
from avwap_cli.stages.operations.day_alerts import AlertPorts
from avwap_cli.stages.operations.tick import TickPorts
from avwap_cli.wiring.desk import Desk

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from avwap_cli.adapters.broker.dry_broker import DryBroker
    from avwap_cli.adapters.ledger.ledger_shelf import LedgerShelf

ACCOUNT = "account"
ACCOUNT_WAIT_S = 10.0
DRY_RUN = "dry-run"


class TradingDesk:
    """The ports of the trading day, plugged in for one run.

    Args:
        desk: the ports of every run.
        dry_run: nothing is sent, and what is written goes aside.
        looks: the ledger is opened to be read; where there is none it is an empty one.
    """

    def __init__(self, desk: Desk, *, dry_run: bool = False, looks: bool = False) -> None:
        self.desk = desk
        self.dry_run = dry_run
        self.looks = looks

    @cached_property
    def broker(self) -> Broker:
        """The account's broker; in a dry run one that sends nothing.

        Raises:
            ConfigError: keys are missing, or may not go where the settings point.
        """
        return self._dry_broker if self.dry_run else self._sending_broker()

    @cached_property
    def _dry_broker(self) -> DryBroker:
        from avwap_cli.adapters.broker.dry_broker import DryBroker

        return DryBroker(self._sending_broker())

    def _sending_broker(self) -> Broker:
        from avwap_cli.adapters.broker.alpaca_broker import AlpacaBroker

        key_id, secret = self.desk.alpaca_keys()
        settings, desk = self.desk.config.broker, self.desk
        return AlpacaBroker(settings, key_id, secret, desk.clock, environment=desk.environment)

    @property
    def would(self) -> tuple[str, ...]:
        """What a dry run would have sent, in words."""
        return tuple(self._dry_broker.would) if self.dry_run else ()

    @cached_property
    def account(self) -> str:
        """The number of the account that answers.

        Raises:
            BrokerError: none does.
            ConfigError: it is not the one that live money was meant for.
        """
        return self.broker.account().number

    @cached_property
    def quotes(self) -> Quotes:
        """Prices of the running session."""
        from avwap_cli.adapters.broker.alpaca_quotes import AlpacaQuotes

        key_id, secret = self.desk.alpaca_keys()
        desk = self.desk
        return AlpacaQuotes(
            desk.config.broker, key_id, secret, desk.clock, environment=desk.environment
        )

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of the account that answers."""
        return self._opened(self.account)

    def ledger_at_hand(self) -> Ledger:
        """The ledger of the only account that this home knows, without asking the broker.

        Raises:
            BrokerError: the broker had to be asked, and does not answer.
        """
        known = self.desk.ledgers.accounts()
        if len(known) == 1:
            return self._opened(known[0])
        try:
            return self.ledger
        except BrokerError as problem:
            raise BrokerError(problem.message, _with_way_out(problem)) from problem
        except ConfigError as problem:
            raise ConfigError(problem.message, _with_way_out(problem)) from problem

    def ledger_path(self, account: str | None = None) -> Path:
        """Where the ledger of that account (default: the one that answers) lies."""
        return self._ledger_in(self.desk.home.outputs, account or self.account)

    def _ledger_in(self, outputs: Path, account: str) -> Path:
        from avwap_cli.adapters.ledger.ledger_files import path_of

        return path_of(outputs, self.desk.config.broker.mode, account)

    def _opened(self, account: str) -> Ledger:
        from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger

        path = self.ledger_path(account)
        if self.looks:
            from avwap_cli.adapters.ledger.ledgers_at_hand import EmptyLedger

            there = path.exists()
            return SqliteLedger.open(path, account, read_only=True) if there else EmptyLedger()
        if self.dry_run:
            from avwap_cli.adapters.ledger.ledger_files import copy_for_dry_run

            aside = self._ledger_in(self.outputs, account)
            copy_for_dry_run(path, aside)
            path = aside
        return SqliteLedger.open(path, account)

    def lost_shelf(self) -> LedgerShelf:
        """Where a lost ledger is put anew; of a dry run aside, if it is lost indeed.

        Raises:
            LedgerError: a good ledger stands there.
        """
        from avwap_cli.adapters.ledger.ledger_files import remove
        from avwap_cli.adapters.ledger.ledger_shelf import LedgerShelf

        shelf = LedgerShelf(self.ledger_path(), self.account)
        if not self.dry_run:
            return shelf
        shelf.must_be_lost()
        aside = self._ledger_in(self.outputs, self.account)
        remove(aside)
        return LedgerShelf(aside, self.account)

    @property
    def outputs(self) -> Path:
        """Where what is written goes; of a dry run aside."""
        return self.desk.home.outputs / DRY_RUN if self.dry_run else self.desk.home.outputs

    def file_of(self, session: date, artifact: str) -> Path:
        """Where that artifact is written."""
        return folder_of(self.outputs, session) / artifact

    @cached_property
    def store(self) -> ArtifactStore:
        """The session folders; a dry run writes aside."""
        if not self.dry_run:
            return self.desk.store
        return DryArtifacts(self.desk.store, ArtifactFiles(self.outputs))

    @cached_property
    def notifier(self) -> Notifier:
        """Where people hear of what happens; of a dry run in the log alone."""
        if not self.dry_run:
            return self.desk.alerts.courier
        from avwap_cli.adapters.alerts.log_notices import LogNotifier

        return LogNotifier()

    def feed(self) -> Feed | None:
        """Pushed news; None where the settings ask for polling."""
        if self.desk.config.trading.monitor.bars == "poll":
            return None
        from avwap_cli.adapters.broker.alpaca_streams import AlpacaFeed
        from avwap_cli.adapters.broker.doors import checked_door

        desk = self.desk
        key_id, secret = desk.alpaca_keys()
        door = checked_door(desk.config.broker, key_id, desk.environment)
        return AlpacaFeed(door, key_id, secret, desk.clock)

    def account_lock(self) -> AbstractContextManager[None]:
        """A new hold on the account, for the length of one pass; none for a dry run."""
        if self.dry_run:
            return nullcontext()
        desk = self.desk
        wait_s = max(desk.choices.lock_timeout_s, ACCOUNT_WAIT_S)
        return stage_lock(desk.home.locks, ACCOUNT, wait_s, desk.clock.now())

    def book_ports(self) -> BookPorts:
        """What is asked for both sides of the account."""
        return BookPorts(
            self.broker, self.ledger, self.notifier, self.desk.clock, self.account_lock
        )

    def ports(self, *, feed: Feed | None = None) -> TradingPorts:
        """What `enter` and `monitor` are given."""
        return TradingPorts(
            broker=self.broker,
            quotes=self.quotes,
            ledger=self.ledger,
            store=self.store,
            notifier=self.notifier,
            clock=self.desk.clock,
            account_lock=self.account_lock,
            halt_file=self.desk.halt_file,
            progress=self.desk.progress,
            feed=feed,
            pid=os.getpid(),
        )

    def request(self, session: date, *, group: str = "", once: bool = False) -> TradingRequest:
        """What is asked of them."""
        config = self.desk.config
        return TradingRequest(
            session=session,
            rules=config.trading,
            strategies=config.rules.strategies,
            regimes=config.rules.regime.weights,
            group=group,
            once=once,
        )


def _with_way_out(problem: AvwapError) -> str:
    way = "a file named HALT in the home halts without any of this"
    return f"{problem.hint}; {way}" if problem.hint else way


def tick_ports(desk: Desk) -> TickPorts:
    """What a tick is given: this program, started again with the options of this run."""
    choices, outputs = desk.choices, desk.home.outputs
    options = ["--home", str(desk.home.root)]
    if choices.config is not None:
        options += ["--config", str(choices.config.absolute())]
    for key, value in choices.settings.items():
        options += ["--set", f"{key}={value}"]
    if choices.now is not None:
        options += ["--now", choices.now]
    return TickPorts(
        store=desk.store,
        runs=desk.runs,
        clock=desk.clock,
        notes=TickNotes(outputs / "tick.json"),
        running_since=desk.running_since,
        start=OwnProcesses(tuple(options), desk.home.logs / "tick.log"),
        trades=desk.has_keys,
    )


def alert_ports(desk: Desk, unable: Callable[[str], None]) -> AlertPorts:
    """What alerts around a stage are given: ledgers that are there, and no question to a broker."""
    return AlertPorts(
        ledgers=desk.ledgers.opened,
        notifier=desk.alerts.courier,
        store=desk.store,
        runs=desk.runs,
        clock=desk.clock,
        running_since=desk.running_since,
        unable=unable,
        overlooked=desk.alerts.courier.overlooked,
    )
