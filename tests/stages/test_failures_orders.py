"""Failures around orders: refused, unanswered, filled in part, stopped dead, done by hand.

Each test makes one row of the table of failures on the local exchange and looks at what the
exchange then holds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from failed_days import (
    NO_LIMITS,
    flat_days,
    is_protected,
    listened,
    open_orders,
    opened,
    paged,
    reducing,
    rules,
    same_everywhere,
    to_day,
    told,
    watch,
)
from trading_rig import DAY, Rig, candidate, tape_of

from avwap_cli.errors import LedgerDiffers, LedgerError
from avwap_cli.exchange.broker.orders import OrderRequest, OrderType, Side, Tif
from avwap_cli.market import sessions
from avwap_cli.ports import Ledger
from avwap_cli.stages.day.enter import run_enter
from avwap_cli.trading.facts import Fact, Facts, Report
from avwap_cli.trading.intents import role_of
from avwap_cli.verdicts import Gate

D = Decimal
NEXT = sessions.next_session(DAY)
ZERO = D(0)


def rig_of(tmp_path: Path, *symbols: str, start: str = "09:26", **changes: Any) -> Rig:
    return Rig(tmp_path, tape_of(flat_days(symbols, DAY, NEXT)), start=start, **changes)


def entries(rig: Rig, symbol: str) -> list[Any]:
    """The entry orders of ours that the exchange ever had."""
    found = []
    for order in rig.orders():
        role = role_of(order.client_order_id)
        if order.symbol == symbol and role is not None and role[0].leg == "entry":
            found.append(order)
    return found


def by_hand(rig: Rig, symbol: str, side: Side, shares: int, **more: Any) -> None:
    """An order as a person gives it on the broker's page."""
    request = OrderRequest(symbol, side, OrderType.MARKET, Tif.DAY, qty=D(shares), **more)
    rig.exchange.step(1)
    with rig.exchange.reading() as venue:
        venue.submit(request)
    rig.exchange.step(0)


# --- order refused ---


def test_a_refused_candidate_gives_its_place_to_the_next(tmp_path: Path) -> None:
    changes = {"risk.max_new_per_session": "2", "risk.max_new_per_group": "2"}
    rig = rig_of(tmp_path, "AAA", "BBB", "CCC", rules=rules(changes))
    rig.exchange.fault("refuse@POST /v2/orders,symbol=AAA,value=insufficient-buying-power")
    names = ("AAA", "BBB", "CCC")
    rules_of = ("rsi_mean_reversion", "rsi_mean_reversion", "overbought_short")
    rig.plan(*(candidate(s, r, n) for n, (s, r) in enumerate(zip(names, rules_of, strict=True), 1)))

    rig.enter("moo")
    watch(rig, "09:32")

    assert (rig.held("AAA"), rig.held("BBB") > 0, rig.held("CCC") < 0) == (ZERO, True, True)
    assert [a.name for a in rig.ledger.facts().answers] == ["insufficient_buying_power"]
    text = told(rig, "refusal", "AAA")
    assert len(text) == 1
    assert "insufficient buying power" in text[0]


def test_three_refusals_end_the_entries_of_the_session(tmp_path: Path) -> None:
    names = ("AAA", "BBB", "CCC", "DDD")
    more = {k: v for k, v in NO_LIMITS.items() if k != "risk.max_refusals"}
    rig = rig_of(tmp_path, *names, rules=rules(more))
    for name in names[:3]:
        rig.exchange.fault(f"refuse@POST /v2/orders,symbol={name},value=no-price")
    rig.plan(*(candidate(s, "rsi_mean_reversion", n) for n, s in enumerate(names[:3], 1)))
    rig.enter("moo")
    rig.plan(*(candidate(s, "rsi_mean_reversion", n) for n, s in enumerate(names, 1)))

    rig.to("09:28")
    outcome = rig.enter("moo")

    assert outcome.exit_code == 8
    assert [(d.symbol, d.gate) for d in rig.book.denials] == [("DDD", Gate.HALTED)]
    assert rig.orders() == []


