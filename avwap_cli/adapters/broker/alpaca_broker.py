"""The Broker port over one unmodified alpaca-py client.

A question is repeated, an order is sent once; `broker_requests` says what each end means.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote

from alpaca.trading.client import TradingClient
from requests.adapters import BaseAdapter

from avwap_cli.adapters.alpaca_connection import AlpacaConnection
from avwap_cli.adapters.broker import alpaca_documents as documents
from avwap_cli.adapters.broker.broker_requests import A_TICK, BrokerRequests, Params, read, stamp
from avwap_cli.adapters.broker.doors import NOTHING, checked_door
from avwap_cli.adapters.broker.order_bodies import change_body, order_body
from avwap_cli.adapters.rate_budget import RateBudget
from avwap_cli.errors import BrokerRefusal, BrokerUnclear, ConfigError
from avwap_cli.market.sessions import EASTERN
from avwap_cli.ports import Clock
from avwap_cli.settings import BrokerSettings
from avwap_cli.trading.intents import Intent
from avwap_cli.trading.orders import (
    Account,
    Asset,
    BrokerClock,
    BrokerOrder,
    BrokerPosition,
    Fill,
    Transfer,
)
from avwap_cli.trading.refusals import RefusalName

CALENDAR_DAYS = timedelta(days=10)  # longer than any closure, so an answer always has a day
TRANSFERS = "CSD,CSW"
TRANSFER_CANCELED = "canceled"
NOT_FOUND = 404


class AlpacaBroker:
    """One account at Alpaca, paper or live, or at a local exchange.

    Args:
        settings: mode, address, timeouts, waits and budget.
        key_id, secret: the keys.
        clock: sleeps between the tries of a question.
        environment: where live money has to be named (see `doors`).
        transport: takes the requests instead of the network.

    With live money the account's number is checked before anything is changed.

    Raises:
        ConfigError: these keys may not go there.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        key_id: str,
        secret: str,
        clock: Clock,
        *,
        environment: Mapping[str, str] = NOTHING,
        transport: BaseAdapter | None = None,
    ) -> None:
        self._door = checked_door(settings, key_id, environment)
        if not secret:
            raise ConfigError("the secret of the broker's keys is not set", "set ALPACA_SECRET_KEY")
        client = TradingClient(
            key_id,
            secret,
            paper=self._door.live_account is None,
            raw_data=True,
            url_override=self._door.trading_url,
        )
        budget = RateBudget(clock, settings.requests_per_minute)
        connection = AlpacaConnection(
            client, settings.timeout_s, budget, clock, transport=transport
        )
        self._requests = BrokerRequests(connection, settings.get_waits_s)
        self._account_checked = self._door.live_account is None

    @property
    def name(self) -> str:
        """paper, live or exchange."""
        return self._door.name

    def account(self) -> Account:
        """The account.

        Raises:
            ConfigError: live money, and another account than the one named answers.
        """
        found = self._requests.one("/account", documents.account_of)
        self._door.checked_account(found.number)
        self._account_checked = True
        return found

    def clock(self) -> BrokerClock:
        """The broker's own time."""
        return self._requests.one("/clock", documents.clock_of)

    def hours(self, session: date) -> tuple[datetime, datetime] | None:
        """Open and close of that day by the broker's calendar; None = it does not trade."""
        last = session + CALENDAR_DAYS
        params: Params = {"start": session.isoformat(), "end": last.isoformat()}
        days = self._requests.listed("/calendar", params)
        return read(lambda: documents.hours_of(days, session), "/calendar")

    def orders(self, after: datetime) -> Sequence[BrokerOrder]:
        """Every order submitted after that moment, oldest first, all pages."""
        return [
            order for order in self._requests.orders("all", after) if order.submitted_at > after
        ]

    def open_orders(self) -> Sequence[BrokerOrder]:
        """Every order that is not final, however old, oldest first."""
        return self._requests.orders("open", None)

    def order(self, client_id: str) -> BrokerOrder | None:
        """The order of that client id; None = the broker says that it knows none."""
        params: Params = {"client_order_id": client_id}
        try:
            found = self._requests.one("/orders:by_client_order_id", documents.order_of, params)
        except BrokerRefusal as refusal:
            if _is_unknown(refusal, RefusalName.ORDER_MISSING):
                return None
            raise
        if found.client_id != client_id:
            raise BrokerUnclear(f"asked for {client_id}, the broker shows {found.client_id}")
        return found

    def positions(self) -> Sequence[BrokerPosition]:
        """Everything held, by symbol."""
        rows = self._requests.listed("/positions", {})
        found = read(lambda: documents.positions_of(rows), "/positions")
        by_symbol = {position.symbol: position for position in found}
        if len(by_symbol) != len(found):
            raise BrokerUnclear("the broker lists the position in a symbol twice")
        return [by_symbol[symbol] for symbol in sorted(by_symbol)]

    def fills(self, after: datetime, symbols: Collection[str] | None = None) -> Sequence[Fill]:
        """The executions at or after that moment, in these symbols or in all, oldest first."""
        path = "/account/activities/FILL"
        rows = self._requests.activities(path, {"after": stamp(after - A_TICK)})
        found = read(lambda: documents.fills_of(rows, symbols), path)
        return sorted((fill for fill in found if fill.at >= after), key=lambda f: (f.at, f.id))

    def transfers(self, after: datetime) -> Sequence[Transfer]:
        """Cash paid in and out since that moment; where only a day is told, since that day."""
        path, since = "/account/activities", _midnight(after)
        params: Params = {"activity_types": TRANSFERS, "after": stamp(since - A_TICK)}
        rows = [
            row
            for row in self._requests.activities(path, params)
            if row.get("status") != TRANSFER_CANCELED
        ]
        found = read(lambda: [documents.transfer_of(row) for row in rows], path)
        wanted = [one for one in found if one.at >= after or one.at == _midnight(one.at) >= since]
        return sorted(wanted, key=lambda one: (one.at, one.id))

    def asset(self, symbol: str) -> Asset:
        """What may be done with a symbol; with one that the broker does not know, nothing."""
        try:
            return self._requests.one(f"/assets/{quote(symbol, safe='')}", documents.asset_of)
        except BrokerRefusal as refusal:
            if _is_unknown(refusal, RefusalName.ASSET_MISSING):
                return Asset(symbol, False, False, False, active=False)
            raise

    def ready(self) -> None:
        """Wait until the next request may go out at once."""
        self._requests.connection.ready()

    def submit(self, intent: Intent) -> BrokerOrder:
        """Send a new order, once.

        Raises:
            ValueError: it is none that may be sent; nothing was.
        """
        return self._changed("POST", "/orders", order_body(intent), intent)

    def replace(self, broker_id: str, intent: Intent) -> BrokerOrder:
        """Give a resting order the shares, prices and id of that intent, once; the new order.

        Raises:
            ValueError: as `submit`.
        """
        path = f"/orders/{quote(broker_id, safe='')}"
        return self._changed("PATCH", path, change_body(intent), intent)

    def cancel(self, broker_id: str) -> None:
        """Ask for an order's end, once."""
        self._sent("DELETE", f"/orders/{quote(broker_id, safe='')}", None)

    def _changed(
        self, method: str, path: str, body: Mapping[str, str], intent: Intent
    ) -> BrokerOrder:
        answer = self._sent(method, path, body)
        if not isinstance(answer, dict):
            raise BrokerUnclear(f"{method} {path} was answered by no order")
        order = read(lambda: documents.order_of(answer), path)
        told = (order.client_id, order.symbol, order.side)
        if told != (intent.id, intent.role.symbol, intent.side):
            raise BrokerUnclear(f"{method} of {intent.id} was answered by order {order.client_id}")
        return order

    def _sent(self, method: str, path: str, body: Mapping[str, str] | None) -> Any:
        """Change something, once; with live money only in the account that was named."""
        if not self._account_checked:
            self.account()
        return self._requests.change(method, path, body)


def _is_unknown(refusal: BrokerRefusal, name: RefusalName) -> bool:
    return refusal.status == NOT_FOUND and refusal.name == name


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(EASTERN), time(0), EASTERN)
