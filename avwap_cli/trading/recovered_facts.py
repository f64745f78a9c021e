"""Recovered facts: what can be told of a lost ledger from the broker's own records.

An order's id says what it was for, its fills what became of it.  Why something was decided,
and at which price, is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from avwap_cli.market.sessions import EASTERN
from avwap_cli.trading.facts import SplitTaken
from avwap_cli.trading.intents import Intent, Leg, Role, role_of
from avwap_cli.trading.orders import ZERO, BrokerOrder, Fill
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.positions import by_hand
from avwap_cli.verdicts import ExitReason

REASONS = {
    Leg.ENTRY: "",
    Leg.STOP: ExitReason.STOP_LOSS,
    Leg.TRIM1: ExitReason.TRIM_R1,
    Leg.TRIM2: ExitReason.TRIM_R2,
    Leg.EXIT: ExitReason.MANUAL,
}


def recovered_role(order: BrokerOrder) -> Role:
    """What the order was for, by its id.

    Raises:
        ValueError: the id is not one of ours.
    """
    found = role_of(order.client_id)
    if found is None:
        raise ValueError(f"{order.client_id!r} is not an id of ours")
    return found[0]


def recovered_intents(orders: Sequence[BrokerOrder], plans: Mapping[str, Plan]) -> list[Intent]:
    """The orders as they were meant, in the order given.

    Args:
        orders: ours, all of them.
        plans: of every entry, by client id.
    """
    ours = {o.id: o.client_id for o in orders}
    return [_intent(order, ours, plans) for order in orders]


def _intent(order: BrokerOrder, ours: Mapping[str, str], plans: Mapping[str, Plan]) -> Intent:
    role = recovered_role(order)
    return Intent(
        id=order.client_id,
        role=role,
        kind=order.kind,
        tif=order.tif,
        shares=order.shares if order.shares is not None else order.filled_shares,
        limit_price=order.limit_price,
        stop_price=order.stop_price,
        reason=REASONS[role.leg],
        decision_price=None,
        plan=plans[order.client_id].text() if role.leg is Leg.ENTRY else "",
        replaces=None if order.replaces is None else ours.get(order.replaces),
        made_at=order.submitted_at,
    )


def least_plan(order: BrokerOrder, role: Role, group: str, max_hold_sessions: int) -> Plan:
    """A plan without levels: its position has the emergency stop and the time exit."""
    price = order.filled_avg_price or order.limit_price or ZERO
    return Plan(
        session=role.session,
        rank=1,
        symbol=role.symbol,
        strategy=role.strategy,
        direction=role.direction,
        group=group,
        sector="",
        prev_close=price,
        atr=ZERO,
        sl_atr_mult=None,
        max_stop_frac=None,
        tp_atr_mult=None,
        trailing_atr_mult=None,
        max_hold_sessions=max_hold_sessions,
        entry=price,
        stop=None,
        r1=None,
        r2=None,
        dist_pct=None,
        weight=ZERO,
    )


def recovered_fills(
    orders: Sequence[BrokerOrder], fills: Sequence[Fill], splits: Sequence[SplitTaken]
) -> Iterator[Fill]:
    """Our fills, and those by hand that changed what a strategy held; `fills` oldest first."""
    ours = {o.id: o.client_id for o in orders}
    held: dict[tuple[str, str], Decimal] = {}
    waiting = sorted(splits, key=lambda s: s.first_session)
    for fill in fills:
        while waiting and waiting[0].first_session <= fill.at.astimezone(EASTERN).date():
            _take(waiting.pop(0), held)
        client_id = ours.get(fill.order_id)
        strategy = _strategy(client_id) if client_id else _holder(held, fill.symbol)
        if strategy is None:
            continue
        key = (strategy, fill.symbol)
        held[key] = held.get(key, ZERO) + fill.shares * fill.side.sign
        yield replace(fill, client_id=client_id or by_hand(strategy))


def _take(split: SplitTaken, held: dict[tuple[str, str], Decimal]) -> None:
    for key, shares in held.items():
        if key[1] == split.symbol:
            held[key] = shares * split.ratio.numerator / split.ratio.denominator


def _strategy(client_id: str) -> str | None:
    found = role_of(client_id)
    return None if found is None else found[0].strategy


def _holder(held: Mapping[tuple[str, str], Decimal], symbol: str) -> str | None:
    return next((s for (s, of), shares in held.items() if of == symbol and shares), None)
