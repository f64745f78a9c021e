"""What is taken in, what is left alone, and what counts as different."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from rest_calls import Calls
from trading_rig import DAY, Rig, candidate, tape_of

from avwap_cli.stages.day.monitor import run_monitor
from avwap_cli.trading.facts import Acceptance, HaltLevel
from avwap_cli.trading.orders import BrokerPosition

D = Decimal
FLAT = {name: {DAY: [("09:30", 100.0), ("16:00", 100.0)]} for name in ("AAA", "BBB", "CCC")}


@dataclass
class Misread:
    """A broker that shows other shares than it holds."""

    broker: Any
    shares: Decimal

    def __getattr__(self, name: str) -> Any:
        return getattr(self.broker, name)

    def positions(self) -> Sequence[BrokerPosition]:
        return [BrokerPosition("AAA", self.shares, D(100), D(100))]


def one_pass(rig: Rig, shows: int) -> None:
    """A pass of a process of its own, to which the broker shows so many shares."""
    ports = rig.ports()
    run_monitor(replace(ports, broker=Misread(ports.broker, D(shows))), rig.request(once=True))


def differs(rig: Rig) -> list[str]:
    return [n.text for n in rig.told.notices if n.kind == "differs" and n.begins]


def by_hand(rig: Rig, side: str, shares: int) -> None:
    """A person's market order in the broker's page, filled in the next minute."""
    Calls(rig.exchange).order(symbol="AAA", side=side, qty=str(shares))
    rig.exchange.step(60)


def entered(folder: Path) -> Rig:
    rig = Rig(folder, tape_of(FLAT), start="09:26")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    rig.to("09:30")
    rig.watch_until("09:31")
    return rig


def canceled_stop(rig: Rig) -> None:
    """A person takes our stop away, as they must before they can sell."""
    (stop,) = [o for o in rig.orders() if o.client_order_id.endswith("stop.1")]
    assert Calls(rig.exchange).send("DELETE", f"/v2/orders/{stop.id}").status == 204
    rig.exchange.step(1)


def resting(rig: Rig) -> list[tuple[str, Decimal]]:
    return [(o.type.value, o.qty) for o in rig.orders() if o.open]


def test_a_sale_by_hand_is_taken_in_to_the_share(tmp_path: Path) -> None:
    rig = entered(tmp_path)
    canceled_stop(rig)
    by_hand(rig, "sell", 30)
    rig.monitor(once=True)
    (held,) = rig.book.open
    assert held.shares == 70
    assert [e.reason for e in held.executions] == ["", "manual"]
    assert differs(rig) == []
    rig.watch_until("09:34")
    assert resting(rig) == [("stop", D(70))]


def test_what_a_person_buys_after_we_are_flat_is_theirs(tmp_path: Path) -> None:
    rig = entered(tmp_path)
    canceled_stop(rig)
    by_hand(rig, "sell", 100)
    rig.watch_until("09:34")
    assert rig.book.open == ()
    by_hand(rig, "buy", 7)
    rig.watch_until("09:40")
    assert rig.book.open == ()
    assert differs(rig) == []
    assert resting(rig) == []


def test_shares_that_no_fill_explains_are_told_though_the_ledger_is_flat(tmp_path: Path) -> None:
    rig = entered(tmp_path)
    canceled_stop(rig)
    by_hand(rig, "sell", 100)
    rig.watch_until("09:34")
    for _ in range(3):  # each pass a process of its own, as by cron
        one_pass(rig, shows=90)
        rig.exchange.step(20)
    assert differs(rig) == ["AAA: the ledger holds 0 shares, the broker 90"]


def test_a_position_that_cost_nothing_is_told_and_stops_nobody_elses_work(tmp_path: Path) -> None:
    rig = Rig(tmp_path, tape_of(FLAT), start="09:26")
    rig.plan(candidate("AAA", "rsi_mean_reversion"), candidate("BBB", "rsi_mean_reversion", 2))
    rig.enter("moo")
    rig.to("09:30:10")
    by_hand(rig, "sell", 100)
    now = rig.exchange.now()
    taken = Acceptance(now, "rsi_mean_reversion", "CCC", D(5), D(0), "by an older version")
    Calls(rig.exchange).order(symbol="CCC", side="buy", qty="5")
    rig.exchange.step(60)
    rig.ledger.append(taken)
    rig.watch_until("09:36")
    assert resting(rig) == [("stop", D(100))]
    pages = {n.key for n in rig.told.notices if n.page and n.begins}
    assert "average.CCC" in pages
    rig.halt = HaltLevel.FLATTEN
    rig.watch_until("09:40")
    assert (rig.held("CCC"), rig.held("BBB")) == (0, 0)


def test_a_difference_counts_only_when_a_second_reading_shows_it(tmp_path: Path) -> None:
    rig = entered(tmp_path)
    one_pass(rig, shows=40)
    assert differs(rig) == []
    rig.exchange.step(10)
    rig.monitor(once=True)  # the broker's answer was a slip
    rig.exchange.step(10)
    one_pass(rig, shows=40)
    assert differs(rig) == []
    rig.exchange.step(10)
    one_pass(rig, shows=40)
    assert differs(rig) == ["AAA: the ledger holds 100 shares, the broker 40"]


def test_an_order_of_ours_that_the_ledger_does_not_know_locks_the_account(tmp_path: Path) -> None:
    rig = entered(tmp_path)
    strange = "20261123.avwap.BBB.L.entry.1"
    Calls(rig.exchange).limit("50.00", symbol="BBB", client_order_id=strange)
    rig.monitor(once=True)
    rig.exchange.step(10)
    rig.monitor(once=True)
    (text,) = differs(rig)
    assert strange in text
    rig.plan(candidate("AAA", "rsi_mean_reversion"), candidate("CCC", "rsi_mean_reversion", 2))
    outcome = rig.enter("moo")
    assert outcome.exit_code == 7
    assert {(d.symbol, d.gate) for d in rig.book.denials} == {("CCC", "not_reconciled")}
