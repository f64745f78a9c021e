"""Every gate trips end to end: something is wrong at the exchange or in the home, and no order.

Each scene prepares one wrong thing and leaves all else as it should be; the same scene without
it enters, which the first test shows for each group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from failed_days import flat_days, listened, open_orders, opened, rules, to_day, watch
from trading_rig import DAY, Path_, Rig, candidate, clock_time, tape_of

from avwap_cli import playbook
from avwap_cli.exchange.broker.orders import OrderRequest, OrderType, Side, Tif
from avwap_cli.exchange.instants import instant
from avwap_cli.market import sessions
from avwap_cli.ports import Ledger, Quotes
from avwap_cli.stages.day.enter import run_enter
from avwap_cli.trading.facts import EquityClose, Fact, Facts, HaltLevel
from avwap_cli.trading.quotes import Quote
from avwap_cli.verdicts import Gate

D = Decimal
NEXT = sessions.next_session(DAY)
MOO, CONFIRM = ("moo", "09:26"), ("confirm", "09:46")
STRATEGY = {"moo": "rsi_mean_reversion", "confirm": "adx_pullback", "boh": "avwap"}


@dataclass
class Scene:
    """One candidate, AAA, and a rig made for it."""

    folder: Path

    def rig(self, *, start: str = "09:26", path: Path_ | None = None, **changes: Any) -> Rig:
        paths = flat_days(["AAA", "BBB"], DAY, NEXT)
        if path is not None:
            paths["AAA"][DAY] = path
        return Rig(self.folder, tape_of(paths), start=start, **changes)


def enter(rig: Rig, group: str = "moo", at: str | None = None, **changes: Any) -> None:
    """Plan AAA and try to enter it."""
    if at is not None:
        rig.to(at)
    rig.plan(candidate("AAA", changes.pop("strategy", STRATEGY[group]), **changes))
    rig.enter(group)


def unfrozen(rig: Rig, **changes: Any) -> None:
    """Change scan.json behind the frozen plan's back."""
    body = {k: v for k, v in rig.store.read_json(rig.day, "scan.json").items() if k != "schema"}
    schema = playbook.schema_of("scan.json") or ""
    rig.store.write_json(rig.day, "scan.json", schema, {**body, **changes})


def frozen(rig: Rig) -> None:
    """Freeze scan.json as it is now."""
    body = rig.store.read_json(rig.day, "gapfilter.json")
    body = {k: v for k, v in body.items() if k != "schema"}
    pinned = {**body, "scan_hash": rig.store.digest(rig.day, "scan.json")}
    rig.store.write_json(
        rig.day, "gapfilter.json", playbook.schema_of("gapfilter.json") or "", pinned
    )


def resting(rig: Rig) -> None:
    far = OrderRequest("AAA", Side.BUY, OrderType.LIMIT, Tif.DAY, qty=D(1), limit_price=D(50))
    with rig.exchange.reading() as venue:
        venue.submit(far)


@dataclass
class Forgetful:
    """A ledger in which no halt is ever found: what stands behind the first wall."""

    ledger: Ledger

    def facts(self) -> Facts:
        return replace(self.ledger.facts(), halts=[])

    def append(self, *facts: Fact) -> int:
        return self.ledger.append(*facts)


def behind_the_halt(rig: Rig, source: str) -> None:
    """The loss raises its halt, which denies; without the halt the gate itself does."""
    enter(rig)
    assert [(d.gate, rig.book.halts[-1].source) for d in rig.book.denials] == [("halted", source)]
    ports = rig.ports()
    run_enter(replace(ports, ledger=Forgetful(rig.ledger)), rig.request("moo"))


# --- the scenes ---


def halted(scene: Scene) -> Rig:
    rig = scene.rig()
    rig.halt = HaltLevel.NO_ENTRIES
    enter(rig)
    return rig


def live_key(scene: Scene) -> Rig:
    rig = scene.rig(faults=["unknown-enum@GET /v2/account,value=status"])
    enter(rig)
    return rig


