"""Histories: every strategy's facts by symbol, folded into positions as they come.

Facts are sorted to their (strategy, symbol) once, when they are new, and only those symbols
are folded again that something new was told of; what is closed for long costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from avwap_cli.trading.facts import Acceptance, Decision, Facts, Mark, SplitTaken
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.order_records import OrderFold, OrderRecord
from avwap_cli.trading.orders import ZERO, Fill
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.position_folds import History, folded
from avwap_cli.trading.positions import Execution, Position, owner_by_hand

_Key = tuple[str, str]


@dataclass(slots=True)
class _Told:
    """All of one (strategy, symbol) so far.

    Attributes:
        of_orders: client id -> what it executed, by its fills and by its report.
        by_hand: fill id -> what a person did.
        positions: folded from the rest, oldest first.
    """

    of_orders: dict[str, tuple[Execution, ...]] = field(default_factory=dict)
    by_hand: dict[str, Execution] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    acceptances: list[Acceptance] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)


@dataclass(slots=True)
class Histories:
    """The positions of all strategies, in a fold that goes on."""

    _told: dict[_Key, _Told] = field(default_factory=dict)
    _splits: dict[str, list[SplitTaken]] = field(default_factory=dict)

    def take(self, news: Facts, orders: OrderFold, concerned: Iterable[str]) -> None:
        """Take in what is new; `concerned` are the orders that `orders` found in it."""
        touched = dict.fromkeys(self._take_orders(orders, concerned))
        for acceptance in news.acceptances:
            self._of(_key(acceptance)).acceptances.append(acceptance)
        for decision in news.decisions:
            self._of(_key(decision)).decisions.append(decision)
        for mark in news.marks:
            self._of(_key(mark)).marks.append(mark)
        touched |= dict.fromkeys(map(_key, news.acceptances))
        touched |= dict.fromkeys(map(_key, news.decisions))
        touched |= dict.fromkeys(map(_key, news.marks))
        touched |= dict.fromkeys(self._take_by_hand(news.fills))
        for split in news.splits:
            self._splits.setdefault(split.symbol, []).append(split)
        fresh = {split.symbol for split in news.splits}
        touched |= dict.fromkeys(key for key in self._told if key[1] in fresh)
        for key in touched:
            self._told[key].positions = folded(self._history(key))

    @property
    def positions(self) -> tuple[Position, ...]:
        """All that were ever held, open or closed."""
        return tuple(p for told in self._told.values() for p in told.positions)

    def _take_orders(self, orders: OrderFold, concerned: Iterable[str]) -> list[_Key]:
        touched = []
        for client_id in concerned:
            record = orders.records[client_id]
            key = (record.intent.role.strategy, record.symbol)
            done = _executions(record, orders.fills_of(client_id))
            told = self._of(key)
            if record.leg is Leg.ENTRY and client_id not in told.plans:
                told.plans[client_id] = Plan.of_text(record.intent.plan)
            if done != told.of_orders.get(client_id, ()):
                told.of_orders[client_id] = done
                touched.append(key)
        return touched

    def _take_by_hand(self, fills: Iterable[Fill]) -> list[_Key]:
        touched = []
        for fill in fills:
            strategy = owner_by_hand(fill.client_id)
            if strategy is not None:
                key = (strategy, fill.symbol)
                self._of(key).by_hand[fill.id] = _by_hand(fill)
                touched.append(key)
        return touched

    def _of(self, key: _Key) -> _Told:
        found = self._told.get(key)
        if found is None:
            found = self._told[key] = _Told()
        return found

    def _history(self, key: _Key) -> History:
        (strategy, symbol), told = key, self._told[key]
        return History(
            strategy,
            symbol,
            (*(e for done in told.of_orders.values() for e in done), *told.by_hand.values()),
            told.plans,
            tuple(self._splits.get(symbol, ())),
            tuple(told.acceptances),
            tuple(told.decisions),
            tuple(told.marks),
        )


def _key(fact: Acceptance | Decision | Mark) -> _Key:
    return fact.strategy, fact.symbol


def _by_hand(fill: Fill) -> Execution:
    shares = fill.shares * fill.side.sign
    return Execution(fill.id, fill.at, shares, fill.price, fill.client_id, None, "manual", None)


def _executions(record: OrderRecord, heard: tuple[Fill, ...]) -> tuple[Execution, ...]:
    """The fills heard of, then what the broker's report says has filled beyond them, as one."""
    told = tuple(_execution(record, f.id, f.at, f.shares * f.side.sign, f.price) for f in heard)
    report = record.report
    if report is None or report.filled_avg_price is None:
        return told
    more = report.filled_shares - sum((f.shares for f in heard), ZERO)
    if more <= 0:
        return told
    value = report.filled_avg_price * report.filled_shares
    value -= sum((f.shares * f.price for f in heard), ZERO)
    shares, price = more * record.intent.side.sign, max(value, ZERO) / more
    ahead = _execution(record, f"{record.id}.ahead", report.updated_at, shares, price)
    return (*told, ahead)


def _execution(
    record: OrderRecord, key: str, at: datetime, shares: Decimal, price: Decimal
) -> Execution:
    intent = record.intent
    return Execution(
        key, at, shares, price, record.id, record.leg, intent.reason, intent.decision_price
    )
