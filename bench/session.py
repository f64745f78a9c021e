"""A made-up session for the trading commands: a home, a plan, and an exchange over loopback HTTP.

The exchange's time stands still, so where a command waits, its time moves and no real time
passes: what a command takes is what it takes beyond its waits.  Requests are counted where they
arrive.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avwap_cli import playbook
from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.config import Config, Sources, load
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.server import Served, serving
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.market.bars import bar_table
from avwap_cli.signals.strategies import STRATEGIES
from bench.market import PROGRAM
from bench.pairs import run

DAY = date(2026, 11, 23)
GROUPS = {"moo": "rsi_mean_reversion", "confirm": "bb_squeeze", "boh": "avwap"}
BEGINS = {"moo": "09:26", "confirm": "09:45", "boh": "09:50"}
HISTORY = 12
CANDIDATES = 12
WIDE = {  # so that every candidate becomes an order
    "risk.max_open": 12,
    "risk.max_long": 12,
    "risk.max_per_strategy": 12,
    "risk.max_per_sector": 12,
    "risk.max_new_per_session": 12,
    "risk.max_new_per_group": 12,
    "risk.max_entry_orders_per_session": 12,
    "risk.max_position_frac": 0.02,
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took: CPU seconds of its processes, and real seconds."""

    cpu_s: float
    wall_s: float


@dataclass(slots=True)
class Market:
    """A home on the eve of a session, and the exchange that it trades at.

    Attributes:
        asked: requests so far, by method and path.
    """

    home: Path
    exchange: LocalExchange
    served: Served
    asked: Counter[str]
    names: tuple[str, ...]
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        keys = self.exchange.keys
        return {"ALPACA_API_KEY": keys.key_id, "ALPACA_SECRET_KEY": keys.secret}

    def words(self, *words: str) -> list[str]:
        """A command line over this home and exchange."""
        flags = [
            part for key, value in self.settings.items() for part in ("--set", f"{key}={value}")
        ]
        return [*PROGRAM, *words, "--home", str(self.home), "--quiet", *flags]

    def command(self, *words: str) -> Cost:
        """What a command costs that must end well."""
        began = time.perf_counter()
        cpu, _ = run(self.words(*words), self.environment)
        return Cost(cpu, time.perf_counter() - began)

    def enter(self, group: str) -> Cost:
        """What `enter` costs at the beginning of the group's window."""
        self.to(BEGINS[group])
        return self.command("enter", "--group", group)

    def to(self, text: str) -> None:
        moment = at(text)
        if self.exchange.now() < moment:
            self.exchange.step_to(moment)

    def write_scan(self, groups: list[str]) -> None:
        """A plan that the morning confirms: each name in turn to a group."""
        rows = [
            self._candidate(number, name, groups[number % len(groups)])
            for number, name in enumerate(self.names)
        ]
        body = {
            "as_of": sessions.previous_session(DAY).isoformat(),
            "trade_session": DAY.isoformat(),
            "quality": {"state": "clean", "reasons": []},
            "regime": {"name": "RANGING", "direction": None, "numbers": {}},
            "candidates": rows,
        }
        schema = playbook.schema_of("scan.json") or ""
        ArtifactFiles(self.home / "outputs").write_json(DAY, "scan.json", schema, body)

    def _candidate(self, number: int, name: str, group: str) -> dict[str, Any]:
        strategy = GROUPS[group]
        rules = config({}).rules.strategies[strategy].exit
        before = self.exchange.context.tape.history([name], sessions.offset(DAY, -1), DAY).close[0]
        close = round(float(before), 2)
        return {
            "rank": number + 1,
            "symbol": name,
            "strategy": strategy,
            "direction": "long",
            "entry_group": group,
            "sector": f"Sector {number}",
            "prev_close": close,
            "atr": round(close * 0.03, 2),
            "sl_atr_mult": rules.sl_atr_mult,
            "tp_atr_mult": rules.tp_atr_mult,
            "trailing_atr_mult": rules.trailing_atr_mult,
            "max_hold_sessions": rules.max_hold_sessions,
            "strength": 0.5,
            "score": 0.5,
            "entry": close,
            "stop": round(close * 0.93, 2),
            "r1": round(close * 1.2, 2),
            "r2": round(close * 1.4, 2) if strategy == "avwap" else None,
            "reward_risk": 1.5,
            "rs_63_pct": 0.0,
            "rs_rank": 0.5,
            "metadata": {"dist_pct": 0.5} if strategy == "avwap" else {},
        }


@contextmanager
def market(folder: Path, names: tuple[str, ...], start: str) -> Iterator[Market]:
    """An exchange at that time of the session, and an empty home."""
    folder.mkdir(parents=True)
    on = rising(names)
    settings = Settings(subscription="plus", requests_per_minute=0)
    exchange = LocalExchange(on, settings, start=at(start))
    asked = counting(exchange)
    with serving(exchange) as served:
        chosen = {
            "broker.mode": "exchange",
            "broker.url": f'"{served.url}"',
            "monitor.bars": "poll",
        }
        yield Market(folder, exchange, served, asked, names, {**chosen, **WIDE})


def counting(exchange: LocalExchange) -> Counter[str]:
    """Requests by method and path from now on; the clock's own are left out."""
    asked: Counter[str] = Counter()
    handle = exchange.handle

    def counted(request: Request) -> Answer:
        if not request.path.startswith("/_exchange"):
            asked[f"{request.method} {request.path}"] += 1
        return handle(request)

    exchange.handle = counted  # type: ignore[method-assign]
    return asked


def config(flags: dict[str, str]) -> Config:
    """The shipped configuration."""
    params = {name: strategy.params_type for name, strategy in STRATEGIES.items()}
    return load(Sources(Home(Path("/nonexistent")), params, {}, None, flags))


def wandering(names: tuple[str, ...], count: int, last: date) -> Tape:
    """Made-up names around 50 USD."""
    days = np.array(sessions.last_sessions(last, count), dtype="datetime64[D]")
    rng = np.random.default_rng(7)
    walk = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, (len(names), count)), axis=1))
    return _bars(names, days, walk * 0.995, walk * 1.01, walk * 0.985, walk)


def rising(names: tuple[str, ...]) -> Tape:
    """Flat names that open higher and rise by 2 % in the session: every group is confirmed."""
    days = np.array(sessions.last_sessions(DAY, HISTORY), dtype="datetime64[D]")
    flat = np.repeat(50.0 + np.arange(len(names)), len(days)).reshape(-1, len(days))
    last = np.arange(len(days)) == len(days) - 1
    opens, closes = flat * np.where(last, 1.002, 1.0), flat * np.where(last, 1.02, 1.0)
    low = flat * np.where(last, 1.002, 0.99)
    return _bars(names, days, opens, np.maximum(flat * 1.01, closes), low, closes)


def at(text: str, day: date = DAY) -> datetime:
    """New York time of a session."""
    return datetime.combine(day, time_of_day.fromisoformat(text), sessions.EASTERN)


def _bars(
    names: tuple[str, ...], days: NDArray[np.datetime64], *prices: NDArray[np.float64]
) -> Tape:
    """Open, high, low and close of (names, days), rounded to the cent."""
    opens, high, low, close = (np.round(price, 2).ravel() for price in prices)
    volume = np.full(len(close), 3_900_000.0)
    symbol, session = np.repeat(names, len(days)), np.tile(days, len(names))
    return Tape(bar_table(symbol, session, opens, high, low, close, volume))
