"""The venue: one account, its orders, and the market they meet.

Time is driven from outside: `step_to` lets everything happen up to a moment, in order, and
the event log is the same however the way there is cut into steps.  A request is checked
whole before anything changes, so a refused one leaves the books as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from avwap_cli.exchange.broker import amendments, arrivals, groups, halts, lifecycle
from avwap_cli.exchange.broker.assets import Asset, Borrow
from avwap_cli.exchange.broker.books import Books
from avwap_cli.exchange.broker.corporate import end_all
from avwap_cli.exchange.broker.events import Event, Transfer
from avwap_cli.exchange.broker.ids import account_number, uuid_text
from avwap_cli.exchange.broker.inheritance import Inheritance, inherit
from avwap_cli.exchange.broker.orders import ZERO, Order, OrderRequest, Replacement
from avwap_cli.exchange.broker.positions import Position, closing_request
from avwap_cli.exchange.broker.rules import order_rules, risk
from avwap_cli.exchange.broker.rules.account_refusals import no_order, no_position
from avwap_cli.exchange.broker.rules.balances import Balances, balances_of
from avwap_cli.exchange.decimals import own_arithmetic
from avwap_cli.exchange.faults import FaultBox
from avwap_cli.exchange.instants import Instant, hours
from avwap_cli.exchange.refusals import Refusal
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.days import SymbolDay
from avwap_cli.exchange.tape.halting import Spans
from avwap_cli.exchange.tape.tapes import Tape


class Venue:
    """The books of one account, and the venue at which its orders trade.

    Args:
        start: the first moment.
        faults: rules that may strike; None = none.

    Attributes:
        account_id, account_number: of the one account, made from the seed.
    """

    def __init__(
        self, tape: Tape, settings: Settings, start: Instant, faults: FaultBox | None = None
    ) -> None:
        self.tape = tape
        self.account_id = uuid_text(settings.seed, "account", 1)
        self.account_number = account_number(settings.seed)
        self._books = Books(tape, settings, start, faults or FaultBox(settings.seed))
        lifecycle.begin(self._books)

    @own_arithmetic
    def inherit(self, before: Inheritance) -> None:
        """Open the books, empty yet, with what the account had before."""
        inherit(self._books, before)

    # --- time ---

    @property
    def now(self) -> Instant:
        """The present moment."""
        return self._books.now

    @own_arithmetic
    def step_to(self, at: Instant) -> None:
        """Let everything happen up to and including that moment.

        Raises:
            ValueError: the moment is past.
        """
        books = self._books
        if at < books.now:
            raise ValueError(f"{at} is past: it is {books.now}")
        halts.plan(books)
        while (due := books.schedule.take(at)) is not None:
            lifecycle.fire(books, due)
        books.advance(at)
        books.trail_all()

    def settle(self) -> None:
        """Let happen what is due now."""
        self.step_to(self.now)

    @property
    def session(self) -> date:
        """The last session that began, at 04:00; its splits are in force."""
        return self._books.session

    # --- requests ---

    @own_arithmetic
    def submit(self, request: OrderRequest) -> Order:
        """Place an order, legs included; as the answer shows it.

        Raises:
            Refusal: it breaks a rule, or the account may not place it now.
        """
        asset, qty = self.asset(request.symbol), self._held(request.symbol)
        order_rules.check(request, asset, self.now, self.settings, qty)
        intent = risk.check(request, self)
        asset_id = "" if asset is None else asset.id
        return arrivals.submit(self._books, request, intent, asset_id)

    @own_arithmetic
    def replace(self, order_id: str, changes: Replacement) -> Order:
        """Ask for another order in the place of one; the new order, as the answer shows it.

        Raises:
            Refusal: no such order, not replaceable now, or the new one may not be placed.
        """
        old = self.order(order_id)
        asset, qty = self.asset(old.symbol), self._held(old.symbol)
        revised = order_rules.check_replacement(old, changes, asset, self.now, self.settings, qty)
        risk.check(revised, self, old)
        groups.check_replaced(self._books, old, revised, self)
        return amendments.replace_order(self._books, old, revised)

    @own_arithmetic
    def cancel(self, order_id: str) -> None:
        """Ask for the end of an order; its group ends with it when it takes effect.

        Raises:
            Refusal: no such order, over, or already to be canceled or replaced.
        """
        amendments.cancel(self._books, self.order(order_id))

    @own_arithmetic
    def cancel_all(self) -> list[tuple[str, Refusal | None]]:
        """Cancel every open order that is not to be canceled already."""
        return amendments.cancel_all(self._books)

    @own_arithmetic
    def close_position(
        self, symbol: str, qty: Decimal | None = None, percentage: Decimal | None = None
    ) -> Order:
        """Place the order that closes a position, or a part of it.

        Raises:
            Refusal: no such position, or shares held for other orders.
        """
        held = self.position(symbol)
        if held is None:
            raise no_position()
        return self.submit(closing_request(held, qty, percentage))

    @own_arithmetic
    def close_all(self, cancel_orders: bool) -> list[tuple[str, Order | Refusal]]:
        """Close every position; with `cancel_orders` all orders are canceled first, at once."""
        if cancel_orders:
            end_all(self._books, self.open_orders())
        results: list[tuple[str, Order | Refusal]] = []
        for held in self.positions():
            try:
                results.append((held.symbol, self.close_position(held.symbol)))
            except Refusal as refusal:
                results.append((held.symbol, refusal))
        return results

    @own_arithmetic
    def deposit(self, amount: Decimal) -> None:
        """Cash in, or out if negative."""
        self._books.transfer(amount)

    # --- the market's whims ---

    def set_borrow(self, symbol: str, borrow: str) -> None:
        """Change how a stock can be borrowed; open short sales end at the next 04:00.

        Raises:
            ValueError: no word of `Borrow`.
        """
        self._books.directory.set_borrow(symbol, Borrow(borrow))

    @own_arithmetic
    def halt(self, symbol: str, until: Instant | None) -> None:
        """Stop trading a symbol until that instant; None = let it trade again."""
        self._books.halt(symbol, until)

    @property
    def ordered_halts(self) -> Mapping[str, Spans]:
        """The halts of calls and faults by symbol, as far as they have begun."""
        return self._books.halted_days.spans

    def halted(self, symbol: str) -> bool:
        """Whether the symbol does not trade now, by order or on the tape."""
        return halts.halted(self._books, symbol)

    # --- what is in the books ---

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._books.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._books.settings = settings

    @property
    def events(self) -> Sequence[Event]:
        """Everything that happened to orders, in order."""
        return self._books.events

    @property
    def listeners(self) -> list[Callable[[Event], None]]:
        """Called with each event as it is written."""
        return self._books.listeners

    def order(self, order_id: str) -> Order:
        """The order of an id.

        Raises:
            Refusal: there is none.
        """
        found = self._books.orders.get(order_id)
        if found is None:
            raise no_order(order_id)
        return found

    def order_by_client_id(self, client_order_id: str) -> Order:
        """The order that ever had this client order id.

        Raises:
            Refusal: there is none.
        """
        found = self._books.by_client_id(client_order_id)
        if found is None:
            raise no_order(client_order_id)
        return found

    def client_id_known(self, client_order_id: str) -> bool:
        """Whether any order ever had that client order id."""
        return self._books.by_client_id(client_order_id) is not None

    def orders(self) -> tuple[Order, ...]:
        """All orders, legs included, in the order of their submission."""
        return tuple(self._books.orders.values())

    def open_orders(self, symbol: str | None = None) -> tuple[Order, ...]:
        """Every open order, legs included, of one symbol or of all."""
        return self._books.open_orders(symbol)

    def legs(self, order: Order) -> tuple[Order, ...]:
        """The legs of an order, take profit first; of most orders none."""
        return groups.legs(self._books, self.order(order.id))

    @property
    def fills(self) -> Sequence[Event]:
        """The events that are fills."""
        return self._books.fills

    @property
    def transfers(self) -> Sequence[Transfer]:
        """Cash that came in or went out."""
        return self._books.transfers

    def positions(self) -> tuple[Position, ...]:
        """All positions, sorted by symbol."""
        held = self._books.account.positions
        return tuple(held[symbol] for symbol in sorted(held))

    def position(self, symbol: str) -> Position | None:
        """The position in a symbol; None = flat."""
        return self._books.account.positions.get(symbol)

    @own_arithmetic
    def balances(self) -> Balances:
        """The account's money now."""
        account = self._books.account
        exposure = account.exposure(self.now, self.price)
        reserved = self._books.reserved.usd(self)
        return balances_of(account.cash, exposure, reserved, self.settings)

    @property
    def realized(self) -> Decimal:
        """Profit of all closed shares so far, USD."""
        return self._books.account.realized

    @property
    def equity_curve(self) -> Sequence[tuple[Instant, Decimal]]:
        """Equity at each session's close."""
        return self._books.account.closes

    @property
    def last_equity(self) -> Decimal:
        """Equity at the last close before today's session; the first cash before any."""
        return self._books.account.equity_before(hours(self.session).pre_open)

    # --- the market ---

    def day(self, symbol: str, session: date) -> SymbolDay | None:
        """The tape's day of a symbol, past and to come, without what lies in a halt.

        The halts of calls and faults are among its `halts`, as far as they have begun.
        """
        return self._books.halted_days.day(symbol, session)

    def price(self, symbol: str) -> Decimal | None:
        """The last print, or the last close; None for what never traded."""
        return self._books.price(symbol)

    def quote(self, symbol: str) -> tuple[Decimal | None, Decimal | None]:
        """Today's last bid and ask; None where that side is empty."""
        return self._books.last_prices.quote(symbol, self._books.session, self.now)

    def asset(self, symbol: str) -> Asset | None:
        """The asset of a symbol; None = unknown."""
        return self._books.directory.asset(symbol, self._books.session)

    def asset_by_id(self, asset_id: str) -> Asset | None:
        """The asset of an id; None = unknown."""
        return self._books.directory.asset_by_id(asset_id, self.session)

    def assets(self) -> tuple[Asset, ...]:
        """All assets listed so far, sorted by symbol."""
        return self._books.directory.assets(self.session)

    def _held(self, symbol: str) -> Decimal:
        """Signed shares of a symbol."""
        position = self.position(symbol)
        return ZERO if position is None else position.qty
