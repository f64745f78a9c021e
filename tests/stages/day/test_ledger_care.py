"""Care of the ledger: the copy of every evening, and the ledger made anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from memory_ledger import MemoryLedger

from avwap_cli.errors import BrokerUnclear, LedgerError, MissingInput, SourceError
from avwap_cli.market.splits import Split
from avwap_cli.signals.rules import ExitRules, StrategyRules
from avwap_cli.stages.day.ledger_care import RebuildSources, backup, rebuild
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Fact, HaltLevel
from avwap_cli.trading.intents import Leg, Role, role_of
from avwap_cli.trading.order_records import OrderState
from avwap_cli.trading.orders import (
    BrokerOrder,
    BrokerPosition,
    Fill,
    OrderKind,
    Side,
    Status,
    TimeInForce,
    Transfer,
)

FRIDAY, MONDAY = date(2024, 3, 8), date(2024, 3, 11)
NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2024, 3, 11, 18, tzinfo=NEW_YORK)
OPEN = datetime(2024, 3, 8, 9, 50, tzinfo=NEW_YORK)
D = Decimal
CANDIDATE: dict[str, Any] = {
    "rank": 1,
    "symbol": "KO",
    "strategy": "avwap",
    "direction": "long",
    "entry_group": "boh",
    "sector": "Staples",
    "prev_close": 59.5,
    "atr": 1.2,
    "sl_atr_mult": None,
    "tp_atr_mult": None,
    "trailing_atr_mult": None,
    "max_hold_sessions": 20,
    "entry": 60.0,
    "stop": 57.0,
    "r1": 63.0,
    "r2": 66.0,
    "metadata": {"dist_pct": 1.5},
}
RULES = StrategyRules(True, True, "confirm", None, ExitRules(2.0, None, 3.0, None, 5), (0.0,) * 11)


@dataclass
class Records:
    """A broker that answers from lists, and its prices."""

    sent: list[BrokerOrder] = field(default_factory=list)
    done: list[Fill] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)
    split: list[Split] = field(default_factory=list)
    fails: str = ""

    def orders(self, after: datetime) -> Sequence[BrokerOrder]:
        return self._said("orders", [o for o in self.sent if o.status.final])

    def open_orders(self) -> Sequence[BrokerOrder]:
        return self._said("open_orders", [o for o in self.sent if not o.status.final])

    def fills(self, after: datetime) -> Sequence[Fill]:
        return self._said("fills", self.done)

    def transfers(self, after: datetime) -> Sequence[Transfer]:
        return self._said("transfers", [Transfer("t", OPEN, D(5000))])

    def positions(self) -> Sequence[BrokerPosition]:
        shares = [BrokerPosition(s, D(n), D(60), None) for s, n in self.held.items()]
        return self._said("positions", shares)

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        if self.fails == "splits":
            raise SourceError("no feed answered")
        return [s for s in self.split if s.symbol in symbols and first <= s.ex_date <= last]

    def _said(self, question: str, answer: list[Any]) -> list[Any]:
        if self.fails == question:
            raise BrokerUnclear(f"{question} came back in part")
        return answer

    def order(
        self, leg: Leg, status: Status, shares: int, fills: Sequence[tuple[int, str]], **role: Any
    ) -> BrokerOrder:
        """Add an order of ours with its fills, a minute after the one before."""
        said = Role(FRIDAY, "avwap", "KO", 1, leg)
        said = replace(said, **{k: v for k, v in role.items() if k != "at"})
        at = role.get("at", OPEN + timedelta(minutes=len(self.sent)))
        total = sum(n for n, _ in fills)
        paid = sum(n * D(price) for n, price in fills)
        made = BrokerOrder(
            id=f"b{len(self.sent)}",
            client_id=said.attempt(1),
            symbol=said.symbol,
            side=said.side,
            effect=None,
            kind=OrderKind.STOP if leg is Leg.STOP else OrderKind.MARKET,
            tif=TimeInForce.DAY,
            status=status,
            shares=D(shares),
            filled_shares=D(total),
            filled_avg_price=D(paid) / total if total else None,
            limit_price=None,
            stop_price=D(57) if leg is Leg.STOP else None,
            submitted_at=at,
            updated_at=at,
        )
        self.sent.append(made)
        for n, price in fills:
            self.fill(made, n, price, at)
        return made

    def fill(self, order: BrokerOrder, shares: int, price: str, at: datetime) -> None:
        number = f"f{len(self.done)}"
        side, symbol = order.side, order.symbol
        self.done.append(Fill(number, order.id, "", symbol, side, D(shares), D(price), at))

    def by_hand(self, symbol: str, side: Side, shares: int, at: datetime) -> None:
        number = f"f{len(self.done)}"
        self.done.append(Fill(number, "person", "", symbol, side, D(shares), D(61), at))


@dataclass
class Folders:
    """Session folders with a scan.json of these candidates."""

    candidates: dict[date, list[Any]]

    def read_json(self, session: date, name: str) -> dict[str, Any]:
        if name != "scan.json" or session not in self.candidates:
            raise MissingInput(f"{name} is not there")
        return {"candidates": self.candidates[session]}


@dataclass
class OneShelf:
    """Keeps what is put on it."""

    good: bool = False
    moved: Path | None = None
    facts: list[Fact] | None = None

    def back_up(self, session: date) -> tuple[Path, bool]:
        return Path(f"/x/{session}"), not self.good

    def must_be_lost(self) -> None:
        if self.good:
            raise LedgerError("a good ledger")

    def put(self, facts: Sequence[Fact]) -> Path | None:
        self.facts = list(facts)
        return self.moved


def rebuilt(
    records: Records, shelf: OneShelf | None = None, plans: bool = True
) -> tuple[Book, Outcome]:
    place = shelf or OneShelf()
    store = Folders({FRIDAY: [CANDIDATE, "rubbish", {}]} if plans else {})
    sources = RebuildSources(records, records, store, {"bb_squeeze": RULES})  # type: ignore[arg-type]
    outcome = rebuild(place, sources, MONDAY, NOW)
    assert place.facts is not None
    return fold(MemoryLedger(*place.facts).facts()), outcome


def trimmed() -> Records:
    """100 KO bought in two fills, 40 of them trimmed, and a stop resting for the rest."""
    records = Records(held={"KO": 60, "F": 7})
    records.order(Leg.ENTRY, Status.FILLED, 100, [(30, "60"), (70, "61")])
    records.order(Leg.TRIM1, Status.FILLED, 40, [(40, "63")])
    records.order(Leg.STOP, Status.NEW, 60, [])
    return records


@pytest.mark.parametrize(("again", "state"), [(False, State.DONE), (True, State.UNCHANGED)])
def test_a_backup_says_where_it_is_and_whether_it_is_new(again: bool, state: State) -> None:
    outcome = backup(OneShelf(good=again), MONDAY)
    assert (outcome.state, outcome.trade_session, outcome.as_of) == (state, MONDAY, FRIDAY)
    assert "/x/2024-03-11" in outcome.summary


def test_a_rebuilt_ledger_knows_what_is_held_and_what_may_trade() -> None:
    book, outcome = rebuilt(trimmed())
    (held,) = book.open
    assert (held.strategy, held.symbol, held.signed_shares) == ("avwap", "KO", D(60))
    assert (held.avg_price, held.realized_usd) == (D("60.70"), D(92))
    assert held.trims == {Leg.TRIM1}
    assert [o.state for o in book.orders.values()] == [
        OrderState.FINAL,
        OrderState.FINAL,
        OrderState.OPEN,
    ]
    assert book.orders["20240308.avwap.KO.L.stop.1"].left == 60
    assert dict(outcome.counts) == {"orders": 3, "fills": 3, "splits": 0}
    assert (outcome.warnings, outcome.quality) == ((), "clean")


def test_the_plan_of_an_entry_comes_from_its_sessions_scan() -> None:
    (held,) = rebuilt(trimmed())[0].open
    assert held.plan is not None
    assert (held.plan.stop, held.plan.r1, held.plan.max_hold_sessions) == (D(57), D(63), 20)
    assert held.plan.sector == "Staples"


def test_without_its_scan_an_entry_keeps_the_time_exit_and_is_told() -> None:
    records = trimmed()
    records.order(Leg.ENTRY, Status.FILLED, 9, [(9, "12")], strategy="bb_squeeze", symbol="F")
    records.held["F"] = 9
    book, outcome = rebuilt(records, plans=False)
    plans = {p.symbol: p.plan for p in book.open}
    assert plans["F"] is not None
    assert plans["KO"] is not None
    assert (plans["F"].max_hold_sessions, plans["F"].group) == (5, "confirm")
    assert plans["KO"].max_hold_sessions == 1
    for plan in plans.values():
        assert plan is not None
        assert (plan.stop, plan.sl_atr_mult, plan.r1, plan.trailing_atr_mult) == (None,) * 4
    assert [w.split()[3] for w in outcome.warnings] == [
        "20240308.avwap.KO.L.entry.1",
        "20240308.bb_squeeze.F.L.entry.1",
    ]
    assert outcome.quality == "degraded"


def test_orders_of_others_are_left_alone() -> None:
    records = trimmed()
    stranger = replace(records.sent[0], id="person", client_id="8f3a1f0e", symbol="F")
    records.sent.append(stranger)
    records.by_hand("F", Side.BUY, 7, OPEN)
    book, outcome = rebuilt(records)
    assert len(book.orders) == 3
    assert [p.symbol for p in book.open] == ["KO"]
    assert outcome.warnings == ()


def test_a_sale_by_hand_belongs_to_the_strategy_that_held_the_symbol() -> None:
    records = trimmed()
    records.by_hand("KO", Side.BUY, 5, OPEN - timedelta(hours=1))
    records.by_hand("KO", Side.SELL, 60, OPEN + timedelta(hours=1))
    records.by_hand("KO", Side.BUY, 8, OPEN + timedelta(hours=2))
    records.held["KO"] = 0
    book, outcome = rebuilt(records)
    assert book.open == ()
    (done,) = book.closed
    assert [e.reason for e in done.executions] == ["", "", "trim_r1", "manual"]
    assert outcome.warnings == ()


def test_splits_since_the_first_order_are_taken() -> None:
    records = trimmed()
    records.split = [Split("KO", MONDAY, 2.0), Split("KO", date(2020, 1, 2), 3.0)]
    records.held["KO"] = 120
    book, outcome = rebuilt(records)
    assert (book.open[0].shares, book.open[0].avg_price) == (D(120), D("30.35"))
    assert (outcome.counts["splits"], outcome.warnings) == (1, ())


def test_a_split_of_the_entrys_own_session_takes_the_plan_along() -> None:
    records = trimmed()
    records.split = [Split("KO", FRIDAY, 2.0)]
    (held,) = rebuilt(records)[0].open
    assert held.plan is not None
    assert (held.plan.stop, held.plan.atr, held.avg_price) == (D("28.5"), D("0.6"), D("60.7"))


def test_unknown_splits_are_told() -> None:
    records = trimmed()
    records.fails = "splits"
    assert "splits are unknown" in rebuilt(records)[1].warnings[0]


def test_another_quantity_at_the_broker_is_told_by_symbol() -> None:
    records = trimmed()
    records.held = {"F": 7}
    (warning,) = rebuilt(records)[1].warnings
    assert warning.startswith("KO: 60 shares by its fills, 0 at the broker")


def test_a_rebuilt_ledger_forbids_entries_until_a_person_resumes() -> None:
    book, outcome = rebuilt(trimmed())
    halt = book.halt(MONDAY)
    assert halt is not None
    assert (halt.level, halt.until) == (HaltLevel.NO_ENTRIES, None)
    assert "avwap resume" in outcome.summary


def test_a_good_ledger_is_refused_before_anything_is_asked() -> None:
    records = trimmed()
    records.fails = "orders"
    with pytest.raises(LedgerError, match="good"):
        rebuilt(records, OneShelf(good=True))


@pytest.mark.parametrize("question", ["orders", "open_orders", "fills", "transfers", "positions"])
def test_a_question_without_an_answer_writes_nothing(question: str) -> None:
    records, shelf = trimmed(), OneShelf()
    records.fails = question
    with pytest.raises(BrokerUnclear, match=question):
        rebuilt(records, shelf)
    assert shelf.facts is None


def test_the_place_of_the_damaged_file_is_told() -> None:
    outcome = rebuilt(trimmed(), OneShelf(moved=Path("/x/old.damaged-1")))[1]
    assert outcome.warnings == ("the damaged file is kept as /x/old.damaged-1",)


def test_a_replaced_stop_names_the_one_it_came_from() -> None:
    records = trimmed()
    first = replace(records.sent[2], status=Status.REPLACED, replaced_by="b9")
    moved_id = Role(FRIDAY, "avwap", "KO", 1, Leg.STOP).attempt(2)
    moved = replace(records.sent[2], id="b9", client_id=moved_id, replaces=first.id)
    records.sent[2:] = [first, moved]
    book, _ = rebuilt(records)
    assert role_of(moved_id) is not None
    assert book.orders[moved_id].intent.replaces == first.client_id
    assert book.orders[first.client_id].left == 0


def test_an_empty_account_makes_an_empty_ledger() -> None:
    book, outcome = rebuilt(Records())
    assert (book.open, book.closed, dict(book.orders)) == ((), (), {})
    assert dict(outcome.counts) == {"orders": 0, "fills": 0, "splits": 0}
