"""What the trading day's stages are given: the ports, and what is asked of one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date

from avwap_cli.ports import ArtifactStore, Broker, Clock, Feed, Ledger, Notifier, Progress, Quotes
from avwap_cli.signals.rules import StrategyRules
from avwap_cli.trading.facts import HaltLevel
from avwap_cli.trading.policies import TradingRules


@dataclass(frozen=True, slots=True)
class TradingPorts:
    """Every port of a trading stage.

    Attributes:
        account_lock: a new hold on the account, for the length of one pass; raises LockBusy.
        halt_file: the level that a file named HALT in the home orders; NONE without one.
        feed: pushed news; None = polling only.
        pid: of this process; the ledger keeps who acted.
    """

    broker: Broker
    quotes: Quotes
    ledger: Ledger
    store: ArtifactStore
    notifier: Notifier
    clock: Clock
    account_lock: Callable[[], AbstractContextManager[None]]
    halt_file: Callable[[], HaltLevel]
    progress: Progress
    feed: Feed | None = None
    pid: int = 0


@dataclass(frozen=True, slots=True)
class TradingRequest:
    """One run of `enter` or `monitor`.

    Attributes:
        session: the trade session.
        strategies: their rules, for what the plan's document does not carry.
        regimes: regime -> strategy -> weight.
        group: of `enter`: moo, confirm or boh.
        once: one pass and out.
    """

    session: date
    rules: TradingRules
    strategies: Mapping[str, StrategyRules]
    regimes: Mapping[str, Mapping[str, float]]
    group: str = ""
    once: bool = False