# --- answer lost ---

LOST = ("504-after-accept", "reset-after-accept", "hang-after-accept")
NEVER_DONE = ("reset", "hang", "500", "html", "429", "429-bare")


@pytest.mark.parametrize("fault", LOST)
def test_an_entry_whose_answer_is_lost_is_found_by_its_id(tmp_path: Path, fault: str) -> None:
    rig = rig_of(tmp_path, "AAA")
    rig.exchange.fault(f"{fault}@POST /v2/orders,nth=1")
    heard = listened(rig.exchange)
    rig.plan(candidate("AAA", "rsi_mean_reversion"))

    rig.enter("moo")
    watch(rig, "09:32")

    assert [r.path for _, r, _ in heard if r.method == "POST"].count("/v2/orders") == 2
    assert [o.qty for o in entries(rig, "AAA")] == [rig.held("AAA")]
    assert is_protected(rig, "AAA")
    assert same_everywhere(rig)


@pytest.mark.parametrize("fault", NEVER_DONE)
def test_an_entry_that_never_came_is_sent_again_under_its_id(tmp_path: Path, fault: str) -> None:
    rig = rig_of(tmp_path, "AAA")
    rig.exchange.fault(f"{fault}@POST /v2/orders,nth=1")
    heard = listened(rig.exchange)
    rig.plan(candidate("AAA", "rsi_mean_reversion"))

    rig.enter("moo")
    watch(rig, "09:32")

    bodies = [json.loads(r.body) for _, r, _ in heard if r.method == "POST"]
    ids = [b["client_order_id"] for b in bodies if b["side"] == "buy"]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert [o.qty for o in entries(rig, "AAA")] == [rig.held("AAA")]
    assert is_protected(rig, "AAA")


def test_an_entry_that_never_came_is_not_sent_again_after_its_window(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, "AAA", start="09:59:45")
    rig.exchange.fault("reset@POST /v2/orders,nth=1")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))

    rig.enter("moo")
    watch(rig, "10:04")

    assert rig.orders() == []
    assert [c.ending for c in rig.ledger.facts().closures] == ["unsent"]
    assert same_everywhere(rig)


@pytest.mark.parametrize("fault", [*LOST, *NEVER_DONE])
@pytest.mark.parametrize("what", ["POST /v2/orders", "PATCH /v2/orders/*", "DELETE /v2/orders/*"])
def test_a_protection_whose_answer_is_lost_stands_once(
    tmp_path: Path, fault: str, what: str
) -> None:
    """POST: the first stop; PATCH: its move in the second session; DELETE: the exit's cancel."""
    falls = what.startswith("DELETE")
    days = flat_days(["AAA"], DAY, NEXT)
    if falls:  # twice 7 %, above the stop
        days["AAA"][DAY] = [("09:30", 100), ("09:31", 100), ("09:32", 92), ("16:00", 92)]
    rig = Rig(tmp_path, tape_of(days), start="09:26")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    moves = what.startswith("PATCH")
    if moves:
        watch(rig, "09:32")
        to_day(rig, NEXT, "09:28")
    rig.exchange.fault(f"{fault}@{what},nth=1")
    watch(rig, "09:36")

    assert rig.exchange.context.faults.fired.total() == 1
    assert rig.held("AAA") == (ZERO if falls else D(100))
    assert is_protected(rig, "AAA")
    assert len(open_orders(rig, "AAA")) == (0 if falls else 1)
    assert paged(rig, "AAA") == set()
    assert same_everywhere(rig)


# --- partial fill ---


