"""A trading day in one process: exchange, ledger, artifacts and stages, on one virtual clock.

Prices follow waypoints written by hand; the exchange is reached through alpaca-py over an
in-process transport, the ledger is a file.  A rig is opened anew over the same files to play
a restart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from avwap_cli import playbook
from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.broker.alpaca_broker import AlpacaBroker
from avwap_cli.adapters.broker.alpaca_quotes import AlpacaQuotes
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.config import Config, Sources, load
from avwap_cli.exchange.faults import Fault
from avwap_cli.exchange.in_process import InProcess
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape, TapeOptions
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.market.splits import Split
from avwap_cli.rehearsal.drill.bystanders import ExchangeTime as VirtualClock
from avwap_cli.rehearsal.drill.bystanders import KeptNotices, Silent
from avwap_cli.signals.strategies import STRATEGIES
from avwap_cli.stages.day.enter import run_enter
from avwap_cli.stages.day.monitor import run_monitor
from avwap_cli.stages.day.trading_ports import TradingPorts, TradingRequest
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import HaltLevel

DAY = date(2026, 11, 23)
HISTORY_SESSIONS = 12
URL = "http://127.0.0.1:1"
Path_ = Sequence[tuple[str, float]]  # time of day, price; straight lines between

RULES: Config = load(
    Sources(
        Home(Path("/nonexistent")),
        {name: strategy.params_type for name, strategy in STRATEGIES.items()},
        {},
        None,
        {
            "broker.mode": "exchange",
            "broker.url": f'"{URL}"',
            "monitor.bars": "poll",
            "monitor.idle_s": "60",  # whole days pass in a third of the passes
        },
    )
)


def clock_time(text: str, day: date = DAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(text), sessions.EASTERN)


@contextmanager
def nobody_else() -> Iterator[None]:
    yield


def candidate(symbol: str, strategy: str, rank: int = 1, **changes: Any) -> dict[str, Any]:
    """A candidate of scan.json at 100 USD with an ATR of 2."""
    rules = RULES.rules.strategies[strategy]
    way = -1 if changes.get("direction") == "short" or strategy == "overbought_short" else 1
    made: dict[str, Any] = {
        "rank": rank,
        "symbol": symbol,
        "strategy": strategy,
        "direction": "long" if way > 0 else "short",
        "entry_group": rules.entry_group,
        "sector": f"Sector {symbol}",
        "prev_close": 100.0,
        "atr": 2.0,
        "sl_atr_mult": rules.exit.sl_atr_mult,
        "tp_atr_mult": rules.exit.tp_atr_mult,
        "trailing_atr_mult": rules.exit.trailing_atr_mult,
        "max_hold_sessions": rules.exit.max_hold_sessions,
        "strength": 0.5,
        "score": 0.5,
        "entry": 100.0,
        "stop": 100.0 - 4 * way,
        "r1": 100.0 + 6 * way,
        "r2": 110.0 if strategy == "avwap" else None,
        "reward_risk": 1.5,
        "rs_63_pct": 0.0,
        "rs_rank": 0.5,
        "metadata": {"dist_pct": 0.5} if strategy == "avwap" else {},
    }
    return {**made, **changes}


def tape_of(
    paths: Mapping[str, Mapping[date, Path_]],
    splits: Sequence[Split] = (),
    before: Mapping[str, float] | None = None,
    missing: Mapping[str, Sequence[tuple[str, str]]] | None = None,
) -> Tape:
    """A tape that follows waypoints; flat at 100 (or `before`) in the sessions before."""
    first = min(day for days in paths.values() for day in days)
    rows: list[tuple[str, datetime, float, float]] = []
    for symbol, days in sorted(paths.items()):
        for day in sorted(days):
            rows += _minutes(symbol, day, days[day], (missing or {}).get(symbol, ()))
    names = sorted(paths)
    code = np.array([names.index(symbol) for symbol, *_ in rows], dtype=np.int32)
    start = np.array(
        [at.astimezone(sessions.EASTERN).timestamp() * 1e9 for _, at, _, _ in rows], dtype=np.int64
    ).view("datetime64[ns]")
    opens = np.array([price for *_, price, _ in rows])
    closes = np.array([price for *_, price in rows])
    minutes = MinuteTable(
        tuple(names),
        code,
        start,
        opens,
        np.maximum(opens, closes),
        np.minimum(opens, closes),
        closes,
        np.full(len(rows), 100_000.0),
    )
    return Tape(_history(names, first, before or {}), splits, minutes, TapeOptions(seed=1))


def _minutes(
    symbol: str, day: date, path: Path_, missing: Sequence[tuple[str, str]]
) -> list[tuple[str, datetime, float, float]]:
    opens, closes = sessions.opens_at(day), sessions.closes_at(day)
    points = [((clock_time(at, day) - opens).total_seconds() / 60, price) for at, price in path]
    at, price = zip(*points, strict=True)
    count = int((closes - opens).total_seconds() // 60)
    line = [round(float(p), 2) for p in np.interp(np.arange(count + 1), at, price)]
    gaps = [(clock_time(a, day), clock_time(b, day)) for a, b in missing]
    starts = [opens + timedelta(minutes=n) for n in range(count)]
    return [
        (symbol, moment, line[n], line[n + 1])
        for n, moment in enumerate(starts)
        if not any(a <= moment < b for a, b in gaps)
    ]


def _history(names: Sequence[str], first: date, before: Mapping[str, float]) -> BarTable:
    days = [sessions.offset(first, n - HISTORY_SESSIONS) for n in range(HISTORY_SESSIONS)]
    symbol = [name for name in names for _ in days]
    session = np.array([day for _ in names for day in days], dtype="datetime64[D]")
    price = np.array([before.get(name, 100.0) for name in names for _ in days])
    volume = np.full(len(price), 39_000_000.0)
    return bar_table(symbol, session, price, price + 0.5, price - 0.5, price, volume)


def freeze(
    store: ArtifactFiles, day: date, *candidates: Mapping[str, Any], regime: str = "RANGING"
) -> None:
    """Write these candidates as a session's plan, and freeze it."""
    scan = {
        "as_of": sessions.previous_session(day).isoformat(),
        "trade_session": day.isoformat(),
        "quality": {"state": "clean", "reasons": []},
        "regime": {"name": regime, "direction": None, "numbers": {}},
        "candidates": list(candidates),
    }
    store.write_json(day, "scan.json", playbook.schema_of("scan.json") or "", scan)
    frozen = {
        "trade_session": day.isoformat(),
        "scan_hash": store.digest(day, "scan.json"),
        "passed": [_passed(c) for c in candidates],
        "rejected": [],
    }
    store.write_json(day, "gapfilter.json", playbook.schema_of("gapfilter.json") or "", frozen)


