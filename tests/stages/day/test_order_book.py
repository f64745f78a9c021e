"""orders and positions: both sides beside each other, told apart, and accepted by a person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from memory_ledger import MemoryLedger

from avwap_cli.adapters.clocks import FixedClock
from avwap_cli.errors import UsageError
from avwap_cli.market.sessions import EASTERN
from avwap_cli.stages.day.order_book import BookPorts, run_accept, run_orders
from avwap_cli.stages.day.positions_view import run_positions
from avwap_cli.trading.books import fold
from avwap_cli.trading.facts import Act, Notice, Report, Verb
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import (
    ZERO,
    BrokerOrder,
    BrokerPosition,
    Fill,
    OrderKind,
    Side,
    Status,
    TimeInForce,
)
from avwap_cli.trading.plans import Plan

D = Decimal
AVERAGE, LAST = D(61), D(62)
FRIDAY = date(2024, 3, 8)
NOON = datetime(2024, 3, 8, 12, tzinfo=EASTERN)
OPEN = datetime(2024, 3, 8, 9, 30, tzinfo=EASTERN)
PLAN = Plan(
    FRIDAY, 1, "KO", "rsi_mean_reversion", 1, "moo", "Staples", D(60), D(1), D("2.5"), None, D(3),
    None, 5, D(60), D("57.5"), None, None, None, D("0.2"),
)  # fmt: skip


def intent(leg: Leg, shares: int, symbol: str = "KO") -> Intent:
    role = Role(FRIDAY, PLAN.strategy, symbol, 1, leg)
    stop = leg is Leg.STOP
    return Intent(
        role.attempt(1), role, OrderKind.STOP if stop else OrderKind.MARKET,
        TimeInForce.GTC if stop else TimeInForce.DAY, D(shares), None, D(54) if stop else None,
        "emergency_stop" if stop else "", D(60),
        replace(PLAN, symbol=symbol).text() if leg is Leg.ENTRY else "", None, OPEN,
    )  # fmt: skip


def order(of: Intent, status: Status, filled: int = 0) -> BrokerOrder:
    return BrokerOrder(
        f"b-{of.id}", of.id, of.role.symbol, of.side, of.effect, of.kind, of.tif, status, of.shares,
        D(filled), D(60) if filled else None, None, of.stop_price, OPEN, OPEN,
    )  # fmt: skip


def fill(of: Intent, shares: int) -> Fill:
    return Fill(f"f-{of.id}", f"b-{of.id}", of.id, of.role.symbol, of.side, D(shares), D(60), OPEN)


ENTRY, STOP = intent(Leg.ENTRY, 100), intent(Leg.STOP, 100)
FILLED, RESTING = order(ENTRY, Status.FILLED, 100), order(STOP, Status.NEW)
SENT = (ENTRY, Act(OPEN, Verb.SUBMIT, ENTRY.id), STOP, Act(OPEN, Verb.SUBMIT, STOP.id))
HEARD = (*SENT, Report(OPEN, FILLED), Report(OPEN, RESTING), fill(ENTRY, 100))

THEIRS = Fill("f-t", "b-t", "", "KO", Side.BUY, D(7), D(60), OPEN)


@dataclass
class Street:
    """A broker that says what it is told to, and changes nothing."""

    all_orders: Sequence[BrokerOrder] = (FILLED, RESTING)
    held: dict[str, int] = field(default_factory=lambda: {"KO": 100})
    filled: Sequence[Fill] = (replace(fill(ENTRY, 100), client_id=""),)
    told: list[Notice] = field(default_factory=list)
    locked: int = 0
    average: Decimal | None = AVERAGE
    last: Decimal | None = LAST

    name = "paper"

    def open_orders(self) -> Sequence[BrokerOrder]:
        return [o for o in self.all_orders if not o.status.final]

    def orders(self, after: datetime) -> Sequence[BrokerOrder]:
        return [o for o in self.all_orders if o.submitted_at > after]

    def order(self, client_id: str) -> BrokerOrder | None:
        return next((o for o in self.all_orders if o.client_id == client_id), None)

    def positions(self) -> Sequence[BrokerPosition]:
        return [BrokerPosition(s, D(n), self.average, self.last) for s, n in self.held.items()]

    def fills(self, after: datetime, symbols: Collection[str]) -> Sequence[Fill]:
        return [f for f in self.filled if f.at >= after and f.symbol in symbols]

    def tell(self, notice: Notice) -> None:
        self.told.append(notice)

    def lock(self) -> AbstractContextManager[None]:
        self.locked += 1
        return nullcontext()


def ports(street: Street, ledger: MemoryLedger) -> BookPorts:
    broker: Any = street
    return BookPorts(broker, ledger, street, FixedClock(NOON), street.lock)


def test_both_sides_agree() -> None:
    street, ledger = Street(), MemoryLedger(*HEARD)
    told = run_orders(ports(street, ledger), verify=True)
    assert told.exit_code == 0
    assert told.warnings == ()
    assert told.summary == "orders and positions at the broker are those of the ledger"
    rows = {row["id"]: row for row in told.body["orders"]}
    assert list(rows) == [ENTRY.id, STOP.id]
    assert (rows[ENTRY.id]["ledger"], rows[ENTRY.id]["broker"]) == ("final", "filled")
    assert (rows[STOP.id]["ledger"], rows[STOP.id]["price"]) == ("open", 54.0)
    assert street.locked == 1


def test_what_the_ledger_has_yet_to_hear_is_news_and_no_difference() -> None:
    ledger = MemoryLedger(*SENT)
    told = run_orders(ports(Street(), ledger), verify=True)
    assert told.exit_code == 0
    assert told.warnings == (
        "the ledger has yet to hear 3 reports of the broker's; monitor will tell it",
    )
    assert ledger.facts().reports == [], "looking writes nothing"


@pytest.mark.parametrize(
    ("street", "text"),
    [
        (Street(held={}), "the ledger holds 100 shares, the broker 0"),
        (Street(held={"KO": -100}), "the broker the other side"),
        (Street(all_orders=(FILLED,)), f"the broker no longer knows our order {STOP.id}"),
        (Street(all_orders=(RESTING,)), f"the broker no longer knows our order {ENTRY.id}"),
        (
            Street(all_orders=(FILLED, RESTING, order(intent(Leg.EXIT, 100), Status.NEW))),
            "the ledger not",
        ),
        (
            Street(all_orders=(replace(FILLED, filled_shares=D(60)), RESTING)),
            "the ledger has 100 shares filled, the broker 60",
        ),
    ],
)
def test_every_kind_of_difference_has_its_sentence_and_exit_code(street: Street, text: str) -> None:
    ledger = MemoryLedger(*HEARD)
    told = run_orders(ports(street, ledger), verify=True)
    assert told.exit_code == 7
    assert any(text in sentence for sentence in told.body["differences"])
    assert run_orders(ports(street, ledger)).exit_code == 0, "looking is not verifying"


def test_orders_of_others_are_shown_and_are_no_difference() -> None:
    theirs = replace(order(STOP, Status.NEW), id="x", client_id="by phone", symbol="F")
    told = run_orders(ports(Street(all_orders=(FILLED, RESTING, theirs)), MemoryLedger(*HEARD)))
    row = next(row for row in told.body["orders"] if row["id"] == "by phone")
    assert (row["owner"], row["ledger"], row["symbol"]) == ("foreign", None, "F")
    assert told.body["differences"] == []


def test_positions_say_what_protects_them_and_what_is_not_ours() -> None:
    street = Street(held={"KO": 100, "F": -5})
    told = run_positions(ports(street, MemoryLedger(*HEARD)))
    (mine,) = told.body["positions"]
    assert (mine["symbol"], mine["shares"], mine["stop"]) == ("KO", 100, 54.0)
    assert (mine["protected"], mine["unrealized_usd"]) == (True, 200.0)
    assert told.body["foreign"] == [
        {"symbol": "F", "shares": -5, "avg_price": 61.0, "last_price": 62.0}
    ]
    assert told.counts == {"positions": 1, "foreign": 1, "unprotected": 0}


@pytest.mark.parametrize(
    "orders", [(FILLED,), (FILLED, replace(RESTING, shares=D(99)))], ids=["none", "too small"]
)
def test_a_stop_that_is_not_for_all_of_it_protects_nothing(orders: Sequence[BrokerOrder]) -> None:
    told = run_positions(ports(Street(all_orders=orders), MemoryLedger(*HEARD)))
    assert told.counts["unprotected"] == 1
    assert "KO: no stop for its whole quantity" in told.warnings


@pytest.mark.parametrize(
    ("there", "price"), [(130, D(61)), (70, D(60)), (0, D(60))], ids=["more", "less", "none"]
)
def test_an_acceptance_takes_the_brokers_quantity_and_counts_no_profit(
    there: int, price: Decimal
) -> None:
    street, ledger = Street(held={"KO": there} if there else {}), MemoryLedger(*HEARD)
    told = run_accept(ports(street, ledger), "KO", "spin-off")
    book = fold(ledger.facts())
    assert book.held("KO") == there
    (fact,) = ledger.facts().acceptances
    assert (fact.strategy, fact.price, fact.why) == (PLAN.strategy, price, "spin-off")
    realized = [p.realized_usd for p in (*book.open, *book.closed)]
    assert realized == [ZERO]
    assert len(street.told) == 1
    assert run_orders(ports(street, ledger), verify=True).body["differences"] == []
    assert told.summary == f"accepted KO: {there} shares, as the broker says; the ledger held 100"


@pytest.mark.parametrize("average", [None, D(0)])
def test_shares_that_cost_nothing_are_accepted_at_the_last_price(average: Decimal | None) -> None:
    ledger = MemoryLedger(*HEARD)
    run_accept(ports(Street(held={"KO": 130}, average=average), ledger), "KO", "spin-off")
    assert [a.price for a in ledger.facts().acceptances] == [D(62)]


@pytest.mark.parametrize("last", [None, D(0)])
def test_shares_without_any_price_are_not_accepted(last: Decimal | None) -> None:
    ledger, street = MemoryLedger(*HEARD), Street(held={"KO": 130}, average=D(0), last=last)
    with pytest.raises(UsageError, match="neither an average price nor a last one"):
        run_accept(ports(street, ledger), "KO", "spin-off")
    assert ledger.facts().acceptances == []


def test_a_dry_acceptance_writes_nothing() -> None:
    street, ledger = Street(held={"KO": 70}), MemoryLedger(*HEARD)
    told = run_accept(ports(street, ledger), "KO", "spin-off", dry_run=True)
    assert told.summary.startswith("would accept KO: 70 shares")
    assert (ledger.facts().acceptances, street.told) == ([], [])


@pytest.mark.parametrize(
    ("symbol", "why", "street", "facts", "text"),
    [
        ("F", "x", Street(held={"F": 5}), HEARD, "never traded F"),
        ("KO", "x", Street(), HEARD, "agree on 100 shares"),
        ("KO", "x", Street(held={"KO": 107}), (*HEARD, THEIRS), "agree on 100 shares"),
        ("KO", " ", Street(held={}), HEARD, "needs a reason"),
        ("KO", "x", Street(held={"KO": 1}), SENT, "may still settle by itself"),
        ("KO", "x", Street(all_orders=(), filled=(), held={"KO": 1}), SENT, "may trade"),
    ],
)
def test_what_cannot_be_accepted_is_refused(
    symbol: str, why: str, street: Street, facts: Sequence[Any], text: str
) -> None:
    ledger = MemoryLedger(*facts)
    with pytest.raises(UsageError, match=text):
        run_accept(ports(street, ledger), symbol, why)
    assert ledger.facts().acceptances == []
