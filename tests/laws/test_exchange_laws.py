"""Laws of the exchange's books, over any sequence of requests and steps.

Money and shares are conserved, what is over stays over, reservations come back, no exit sells
more than is held, and the event log depends on the seed and the requests alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import ROUND_DOWN, Decimal, DefaultContext, localcontext
from functools import partial
from hashlib import sha256
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avwap_cli.exchange.broker.events import Event
from avwap_cli.exchange.broker.orders import (
    ZERO,
    Order,
    OrderClass,
    OrderRequest,
    OrderType,
    Replacement,
    Side,
    Tif,
)
from avwap_cli.exchange.broker.rules.reservations import qty_available, reserved_usd
from avwap_cli.exchange.broker.venue import Venue
from avwap_cli.exchange.faults import Fault, FaultBox, FaultKind
from avwap_cli.exchange.instants import SECOND, Phase, day_of, instant, phase
from avwap_cli.exchange.protocol.snapshots import book_snapshot
from avwap_cli.exchange.refusals import Refusal
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market import sessions
from avwap_cli.market.bars import bar_table
from avwap_cli.market.sessions import EASTERN
from avwap_cli.market.splits import Split

D = Decimal
START = instant(datetime(2026, 10, 5, 9, 0, tzinfo=EASTERN))
DAYS = sessions.sessions_between(date(2026, 10, 2), date(2026, 10, 9))
SYMBOLS = ("AAA", "BBB")
PRICES = {"AAA": 40.0, "BBB": 100.0}
CASH = D(100_000)


def _tape(splits: Sequence[Split] = ()) -> Tape:
    rows = [
        (name, day, PRICES[name] * (1 + 0.01 * i)) for name in SYMBOLS for i, day in enumerate(DAYS)
    ]
    close = np.round(np.array([price for *_, price in rows]), 2)
    return Tape(
        bar_table(
            [name for name, *_ in rows],
            np.array([day for _, day, _ in rows], dtype="datetime64[D]"),
            np.round(close * 0.99, 2),
            np.round(close * 1.04, 2),
            np.round(close * 0.96, 2),
            close,
            np.array([300_000.0 if name == "AAA" else 40_000.0 for name, *_ in rows]),
        ),
        splits,
    )


TAPE = _tape()
SPLIT_TAPE = _tape([Split("AAA", DAYS[2], 2.0), Split("BBB", DAYS[3], 0.1)])


@dataclass(frozen=True)
class Move:
    """One request, so many seconds after the one before."""

    wait_s: int
    what: str
    symbol: str
    side: Side
    kind: OrderType
    tif: Tif
    order_class: OrderClass
    qty: int
    offset_pct: int
    pick: int


WORDS = ["place"] * 4 + ["enter", "protect"] * 2 + ["cancel", "replace", "close"]
MOVES = st.lists(
    st.builds(
        Move,
        wait_s=st.sampled_from([0, 1, 60, 600, 3600, 7200, 30_000]),
        what=st.sampled_from([*WORDS, "replace", "close_all", "cancel_all"]),
        symbol=st.sampled_from(SYMBOLS),
        side=st.sampled_from(Side),
        kind=st.sampled_from(OrderType),
        tif=st.sampled_from([Tif.DAY, Tif.GTC, Tif.GTC, Tif.IOC, Tif.OPG]),
        order_class=st.sampled_from([OrderClass.SIMPLE, *OrderClass]),
        qty=st.sampled_from([1, 7, 50, 300]),
        offset_pct=st.sampled_from([-3, -1, 0, 1, 3]),
        pick=st.integers(0, 50),
    ),
    min_size=5,
    max_size=25,
)
SETTINGS = st.builds(
    Settings,
    seed=st.integers(0, 3),
    cash=st.just(CASH),
    latency_s=st.sampled_from([0.0, 0.0, 5.0]),
    partial_probability=st.sampled_from([0.0, 0.5]),
    slippage_frac=st.sampled_from([D(0), D("0.001")]),
    cancel_while_closed=st.sampled_from(["at_once", "pending"]),
)
FAULTS = st.lists(
    st.sampled_from(
        [
            Fault(FaultKind.REJECT_AFTER_ACCEPT, probability=0.3),
            Fault(FaultKind.PARTIAL_THEN_CANCEL, probability=0.3),
            Fault(FaultKind.STUCK_CANCEL, value="500", probability=0.5),
            Fault(FaultKind.HALT, value="1000", probability=0.2),
        ]
    ),
    max_size=2,
)
MANY_FAULTS = (
    Fault(FaultKind.REJECT_AFTER_ACCEPT, probability=0.1),
    Fault(FaultKind.PARTIAL_THEN_CANCEL, probability=0.1),
    Fault(FaultKind.HALT, value="600", probability=0.1),
    Fault(FaultKind.HALT, after=time(11), before=time(12)),
    Fault(FaultKind.HARD_TO_BORROW, probability=0.3),
)
law = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def request(venue: Venue, move: Move) -> OrderRequest:
    """An order near the market; complex ones in a form that may pass."""
    base = venue.price(move.symbol) or D(1)
    price = (base * (100 + move.offset_pct) / 100).quantize(D("0.01"))
    if move.order_class is not OrderClass.SIMPLE:
        return complex_request(move, base, price)
    return OrderRequest(
        symbol=move.symbol,
        side=move.side,
        type=move.kind,
        tif=move.tif,
        qty=D(move.qty),
        limit_price=price if move.kind in {OrderType.LIMIT, OrderType.STOP_LIMIT} else None,
        stop_price=price if move.kind in {OrderType.STOP, OrderType.STOP_LIMIT} else None,
        trail_percent=D(1) if move.kind is OrderType.TRAILING_STOP else None,
    )


def complex_request(move: Move, base: Decimal, price: Decimal) -> OrderRequest:
    """An entry at the market or near it, or an exit, with legs some percent away."""
    is_oco = move.order_class is OrderClass.OCO
    up = 1 if (move.side is Side.BUY) is not is_oco else -1
    width = D(1 + move.pick % 4)
    profit, loss = ((base * (100 + up * s * width) / 100).quantize(D("0.01")) for s in (1, -1))
    one = None if move.order_class is not OrderClass.OTO else move.pick % 2
    by_limit = is_oco or move.kind is OrderType.LIMIT
    return OrderRequest(
        symbol=move.symbol,
        side=move.side,
        type=OrderType.LIMIT if by_limit else OrderType.MARKET,
        tif=Tif.DAY if move.tif is Tif.DAY else Tif.GTC,
        qty=D(move.qty),
        limit_price=price if by_limit and not is_oco else None,
        order_class=move.order_class,
        take_profit=None if one == 1 else profit,
        stop_loss=None if one == 0 else loss,
    )


def protection(venue: Venue, move: Move) -> OrderRequest:
    """Both exits for all that is held."""
    held = venue.position(move.symbol)
    if held is None:
        raise Refusal(404, None, "nothing to protect")
    exits = replace(move, order_class=OrderClass.OCO, side=held.closing_side)
    return replace(request(venue, exits), qty=abs(held.qty))


def act(venue: Venue, move: Move) -> None:
    prepared(venue, move)()


def prepared(venue: Venue, move: Move) -> Callable[[], object]:
    """The call that makes the move, its numbers already worked out."""
    orders = venue.orders()
    order_id = orders[move.pick % len(orders)].id if orders else "none"
    if move.what == "place":
        return partial(venue.submit, request(venue, move))
    if move.what == "enter":
        order = OrderRequest(move.symbol, move.side, OrderType.MARKET, Tif.DAY, D(move.qty))
        return partial(venue.submit, order)
    if move.what == "protect":
        held = venue.position(move.symbol)
        return partial(venue.submit, protection(venue, move)) if held else tuple
    if move.what == "cancel":
        return partial(venue.cancel, order_id)
    if move.what == "replace":
        old = next((order for order in orders if order.id == order_id), None)
        return partial(venue.replace, order_id, changes(old, move)) if old else tuple
    if move.what == "close":
        part = D(50) if move.pick % 2 else None
        return partial(venue.close_position, move.symbol, percentage=part)
    if move.what == "close_all":
        return partial(venue.close_all, cancel_orders=move.pick % 2 == 0)
    return venue.cancel_all


def changes(old: Order, move: Move) -> Replacement:
    """Other prices, and sometimes another number of shares."""
    factor = D(100 + move.offset_pct) / 100
    prices = {
        name: (value * factor).quantize(D("0.01"))
        for name, value in (("limit_price", old.limit_price), ("stop_price", old.stop_price))
        if value is not None and old.type is not OrderType.TRAILING_STOP
    }
    return Replacement(qty=D(move.qty) if move.pick % 3 == 0 else None, **prices)


def play(
    moves: Sequence[Move],
    chosen: Settings,
    faults: Sequence[Fault] = (),
    tape: Tape = TAPE,
    step_s: int | None = None,
    check: Callable[[Venue], None] | None = None,
) -> Venue:
    """Makes the moves, and lets two days pass; `step_s` cuts time into steps of that length."""
    venue = Venue(tape, chosen, START, FaultBox(chosen.seed, faults))
    for move in moves:
        _pass(venue, move.wait_s, step_s)
        before = book_snapshot(venue)
        try:
            act(venue, move)
        except Refusal:
            assert book_snapshot(venue) == before
        venue.settle()
        if check is not None:
            check(venue)
    _pass(venue, 2 * 86_400, None if step_s is None else step_s * 60)
    return venue


def _pass(venue: Venue, wait_s: int, step_s: int | None) -> None:
    end = venue.now + wait_s * SECOND
    while step_s is not None and venue.now + step_s * SECOND < end:
        venue.step_to(venue.now + step_s * SECOND)
    venue.step_to(end)


def log(venue: Venue) -> bytes:
    return "\n".join(repr(event) for event in venue.events).encode()


def fills(venue: Venue) -> Iterator[tuple[Event, Decimal, Decimal]]:
    for event in venue.fills:
        assert event.price is not None
        assert event.qty is not None
        yield event, event.qty, event.price


@law
@given(MOVES, SETTINGS, FAULTS)
def test_money_is_conserved(moves: list[Move], chosen: Settings, faults: list[Fault]) -> None:
    def conserved(venue: Venue) -> None:
        money = venue.balances()
        paid = sum((e.order.side.sign * qty * price for e, qty, price in fills(venue)), ZERO)
        cost = sum((held.cost_basis for held in venue.positions()), ZERO)
        value = sum(
            (held.qty * (venue.price(held.symbol) or 0) for held in venue.positions()), ZERO
        )
        assert money.cash == CASH - paid
        assert money.cash + cost - venue.realized == CASH
        assert money.equity == money.cash + value

    play(moves, chosen, faults, check=conserved)


@law
@given(MOVES, SETTINGS, FAULTS)
def test_filled_never_exceeds_ordered(
    moves: list[Move], chosen: Settings, faults: list[Fault]
) -> None:
    venue = play(moves, chosen, faults)
    filled: Counter[str] = Counter()
    for event, qty, _ in fills(venue):
        filled[event.order.id] += qty  # type: ignore[assignment]
        assert qty > 0
        assert event.order.filled_qty == filled[event.order.id]
        assert event.order.filled_qty <= (event.order.qty or 0)
    for order in venue.orders():
        assert order.filled_qty == filled[order.id]
        assert order.filled_qty <= (order.qty or 0)


@law
@given(MOVES, SETTINGS, FAULTS)
def test_what_is_over_stays_over(moves: list[Move], chosen: Settings, faults: list[Fault]) -> None:
    venue = play(moves, chosen, faults)
    last: dict[str, Event] = {}
    for event in venue.events:
        before = last.get(event.order.id)
        assert before is None or before.order.open
        assert event.at >= (0 if before is None else before.at)
        last[event.order.id] = event
    for order in venue.orders():
        assert order.open is last[order.id].order.open
        if not order.open:
            assert order.status is last[order.id].order.status


@law
@given(MOVES, SETTINGS)
def test_reservations_come_back(moves: list[Move], chosen: Settings) -> None:
    """What buying power lacks is what the orders still open reserve, half canceled, and all."""
    venue = play(moves, replace(chosen, latency_s=0.0, cancel_while_closed="at_once"))
    for cents in (100, 200):
        try_limits(venue, cents)
    half = [order.id for order in venue.open_orders()][::2]
    assert_reserved(venue)
    for order_id in half:
        if venue.order(order_id).open:
            venue.cancel(order_id)
        venue.settle()
        assert_reserved(venue)
    venue.cancel_all()
    venue.settle()
    assert venue.open_orders() == ()
    assert by_hand_usd(venue) == 0
    assert_reserved(venue)
    for held in venue.positions():
        assert qty_available(held, venue.open_orders(held.symbol)) == held.qty


def try_limits(venue: Venue, cents: int) -> None:
    """An order on each side of each symbol, far from the market, as far as one may be placed."""
    for symbol in SYMBOLS:
        last = venue.price(symbol) or D(1)
        for side, price in ((Side.BUY, last / 2), (Side.SELL, last * 2)):
            limit = price.quantize(D("0.01")) + D(cents) / 100
            try:
                venue.submit(
                    OrderRequest(symbol, side, OrderType.LIMIT, Tif.GTC, D(1), limit_price=limit)
                )
            except Refusal:
                continue
            venue.settle()


def assert_reserved(venue: Venue) -> None:
    money = venue.balances()
    exposure = money.long_market_value - money.short_market_value
    left = money.equity * money.multiplier - exposure - by_hand_usd(venue)
    assert money.buying_power == max(left, ZERO)


def by_hand_usd(venue: Venue) -> Decimal:
    """What open orders that open a position cost, of an order and its replacement the larger."""
    costs: dict[str, Decimal] = {}
    for order in venue.open_orders():
        if order.intent.value.endswith("_to_close"):
            continue
        old = order.replaces
        pair = old if old is not None and venue.order(old).open else order.id
        bid, ask = venue.quote(order.symbol)
        market = venue.price(order.symbol) or ZERO
        now = phase(venue.now)
        if now is Phase.REGULAR:
            market = ask or market
        elif now is not Phase.CLOSED and bid and ask:
            market = (bid + ask) / 2
        price = order.limit_price
        if order.side is Side.SELL:
            price = max(price or ZERO, market * D("1.03"))
        elif price is None and order.type is OrderType.STOP and order.stop_price is not None:
            collar = D("1.04") if order.stop_price < 50 else D("1.025")
            price = (order.stop_price * collar).quantize(D("0.01"), ROUND_DOWN)
        elif price is None:
            price = market
        left = (order.qty or ZERO) - order.filled_qty
        costs[pair] = max(costs.get(pair, ZERO), left * price)
    return sum(costs.values(), ZERO)


@law
@given(MOVES, SETTINGS, FAULTS, st.sampled_from([TAPE, SPLIT_TAPE]))
def test_what_is_kept_as_reserved_is_what_the_open_orders_reserve(
    moves: list[Move], chosen: Settings, faults: list[Fault], tape: Tape
) -> None:
    def same(venue: Venue) -> None:
        money = venue.balances()
        exposure = money.long_market_value - money.short_market_value
        reserved = reserved_usd(venue.open_orders(), venue)
        left = money.equity * money.multiplier - exposure - reserved
        assert money.buying_power == max(left, ZERO)
        assert reserved == by_hand_usd(venue)

    same(play(moves, chosen, faults, tape, check=same))


@law
@given(MOVES, SETTINGS, FAULTS, st.sampled_from([TAPE, SPLIT_TAPE]))
def test_the_decimal_context_of_the_caller_changes_nothing(
    moves: list[Move], chosen: Settings, faults: list[Fault], tape: Tape
) -> None:
    usual = play(moves, chosen, faults, tape)
    with localcontext() as context:
        context.prec = 3
        context.rounding = ROUND_DOWN
        other = Venue(tape, chosen, START, FaultBox(chosen.seed, faults))
        for move in moves:
            _pass(other, move.wait_s, None)
            with localcontext(DefaultContext):
                order = prepared(other, move)
            with suppress(Refusal):
                order()
            other.settle()
        _pass(other, 2 * 86_400, None)
        money = other.balances()
    assert log(other) == log(usual)
    assert money == usual.balances()


@law
@given(MOVES, SETTINGS, FAULTS)
def test_orders_together_get_their_part_of_a_print(
    moves: list[Move], chosen: Settings, faults: list[Fault]
) -> None:
    venue = play(moves, chosen, faults)
    got: Counter[tuple[str, int]] = Counter()
    for event, qty, _ in fills(venue):
        got[event.order.symbol, event.at] += int(qty)
    for (symbol, at), shares in got.items():
        day = TAPE.day(symbol, day_of(at))
        assert day is not None
        row = int(np.searchsorted(day.prints.at, at))
        if row < len(day.prints.at) and day.prints.at[row] == at:
            assert shares <= max(1, int(day.prints.size[row]) // 4)


@law
@given(MOVES, SETTINGS)
def test_a_canceled_order_gives_back_the_buying_power(moves: list[Move], chosen: Settings) -> None:
    venue = play(moves, replace(chosen, latency_s=0.0, cancel_while_closed="at_once"))
    before = venue.balances()
    known = {order.id for order in venue.orders()}
    for symbol in SYMBOLS:
        price = ((venue.price(symbol) or D(1)) / 2).quantize(D("0.01"))
        for side in Side:
            try:
                venue.submit(
                    OrderRequest(symbol, side, OrderType.LIMIT, Tif.GTC, D(1), limit_price=price)
                )
            except Refusal:
                continue
    for order in venue.open_orders():
        if order.id not in known:
            venue.cancel(order.id)
    venue.settle()
    assert {order.id for order in venue.open_orders()} <= known
    assert venue.balances() == before


@law
@given(MOVES, SETTINGS, FAULTS, st.sampled_from([TAPE, SPLIT_TAPE]))
def test_no_exit_sells_more_than_is_held(
    moves: list[Move], chosen: Settings, faults: list[Fault], tape: Tape
) -> None:
    venue = play(moves, chosen, faults, tape)
    held: dict[str, Decimal] = {}
    for event, qty, _ in fills(venue):
        order, after = event.order, event.position_qty
        assert after is not None
        before = after - order.side.sign * qty
        if tape is TAPE:
            assert held.get(order.symbol, ZERO) == before
        if order.intent.closes:
            assert 0 <= after * before.copy_sign(1) / before < abs(before)
        else:
            assert abs(after) == abs(before) + qty
        held[order.symbol] = after


def test_the_same_seed_gives_the_same_log_whatever_the_hash_seed() -> None:
    """Processes that order their sets in different ways write the same log, byte for byte."""
    found = {
        subprocess.run(
            [sys.executable, __file__],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2", "271828")
    }
    assert len(found) == 1
    (digest,) = found
    assert digest.decode().strip() == digest_of_many()


def digest_of_many() -> str:
    """A fingerprint of the logs and books of some plays with faults, chance and splits."""
    digest = sha256()
    for seed in range(6):
        rng = np.random.default_rng(seed)
        chosen = Settings(seed=seed, latency_s=5.0 * (seed % 2), partial_probability=0.5)
        venue = play(random_moves(rng, 40), chosen, MANY_FAULTS, SPLIT_TAPE)
        digest.update(log(venue))
        digest.update(repr(book_snapshot(venue)).encode())
    return digest.hexdigest()


@law
@given(MOVES, SETTINGS, FAULTS, st.sampled_from([TAPE, SPLIT_TAPE]), st.sampled_from([7, 61, 900]))
def test_the_log_does_not_depend_on_steps(
    moves: list[Move], chosen: Settings, faults: list[Fault], tape: Tape, step_s: int
) -> None:
    once = play(moves, chosen, faults, tape)
    often = play(moves, chosen, faults, tape, step_s=step_s)
    assert log(once) == log(often)
    assert book_snapshot(once) == book_snapshot(often)


def test_the_moves_reach_every_kind_of_event() -> None:
    """The laws above are about something: a fixed sequence fills, cancels, replaces, expires."""
    rng = np.random.default_rng(1)
    seen: Counter[str] = Counter()
    for seed in range(40):
        moves = random_moves(rng, 25)
        venue = play(moves, Settings(seed=seed, latency_s=5.0))
        seen.update(event.name.value for event in venue.events)
        seen.update(f"{e.order.order_class.value} {e.order.role} filled" for e in venue.fills)
    for name in ("new", "held", "fill", "partial_fill", "canceled", "replaced", "expired"):
        assert seen[name] > 10, (name, seen)
    exits = ("bracket take_profit", "bracket stop_loss", "oco None", "oco stop_loss")
    for name in (f"{which} filled" for which in exits):
        assert seen[name] > 0, (name, seen)


def random_moves(rng: np.random.Generator, count: int) -> list[Move]:
    def pick(options: Any) -> Any:
        return list(options)[int(rng.integers(len(list(options))))]

    return [
        Move(
            pick([0, 60, 3600]),
            pick(WORDS),
            pick(SYMBOLS),
            pick(Side),
            pick(OrderType),
            pick([Tif.DAY, Tif.GTC]),
            pick(OrderClass),
            pick([7, 50, 300]),
            pick([-3, -1, 1, 3]),
            int(rng.integers(50)),
        )
        for _ in range(count)
    ]


if __name__ == "__main__":
    print(digest_of_many())