class Rig:
    """One account at one exchange, with a home; `open()` gives fresh ports over the same files."""

    def __init__(
        self,
        folder: Path,
        tape: Tape,
        *,
        start: str = "09:20",
        day: date = DAY,
        faults: Sequence[Fault | str] = (),
        rules: Config = RULES,
        **settings: Any,
    ) -> None:
        chosen = Settings(**{"requests_per_minute": 0, "subscription": "plus", **settings})
        self.exchange = LocalExchange(tape, chosen, start=clock_time(start, day), faults=faults)
        self.folder, self.day, self.rules = folder, day, rules
        self.store = ArtifactFiles(folder / "outputs")
        self.told = KeptNotices()
        self.halt = HaltLevel.NONE
        self.ledger = self._ledger()

    def _ledger(self) -> SqliteLedger:
        return SqliteLedger.open(self.folder / "ledger.sqlite3", "LOCAL")

    def reopen(self) -> None:
        """As a restarted program finds it."""
        self.ledger.close()
        self.ledger = self._ledger()

    def ports(self) -> TradingPorts:
        keys, clock = self.exchange.keys, VirtualClock(self.exchange)
        to = (self.rules.broker, keys.key_id, keys.secret, clock)
        return TradingPorts(
            broker=AlpacaBroker(*to, transport=InProcess(self.exchange)),
            quotes=AlpacaQuotes(*to, transport=InProcess(self.exchange)),
            ledger=self.ledger,
            store=self.store,
            notifier=self.told,
            clock=clock,
            account_lock=nobody_else,
            halt_file=lambda: self.halt,
            progress=Silent(),
        )

    def request(self, group: str = "", **changes: Any) -> TradingRequest:
        made = TradingRequest(
            session=self.day,
            rules=self.rules.trading,
            strategies=self.rules.rules.strategies,
            regimes=self.rules.rules.regime.weights,
            group=group,
        )
        return replace(made, **changes)

    def plan(self, *candidates: Mapping[str, Any], regime: str = "RANGING") -> None:
        """Freeze these candidates as the session's plan."""
        freeze(self.store, self.day, *candidates, regime=regime)

    def to(self, text: str, day: date | None = None) -> None:
        self.exchange.step_to(clock_time(text, day or self.day))

    def enter(self, group: str) -> Outcome:
        return run_enter(self.ports(), self.request(group))

    def monitor(self, **changes: Any) -> Outcome:
        return run_monitor(self.ports(), self.request(**changes))

    def watch_until(self, text: str) -> None:
        """Monitor's passes, one run each, until that time: every one a restart."""
        until = clock_time(text, self.day)
        while self.exchange.now() < until:
            self.monitor(once=True)
            self.exchange.step(20)

    @property
    def book(self) -> Book:
        return fold(self.ledger.facts())

    def held(self, symbol: str) -> Decimal:
        """What the exchange holds, signed."""
        with self.exchange.reading() as venue:
            return {p.symbol: p.qty for p in venue.positions()}.get(symbol, Decimal(0))

    def orders(self) -> list[Any]:
        with self.exchange.reading() as venue:
            return list(venue.orders())


def _passed(made: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "symbol": made["symbol"],
        "strategy": made["strategy"],
        "direction": made["direction"],
        "entry_group": made["entry_group"],
        "prev_close": made["prev_close"],
        "price": made["prev_close"],
        "price_source": "sip_quote",
        "price_age_s": 1.0,
        "gap_frac": 0.0,
        "split": None,
        "status": "passed",
        "reason": None,
    }