def test_what_fills_of_an_entry_is_kept_and_protected(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, "AAA", participation_frac=D("0.0005"))  # a tenth at each print
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")

    watch(rig, "09:33")

    (entry,) = entries(rig, "AAA")
    assert entry.status.value == "canceled"
    assert ZERO < entry.filled_qty < entry.qty
    assert rig.held("AAA") == entry.filled_qty
    (stop,) = open_orders(rig, "AAA")
    assert (stop.type.value, stop.qty) == ("stop", entry.filled_qty)
    ((position,),) = [rig.book.open]
    assert position.avg_price == entry.filled_avg_price
    assert stop.stop_price == (position.avg_price * D("0.9")).quantize(D("0.01"), "ROUND_UP")
    assert paged(rig, "AAA") == set()


def test_a_trim_that_fills_in_part_leaves_the_stop_for_the_rest(tmp_path: Path) -> None:
    path = [("09:30", 99.5), ("09:50", 101), ("10:00", 101.2), ("10:05", 102), ("10:10", 107)]
    rig = Rig(tmp_path, tape_of({"AAA": {DAY: [*path, ("16:00", 107)]}}), start="09:55")
    rig.plan(candidate("AAA", "avwap"))
    rig.enter("boh")
    watch(rig, "10:03")
    whole = rig.held("AAA")
    with rig.exchange.reading() as venue:
        venue.settings = replace(venue.settings, participation_frac=D("0.00005"))

    watch(rig, "10:14")

    left = rig.held("AAA")
    assert whole / 2 < left < whole
    assert is_protected(rig, "AAA")
    assert [o.qty for o in open_orders(rig, "AAA")] == [left]
    assert same_everywhere(rig)


# --- killed, rebooted, disk full ---


@dataclass
class FullDisk:
    """A ledger on a disk that is full for one kind of fact, until there is room again."""

    ledger: Ledger
    kind: type
    full: bool = True

    def facts(self) -> Facts:
        return self.ledger.facts()

    def append(self, *facts: Fact) -> int:
        if self.full and any(isinstance(fact, self.kind) for fact in facts):
            raise LedgerError("the disk is full", "make room")
        return self.ledger.append(*facts)


def test_a_full_disk_sends_nothing(tmp_path: Path) -> None:
    from avwap_cli.trading.facts import Act

    rig = rig_of(tmp_path, "AAA")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    heard = listened(rig.exchange)

    with pytest.raises(LedgerError, match="disk is full"):
        run_enter(replace(rig.ports(), ledger=FullDisk(rig.ledger, Act)), rig.request("moo"))

    assert {r.method for _, r, _ in heard} == {"GET"}
    assert rig.orders() == []


def test_a_disk_that_fills_up_after_the_order_is_repaired_by_the_next_run(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, "AAA")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    with pytest.raises(LedgerError):
        run_enter(replace(rig.ports(), ledger=FullDisk(rig.ledger, Report)), rig.request("moo"))
    rig.reopen()

    rig.enter("moo")
    watch(rig, "09:32")

    assert len(entries(rig, "AAA")) == 1
    assert is_protected(rig, "AAA")
    assert same_everywhere(rig)


def test_a_host_that_was_down_protects_in_its_first_pass_and_tells(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, "AAA")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    rig.to("09:45")
    rig.reopen()

    rig.monitor(once=True)
    rig.exchange.step(2)

    assert is_protected(rig, "AAA")
    assert rig.held("AAA") > 0
    pages = [n.text for n in rig.told.notices if n.page]
    assert len(pages) == 1
    assert "AAA" in pages[0]
    assert "unprotected" in pages[0]


# --- done by hand at the broker ---


def test_a_sale_by_hand_is_imported_and_the_stop_follows(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, "AAA")
    opened(rig, "AAA")
    whole = rig.held("AAA")
    (stop,) = open_orders(rig, "AAA")
    with rig.exchange.reading() as venue:
        venue.cancel(stop.id)
    by_hand(rig, "AAA", Side.SELL, 40)

    watch(rig, "09:35")

    assert rig.held("AAA") == whole - 40
    assert is_protected(rig, "AAA")
    assert same_everywhere(rig)
    assert [f.shares for f in rig.ledger.facts().fills if f.client_id.startswith("by-hand")] == [40]