def clock(scene: Scene) -> Rig:
    rig = scene.rig(faults=["clock-skew@GET /v2/clock,value=30"])
    enter(rig)
    return rig


def window(scene: Scene) -> Rig:
    rig = scene.rig()
    enter(rig, at="10:01")
    return rig


def stale_plan(scene: Scene) -> Rig:
    rig = scene.rig()
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    unfrozen(rig, regime={"name": "RANGING", "direction": None, "numbers": {"adx": 1}})
    rig.enter("moo")
    return rig


def degraded_plan(scene: Scene) -> Rig:
    rig = scene.rig()
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    unfrozen(rig, quality={"state": "degraded", "reasons": ["coverage"]})
    frozen(rig)
    rig.enter("moo")
    return rig


def not_reconciled(scene: Scene) -> Rig:
    rig = scene.rig()
    opened(rig, "AAA")
    with rig.exchange.reading() as venue:
        held = venue.position("AAA")
        assert held is not None
        left = replace(held, qty=D(95), cost_basis=held.cost_basis * 95 / 100)
        venue._books.account.hold("AAA", left)
    enter(rig, *CONFIRM)
    return rig


def daily_loss(scene: Scene) -> Rig:
    rig = scene.rig()
    with rig.exchange.reading() as venue:
        venue._books.account.cash -= 3000
    behind_the_halt(rig, "daily_loss")
    return rig


def drawdown(scene: Scene) -> Rig:
    rig = scene.rig()
    before = sessions.previous_session(DAY)
    rig.ledger.append(EquityClose(sessions.closes_at(before), before, D(200_000), D(0)))
    behind_the_halt(rig, "drawdown")
    return rig


def bad_number(scene: Scene) -> Rig:
    rig = scene.rig()
    enter(rig, atr=0.0)
    return rig


def barred(scene: Scene) -> Rig:
    rig = scene.rig()
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    rig.exchange.fault("refuse@POST /v2/orders,symbol=AAA,times=1,value=hard-to-borrow")
    watch(rig, "09:31")
    to_day(rig, NEXT, "09:26")
    enter(rig)
    return rig


def closed_today(scene: Scene) -> Rig:
    rig = scene.rig()
    opened(rig, "AAA")
    to_day(rig, NEXT, "09:29")
    rig.halt = HaltLevel.FLATTEN
    watch(rig, "09:33")
    rig.halt = HaltLevel.NONE
    assert rig.held("AAA") == 0
    enter(rig, *CONFIRM)
    return rig


def attempts(scene: Scene) -> Rig:
    rig = scene.rig()
    with rig.exchange.reading() as venue:
        venue.halt("AAA", instant(clock_time("09:40")))
    enter(rig)
    watch(rig, "09:33")
    assert [o.status.value for o in rig.orders()] == ["canceled"]
    enter(rig, *CONFIRM)
    return rig


def unresolved(scene: Scene) -> Rig:
    rig = scene.rig()
    opened(rig, "AAA")
    to_day(rig, NEXT, "09:31")
    watch(rig, "09:32")  # the stop has moved
    rig.to("09:45:50")
    with rig.exchange.reading() as venue:
        venue.cancel(open_orders(rig, "AAA")[0].id)
    rig.exchange.step(1)
    rig.exchange.fault("reset@POST /v2/orders")
    rig.monitor(once=True)
    enter(rig, *CONFIRM)
    return rig


def already_held(scene: Scene) -> Rig:
    rig = scene.rig()
    opened(rig, "AAA")
    to_day(rig, NEXT, "09:31")
    enter(rig, *CONFIRM)
    return rig


def foreign_position(scene: Scene) -> Rig:
    rig = scene.rig()
    with rig.exchange.reading() as venue:
        venue.submit(OrderRequest("AAA", Side.BUY, OrderType.MARKET, Tif.DAY, qty=D(1)))
    enter(rig, at="09:35")
    return rig


def order_resting(scene: Scene) -> Rig:
    rig = scene.rig()
    resting(rig)
    enter(rig)
    return rig


