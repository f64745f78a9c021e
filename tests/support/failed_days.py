"""Trading days on which something fails: many symbols at once, monitor cut short, what is true.

What is asserted here comes from the exchange's own books and from what was told, never from
the core's opinion of itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from trading_rig import URL, Path_, Rig, VirtualClock, candidate, clock_time

from avwap_cli.config import Config, Sources, load
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.home import Home
from avwap_cli.signals.strategies import STRATEGIES
from avwap_cli.stages.day.monitor import run_monitor

D = Decimal
ZERO = D(0)
FINAL = {"filled", "canceled", "rejected", "expired", "replaced", "done_for_day"}
NO_LIMITS = {
    "risk.max_open": "1000",
    "risk.max_long": "1000",
    "risk.max_short": "1000",
    "risk.max_per_strategy": "1000",
    "risk.max_per_sector": "1000",
    "risk.max_new_per_session": "1000",
    "risk.max_new_per_group": "1000",
    "risk.max_entry_orders_per_session": "1000",
    "risk.max_refusals": "1000",
}


def rules(changes: Mapping[str, str] | None = None) -> Config:
    """The shipped rules on the local exchange, with these changes."""
    chosen = {"broker.mode": "exchange", "broker.url": f'"{URL}"', "monitor.bars": "poll"}
    params = {name: strategy.params_type for name, strategy in STRATEGIES.items()}
    home = Home(Path("/nonexistent"))
    return load(Sources(home, params, {}, None, {**chosen, **(changes or {})}))


class Over(BaseException):
    """The test has seen enough of a run that would go on; nothing in the program catches it."""


@dataclass
class UntilClock(VirtualClock):
    """A clock whose sleeper is stopped at a moment, as by a kill between two passes."""

    until: datetime

    def sleep(self, seconds: float) -> None:
        if self.exchange.now() >= self.until:
            raise Over
        self.exchange.step(seconds)


def watch(rig: Rig, until: str, day: date | None = None, **changes: Any) -> None:
    """One run of monitor, killed between two passes at that time."""
    clock = UntilClock(rig.exchange, clock_time(until, day or rig.day))
    with suppress(Over):
        run_monitor(replace(rig.ports(), clock=clock), rig.request(**changes))


def to_day(rig: Rig, day: date, at: str) -> None:
    """A restarted program on another session."""
    rig.day = day
    rig.to(at, day)
    rig.reopen()


def flat_days(symbols: Sequence[str], *days: date) -> dict[str, dict[date, Path_]]:
    """Every symbol at 100 USD in these sessions."""
    return {s: {day: [("09:30", 100), ("16:00", 100)] for day in days} for s in symbols}


def listened(exchange: LocalExchange) -> list[tuple[datetime, Request, Answer]]:
    """Every request from now on, with its answer; the control's are left out."""
    heard: list[tuple[datetime, Request, Answer]] = []
    answering = exchange.gateway.handle

    def handle(request: Request) -> Answer:
        answer = answering(request)
        if not request.path.startswith("/_exchange"):
            heard.append((exchange.now(), request, answer))
        return answer

    exchange.gateway.handle = handle  # type: ignore[method-assign]
    return heard


def open_orders(rig: Rig, symbol: str) -> list[Any]:
    """The orders that may still trade, by the exchange's books."""
    return [o for o in rig.orders() if o.symbol == symbol and o.status.value not in FINAL]


def reducing(rig: Rig, symbol: str) -> Decimal:
    """Shares of open orders against what is held, by the exchange's books."""
    held = rig.held(symbol)
    side = "sell" if held > 0 else "buy"
    against = [o for o in open_orders(rig, symbol) if o.side.value == side]
    return sum((o.qty - o.filled_qty for o in against), ZERO)


def is_protected(rig: Rig, symbol: str) -> bool:
    """Whether what is held has orders against it for exactly its quantity, or is flat."""
    return reducing(rig, symbol) == abs(rig.held(symbol))


def paged(rig: Rig, symbol: str) -> set[str]:
    """The kinds of the pages about that symbol that have begun and not ended."""
    standing: dict[str, str] = {}
    for notice in rig.ledger.facts().notices:
        if symbol not in notice.key.split("."):
            continue
        if notice.begins and notice.page:
            standing[notice.key] = notice.kind
        elif not notice.begins:
            standing.pop(notice.key, None)
    return set(standing.values())


def told(rig: Rig, kind: str, symbol: str = "") -> list[str]:
    """The texts of that kind that were told, about that symbol."""
    return [n.text for n in rig.told.notices if n.kind == kind and symbol in n.text]


def same_everywhere(rig: Rig) -> bool:
    """Whether ledger and exchange hold the same."""
    with rig.exchange.reading() as venue:
        there = {p.symbol: p.qty for p in venue.positions()}
    here = {p.symbol: p.signed_shares for p in rig.book.open}
    return here == there


def opened(rig: Rig, *symbols: str) -> None:
    """moo entries of these symbols, filled at the open and protected (09:31)."""
    rig.plan(*(candidate(s, "rsi_mean_reversion", n + 1) for n, s in enumerate(symbols)))
    rig.enter("moo")
    watch(rig, "09:31")
