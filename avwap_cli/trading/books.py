"""The book: what is true now, folded from the ledger's facts.

`Book` answers what every decision asks: which of our orders may still trade, what is held
and since when, what is forbidden, what happened today.  It holds nothing that could not be
folded again, so a restarted program knows as much as one that never stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date
from decimal import Decimal
from types import MappingProxyType

from avwap_cli.market.sessions import session_of
from avwap_cli.trading.facts import (
    Denied,
    EquityClose,
    Facts,
    HaltChange,
    HaltLevel,
    Notice,
    SplitTaken,
)
from avwap_cli.trading.histories import Histories
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.order_records import OrderFold, OrderRecord, OrderState
from avwap_cli.trading.orders import ZERO, Fill
from avwap_cli.trading.positions import Position

KINDS = tuple(f.name for f in fields(Facts))


@dataclass(frozen=True, slots=True)
class Book:
    """Everything folded.

    Attributes:
        orders: our orders by client id, in the order made.
        open: positions held now, by symbol; one strategy holds a symbol at a time, and where
            two should ever do, each stands here (see `held`).
        closed: positions that are flat again, oldest first.
        fills: by id, in the order heard.
        halts: changes in order.
        states: key -> the notice that began a state that has not ended.
        working: orders that may trade or wait to be sent; the few that a pass looks after
            among all that ever were.
    """

    orders: Mapping[str, OrderRecord]
    open: tuple[Position, ...]
    closed: tuple[Position, ...]
    fills: Mapping[str, Fill]
    halts: tuple[HaltChange, ...]
    denials: tuple[Denied, ...]
    closes: tuple[EquityClose, ...]
    splits: tuple[SplitTaken, ...]
    notices: tuple[Notice, ...]
    states: Mapping[str, Notice] = field(default_factory=dict)
    by_symbol: Mapping[str, tuple[OrderRecord, ...]] = field(init=False, repr=False, compare=False)
    working: tuple[OrderRecord, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        working = tuple(o for o in self.orders.values() if o.working)
        object.__setattr__(self, "working", working)
        found: dict[str, list[OrderRecord]] = {}
        for record in self.orders.values():
            found.setdefault(record.symbol, []).append(record)
        index = {symbol: tuple(records) for symbol, records in found.items()}
        object.__setattr__(self, "by_symbol", index)

    def held(self, symbol: str) -> Decimal:
        """Signed shares of the symbol over all strategies."""
        return sum((p.signed_shares for p in self.open if p.symbol == symbol), ZERO)

    def positions_of(self, symbol: str) -> tuple[Position, ...]:
        return tuple(p for p in self.open if p.symbol == symbol)

    def orders_of(self, symbol: str, *legs: Leg) -> tuple[OrderRecord, ...]:
        """Our orders of that symbol, of these legs (all if none is named), in the order made."""
        found = self.by_symbol.get(symbol, ())
        return tuple(o for o in found if o.leg in legs) if legs else found

    def live(self, symbol: str, *legs: Leg) -> list[OrderRecord]:
        """Our orders of the symbol that may still trade; one being replaced is the new one's."""
        records = [o for o in self.orders_of(symbol, *legs) if o.may_trade]
        replaced = {o.intent.replaces for o in records}
        return [o for o in records if o.id not in replaced]

    def stops_of(self, position: Position) -> list[OrderRecord]:
        """The live stops behind a position."""
        stops = self.live(position.symbol, Leg.STOP)
        return [o for o in stops if o.intent.role.strategy == position.strategy]

    @property
    def unresolved(self) -> tuple[OrderRecord, ...]:
        """Orders sent of which nobody told what became of them."""
        return tuple(o for o in self.working if o.state is OrderState.UNKNOWN)

    @property
    def symbols(self) -> frozenset[str]:
        """Every symbol the ledger ever traded or tried to."""
        return frozenset(self.by_symbol)

    def halt(self, session: date) -> HaltChange | None:
        """The severest level in force on that session; None = nothing is forbidden."""
        return halt_in_force(self.halts, session)

    def closed_on(self, session: date) -> frozenset[str]:
        """Symbols of which a position was closed, wholly or in part by an exit, in that session."""
        done = {p.symbol for p in self.closed if p.closed_at and session_of(p.closed_at) == session}
        leaving = {
            o.symbol
            for o in self.orders.values()
            if o.leg is Leg.EXIT and o.intent.role.session == session
        }
        return frozenset(done | leaving)

    def entries_on(self, session: date) -> tuple[OrderRecord, ...]:
        """The entry orders made for that session."""
        return tuple(
            o
            for o in self.orders.values()
            if o.leg is Leg.ENTRY and o.intent.role.session == session
        )


