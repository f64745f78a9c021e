"""The books: the state of the account and its orders at one moment, and how it may change.

Everything that happens in the venue happens to one `Books`: its orders, its positions and cash,
the log of its events, its schedule, and which orders are at work.  Others read them, and change
them only by the methods here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from avwap_cli.exchange.broker.accounts import Account
from avwap_cli.exchange.broker.asset_directory import AssetDirectory
from avwap_cli.exchange.broker.events import Event, EventName, Log, Transfer
from avwap_cli.exchange.broker.halted_days import HaltedDays
from avwap_cli.exchange.broker.ids import Ids
from avwap_cli.exchange.broker.last_prices import LastPrices
from avwap_cli.exchange.broker.orders import ZERO, Order, OrderType, Status, Tif
from avwap_cli.exchange.broker.reserved import Reserved
from avwap_cli.exchange.broker.schedule import Due, Kind, Schedule
from avwap_cli.exchange.broker.trails import moved, stop_under
from avwap_cli.exchange.broker.triggers import Trigger, next_trigger, regular_rows, waiting
from avwap_cli.exchange.faults import FaultBox
from avwap_cli.exchange.instants import MICROSECOND, SECOND, Instant, day_of, hours
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.days import ticks, usd
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market import sessions


@dataclass(frozen=True, slots=True)
class Succession:
    """A replacement under way.

    Attributes:
        new_id: the order that is to take over.
        resting: the old order's status before, to which it returns if it stays.
        filled_qty: what the old order had filled when the change was asked for.
    """

    new_id: str
    resting: Status
    filled_qty: Decimal


class Books:
    """The state of the books.

    Attributes:
        now: the moment.
        session: the last one that began (04:00) at or before `now`.
        settings: those in force; they may be exchanged.
        orders: all that ever were, by id, in the order of submission.
        live: orders at work, with the instant after which they may trade.
        successions: replacements under way, by the old order's id.
        halted_days: the tape's days without the halts that were ordered.
        account: cash, positions and realized profit.
        reserved: what the open orders take off the buying power.
        events, fills, transfers: what happened, in order; `fills` are the events that are.
        listeners: called with each event as it is written.
    """

    def __init__(self, tape: Tape, settings: Settings, start: Instant, faults: FaultBox) -> None:
        self.tape = tape
        self.settings = settings
        self.faults = faults
        self.now = start
        self.session = _session_begun(start)
        self.ids = Ids(settings.seed)
        self.halted_days = HaltedDays(tape)
        self.last_prices = LastPrices(tape, self.halted_days)
        self.directory = AssetDirectory(tape, settings.seed)
        self.schedule = Schedule()
        self.reserved = Reserved()
        self.account = Account(settings.cash)
        self.events: Log[Event] = Log()
        self.fills: Log[Event] = Log()
        self.transfers: Log[Transfer] = Log()
        self.listeners: list[Callable[[Event], None]] = []
        self._orders: dict[str, Order] = {}
        self._live: dict[str, Instant] = {}
        self._successions: dict[str, Succession] = {}
        self.orders: Mapping[str, Order] = MappingProxyType(self._orders)
        self.live: Mapping[str, Instant] = MappingProxyType(self._live)
        self.successions: Mapping[str, Succession] = MappingProxyType(self._successions)
        self._fill_count: Counter[str] = Counter()
        self._client_ids: dict[str, str] = {}
        self._open: dict[str, None] = {}
        self._open_of: dict[str, dict[str, None]] = {}
        self._triggers: dict[str, Trigger] = {}
        self._trails: dict[str, Instant] = {}
        self._taken: dict[tuple[str, bool, int], Decimal] = {}
        self._planned: dict[int, date] = {}
        self._stamp: Instant = -1

    # --- time ---

    def advance(self, at: Instant) -> None:
        """Let it be that moment."""
        self.now = at

    def begin_session(self, session: date) -> None:
        """Let it be that session."""
        self.session = session
        self._taken.clear()

    def stamp(self) -> Instant:
        """The moment for a new order; each has its own microsecond, as clients read no finer."""
        self._stamp = max(self.now, self._stamp + MICROSECOND)
        return self._stamp

    # --- orders ---

    def add(self, order: Order) -> None:
        """Take a new order into the books."""
        self._keep(order)
        self._client_ids[order.client_order_id] = order.id
        if order.open:
            self._open[order.id] = None
            self._open_of.setdefault(order.symbol, {})[order.id] = None

    def put(self, order: Order) -> Order:
        """Take the order's new state into the books, with the time; a final one is closed."""
        order = replace(order, updated_at=max(self.now, order.created_at))
        self._keep(order)
        if not order.open:
            self.rest(order.id)
            self._open.pop(order.id, None)
            self._open_of[order.symbol].pop(order.id, None)
        return order

    def relink(self, order: Order) -> None:
        """Take an order's new place among others into the books; it counts as no step."""
        self._keep(order)

    def log(
        self,
        name: EventName,
        order: Order,
        price: Decimal | None = None,
        qty: Decimal | None = None,
        position_qty: Decimal | None = None,
    ) -> None:
        """Write an event, and tell the listeners."""
        seq, execution_id = len(self.events) + 1, self.ids.next("execution")
        event = Event(seq, self.now, name, order, execution_id, price, qty, position_qty)
        self.events.append(event)
        if price is not None:
            self.fills.append(event)
            self._fill_count[order.id] += 1
        for listener in self.listeners:
            listener(event)

    def fill_count(self, order_id: str) -> int:
        """How many fills the order has had."""
        return self._fill_count[order_id]

    def by_client_id(self, client_order_id: str) -> Order | None:
        """The order that has this client order id."""
        order_id = self._client_ids.get(client_order_id)
        return None if order_id is None else self.orders[order_id]

    def open_orders(self, symbol: str | None = None) -> tuple[Order, ...]:
        """Open orders in the order of submission, all or of one symbol."""
        ids = self._open if symbol is None else self._open_of.get(symbol, {})
        return tuple(self._orders[order_id] for order_id in ids)

    def note_succession(self, old_id: str, succession: Succession) -> None:
        """Note a replacement under way, or how it stands now."""
        self._successions[old_id] = succession

    def end_succession(self, old_id: str) -> Succession | None:
        """Forget a replacement, which has taken effect or been rejected; None = there is none."""
        return self._successions.pop(old_id, None)

    # --- orders at work ---

    def work(self, order_id: str, after: Instant) -> None:
        """Let the order trade at triggers strictly after that instant."""
        order = self.orders[order_id]
        self._live[order_id] = after
        if order.type is OrderType.TRAILING_STOP:
            self._trails[order_id] = after
            mark = order.hwm or self.last_prices.regular(order.symbol, self.session, self.now)
            if mark is not None:
                self._keep(_trailing(order, ticks(mark)))
        self.look(order_id, after)

    def rest(self, order_id: str) -> None:
        """The order trades no more."""
        self._live.pop(order_id, None)
        self._triggers.pop(order_id, None)
        self._trails.pop(order_id, None)

    def look(self, order_id: str, after: Instant) -> None:
        """Find where a live order meets the rest of the session, and note it."""
        self._triggers.pop(order_id, None)
        order = self.orders[order_id]
        day = self.halted_days.day(order.symbol, self.session)
        if day is None:
            return
        after = max(after, self.live[order_id])
        trigger = next_trigger(order, day, hours(self.session), after)
        if trigger is not None:
            self._triggers[order_id] = trigger
            kind = Kind.CLOSING_CROSS if order.tif is Tif.CLS else Kind.TRIGGER
            self.schedule.add(Due(trigger.at, kind, order_id, trigger), order.seq)

    def current(self, due: Due) -> bool:
        """Whether a trigger is still the order's next one."""
        return self._triggers.get(due.order_id) is due.trigger

    def trail(self, order_id: str) -> None:
        """Bring a trailing stop's water mark up to now."""
        seen = self._trails.get(order_id)
        order = self.orders[order_id]
        if seen is None or seen >= self.now or order.hwm is None or not waiting(order):
            return
        self._trails[order_id] = self.now
        day = self.halted_days.day(order.symbol, self.session)
        if day is None:
            return
        begin, end = regular_rows(day, hours(self.session))
        first = max(begin, int(day.prints.at.searchsorted(seen, side="right")))
        last = min(end, int(day.prints.at.searchsorted(self.now, side="right")))
        before = ticks(order.hwm)
        mark = moved(order, before, day.prints.price[first:last])
        if mark != before:
            self._keep(_trailing(order, mark))

    def trail_all(self) -> None:
        """Bring every trailing stop's water mark up to now."""
        for order_id in self._trails:
            self.trail(order_id)

    def halt(self, symbol: str, until: Instant | None) -> None:
        """Let a symbol not trade from now until that instant; None = let it trade again."""
        self.halted_days.set(symbol, self.now, until)
        self.last_prices.forget()
        for order_id in self._open_of.get(symbol, ()):
            if order_id in self._live:
                self.look(order_id, self.now)

    def plan_halt(self, number: int) -> bool:
        """Note that a fault's halts of this session are planned; False = they were already."""
        before, self._planned[number] = self._planned.get(number), self.session
        return before != self.session

    def taken(self, symbol: str, trigger: Trigger) -> Decimal:
        """Whole shares that the account has got of that print or quote."""
        return self._taken.get((symbol, trigger.quoted, trigger.row), ZERO)

    def take(self, symbol: str, trigger: Trigger, qty: Decimal) -> None:
        """Note that the account has got so many shares of that print or quote."""
        taken = self.taken(symbol, trigger) + qty // 1
        self._taken[symbol, trigger.quoted, trigger.row] = taken

    # --- prices and money ---

    def book_fill(self, order: Order, qty: Decimal, price: Decimal) -> Order:
        """Take an order's state after a fill into the books, with its shares and its cash."""
        order = self.put(order)
        last_close = self.last_prices.close_before(order.symbol, self.session)
        held = self.account.fill(order.symbol, order.side, qty, price, last_close)
        name = EventName.PARTIAL_FILL if order.open else EventName.FILL
        self.log(name, order, price, qty, held)
        return order

    def transfer(self, amount: Decimal) -> None:
        """Book cash that comes in, or goes out if negative."""
        self.account.transfer(amount)
        self.transfers.append(Transfer(self.now, self.ids.next("transfer"), amount))

    def price(self, symbol: str) -> Decimal | None:
        """The last print, or the last close."""
        return self.last_prices.price(symbol, self.session, self.now)

    def effect_at(self) -> Instant:
        """When a request made now takes effect."""
        return self.now + round(self.settings.latency_s * SECOND)

    def _keep(self, order: Order) -> None:
        self._orders[order.id] = order
        self.reserved.note(order)


def _trailing(order: Order, mark: int) -> Order:
    return replace(order, hwm=usd(mark), stop_price=usd(max(stop_under(order, mark), 1)))


def _session_begun(at: Instant) -> date:
    """The last session whose 04:00 is not after that instant."""
    session = sessions.session_on_or_before(day_of(at))
    return session if hours(session).pre_open <= at else sessions.previous_session(session)