def test_a_position_closed_by_hand_is_closed_here(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, "AAA")
    opened(rig, "AAA")
    with rig.exchange.reading() as venue:
        venue.cancel(open_orders(rig, "AAA")[0].id)
    by_hand(rig, "AAA", Side.SELL, int(rig.held("AAA")))

    watch(rig, "09:35")

    assert rig.held("AAA") == 0
    assert rig.book.open == ()
    assert [p.executions[-1].reason for p in rig.book.closed] == ["manual"]
    assert open_orders(rig, "AAA") == []


def test_a_stop_canceled_by_hand_comes_back(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, "AAA")
    opened(rig, "AAA")
    (stop,) = open_orders(rig, "AAA")
    with rig.exchange.reading() as venue:
        venue.cancel(stop.id)

    watch(rig, "09:32")

    (again,) = open_orders(rig, "AAA")
    assert again.id != stop.id
    assert (again.stop_price, again.qty) == (stop.stop_price, stop.qty)


def test_a_stop_moved_by_hand_is_put_where_it_belongs(tmp_path: Path) -> None:
    from avwap_cli.exchange.broker.orders import Replacement

    rig = rig_of(tmp_path, "AAA")
    opened(rig, "AAA")
    (stop,) = open_orders(rig, "AAA")
    with rig.exchange.reading() as venue:
        venue.replace(stop.id, Replacement(stop_price=D("80")))

    watch(rig, "09:34")

    assert is_protected(rig, "AAA") or paged(rig, "AAA")
    assert reducing(rig, "AAA") <= rig.held("AAA")


def test_shares_that_no_fill_explains_lock_the_symbol_and_the_broker_s_are_protected(
    tmp_path: Path,
) -> None:
    rig = rig_of(tmp_path, "AAA", "BBB")
    opened(rig, "AAA")
    with rig.exchange.reading() as venue:
        held = venue.position("AAA")
        assert held is not None
        left = replace(held, qty=D(95), cost_basis=held.cost_basis * 95 / 100)
        venue._books.account.hold("AAA", left)

    watch(rig, "09:36")
    rig.plan(candidate("AAA", "rsi_mean_reversion"), candidate("BBB", "overbought_short", 2))
    outcome = rig.enter("moo")
    watch(rig, "09:39")

    assert paged(rig, "AAA") == {"differs"}
    assert outcome.exit_code == LedgerDiffers.exit_code
    assert [o.qty for o in open_orders(rig, "AAA")] == [rig.held("AAA")] == [D(95)]
    assert rig.held("BBB") < 0  # only the symbol is locked


def test_the_other_side_at_the_broker_is_paged_and_not_touched(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, "AAA")
    opened(rig, "AAA")
    with rig.exchange.reading() as venue:
        held = venue.position("AAA")
        assert held is not None
        venue._books.account.hold("AAA", replace(held, qty=-held.qty))
    before = len(rig.orders())

    watch(rig, "09:36")

    assert {"differs", "wrong_side"} <= paged(rig, "AAA")
    assert rig.held("AAA") == D(-100)
    assert len(rig.orders()) == before


def test_a_purchase_by_hand_of_another_symbol_is_nobody_s_business(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, "AAA", "BBB")
    opened(rig, "AAA")
    by_hand(rig, "BBB", Side.BUY, 10)

    watch(rig, "09:36")
    rig.plan(candidate("BBB", "rsi_mean_reversion"))
    rig.to("09:40")
    rig.enter("moo")

    assert [n for n in rig.told.notices if n.page] == []
    assert rig.held("BBB") == 10
    assert [o.side.value for o in rig.orders() if o.symbol == "BBB"] == ["buy"]
    assert [(d.symbol, d.gate) for d in rig.book.denials] == [("BBB", Gate.FOREIGN_POSITION)]