def halts_in_force(changes: Iterable[HaltChange], session: date) -> tuple[HaltChange, ...]:
    """The changes in force on that session, one a source; a lift ends all that came before it."""
    standing: dict[str, HaltChange] = {}
    for change in changes:
        if change.level is HaltLevel.NONE:
            standing.clear()
        else:
            standing[change.source] = change
    return tuple(c for c in standing.values() if c.until is None or session < c.until)


def halt_in_force(changes: Iterable[HaltChange], session: date) -> HaltChange | None:
    """The severest of them; None = nothing is forbidden."""
    return max(halts_in_force(changes, session), key=lambda c: c.level.rank, default=None)


@dataclass(slots=True)
class BookFold:
    """A fold that goes on: each fact is taken in once, however often the book is asked for."""

    _taken: tuple[int, ...] = (0,) * len(KINDS)
    _orders: OrderFold = field(default_factory=OrderFold)
    _histories: Histories = field(default_factory=Histories)
    _fills: dict[str, Fill] = field(default_factory=dict)
    _states: dict[str, Notice] = field(default_factory=dict)

    def of(self, facts: Facts) -> Book:
        """The book of all these facts, which are those of the last time and what was appended.

        Positions of a strategy come from the fills of its intents; a fill by hand belongs to
        the strategy that held the symbol when it happened, and to none if nobody did
        (`foreign`).
        """
        lists = [getattr(facts, kind) for kind in KINDS]
        fresh = [rows[n:] for rows, n in zip(lists, self._taken, strict=True)]
        self._taken = tuple(map(len, lists))
        news = Facts(*fresh)
        self._histories.take(news, self._orders, self._orders.take(news))
        self._fills |= {f.id: f for f in news.fills}
        self._states = standing_states(news.notices, self._states)
        held = self._histories.positions
        return Book(
            orders=dict(self._orders.records),
            open=tuple(sorted((p for p in held if p.shares), key=lambda p: (p.symbol, p.strategy))),
            closed=tuple(sorted((p for p in held if not p.shares), key=_closed_at)),
            fills=dict(self._fills),
            halts=tuple(facts.halts),
            denials=tuple(facts.denials),
            closes=tuple(facts.closes),
            splits=tuple(facts.splits),
            notices=tuple(facts.notices),
            states=self._states,
        )


def fold(facts: Facts) -> Book:
    """Fold all facts, once; see `BookFold`."""
    return BookFold().of(facts)


def standing_states(
    notices: Iterable[Notice], before: Mapping[str, Notice] = MappingProxyType({})
) -> dict[str, Notice]:
    """Key -> the notice that began a state that none has ended; `before` stood already."""
    standing = dict(before)
    for notice in notices:
        if notice.begins:
            standing.setdefault(notice.key, notice)
        else:
            standing.pop(notice.key, None)
    return standing


def _closed_at(position: Position) -> tuple[str, str, str]:
    closed = position.closed_at
    moment = "" if closed is None else closed.astimezone(UTC).isoformat(timespec="microseconds")
    return (moment, position.symbol, position.strategy)
