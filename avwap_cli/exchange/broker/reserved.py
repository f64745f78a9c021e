"""Reserved: what open orders take off the buying power, kept as they come, change and end.

What an order with a price of its own reserves changes only with the order, so all those are
kept as one sum.  What has to be valued by the market is valued when it is asked for.
"""

from __future__ import annotations

from decimal import Decimal

from avwap_cli.exchange.broker.orders import ZERO, Order
from avwap_cli.exchange.broker.rules.reservations import BookView, has_fixed_cost, unfilled_usd


class Reserved:
    """The sum of what each group of opening orders reserves.

    A group is one order, or an order with the one that is to replace it: only one of them
    can fill, so it reserves as much as the larger.
    """

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, Order]] = {}
        self._group_of: dict[str, str] = {}
        self._fixed: dict[str, Decimal] = {}
        self._by_market: dict[str, None] = {}
        self._sum = ZERO

    def note(self, order: Order) -> None:
        """Note an order's new state; one that is over reserves nothing."""
        if order.intent.closes:
            return
        name = self._group_of.get(order.id)
        if name is None:
            name = self._group_of.get(order.replaces or "", order.id)
        members = self._groups.setdefault(name, {})
        if order.open:
            members[order.id] = order
            self._group_of[order.id] = name
        else:
            members.pop(order.id, None)
            self._group_of.pop(order.id, None)
        self._value(name, members)

    def usd(self, view: BookView) -> Decimal:
        """What all open orders reserve now, USD."""
        valued = (
            max(unfilled_usd(order, view) for order in self._groups[name].values())
            for name in self._by_market
        )
        return self._sum + sum(valued, ZERO)

    def _value(self, name: str, members: dict[str, Order]) -> None:
        self._sum -= self._fixed.pop(name, ZERO)
        self._by_market.pop(name, None)
        if not members:
            del self._groups[name]
        elif all(has_fixed_cost(order) for order in members.values()):
            cost = max(unfilled_usd(order) for order in members.values())
            self._fixed[name] = cost
            self._sum += cost
        else:
            self._by_market[name] = None
