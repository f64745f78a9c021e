"""Entries are judged at their own moment: after all waiting, and with what was told meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from trading_rig import DAY, Rig, VirtualClock, candidate, tape_of

from avwap_cli.adapters.broker.alpaca_broker import AlpacaBroker
from avwap_cli.stages.day.enter import run_enter
from avwap_cli.trading.facts import Ending, HaltLevel

RISING = [("09:30", 99.5), ("09:44", 101), ("16:00", 102)]
NAMES = ("AAA", "BBB", "CCC", "DDD", "EEE")


class Slow:
    """A port of which one call first lets something happen, once."""

    def __init__(self, behind: Any, call: str, happens: Callable[[], None]) -> None:
        self._behind, self._call, self._happens = behind, call, [happens]

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._behind, name)
        if name != self._call:
            return found

        def called(*given: Any) -> Any:
            for happens in self._happens:
                happens()
            self._happens = []
            return found(*given)

        return called


def rig_at(folder: Path, start: str, *symbols: str, **more: Any) -> Rig:
    rig = Rig(folder, tape_of({s: {DAY: RISING} for s in symbols}), start=start, **more)
    rig.plan(*(candidate(s, "bb_squeeze", n) for n, s in enumerate(symbols, 1)))
    return rig


def gates(rig: Rig) -> list[str]:
    return [denial.gate for denial in rig.book.denials]


@pytest.mark.parametrize(("waited_s", "gate"), [(30, None), (50, "window"), (70, "window")])
def test_no_entry_leaves_after_its_window_because_answers_came_late(
    tmp_path: Path, waited_s: int, gate: str | None
) -> None:
    rig = rig_at(tmp_path, "09:59:20", "AAA")
    ports = rig.ports()
    slow = Slow(ports.broker, "positions", lambda: rig.exchange.step(waited_s))
    run_enter(replace(ports, broker=slow), rig.request("confirm", once=True))
    assert gates(rig) == ([] if gate is None else [gate])
    assert len(rig.orders()) == (1 if gate is None else 0)


@pytest.mark.parametrize(("waited_s", "denied"), [(40, []), (75, ["stale_quote"])])
def test_prices_that_grew_old_while_the_broker_was_asked_enter_nothing(
    tmp_path: Path, waited_s: int, denied: list[str]
) -> None:
    rig = rig_at(tmp_path, "09:46:05", "AAA")
    ports = rig.ports()
    slow = Slow(ports.broker, "positions", lambda: rig.exchange.step(waited_s))
    run_enter(replace(ports, broker=slow), rig.request("confirm", once=True))
    assert (gates(rig), len(rig.orders())) == (denied, 1 - len(denied))


def test_a_halt_that_comes_while_a_limit_of_requests_is_waited_for_is_heard(
    tmp_path: Path,
) -> None:
    rig = rig_at(tmp_path, "09:46:05", "AAA")
    ports = rig.ports()
    broker = ports.broker
    assert isinstance(broker, AlpacaBroker)
    budget = broker._requests.connection._budget

    class Waiting(VirtualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds / 2)
            rig.halt = HaltLevel.NO_ENTRIES
            super().sleep(seconds / 2)

    class LastQuestion(Slow):
        def fills(self, *given: Any) -> Any:
            found = self._behind.fills(*given)  # and that was all that the limit allows
            budget.clock = Waiting(rig.exchange)
            budget._unstamped = 0
            budget._remaining, budget._reset = 0, rig.exchange.now() + timedelta(seconds=30)
            return found

    asked = LastQuestion(broker, "", lambda: None)
    run_enter(replace(ports, broker=asked), rig.request("confirm", once=True))
    assert rig.halt is HaltLevel.NO_ENTRIES
    assert (gates(rig), rig.orders()) == (["halted"], [])


@pytest.mark.parametrize(("took_s", "sent"), [(4, 1), (6, 0)])
def test_an_entry_that_the_disk_held_up_is_not_sent(tmp_path: Path, took_s: int, sent: int) -> None:
    rig = rig_at(tmp_path, "09:46:05", "AAA")
    ports = rig.ports()

    class SlowDisk(Slow):
        def append(self, *facts: Any) -> int:
            if any(getattr(fact, "verb", None) == "submit" for fact in facts):
                rig.exchange.step(took_s)
            return int(self._behind.append(*facts))

    disk = SlowDisk(ports.ledger, "", lambda: None)
    run_enter(replace(ports, ledger=disk), rig.request("confirm", once=True))
    assert len(rig.orders()) == sent
    closures = [c.ending for c in rig.ledger.facts().closures]
    assert closures == ([] if sent else [Ending.UNSENT])


def test_the_refusals_of_one_run_end_its_entries(tmp_path: Path) -> None:
    rig = rig_at(tmp_path, "09:46:05", *NAMES)
    for symbol in NAMES[:4]:
        rig.exchange.fault(
            f"refuse@POST /v2/orders,symbol={symbol},value=insufficient-buying-power"
        )
    rig.enter("confirm")
    facts = rig.ledger.facts()
    assert [a.client_id.split(".")[2] for a in facts.acts] == ["AAA", "BBB", "CCC"]
    assert [(h.source, h.level) for h in facts.halts] == [("refusals", HaltLevel.NO_ENTRIES)]
    assert {(d.symbol, d.gate) for d in facts.denials} == {("DDD", "halted"), ("EEE", "halted")}
    assert rig.held("EEE") == 0
