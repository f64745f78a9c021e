"""The venue: one account, its orders, and the market they meet.

Time is driven from outside: `step_to` lets everything happen up to a moment, in order, and
the event log is the same however the way there is cut into steps.  A request is checked
whole before anything changes, so a refused one leaves the books as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from avwap_cli.exchange.broker import amendments, arrivals, groups, halts, lifecycle
from avwap_cli.exchange.broker.assets import Asset
from avwap_cli.exchange.broker.books import Books
from avwap_cli.exchange.broker.closing import closing_request
from avwap_cli.exchange.broker.corporate import end_all
from avwap_cli.exchange.broker.events import Event, Transfer
from avwap_cli.exchange.broker.ids import account_number, uuid_text
from avwap_cli.exchange.broker.orders import ZERO, Order, OrderRequest, Replacement
from avwap_cli.exchange.broker.positions import Position
from avwap_cli.exchange.broker.rules import order_rules, risk
from avwap_cli.exchange.broker.rules.account_refusals import no_order, no_position
from avwap_cli.exchange.broker.rules.balances import Balances, balances_of
from avwap_cli.exchange.broker.snapshots import snapshot
from avwap_cli.exchange.faults import FaultBox
from avwap_cli.exchange.instants import Instant, hours
from avwap_cli.exchange.refusals import Refusal
from avwap_cli.exchange.settings import Settings
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
        self._pit = Books(tape, settings, start, faults or FaultBox(settings.seed))
        lifecycle.begin(self._pit)

    # --- time ---

    @property
    def now(self) -> Instant:
        """The present moment."""
        return self._pit.now

    def step_to(self, at: Instant) -> None:
        """Let everything happen up to and including that moment.

        Raises:
            ValueError: the moment is past.
        """
        books = self._pit
        if at < books.now:
            raise ValueError(f"{at} is past: it is {books.now}")
        while (due := books.schedule.take(at)) is not None:
            lifecycle.fire(books, due)
        books.now = at
        books.trail_all()

    def settle(self) -> None:
        """Let happen what is due now."""
        self.step_to(self.now)

    # --- requests ---

    def submit(self, request: OrderRequest) -> Order:
        """Place an order, legs included; as the answer shows it.

        Raises:
            Refusal: it breaks a rule, or the account may not place it now.
        """
        held = self.position(request.symbol)
        asset = self.asset(request.symbol)
        qty = ZERO if held is None else held.qty
        order_rules.check(request, asset, self.now, self.settings, qty)
        intent = risk.check(request, self)
        asset_id = "" if asset is None else asset.id
        return arrivals.submit(self._pit, request, intent, asset_id)

    def replace(self, order_id: str, changes: Replacement) -> Order:
        """Ask for another order in the place of one; the new order, as the answer shows it.

        Raises:
            Refusal: no such order, not replaceable now, or the new one may not be placed.
        """
        old = self.order(order_id)
        held = self.position(old.symbol)
        qty = ZERO if held is None else held.qty
        asset = self.asset(old.symbol)
        revised = order_rules.check_replacement(old, changes, asset, self.now, self.settings, qty)
        risk.check(revised, self, old)
        return amendments.replace_order(self._pit, old, revised)

    def cancel(self, order_id: str) -> None:
        """Ask for the end of an order; its group ends with it when it takes effect.

        Raises:
            Refusal: no such order, over, or already to be canceled or replaced.
        """
        amendments.cancel(self._pit, self.order(order_id))

    def cancel_all(self) -> list[tuple[str, Refusal | None]]:
        """Cancel every open order that is not to be canceled already."""
        return amendments.cancel_all(self._pit)

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

    def close_all(self, cancel_orders: bool) -> list[tuple[str, Order | Refusal]]:
        """Close every position; with `cancel_orders` all orders are canceled first, at once."""
        if cancel_orders:
            end_all(self._pit, self.open_orders())
        results: list[tuple[str, Order | Refusal]] = []
        for held in self.positions():
            try:
                results.append((held.symbol, self.close_position(held.symbol)))
            except Refusal as refusal:
                results.append((held.symbol, refusal))
        return results

    def deposit(self, amount: Decimal) -> None:
        """Cash in, or out if negative."""
        books = self._pit
        books.cash += amount
        books.transfers.append(Transfer(books.now, books.ids.next("transfer"), amount))

    # --- the market's whims ---

    def set_borrow(self, symbol: str, borrow: str) -> None:
        """Change how a stock can be borrowed; open short sales end at the next 04:00."""
        self._pit.directory.set_borrow(symbol, borrow)

    def halt(self, symbol: str, until: Instant | None) -> None:
        """Stop trading a symbol until that instant; None = let it trade again."""
        halts.halt(self._pit, symbol, until)

    def halted(self, symbol: str) -> bool:
        """Whether the symbol does not trade now, by order or on the tape."""
        return halts.halted(self._pit, symbol)

    # --- what is in the books ---

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._pit.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._pit.settings = settings

    @property
    def events(self) -> list[Event]:
        """Everything that happened to orders, in order."""
        return self._pit.events

    @property
    def listeners(self) -> list[Callable[[Event], None]]:
        """Called with each event as it is written."""
        return self._pit.listeners

    def order(self, order_id: str) -> Order:
        """The order of an id.

        Raises:
            Refusal: there is none.
        """
        found = self._pit.orders.get(order_id)
        if found is None:
            raise no_order(order_id)
        return found

    def order_by_client_id(self, client_order_id: str) -> Order:
        """The order that ever had this client order id.

        Raises:
            Refusal: there is none.
        """
        found = self._pit.by_client_id(client_order_id)
        if found is None:
            raise no_order(client_order_id)
        return found

    def client_id_known(self, client_order_id: str) -> bool:
        """Whether any order ever had that client order id."""
        return self._pit.by_client_id(client_order_id) is not None

    def orders(self) -> Sequence[Order]:
        """All orders, legs included, in the order of their submission."""
        return list(self._pit.orders.values())

    def open_orders(self, symbol: str | None = None) -> Sequence[Order]:
        """Every open order, legs included, of one symbol or of all."""
        return self._pit.open_orders(symbol)

    def legs(self, order: Order) -> tuple[Order, ...]:
        """The legs of an order, take profit first; of most orders none."""
        return groups.legs(self._pit, self.order(order.id))

    def fills(self) -> Sequence[Event]:
        """The events that are fills."""
        return self._pit.fills

    def transfers(self) -> Sequence[Transfer]:
        """Cash that came in or went out."""
        return self._pit.transfers

    def positions(self) -> tuple[Position, ...]:
        """All positions, sorted by symbol."""
        held = self._pit.positions
        return tuple(held[symbol] for symbol in sorted(held))

    def position(self, symbol: str) -> Position | None:
        """The position in a symbol; None = flat."""
        return self._pit.positions.get(symbol)

    def balances(self) -> Balances:
        """The account's money now."""
        prices = {held.symbol: self.price(held.symbol) for held in self.positions()}
        known = {symbol: price for symbol, price in prices.items() if price is not None}
        reserved = risk.reserved_usd(self.open_orders(), self)
        return balances_of(self._pit.cash, self.positions(), known, reserved, self.settings)

    @property
    def realized(self) -> Decimal:
        """Profit of all closed shares so far, USD."""
        return self._pit.realized

    @property
    def equity_curve(self) -> list[tuple[Instant, Decimal]]:
        """Equity at each session's close."""
        return self._pit.closes

    @property
    def last_equity(self) -> Decimal:
        """Equity at the last close before today's session; the first cash before any."""
        begun = hours(self._pit.session).pre_open
        before = (equity for at, equity in reversed(self._pit.closes) if at < begun)
        return next(before, self.settings.cash)

    # --- the market ---

    def price(self, symbol: str) -> Decimal | None:
        """The last print, or the last close; None for what never traded."""
        return self._pit.price(symbol)

    def quote(self, symbol: str) -> tuple[Decimal | None, Decimal | None]:
        """Today's last bid and ask; None where that side is empty."""
        return self._pit.last_prices.quote(symbol, self._pit.session, self.now)

    def asset(self, symbol: str) -> Asset | None:
        """The asset of a symbol; None = unknown."""
        return self._pit.directory.asset(symbol, self._pit.session)

    def asset_by_id(self, asset_id: str) -> Asset | None:
        """The asset of an id; None = unknown."""
        symbol = self._pit.directory.symbol(asset_id)
        return None if symbol is None else self.asset(symbol)

    def assets(self) -> tuple[Asset, ...]:
        """All assets listed so far, sorted by symbol."""
        found = (self.asset(symbol) for symbol in self._pit.directory.symbols())
        return tuple(asset for asset in found if asset is not None)

    def snapshot(self) -> dict[str, object]:
        """The state of the books, as JSON takes it."""
        return snapshot(self)
