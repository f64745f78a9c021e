"""A home that trades on a local exchange over sockets, driven by the commands alone.

The exchange's time stands until a command sleeps, or the test steps it, or lets it run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from trading_rig import DAY, clock_time, freeze
from typer.testing import CliRunner, Result

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.ledger.ledgers_at_hand import books_at_hand
from avwap_cli.adapters.run_records import RunRecordFiles
from avwap_cli.cli import app
from avwap_cli.exchange.http_wire import Limits
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.server import serving
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.trading.books import Book

KEYS = ("ALPACA_API_KEY", "ALPACA_SECRET_KEY")
FAST = {
    "broker.requests_per_minute": "100000",
    "broker.get_waits_s": "[1]",
    "monitor.bars": "poll",
    "monitor.idle_s": "300",
    "monitor.busy_for_s": "10",
}


class TradingStreet:
    """One home and one exchange."""

    def __init__(self, home: Path, exchange: LocalExchange, url: str) -> None:
        self.home, self.exchange, self.url = home, exchange, url
        self.store = ArtifactFiles(home / "outputs")
        keys = exchange.keys
        self.environment = dict(zip(KEYS, (keys.key_id, keys.secret), strict=True))
        self.settings = {**FAST, "broker.mode": "exchange", "broker.url": url}

    def plan(self, *candidates: Mapping[str, Any]) -> None:
        freeze(self.store, DAY, *candidates)

    def run(self, *words: str, **settings: str) -> Result:
        """One command; `settings` like `monitor__bars="stream"` lie over the street's."""
        chosen = {**self.settings, **{k.replace("__", "."): v for k, v in settings.items()}}
        place = ["--home", str(self.home), "--lock-timeout", "0"]
        for key, value in chosen.items():
            place += ["--set", f"{key}={value}"]
        return CliRunner().invoke(app, [*words, *place], env=self.environment)

    def told(self, *words: str, **settings: str) -> dict[str, Any]:
        """What a command tells as JSON; that it is one document is a claim of its own."""
        result = self.run(*words, "--json", **settings)
        try:
            document: dict[str, Any] = json.loads(result.stdout)
        except ValueError:
            raise AssertionError(f"{words}: {result.output}") from result.exception
        assert document["exit_code"] == result.exit_code, words
        return document

    def to(self, text: str, day: date = DAY) -> None:
        self.exchange.step_to(clock_time(text, day))

    @property
    def book(self) -> Book:
        (book,) = books_at_hand(self.home / "outputs", "exchange")
        return book

    @property
    def ledger(self) -> Path:
        (path,) = (self.home / "outputs" / "ledger").glob("*.sqlite3")
        return path

    def held(self) -> dict[str, Decimal]:
        """What the exchange holds, signed."""
        with self.exchange.reading() as venue:
            return {p.symbol: p.qty for p in venue.positions()}

    def orders(self) -> list[str]:
        """Our ids at the exchange, in the order in which they came."""
        with self.exchange.reading() as venue:
            return [o.client_order_id for o in venue.orders()]

    def alerts(self, day: date = DAY) -> list[dict[str, Any]]:
        """The session's alerts.jsonl."""
        path = self.store.folder(day) / "alerts.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def records(self, stage: str, day: date = DAY) -> list[str]:
        """The states of a stage's runs, in order."""
        runs, problems = RunRecordFiles(self.home / "outputs").read(day)
        assert problems == []
        return [run.state for run in runs if run.stage == stage]


@contextmanager
def street_on(
    home: Path,
    tape: Tape,
    start: str = "09:26",
    faults: Sequence[str] = (),
    **settings: Any,
) -> Iterator[TradingStreet]:
    """Serve such an exchange for the length of a `with` block."""
    chosen = Settings(**{"requests_per_minute": 0, "subscription": "plus", **settings})
    exchange = LocalExchange(tape, chosen, start=clock_time(start), faults=faults)
    with serving(exchange, limits=Limits(stop_s=0.01)) as served:
        yield TradingStreet(home, exchange, served.url)
