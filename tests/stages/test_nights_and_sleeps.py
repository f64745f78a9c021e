"""A computer that slept, a broker that answers only half, a split heard of late: nothing stays bare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from trading_rig import DAY, Path_, Rig, VirtualClock, candidate, clock_time, tape_of

from avwap_cli import playbook
from avwap_cli.market import sessions
from avwap_cli.market.splits import Split
from avwap_cli.stages.day.monitor import run_monitor

NEXT = sessions.next_session(DAY)
FLAT: Path_ = [("09:30", 100.0), ("16:00", 100.0)]


@dataclass
class Meanwhile(VirtualClock):
    """The exchange's clock; something else happens while the program sleeps."""

    happens: Callable[[datetime], None]

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.happens(self.now())


def watched(rig: Rig, happens: Callable[[datetime], None]) -> None:
    """A session-long monitor, beside which other things happen."""
    clock = Meanwhile(rig.exchange, happens)
    run_monitor(replace(rig.ports(), clock=clock), rig.request())


def entered(
    folder: Path, paths: dict[str, Any], strategy: str = "rsi_mean_reversion", **more: Any
) -> Rig:
    rig = Rig(folder, tape_of(paths, **more), start="09:26")
    rig.plan(candidate("AAA", strategy))
    rig.enter("moo")
    return rig


def next_morning(rig: Rig, at: str) -> None:
    rig.day = NEXT
    rig.to(at, NEXT)
    rig.reopen()


def stops(rig: Rig, symbol: str = "AAA") -> list[tuple[Decimal, Decimal | None]]:
    """Shares and price of each stop that rests."""
    mine = [o for o in rig.orders() if o.symbol == symbol and o.open]
    return [(o.qty, o.stop_price) for o in mine if ".stop." in o.client_order_id]


def ended_by_a_stranger(rig: Rig) -> None:
    with rig.exchange.reading() as books:
        for order in books.orders():
            if order.open:
                books.cancel(order.id)


def test_a_trim_whose_stop_was_touched_gives_up_and_the_rest_is_protected(tmp_path: Path) -> None:
    path = [
        ("09:30", 99.5),
        ("09:50", 101.0),
        ("12:00", 107.0),
        ("12:05", 107.0),
        ("12:10", 100.5),
        ("12:20", 104.0),
        ("16:00", 104.0),
    ]
    rig = Rig(tmp_path, tape_of({"AAA": {DAY: path}}), start="09:50")
    rig.plan(candidate("AAA", "avwap"))
    rig.enter("boh")
    while stops(rig) in ([], [(Decimal(82), Decimal("96.00"))]):
        rig.monitor(once=True)
        rig.exchange.step(20)
    assert stops(rig) == [(Decimal(41), Decimal("101.07"))]
    rig.to("12:35")  # the computer slept; the stop has sold its half
    rig.reopen()
    rig.monitor(once=True)
    assert rig.held("AAA") == 41
    assert stops(rig) == [(Decimal(41), Decimal("101.07"))]


@pytest.mark.parametrize("where", ["GET /v2/account", "GET /v2/account/activities"])
def test_losses_that_cannot_be_looked_at_keep_no_stop_from_being_placed(
    tmp_path: Path, where: str
) -> None:
    rig = entered(tmp_path, {"AAA": {DAY: FLAT}})
    rig.watch_until("09:40")
    ended_by_a_stranger(rig)
    if where.endswith("account"):
        rig.exchange.fault(f"500@{where}")
    else:
        rig.exchange.fault(f"500@{where},before=09:41")
    rig.monitor(once=True)
    rig.exchange.step(90)
    rig.monitor(once=True)
    assert stops(rig) == [(Decimal(100), Decimal("90.02"))]


def test_what_is_entered_late_is_asked_about_splits_too(tmp_path: Path) -> None:
    late: Path_ = [("09:30", 99.5), ("15:00", 99.5), ("15:01", 101.0), ("16:00", 101.3)]
    paths = {
        "AAA": {DAY: FLAT, NEXT: FLAT},
        "BBB": {DAY: late, NEXT: [("09:30", 50.6), ("16:00", 51.0)]},
    }
    tape = tape_of(paths, splits=[Split("BBB", NEXT, 2.0)])
    rig = Rig(tmp_path, tape, start="09:26")
    rig.plan(
        candidate("AAA", "rsi_mean_reversion", 1), candidate("BBB", "avwap", 2, r1=130.0, r2=160.0)
    )
    rig.enter("moo")
    rig.to("14:58")

    def enters(now: datetime) -> None:
        if now >= clock_time("15:20") and not rig.book.positions_of("BBB"):
            rig.enter("boh")

    watched(rig, enters)
    assert rig.held("BBB") == 80
    assert stops(rig, "BBB") == []  # away before the night of the split
    next_morning(rig, "09:28")
    rig.monitor(once=True)
    assert stops(rig, "BBB") == [(Decimal(160), Decimal("48.00"))]