def beside(scene: Scene, limit: str, **changes: Any) -> Rig:
    """BBB comes first and takes the only place: an order that waits counts as a position."""
    rig = scene.rig(rules=rules({f"risk.{limit}": "1"}))
    strategy = changes.pop("strategy", "rsi_mean_reversion")
    rig.plan(candidate("BBB", strategy), candidate("AAA", strategy, 2, **changes))
    rig.enter("moo")
    assert [o.symbol for o in rig.orders()] == ["BBB"]
    return rig


def not_tradable(scene: Scene) -> Rig:
    rig = scene.rig(faults=["unknown-enum@GET /v2/assets/AAA,value=status"])
    enter(rig)
    return rig


def trading_halt(scene: Scene) -> Rig:
    rig = scene.rig()
    rig.to("09:31")
    with rig.exchange.reading() as venue:
        venue.halt("AAA", instant(clock_time("10:30")))
    enter(rig, at="09:40")
    return rig


def borrowed(scene: Scene, word: str, strategy: str) -> Rig:
    rig = scene.rig()
    with rig.exchange.reading() as venue:
        venue.set_borrow("AAA", word)
    enter(rig, strategy=strategy)
    return rig


def small_account(scene: Scene) -> Rig:
    rig = scene.rig(rules=rules({"risk.min_short_equity_usd": "200000"}))
    enter(rig, strategy="overbought_short")
    return rig


def stale_quote(scene: Scene) -> Rig:
    rig = scene.rig(faults=["stale-quote@GET /v2/stocks/quotes/latest,value=120"])
    enter(rig, *CONFIRM)
    return rig


@dataclass
class Crossed:
    """The exchange's prices, with bid and ask the wrong way round."""

    right: Quotes

    def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        found = self.right.quotes(symbols)
        return {s: replace(q, bid=q.ask, ask=q.bid) for s, q in found.items()}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.right, name)


def crossed_quote(scene: Scene) -> Rig:
    rig = scene.rig()
    rig.to("09:46")
    rig.plan(candidate("AAA", "adx_pullback"))
    ports = rig.ports()
    run_enter(replace(ports, quotes=Crossed(ports.quotes)), rig.request("confirm"))
    return rig


def gap(scene: Scene) -> Rig:
    rig = scene.rig(path=[("09:30", 104), ("16:00", 104)])
    enter(rig, at="09:35")
    return rig


def not_confirmed(scene: Scene) -> Rig:
    rig = scene.rig(path=[("09:30", 99), ("16:00", 99)])
    enter(rig, *CONFIRM)
    return rig


def no_room(scene: Scene) -> Rig:
    rig = scene.rig()
    enter(rig, r1=99.5)
    return rig


def too_small(scene: Scene) -> Rig:
    rig = scene.rig(cash=D(1000))
    enter(rig)
    return rig


