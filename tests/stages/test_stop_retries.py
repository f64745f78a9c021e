"""A stop that the broker goes on refusing: told, tried ever less often, and nobody kept busy."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from failed_days import Over, UntilClock
from trading_rig import DAY, Rig, candidate, clock_time, tape_of

from avwap_cli.exchange.broker.orders import OrderRequest, OrderType, Side, Tif
from avwap_cli.stages.day.monitor import run_monitor

REFUSED = "refuse@POST /v2/orders,value=insufficient-qty,after=09:30"


class CountingClock(UntilClock):
    """Counts the pauses, one after each pass."""

    sleeps = 0

    def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        super().sleep(seconds)


@pytest.fixture(scope="module")
def bare_for_an_hour(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rig, int]:
    """A position whose every stop is refused, from 9:30 to 10:30, and how many passes saw it."""
    tape = tape_of({"AAA": {DAY: [("09:30", 100.0), ("16:00", 101.0)]}})
    rig = Rig(tmp_path_factory.mktemp("bare"), tape, start="09:26", faults=[REFUSED])
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    clock = CountingClock(rig.exchange, clock_time("10:30"))
    with suppress(Over):
        run_monitor(replace(rig.ports(), clock=clock), rig.request())
    return rig, clock.sleeps


def test_the_waits_grow_to_five_pauses(bare_for_an_hour: tuple[Rig, int]) -> None:
    rig, _ = bare_for_an_hour
    stops = [o for o in rig.book.orders.values() if o.leg == "stop"]
    times = [o.sent_at for o in stops if o.sent_at is not None]
    waits = [round((b - a).total_seconds() / 60) for a, b in pairwise(times)]
    assert waits[:2] == [0, 0]
    assert waits[2:7] == [1, 2, 4, 5, 5]
    assert len(waits) > 12
    assert set(waits[7:]) == {5}


def test_once_told_it_is_looked_at_as_often_as_any_other(
    bare_for_an_hour: tuple[Rig, int],
) -> None:
    rig, passes = bare_for_an_hour
    pages = [n for n in rig.book.notices if n.kind == "unprotected" and n.page]
    assert [n.begins for n in pages] == [True]
    assert passes < 500  # 192 each 20 s; all of them each 2 s would be 1,920


def test_a_stop_that_is_taken_and_then_rejected_is_no_loop_and_pages(tmp_path: Path) -> None:
    tape = tape_of({"AAA": {DAY: [("09:30", 100.0), ("16:00", 101.0)]}})
    rejected = "reject-after-accept@new,after=09:30:01"
    rig = Rig(tmp_path, tape, start="09:26", faults=[rejected], latency_s=1.0)
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    rig.watch_until("10:00")
    stops = [o for o in rig.orders() if ".stop." in o.client_order_id]
    assert {o.status.value for o in stops} == {"rejected"}
    assert 4 <= len(stops) <= 12
    pages = [n for n in rig.book.notices if n.kind == "unprotected" and n.page]
    assert [n.begins for n in pages] == [True]
    assert (pages[0].at - clock_time("09:30")).total_seconds() <= 85


def test_shares_added_by_hand_do_not_put_off_the_page(tmp_path: Path) -> None:
    tape = tape_of({"AAA": {DAY: [("09:30", 100.0), ("16:00", 101.0)]}})
    refused = "refuse@POST /v2/orders,value=insufficient-qty,after=09:31"
    rig = Rig(tmp_path, tape, start="09:26", faults=[refused])
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    rig.watch_until("09:40")
    with rig.exchange.reading() as venue:
        stop = next(o for o in venue.open_orders() if ".stop." in o.client_order_id)
        venue.cancel(stop.id)
    bare_at = rig.exchange.now()
    for seconds in (25, 25, 25):
        rig.exchange.step(seconds)
        with rig.exchange.reading() as venue:
            venue.submit(OrderRequest("AAA", Side.BUY, OrderType.MARKET, Tif.DAY, Decimal(1)))
        rig.exchange.step(60 - rig.exchange.now().second)
        rig.monitor(once=True)
    pages = [n for n in rig.book.notices if n.kind == "unprotected" and n.page]
    assert pages
    assert (pages[0].at - bare_at).total_seconds() <= 130