def test_a_price_of_yesterday_decides_nothing_today(tmp_path: Path) -> None:
    paths = {"AAA": {DAY: FLAT, NEXT: [("09:30", 1000.0), ("16:00", 1000.0)]}}
    halted = [("09:30", "09:45")]
    tape = tape_of(paths, splits=[Split("AAA", NEXT, 0.1)], missing={"AAA": halted})
    rig = Rig(tmp_path, tape, start="09:46")
    rig.plan(candidate("AAA", "adx_pullback"))
    rig.to("09:50")
    rig.enter("confirm")
    rig.monitor()
    assert rig.held("AAA") > 0
    next_morning(rig, "09:31")
    while rig.exchange.now() < clock_time("09:44", NEXT):
        rig.monitor(once=True)
        rig.exchange.step(20)
    assert rig.ledger.facts().decisions == []
    assert len(stops(rig)) == 1


def test_the_exits_planned_after_monitor_began_are_made(tmp_path: Path) -> None:
    rig = entered(tmp_path, {"AAA": {DAY: FLAT, NEXT: FLAT}})
    rig.monitor()
    next_morning(rig, "09:28")
    row = {"symbol": "AAA", "strategy": "rsi_mean_reversion", "reason": "rsi_target"}
    body = {"trade_session": NEXT, "as_of": DAY, "positions": [row], "notes": []}

    def writes(now: datetime) -> None:
        if now >= clock_time("09:28:40", NEXT):
            schema = playbook.schema_of("exits_planned.json") or ""
            rig.store.write_json(NEXT, "exits_planned.json", schema, body)

    watched(rig, writes)
    (closed,) = rig.book.closed
    assert [e.reason for e in closed.executions] == ["", "rsi_target"]


def test_extremes_of_the_time_when_nobody_watched_are_kept(tmp_path: Path) -> None:
    path = [
        ("09:30", 100.0),
        ("10:50", 100.0),
        ("11:10", 104.0),
        ("11:40", 100.0),
        ("16:00", 100.0),
    ]
    rig = entered(tmp_path, {"AAA": {DAY: path}})
    rig.watch_until("09:35")
    rig.to("11:52")
    rig.reopen()
    rig.monitor(once=True)
    rig.exchange.step(20)
    rig.monitor(once=True)
    (held,) = rig.book.open
    assert held.high == 104


def test_money_taken_out_while_nobody_watched_is_no_drawdown(tmp_path: Path) -> None:
    third = sessions.next_session(NEXT)
    rig = Rig(tmp_path, tape_of({"AAA": {DAY: FLAT, NEXT: FLAT, third: FLAT}}), start="15:55")
    rig.monitor()
    assert len(rig.book.closes) == 1
    rig.to("20:00")
    rig.exchange.deposit(Decimal(-20000))
    rig.day = third
    rig.to("09:28", third)
    rig.reopen()
    rig.monitor(once=True)
    assert rig.book.halts == ()


def test_stops_that_somebody_keeps_ending_page_and_are_not_sent_for_ever(tmp_path: Path) -> None:
    rig = entered(tmp_path, {"AAA": {DAY: FLAT}})
    rig.watch_until("09:32")
    before = len(rig.orders())
    while rig.exchange.now() < clock_time("09:42"):
        rig.monitor(once=True)
        rig.exchange.step(0.5)
        ended_by_a_stranger(rig)
        rig.exchange.step(1.5)
    assert len(rig.orders()) - before <= 8
    assert [n.kind for n in rig.told.notices if n.page and n.begins][:1] == ["unprotected"]


def test_a_day_stop_is_placed_anew_after_the_close(tmp_path: Path) -> None:
    rig = entered(tmp_path, {"AAA": {DAY: FLAT, NEXT: FLAT}})
    rig.exchange.fault("refuse@POST /v2/orders,nth=1,value=hard-to-borrow")
    rig.monitor()
    (stop,) = [o for o in rig.orders() if o.open]
    assert (stop.tif.value, stop.client_order_id[-6:]) == ("day", "stop.3")
    assert rig.exchange.now() == sessions.closes_at(DAY) + timedelta(minutes=10)
