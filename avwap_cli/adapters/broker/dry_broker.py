"""A dry run's broker: questions go through, orders stay here and are told in words.

What would have been sent is shown as if the broker had accepted it, and nothing more: it never
fills, so a dry run shows the next step and no further.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime

from avwap_cli.adapters.broker.order_bodies import change_body, order_body
from avwap_cli.ports import Broker
from avwap_cli.trading.intents import Intent
from avwap_cli.trading.orders import (
    ZERO,
    Account,
    Asset,
    BrokerClock,
    BrokerOrder,
    BrokerPosition,
    Fill,
    Status,
    Transfer,
)


class DryBroker:
    """The Broker port that changes nothing.

    Attributes:
        would: what would have been sent, in words, in order.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._made: dict[str, BrokerOrder] = {}
        self._ended: dict[str, tuple[Status, str | None]] = {}
        self.would: list[str] = []

    @property
    def name(self) -> str:
        """The name of the broker behind it."""
        return self._broker.name

    def account(self) -> Account:
        return self._broker.account()

    def clock(self) -> BrokerClock:
        return self._broker.clock()

    def hours(self, session: date) -> tuple[datetime, datetime] | None:
        return self._broker.hours(session)

    def orders(self, after: datetime) -> Sequence[BrokerOrder]:
        """The broker's, as they would stand now, and those that would have been sent."""
        made = [order for order in self._made.values() if order.submitted_at > after]
        return self._sorted([*self._broker.orders(after), *made])

    def open_orders(self) -> Sequence[BrokerOrder]:
        """Likewise, the open ones."""
        known = self._sorted([*self._broker.open_orders(), *self._made.values()])
        return [order for order in known if not order.status.final]

    def order(self, client_id: str) -> BrokerOrder | None:
        """The order of that client id; one that would have been sent counts."""
        for order in self._made.values():
            if order.client_id == client_id:
                return self._now(order)
        found = self._broker.order(client_id)
        return None if found is None else self._now(found)

    def positions(self) -> Sequence[BrokerPosition]:
        return self._broker.positions()

    def fills(self, after: datetime, symbols: Collection[str] | None = None) -> Sequence[Fill]:
        return self._broker.fills(after, symbols)

    def transfers(self, after: datetime) -> Sequence[Transfer]:
        return self._broker.transfers(after)

    def asset(self, symbol: str) -> Asset:
        return self._broker.asset(symbol)

    def ready(self) -> None:
        self._broker.ready()

    def submit(self, intent: Intent) -> BrokerOrder:
        """Note a new order; raises ValueError as the broker behind would."""
        body = order_body(intent)
        told = (
            f"{body['side']} {body['qty']} {body['symbol']} {body['type']} {body['time_in_force']}"
        )
        self.would.append(f"send {told}{_prices(body)} ({body['position_intent']}, {intent.id})")
        return self._keep(intent, None)

    def replace(self, broker_id: str, intent: Intent) -> BrokerOrder:
        """Note a changed order; raises ValueError as the broker behind would."""
        body = change_body(intent)
        told = f"{body['qty']} {intent.role.symbol}{_prices(body)}"
        self.would.append(f"change order {broker_id} to {told} ({intent.id})")
        made = self._keep(intent, broker_id)
        self._ended[broker_id] = (Status.REPLACED, made.id)
        return made

    def cancel(self, broker_id: str) -> None:
        """Note the end of an order; it shows as canceled from now on."""
        self.would.append(f"cancel order {broker_id}")
        self._ended[broker_id] = (Status.CANCELED, None)

    def _keep(self, intent: Intent, replaces: str | None) -> BrokerOrder:
        order = BrokerOrder(
            id=f"dry-{len(self._made) + 1}",
            client_id=intent.id,
            symbol=intent.role.symbol,
            side=intent.side,
            effect=intent.effect,
            kind=intent.kind,
            tif=intent.tif,
            status=Status.ACCEPTED,
            shares=intent.shares,
            filled_shares=ZERO,
            filled_avg_price=None,
            limit_price=intent.limit_price,
            stop_price=intent.stop_price,
            submitted_at=intent.made_at,
            updated_at=intent.made_at,
            replaces=replaces,
        )
        self._made[order.id] = order
        return order

    def _sorted(self, orders: Sequence[BrokerOrder]) -> list[BrokerOrder]:
        return sorted(map(self._now, orders), key=lambda order: (order.submitted_at, order.id))

    def _now(self, order: BrokerOrder) -> BrokerOrder:
        """The order after what would have been done to it."""
        ended = self._ended.get(order.id)
        if ended is None or order.status.final:
            return order
        return replace(order, status=ended[0], replaced_by=ended[1])


def _prices(body: dict[str, str]) -> str:
    return "".join(
        f" {name.removesuffix('_price')} {body[name]}"
        for name in ("stop_price", "limit_price")
        if name in body
    )
