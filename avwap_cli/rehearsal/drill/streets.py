"""A street: one account at one exchange in one process, with a folder of its own.

The stages are the product's, reached through their ports as in earnest, which a `DrillDesk`
plugs in: the broker's adapter over a transport without a socket, a ledger file, session folders,
the HALT file.  Time is the exchange's, and moves only when somebody sleeps or steps it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from avwap_cli import playbook
from avwap_cli.config import Config, Sources, load
from avwap_cli.exchange.broker.orders import Order, OrderRequest, OrderType, Side, Tif
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.settings import Settings
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.market.splits import Split
from avwap_cli.playbook import GAPFILTER_JSON, SCAN_JSON
from avwap_cli.rehearsal.drill.bystanders import ExchangeTime, KeptNotices, Silent
from avwap_cli.rehearsal.drill.prices import DAY, Paths, candidate, moment, tape_of
from avwap_cli.rehearsal.drill.wires import Wire
from avwap_cli.signals.strategies import STRATEGIES
from avwap_cli.stages.day.enter import run_enter
from avwap_cli.stages.day.monitor import run_monitor
from avwap_cli.stages.day.trading_ports import TradingPorts, TradingRequest
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.policies import TradingRules
from avwap_cli.wiring.drill_desk import DrillDesk

URL = "http://127.0.0.1:1"  # nobody listens there: the transport answers
FINAL = frozenset({"filled", "canceled", "rejected", "expired", "replaced", "done_for_day"})
ZERO = Decimal(0)
PASS_EVERY_S = 20.0


@cache
def shipped() -> Config:
    """The shipped configuration, pointed at the local exchange."""
    params = {name: strategy.params_type for name, strategy in STRATEGIES.items()}
    chosen = {"broker.mode": "exchange", "broker.url": f'"{URL}"', "monitor.bars": "poll"}
    return load(Sources(Home(Path("/nonexistent")), params, {}, None, chosen))


def with_risk(**changes: Any) -> TradingRules:
    """The shipped rules of the trading day with other figures of `risk`."""
    rules = shipped().trading
    return replace(rules, risk=replace(rules.risk, **changes))


class Street:
    """One account, from `start` on; `reopen` is what a restarted program finds.

    Args:
        folder: its own.
        paths: prices by symbol and session.
        start: time of day of the first session.
        rules: of the trading day.
        faults: of the exchange.
        splits: on the tape.
        settings: of the exchange, where they are not the usual ones.
    """

    def __init__(
        self,
        folder: Path,
        paths: Paths,
        start: str = "09:26",
        *,
        rules: TradingRules | None = None,
        faults: Sequence[str] = (),
        splits: Sequence[Split] = (),
        **settings: Any,
    ) -> None:
        chosen = Settings(**{"requests_per_minute": 0, "subscription": "plus", **settings})
        tape = tape_of(paths, splits)
        self.exchange = LocalExchange(tape, chosen, start=moment(start), faults=faults)
        self.wire = Wire(self.exchange)
        self.desk, self.day = DrillDesk(Home(folder), ExchangeTime(self.exchange)), DAY
        self.rules = shipped().trading if rules is None else rules
        self.store = self.desk.store
        self.told = KeptNotices()
        self.lock: Callable[[], AbstractContextManager[None]] = nullcontext
        self.ledger = self.desk.ledger()

    def close(self) -> None:
        """Let go of the ledger's file."""
        self.ledger.close()

    def reopen(self) -> None:
        """Start the program anew over the same files."""
        self.close()
        self.ledger = self.desk.ledger()

    def ports(self) -> TradingPorts:
        """Fresh ports, as a new process has them."""
        keys, desk = self.exchange.keys, self.desk
        at = (self.wire, shipped().broker, keys.key_id, keys.secret)
        return TradingPorts(
            broker=desk.broker(*at, {}),
            quotes=desk.quotes(*at),
            ledger=self.ledger,
            store=self.store,
            notifier=self.told,
            clock=desk.clock,
            account_lock=self.lock,
            halt_file=desk.halt_file,
            progress=Silent(),
        )

    def request(self, group: str = "", *, once: bool = True) -> TradingRequest:
        """One run of `enter` (with a group) or `monitor`."""
        config = shipped()
        return TradingRequest(
            session=self.day,
            rules=self.rules,
            strategies=config.rules.strategies,
            regimes=config.rules.regime.weights,
            group=group,
            once=once,
        )

    def plan(self, *wanted: tuple[str, str], **changes: Any) -> None:
        """Freeze candidates, (symbol, strategy) by rank, as the session's plan.

        Args:
            wanted: the candidates.
            changes: to the fields of each.
        """
        strategies = shipped().rules.strategies
        made = [
            candidate(symbol, strategy, strategies[strategy], rank, **changes)
            for rank, (symbol, strategy) in enumerate(wanted, 1)
        ]
        before = sessions.previous_session(self.day)
        scan = {
            "as_of": before.isoformat(),
            "trade_session": self.day.isoformat(),
            "quality": {"state": "clean", "reasons": []},
            "regime": {"name": "RANGING", "direction": None, "numbers": {}},
            "candidates": made,
        }
        self._write(SCAN_JSON, scan)
        passed = {"passed": [_passed(each) for each in made], "rejected": []}
        self._write(GAPFILTER_JSON, {"trade_session": self.day.isoformat(), **passed})
        self.pin()

    def rescan(self, **changes: Any) -> None:
        """Write another scan.json behind the frozen plan's back."""
        self._write(SCAN_JSON, {**self._body(SCAN_JSON), **changes})

    def pin(self) -> None:
        """Freeze scan.json as it is."""
        digest = self.store.digest(self.day, SCAN_JSON)
        self._write(GAPFILTER_JSON, {**self._body(GAPFILTER_JSON), "scan_hash": digest})

    def _body(self, name: str) -> dict[str, Any]:
        return {k: v for k, v in self.store.read_json(self.day, name).items() if k != "schema"}

    def _write(self, name: str, body: Mapping[str, Any]) -> None:
        self.store.write_json(self.day, name, playbook.schema_of(name) or "", body)

    def to(self, clock: str, day: date | None = None) -> None:
        """Let time pass up to then; in another session as a program started anew."""
        if day is not None and day != self.day:
            self.day = day
            self.reopen()
        self.exchange.step_to(moment(clock, self.day))

    def enter(self, group: str, *, once: bool = True) -> None:
        """One run of `avwap enter`."""
        run_enter(self.ports(), self.request(group, once=once))

    def monitor(self) -> None:
        """One pass of `avwap monitor`, which is a restart as well."""
        run_monitor(self.ports(), self.request())

    def watch(self, until: str, every_s: float = PASS_EVERY_S) -> None:
        """Passes of `monitor` up to that time."""
        while self.exchange.now() < moment(until, self.day):
            self.monitor()
            self.exchange.step(every_s)

    def hold(self, symbol: str, strategy: str = "rsi_mean_reversion") -> None:
        """Enter it at the open (09:26) and watch it until it is protected (09:31)."""
        self.plan((symbol, strategy))
        self.enter("moo")
        self.to("09:30:10")
        self.watch("09:31")

    def by_hand(self, symbol: str, side: Side, shares: int) -> None:
        """A market order as a person gives it on the broker's page."""
        order = OrderRequest(symbol, side, OrderType.MARKET, Tif.DAY, qty=Decimal(shares))
        with self.exchange.reading() as venue:
            venue.submit(order)
        self.exchange.step(1)

    def cancel_by_hand(self, symbol: str) -> None:
        """Cancel every open order in that symbol on the broker's page."""
        with self.exchange.reading() as venue:
            for order in venue.open_orders(symbol):
                venue.cancel(order.id)
        self.exchange.step(1)

    @property
    def book(self) -> Book:
        """What the ledger holds."""
        return fold(self.ledger.facts())

    def held(self, symbol: str) -> Decimal:
        """Shares at the exchange, signed."""
        with self.exchange.reading() as venue:
            return {p.symbol: p.qty for p in venue.positions()}.get(symbol, ZERO)

    def orders(self, symbol: str) -> list[Order]:
        """Every order in that symbol that the exchange ever had."""
        with self.exchange.reading() as venue:
            return [order for order in venue.orders() if order.symbol == symbol]

    def open_orders(self, symbol: str) -> list[Order]:
        """Those that may still trade."""
        return [order for order in self.orders(symbol) if order.status.value not in FINAL]

    def pages(self, kind: str) -> list[str]:
        """The texts of that kind that woke somebody up."""
        return [n.text for n in self.told.notices if n.page and n.kind == kind]


def _passed(made: Mapping[str, Any]) -> dict[str, Any]:
    """A row of gapfilter.json."""
    same = ("symbol", "strategy", "direction", "entry_group", "prev_close")
    return {
        **{name: made[name] for name in same},
        "price": made["prev_close"],
        "price_source": "sip_quote",
        "price_age_s": 1.0,
        "gap_frac": 0.0,
        "split": None,
        "status": "passed",
        "reason": None,
    }
