"""The desk: one run's set of ports, plugged in.

Each port is made when it is first asked for, and the heavy libraries are imported with it, so
that `status` never pays for pandas.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from logging import Logger
from pathlib import Path
from typing import TYPE_CHECKING

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.atomic_files import write_if_changed, write_named
from avwap_cli.adapters.clocks import FixedClock, SystemClock, parse_now
from avwap_cli.adapters.logs import Masking, logging_to
from avwap_cli.adapters.progress import progress_on
from avwap_cli.adapters.run_records import RunRecordFiles
from avwap_cli.adapters.stage_locks import Unnamed, holder, stage_lock
from avwap_cli.errors import AvwapError, ConfigError
from avwap_cli.home import Home, find_home
from avwap_cli.market.sessions import EASTERN
from avwap_cli.ports import Clock, Progress
from avwap_cli.wiring.data_desk import DataDesk

if TYPE_CHECKING:
    from avwap_cli.adapters.bar_store.bar_cache import BarCache
    from avwap_cli.config import Config, Secrets, Sources
    from avwap_cli.market.bars import BarTable
    from avwap_cli.review.operations.cron_hosts import CronHost
    from avwap_cli.review.pictures.picture_shapes import Ruler, Sheet
    from avwap_cli.trading.facts import HaltLevel
    from avwap_cli.wiring.alert_desk import AlertDesk
    from avwap_cli.wiring.ledger_desk import LedgerDesk

ALPACA_KEYS = ("ALPACA_API_KEY", "ALPACA_SECRET_KEY")


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line says about the run, whatever the command.

    Attributes:
        home: the home's folder; None = found (see `home`).
        config: one more YAML file.
        settings: dotted key -> text as in YAML, laid over everything else.
        now: a time to rehearse, None = the real one.
        as_json, quiet, verbosity: how to print.
        lock_timeout_s: how long to wait for another instance.
    """

    home: Path | None = None
    config: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    now: str | None = None
    as_json: bool = False
    quiet: bool = False
    verbosity: int = 0
    lock_timeout_s: float = 10.0


