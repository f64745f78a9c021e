"""A computer whose clock is wrong takes no stop away while the broker's market is closed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from trading_rig import DAY, Rig, VirtualClock, candidate, clock_time, tape_of

from avwap_cli.errors import BrokerUnclear
from avwap_cli.market import sessions
from avwap_cli.stages.day.monitor import run_monitor
from avwap_cli.stages.day.trading_ports import TradingPorts
from avwap_cli.trading.facts import HaltLevel, Notice, Verb

NEXT = sessions.next_session(DAY)


@dataclass
class Wrong(VirtualClock):
    """A clock that is so many seconds ahead."""

    by_s: float = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.by_s)


class Telling:
    """A broker whose clock is told by the test."""

    def __init__(self, behind: Any, tells: Any) -> None:
        self._behind, self._tells, self.asked = behind, tells, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind, name)

    def clock(self) -> Any:
        self.asked += 1
        return self._tells(self._behind.clock())


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """A protected position, at 09:31, that a person then wants to be rid of."""
    made = Rig(tmp_path, tape_of({"AAA": {DAY: [("09:30", 100), ("16:00", 101)]}}), start="09:26")
    made.plan(candidate("AAA", "rsi_mean_reversion"))
    made.enter("moo")
    made.watch_until("09:31")
    assert made.held("AAA") > 0
    made.reopen()
    return made


def wrong(rig: Rig, seconds: float) -> TradingPorts:
    return replace(rig.ports(), clock=Wrong(rig.exchange, seconds))


def passes(rig: Rig, ports: TradingPorts, count: int, every_s: float = 10) -> None:
    for _ in range(count):
        run_monitor(ports, rig.request(once=True))
        rig.exchange.step(every_s)


def clock_notices(rig: Rig) -> list[Notice]:
    return [notice for notice in rig.told.notices if notice.kind == "clock"]


def left(rig: Rig) -> list[str]:
    """What the ledger says was asked for beyond the entry and its stop."""
    told = [(act.verb, act.client_id.split(".")[4]) for act in rig.ledger.facts().acts]
    return [f"{verb} {leg}" for verb, leg in told if (verb, leg) != (Verb.SUBMIT, "entry")][1:]


def test_a_clock_ahead_of_the_brokers_cancels_no_stop_before_the_open(tmp_path: Path) -> None:
    before = [("09:30", 100.0), ("16:00", 100.0)]
    tape = tape_of({"AAA": {DAY: before, NEXT: before}})
    rig = Rig(tmp_path, tape, start="09:26")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    rig.monitor()
    rig.day, rig.halt = NEXT, HaltLevel.FLATTEN
    rig.to("09:24")
    passes(rig, wrong(rig, 600), 33)
    assert rig.exchange.now() < clock_time("09:30", NEXT)
    assert (left(rig), rig.held("AAA") > 0) == ([], True)
    assert [(n.page, "600 s ahead" in n.text) for n in clock_notices(rig)] == [(True, True)]
    rig.to("09:30:05")
    passes(rig, wrong(rig, 600), 10)
    assert (left(rig), rig.held("AAA")) == (["cancel stop", "submit exit"], 0)
    passes(rig, wrong(rig, 0), 1)
    assert [(n.page, n.begins) for n in clock_notices(rig)] == [(True, True), (False, False)]


def test_a_clock_behind_the_brokers_cancels_no_stop_after_the_close(rig: Rig) -> None:
    rig.to("16:01")
    rig.halt = HaltLevel.FLATTEN
    passes(rig, wrong(rig, -600), 5)
    assert left(rig) == []
    assert ["600 s behind" in n.text for n in clock_notices(rig)] == [True]


def test_where_the_brokers_clock_does_not_answer_exits_go_on(rig: Rig) -> None:
    def mute(_: Any) -> Any:
        raise BrokerUnclear("no answer")

    rig.halt = HaltLevel.FLATTEN
    ports = rig.ports()
    passes(rig, replace(ports, broker=Telling(ports.broker, mute)), 10)
    assert (rig.held("AAA"), clock_notices(rig)) == (0, [])


def test_a_day_on_which_the_broker_does_not_open_is_told_of(rig: Rig) -> None:
    ports, before = rig.ports(), rig.held("AAA")
    closed = Telling(ports.broker, lambda clock: replace(clock, is_open=False))
    rig.halt = HaltLevel.FLATTEN
    passes(rig, replace(ports, broker=closed), 5)
    assert (left(rig), rig.held("AAA")) == ([], before)
    assert ["closed: exits wait" in n.text for n in clock_notices(rig)] == [True]


@pytest.mark.parametrize(("by_s", "told"), [(4.9, 0), (-4.9, 0), (5.2, 1), (-5.2, 1)])
def test_a_few_seconds_are_allowed(rig: Rig, by_s: float, told: int) -> None:
    passes(rig, wrong(rig, by_s), 1)
    assert len(clock_notices(rig)) == told


def test_an_answer_that_took_long_is_no_wrong_clock(rig: Rig) -> None:
    def slowly(clock: Any) -> Any:
        rig.exchange.step(30)
        return clock

    ports = rig.ports()
    passes(rig, replace(ports, broker=Telling(ports.broker, slowly)), 1)
    assert clock_notices(rig) == []


def test_clocks_that_agree_are_compared_four_times_an_hour(rig: Rig) -> None:
    ports = rig.ports()
    counting = Telling(ports.broker, lambda clock: clock)
    run_monitor(replace(ports, broker=counting), rig.request())
    assert 26 <= counting.asked <= 30  # 6.5 hours
    assert clock_notices(rig) == []