SCENES: dict[Gate, Callable[[Scene], Rig]] = {
    Gate.HALTED: halted,
    Gate.LIVE_KEY: live_key,
    Gate.CLOCK: clock,
    Gate.WINDOW: window,
    Gate.STALE_PLAN: stale_plan,
    Gate.DEGRADED_PLAN: degraded_plan,
    Gate.NOT_RECONCILED: not_reconciled,
    Gate.DAILY_LOSS: daily_loss,
    Gate.DRAWDOWN: drawdown,
    Gate.BAD_NUMBER: bad_number,
    Gate.BARRED: barred,
    Gate.CLOSED_TODAY: closed_today,
    Gate.ATTEMPTS: attempts,
    Gate.UNRESOLVED: unresolved,
    Gate.ALREADY_HELD: already_held,
    Gate.FOREIGN_POSITION: foreign_position,
    Gate.ORDER_RESTING: order_resting,
    Gate.MAX_OPEN: lambda scene: beside(scene, "max_open"),
    Gate.MAX_LONG: lambda scene: beside(scene, "max_long"),
    Gate.MAX_SHORT: lambda scene: beside(scene, "max_short", strategy="overbought_short"),
    Gate.MAX_PER_STRATEGY: lambda scene: beside(scene, "max_per_strategy"),
    Gate.MAX_PER_SECTOR: lambda scene: beside(scene, "max_per_sector", sector="Sector BBB"),
    Gate.MAX_NEW: lambda scene: beside(scene, "max_new_per_session"),
    Gate.MAX_NEW_IN_GROUP: lambda scene: beside(scene, "max_new_per_group"),
    Gate.MAX_ORDERS: lambda scene: beside(scene, "max_entry_orders_per_session"),
    Gate.NOT_TRADABLE: not_tradable,
    Gate.TRADING_HALT: trading_halt,
    Gate.NOT_SHORTABLE: lambda scene: borrowed(scene, "not_shortable", "overbought_short"),
    Gate.HARD_TO_BORROW: lambda scene: borrowed(scene, "hard_to_borrow", "overbought_short"),
    Gate.SMALL_ACCOUNT: small_account,
    Gate.NO_GTC_STOP: lambda scene: borrowed(scene, "hard_to_borrow", "rsi_mean_reversion"),
    Gate.STALE_QUOTE: stale_quote,
    Gate.CROSSED_QUOTE: crossed_quote,
    Gate.GAP: gap,
    Gate.NOT_CONFIRMED: not_confirmed,
    Gate.NO_ROOM: no_room,
    Gate.TOO_SMALL: too_small,
}


@pytest.mark.parametrize(("group", "at"), [MOO, ("moo", "09:35"), CONFIRM, ("boh", "09:55")])
def test_nothing_wrong_enters(tmp_path: Path, group: str, at: str) -> None:
    path = [("09:30", 99.5), ("09:36", 101), ("16:00", 101)] if group == "boh" else None
    rig = Scene(tmp_path).rig(path=path)
    enter(rig, group, at)
    assert rig.book.denials == ()
    assert [o.symbol for o in rig.orders() if o.side.value == "buy"] == ["AAA"]


def test_every_gate_has_a_scene() -> None:
    assert list(SCENES) == list(Gate)


@pytest.mark.parametrize("gate", Gate)
def test_the_gate_trips(tmp_path: Path, gate: Gate) -> None:
    rig = SCENES[gate](Scene(tmp_path))
    denials = [d for d in rig.book.denials if d.session == rig.day]
    behind = [Gate.HALTED] if gate in (Gate.DAILY_LOSS, Gate.DRAWDOWN) else []
    assert [(d.symbol, d.gate) for d in denials] == [("AAA", g) for g in (*behind, gate)]
    assert denials[-1].threshold
    sent = [o.intent for o in rig.book.entries_on(rig.day) if o.symbol == "AAA"]
    assert [i for i in sent if i.made_at >= denials[0].at] == []


def test_a_withdrawal_is_no_loss(tmp_path: Path) -> None:
    rig = Scene(tmp_path).rig()
    rig.exchange.deposit(D(-5000))
    enter(rig)
    assert rig.book.denials == ()
    assert [o.symbol for o in rig.orders()] == ["AAA"]


def test_a_deposit_hides_no_loss(tmp_path: Path) -> None:
    rig = Scene(tmp_path).rig()
    with rig.exchange.reading() as venue:
        venue._books.account.cash -= 3000
    rig.exchange.deposit(D(3000))
    enter(rig)
    assert [h.source for h in rig.book.halts] == ["daily_loss"]
    assert rig.orders() == []


def test_what_passes_for_a_moment_is_judged_again(tmp_path: Path) -> None:
    """A halt, a stale quote or a resting order may end; the plan is not given up for them."""
    rig = Scene(tmp_path).rig()
    rig.halt = HaltLevel.NO_ENTRIES
    heard = listened(rig.exchange)
    enter(rig)
    rig.halt = HaltLevel.NONE
    rig.enter("moo")
    assert [r.method for _, r, _ in heard].count("POST") == 1