class Desk:
    """Every port of one run, plugged in.

    Args:
        choices: of the command line; UsageError where their home is not there.
        environment: None = the process's.
        clock: the time, where it is another than `choices` and configuration say.
    """

    def __init__(
        self,
        choices: Choices,
        environment: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.choices = choices
        self._given_clock = clock
        self.environment = os.environ if environment is None else environment
        self.home: Home = find_home(choices.home, self.environment, _working_folder())
        self.store = ArtifactFiles(self.home.outputs)
        self.runs = RunRecordFiles(self.home.outputs)

    @property
    def home_was_named(self) -> bool:
        """Whether `--home` or AVWAP_HOME says where the home is."""
        return self.choices.home is not None or bool(self.environment.get("AVWAP_HOME"))

    @cached_property
    def clock(self) -> Clock:
        """The real time, the one being rehearsed, or that of the local exchange that is named."""
        if self._given_clock is not None:
            return self._given_clock
        if self.choices.now is not None:
            return FixedClock(parse_now(self.choices.now))
        broker = self.config.broker
        if broker.mode != "exchange" or broker.is_nowhere:
            return SystemClock()
        from avwap_cli.adapters.broker.exchange_clock import ExchangeClock

        return ExchangeClock(broker, *self.alpaca_keys())

    def known_at(self) -> datetime:
        """When an answer is known that is asked for now.

        A rehearsed time does not make today's data old, but for the made-up market, which
        is made as of that time.
        """
        if self.config.data.provider == "synthetic":
            return self.clock.now()
        return max(self.clock.now(), SystemClock().now())

    @cached_property
    def progress(self) -> Progress:
        """Bars on a terminal, quiet lines elsewhere; never mixed with what is printed."""
        return progress_on(sys.stderr, self.choices.quiet or self.choices.as_json)

    @cached_property
    def sources(self) -> Sources:
        """Where the configuration comes from."""
        from avwap_cli.config import Sources
        from avwap_cli.signals.strategies import STRATEGIES

        return Sources(
            home=self.home,
            params={name: s.params_type for name, s in STRATEGIES.items()},
            environment=self.environment,
            file=self.choices.config,
            flags=self.choices.settings,
        )

    @cached_property
    def config(self) -> Config:
        """The resolved configuration."""
        from avwap_cli.config import load

        return load(self.sources)

    @cached_property
    def secrets(self) -> Secrets:
        """Keys of the environment and of the home's .env, and the addresses of alerts."""
        from avwap_cli.config import load_secrets

        try:
            named = self.config.alerts.variables
        except ConfigError:  # whoever needs the configuration says what is wrong with it
            named = ()
        return load_secrets(self.home, self.environment, named)

    @cached_property
    def data(self) -> DataDesk:
        """Where bars, lists and report dates come from."""
        return DataDesk(
            self.config,
            self.home,
            self.environment,
            bars=lambda: self.bars,
            clock=lambda: self.clock,
            keys=self.alpaca_keys,
        )

    @cached_property
    def bars(self) -> BarCache:
        """The bar cache."""
        from avwap_cli.adapters.bar_store.bar_cache import BarCache

        return BarCache(self.home.cache / "bars", self.config.data.compact_sessions)

    def log(self, writes: bool, tracebacks: bool = False) -> AbstractContextManager[Logger]:
        """The log of one run: the day's file, where anything may be written, and stderr.

        With `tracebacks` stderr shows them, and all else, as with -vv.
        """
        settings, choices = self.config.logs, self.choices
        verbosity = 2 if tracebacks else choices.verbosity
        return logging_to(
            self.home.logs if writes else None,
            datetime.now(EASTERN).date(),
            settings.keep_days,
            settings.level,
            -1 if choices.quiet else verbosity,
            self.secrets.values.values(),
            sys.stderr,
        )

    def lock(self, stage: str) -> AbstractContextManager[None]:
        """The stage's lock, waited for as long as was said."""
        return stage_lock(self.home.locks, stage, self.choices.lock_timeout_s, self.clock.now())

    def running_since(self, stage: str) -> datetime | None:
        """Since when the stage's lock is held; now, if it does not say; None = nobody holds it."""
        found = holder(self.home.locks, stage)
        if isinstance(found, Unnamed):
            return self.clock.now()
        return None if found is None else found.since

    def masked(self, text: str) -> str:
        """The text without secrets."""
        return Masking(self.secrets.values.values())(text)

    def masked_at_least(self, text: str) -> str:
        """The text without the secrets of the environment, for when the home cannot be read."""
        from avwap_cli.config.credentials import NAMES

        return Masking(self.environment.get(name, "") for name in NAMES)(text)

    def keep_crash(self, text: str) -> Path | None:
        """Keep the traceback of what nobody foresaw; where, or None if it cannot be written."""
        path = self.home.logs / "crash.txt"
        try:
            write_if_changed(path, text.encode(errors="backslashreplace"), private=True)
        except AvwapError:
            return None
        return path

    def write_bars(self, out: Path, table: BarTable) -> bool:
        """Write bars to a file that a person named; True if its bytes changed."""
        from avwap_cli.adapters.bar_store.bar_export import write_bars

        return write_bars(out, table, out.suffix.lower().removeprefix("."))

    def write_file(self, path: Path, data: bytes, *, private: bool = False) -> bool:
        """Put a file of a home into place, whole or not at all; True if its bytes changed.

        A private one is for its owner alone.
        """
        return write_if_changed(path, data, private=private)

    def write_named(self, out: Path, text: str, *, mark: str = "") -> bool:
        """Write text to a file that a person named; True if its bytes changed.

        A file there without that `mark` in its head is not replaced.
        """
        return write_named(out.absolute(), text.encode(), mark=mark.encode())

    def write_picture(self, out: Path, lay_out: Callable[[Ruler], Sheet]) -> bool:
        """Paint a sheet into a file that a person named; True if its bytes changed."""
        from avwap_cli.adapters.pictures import MARK, paint, text_width

        return write_named(out.absolute(), paint(lay_out(text_width)), mark=MARK)

    def halt_file(self) -> HaltLevel:
        """The level that a file named HALT in the home orders."""
        from avwap_cli.adapters.halt_file import halt_file

        return halt_file(self.home.root)

    def cron_host(self) -> CronHost:
        """What runs this host's crontab, and in which zone."""
        from avwap_cli.adapters.cron_host import cron_host

        return cron_host()

    def installed_crontab(self, file: Path | None = None) -> str | None:
        """The person's crontab, or the text of that file; None = this host has no cron.

        Raises:
            InputError: the file cannot be read.
        """
        from avwap_cli.adapters.cron_host import crontab_in, installed_crontab

        return installed_crontab() if file is None else crontab_in(file)

    @cached_property
    def ledgers(self) -> LedgerDesk:
        """What the home's ledgers say, without asking the broker."""
        from avwap_cli.wiring.ledger_desk import LedgerDesk

        return LedgerDesk(self.home, lambda: self.config.broker.mode)

    @cached_property
    def alerts(self) -> AlertDesk:
        """How people are told of this run, and who watches that there is one."""
        from avwap_cli.wiring.alert_desk import AlertDesk

        known = (self.config, self.secrets.values, self.home, self.store, self.runs, self.clock)
        return AlertDesk(*known, charts=self.data.chart_ports)

    @property
    def has_keys(self) -> bool:
        """Whether there are keys to trade with."""
        return all(self.secrets.values.get(name) for name in ALPACA_KEYS)

    def alpaca_keys(self) -> tuple[str, str]:
        """The keys of data and broker; empty where they are not set.

        Raises:
            ConfigError: one of them cannot be a key; no library is to quote it in its complaint.
        """
        from avwap_cli.config import well_formed

        key_id, secret = (
            well_formed(name, self.secrets.values.get(name, "")) for name in ALPACA_KEYS
        )
        return key_id, secret


def _working_folder() -> Path | None:
    """The working directory; None when it was removed."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None
