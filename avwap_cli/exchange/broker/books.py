"""The books: the state of the books at one moment, and the few ways in which it changes.

Everything that happens in the venue happens to one `Books`: its orders, its positions and cash,
the log of its events, its schedule, and which orders are at work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from avwap_cli.exchange.broker.asset_directory import AssetDirectory
from avwap_cli.exchange.broker.events import Event, EventName, Transfer
from avwap_cli.exchange.broker.ids import Ids
from avwap_cli.exchange.broker.last_prices import LastPrices
from avwap_cli.exchange.broker.orders import ZERO, Order, OrderType, Status
from avwap_cli.exchange.broker.positions import Position
from avwap_cli.exchange.broker.schedule import Due, Kind, Schedule
from avwap_cli.exchange.broker.trails import moved, stop_under
from avwap_cli.exchange.broker.triggers import Trigger, next_trigger, regular_rows, waiting
from avwap_cli.exchange.faults import FaultBox
from avwap_cli.exchange.instants import SECOND, Instant, day_of, hours
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
        orders: all that ever were, by id, in the order of submission.
        live: orders at work, with the instant after which they may trade.
        successions: replacements under way, by the old order's id.
        halts: until when a symbol does not trade, by symbol.
        closes: equity at each session's close.
        fill_count: how many fills each order has had, by id.
    """

    def __init__(self, tape: Tape, settings: Settings, start: Instant, faults: FaultBox) -> None:
        self.tape = tape
        self.settings = settings
        self.faults = faults
        self.now = start
        self.session = _session_begun(start)
        self.ids = Ids(settings.seed)
        self.last_prices = LastPrices(tape)
        self.directory = AssetDirectory(tape, settings.seed)
        self.schedule = Schedule()
        self.orders: dict[str, Order] = {}
        self.live: dict[str, Instant] = {}
        self.successions: dict[str, Succession] = {}
        self.halts: dict[str, Instant] = {}
        self.positions: dict[str, Position] = {}
        self.cash = settings.cash
        self.realized = ZERO
        self.events: list[Event] = []
        self.fills: list[Event] = []
        self.transfers: list[Transfer] = []
        self.closes: list[tuple[Instant, Decimal]] = []
        self.listeners: list[Callable[[Event], None]] = []
        self.fill_count: Counter[str] = Counter()
        self._client_ids: dict[str, str] = {}
        self._open: dict[str, None] = {}
        self._open_of: dict[str, dict[str, None]] = {}
        self._triggers: dict[str, Trigger] = {}
        self._trails: dict[str, Instant] = {}

    # --- orders ---

    def add(self, order: Order) -> None:
        """Take a new order into the books."""
        self.orders[order.id] = order
        self._client_ids[order.client_order_id] = order.id
        self._open[order.id] = None
        self._open_of.setdefault(order.symbol, {})[order.id] = None

    def put(self, order: Order) -> Order:
        """Take the order's new state into the books, with the time; a final one is closed."""
        order = replace(order, updated_at=self.now)
        self.orders[order.id] = order
        if not order.open:
            self.rest(order.id)
            self._open.pop(order.id, None)
            self._open_of[order.symbol].pop(order.id, None)
        return order

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
            self.fill_count[order.id] += 1
        for listener in self.listeners:
            listener(event)

    def by_client_id(self, client_order_id: str) -> Order | None:
        """The order that has this client order id."""
        order_id = self._client_ids.get(client_order_id)
        return None if order_id is None else self.orders[order_id]

    def open_orders(self, symbol: str | None = None) -> list[Order]:
        """Open orders in the order of submission, all or of one symbol."""
        ids = self._open if symbol is None else self._open_of.get(symbol, {})
        return [self.orders[order_id] for order_id in ids]

    # --- orders at work ---

    def work(self, order_id: str, after: Instant) -> None:
        """Let the order trade at triggers strictly after that instant."""
        order = self.orders[order_id]
        self.live[order_id] = after
        if order.type is OrderType.TRAILING_STOP:
            self._trails[order_id] = after
            mark = order.hwm or self.price(order.symbol)
            if mark is not None:
                self.orders[order_id] = _trailing(order, ticks(mark))
        self.look(order_id, after)

    def rest(self, order_id: str) -> None:
        """The order trades no more."""
        self.live.pop(order_id, None)
        self._triggers.pop(order_id, None)
        self._trails.pop(order_id, None)

    def look(self, order_id: str, after: Instant) -> None:
        """Find where a live order meets the rest of the session, and note it."""
        self._triggers.pop(order_id, None)
        order = self.orders[order_id]
        day = self.tape.day(order.symbol, self.session)
        if day is None:
            return
        after = max(after, self.live[order_id])
        trigger = next_trigger(order, day, hours(self.session), after)
        if trigger is not None:
            self._triggers[order_id] = trigger
            self.schedule.add(Due(trigger.at, Kind.TRIGGER, order_id, trigger), order.seq)

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
        day = self.tape.day(order.symbol, self.session)
        if day is None:
            return
        begin, end = regular_rows(day, hours(self.session))
        first = max(begin, int(day.prints.at.searchsorted(seen, side="right")))
        last = min(end, int(day.prints.at.searchsorted(self.now, side="right")))
        before = ticks(order.hwm)
        mark = moved(order, before, day.prints.price[first:last])
        if mark != before:
            self.orders[order_id] = _trailing(order, mark)

    def trail_all(self) -> None:
        """Bring every trailing stop's water mark up to now."""
        for order_id in self._trails:
            self.trail(order_id)

    # --- prices and money ---

    def price(self, symbol: str) -> Decimal | None:
        """The last print, or the last close."""
        return self.last_prices.price(symbol, self.session, self.now)

    def equity(self) -> Decimal:
        """Cash and the positions at their prices, USD."""
        values = (
            held.market_value(self.price(held.symbol) or held.avg_entry_price)
            for held in self.positions.values()
        )
        return self.cash + sum(values, ZERO)

    def effect_at(self) -> Instant:
        """When a request made now takes effect."""
        return self.now + round(self.settings.latency_s * SECOND)


def _trailing(order: Order, mark: int) -> Order:
    return replace(order, hwm=usd(mark), stop_price=usd(max(stop_under(order, mark), 1)))


def _session_begun(at: Instant) -> date:
    """The last session whose 04:00 is not after that instant."""
    session = sessions.session_on_or_before(day_of(at))
    return session if hours(session).pre_open <= at else sessions.previous_session(session)
