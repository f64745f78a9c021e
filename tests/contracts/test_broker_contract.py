"""The broker's contract, over sockets and in process: what each answer, and each silence, means."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from broker_street import (
    MONDAY,
    TUESDAY,
    BrokerStreet,
    D,
    at,
    entry,
    ids,
    intent,
    settings,
    stop,
    street_tape,
)

from avwap_cli.adapters.broker.alpaca_broker import AlpacaBroker
from avwap_cli.adapters.broker.dry_broker import DryBroker
from avwap_cli.errors import (
    BrokerError,
    BrokerRefusal,
    BrokerUnclear,
    BrokerUnreachable,
    RateLimited,
)
from avwap_cli.exchange.http_wire import Limits
from avwap_cli.exchange.in_process import InProcess
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.ordered_faults.refusal_catalogue import CATALOGUE
from avwap_cli.exchange.server import serving
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.orders import Effect, OrderKind, Side, Status, TimeInForce
from avwap_cli.trading.refusals import RefusalName


@pytest.fixture(scope="module")
def tape() -> Tape:
    return street_tape()


@pytest.fixture(params=["sockets", "in_process"])
def street(request: pytest.FixtureRequest, tape: Tape) -> Iterator[BrokerStreet]:
    """Monday 09:45: AAPL stands at 190."""
    chosen = Settings(requests_per_minute=0, **getattr(request, "param_settings", {}))
    exchange = LocalExchange(tape, chosen, start=at("09:45"))
    with ExitStack() as exits:
        if request.param == "sockets":
            served = exits.enter_context(serving(exchange, limits=Limits(stop_s=0.01)))
            yield BrokerStreet(exchange, served.url, None)
        else:
            yield BrokerStreet(exchange, "http://127.0.0.1:1", InProcess(exchange))


# what is asked


def test_the_account_is_told(street: BrokerStreet) -> None:
    account = street.broker.account()
    assert (account.equity, account.last_equity, account.cash) == (D(100000),) * 3
    assert (account.buying_power, account.multiplier) == (D(200000), D(2))
    assert (account.status, account.shorting_enabled, account.blocked) == ("ACTIVE", True, False)
    assert account.number == street.exchange.venue.account_number
    assert street.broker.name == "exchange"


def test_the_clock_and_the_hours_are_the_brokers(street: BrokerStreet) -> None:
    clock = street.broker.clock()
    assert (clock.now, clock.is_open) == (at("09:45"), True)
    assert (clock.next_open, clock.next_close) == (at("09:30", TUESDAY), at("16:00"))
    assert street.broker.hours(MONDAY) == (at("09:30"), at("16:00"))
    thanksgiving = MONDAY + timedelta(days=3)
    assert street.broker.hours(thanksgiving) is None
    half_day = thanksgiving + timedelta(days=1)
    assert street.broker.hours(half_day) == (at("09:30", half_day), at("13:00", half_day))


def test_a_calendar_without_days_is_no_holiday(street: BrokerStreet) -> None:
    street.fault("truncated-page@GET /v2/calendar")
    assert street.broker.hours(MONDAY) == (at("09:30"), at("16:00"))
    with pytest.raises(BrokerUnclear, match="a calendar without days"):
        street.broker.hours(MONDAY.replace(year=2030))


def test_an_order_is_sent_exactly_as_meant(street: BrokerStreet) -> None:
    street.held()
    sent = stop("180.1", shares=10)
    answered = street.broker.submit(sent)
    body = json.loads(street.transport.sent[-1].body or b"")
    assert body == {
        "symbol": "AAPL",
        "qty": "10",
        "side": "sell",
        "type": "stop",
        "time_in_force": "gtc",
        "stop_price": "180.10",
        "client_order_id": "20261123.adx_pullback.AAPL.L.stop.1",
        "position_intent": "sell_to_close",
    }
    assert (answered.client_id, answered.side, answered.effect) == (
        sent.id,
        Side.SELL,
        Effect.CLOSE,
    )
    assert (answered.kind, answered.tif) == (OrderKind.STOP, TimeInForce.GTC)
    assert (answered.shares, answered.filled_shares) == (D(10), D(0))
    assert (answered.stop_price, answered.limit_price) == (D("180.1"), None)
    assert answered.status is Status.PENDING_NEW
    assert street.broker.order(sent.id) == replace(
        answered, status=Status.NEW, updated_at=answered.updated_at
    )


def test_an_order_that_the_broker_never_saw_is_none(street: BrokerStreet) -> None:
    assert street.broker.order("20261123.adx_pullback.AAPL.L.entry.1") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"shares": "1.5"},
        {"shares": "0"},
        {"shares": "-3"},
        {"shares": "NaN"},
        {"limit_price": D("10.001"), "kind": OrderKind.LIMIT},
        {"limit_price": D("0.12345"), "kind": OrderKind.LIMIT},
        {"limit_price": D("0"), "kind": OrderKind.LIMIT},
        {"limit_price": D("NaN"), "kind": OrderKind.LIMIT},
        {"kind": OrderKind.LIMIT},
        {"limit_price": D("10")},
        {"stop_price": D("10")},
        {"limit_price": D("10"), "kind": OrderKind.STOP_LIMIT},
        {"kind": OrderKind.TRAILING_STOP},
        {"tif": TimeInForce.OTHER},
    ],
)
def test_what_is_no_order_never_reaches_the_wire(
    street: BrokerStreet, changes: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"20261123\.adx_pullback\.AAPL\.L\.entry\.1"):
        street.broker.submit(entry(**changes))
    assert street.transport.sent == []


def test_a_price_below_a_dollar_has_four_decimals(street: BrokerStreet) -> None:
    street.broker.submit(entry(kind=OrderKind.LIMIT, limit_price=D("0.1234")))
    assert json.loads(street.transport.sent[-1].body or b"")["limit_price"] == "0.1234"


def test_positions_are_signed(street: BrokerStreet) -> None:
    street.held()
    short = entry("F", direction=-1, shares=20)
    assert street.broker.submit(short).effect is Effect.OPEN
    street.exchange.step(60)
    found = {p.symbol: (p.shares, p.last_price) for p in street.broker.positions()}
    assert found == {"AAPL": (D(10), D(190)), "F": (D(-20), D(12))}


def test_orders_come_oldest_first_and_those_after_a_moment(street: BrokerStreet) -> None:
    first = street.held()
    street.broker.submit(stop("180"))
    street.broker.submit(entry("F", kind=OrderKind.LIMIT, limit_price=D(11)))
    every = street.broker.orders(at("09:00"))
    assert ids(every) == [first.client_id, stop("180").id, entry("F").id]
    assert [order.status for order in every] == [Status.FILLED, Status.NEW, Status.NEW]
    assert ids(street.broker.orders(first.submitted_at)) == ids(every)[1:]
    assert ids(street.broker.open_orders()) == ids(every)[1:]
    street.broker.cancel(every[1].id)
    assert ids(street.broker.open_orders()) == [entry("F").id]


def test_more_than_a_page_of_orders_of_one_instant_comes_whole(
    street: BrokerStreet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avwap_cli.adapters.broker.broker_requests.ORDERS_A_PAGE", 4)
    for number in range(1, 12):
        street.broker.submit(
            entry("F", kind=OrderKind.LIMIT, limit_price=D(11), attempt=number, shares=1)
        )
        if number % 3 == 0:
            street.exchange.step(1)
    assert len(set(ids(street.broker.orders(at("09:00"))))) == 11
    assert len(street.broker.open_orders()) == 11


def test_fills_come_whole_and_from_the_moment_on(
    street: BrokerStreet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avwap_cli.adapters.broker.broker_requests.ACTIVITIES_A_PAGE", 2)
    for number in range(1, 6):
        street.broker.submit(entry("F", attempt=number, shares=number))
        street.exchange.step(60)
    found = street.broker.fills(at("09:00"))
    assert [fill.shares for fill in found] == [D(n) for n in range(1, 6)]
    assert {fill.symbol for fill in found} == {"F"}
    assert {(fill.side, fill.client_id) for fill in found} == {(Side.BUY, "")}
    orders = {order.id: order for order in street.broker.orders(at("09:00"))}
    assert [orders[fill.order_id].filled_avg_price for fill in found] == [f.price for f in found]
    assert street.broker.fills(found[2].at) == found[2:]
    assert len({fill.id for fill in found}) == 5


def test_cash_in_and_out_is_told(street: BrokerStreet) -> None:
    street.exchange.deposit(D(500))
    street.exchange.step(60)
    street.exchange.deposit(D("-125.5"))
    found = street.broker.transfers(at("09:45"))
    assert [(one.amount_usd, one.at) for one in found] == [
        (D(500), at("09:45")),
        (D("-125.5"), at("09:46")),
    ]
    assert [one.amount_usd for one in street.broker.transfers(at("09:46"))] == [D("-125.5")]


def test_assets_and_the_word_for_easy_to_borrow(street: BrokerStreet, tape: Tape) -> None:
    found = street.broker.asset("BRK.B")
    assert (found.symbol, found.tradable, found.shortable, found.easy_to_borrow, found.active) == (
        "BRK.B",
        True,
        True,
        True,
        True,
    )
    unknown = street.broker.asset("NOPE")
    assert (unknown.tradable, unknown.shortable, unknown.active) == (False, False, False)
    exchange = LocalExchange(tape, Settings(legacy_borrow_flag=False), start=at("09:45"))
    without = BrokerStreet(exchange, "http://127.0.0.1:1", InProcess(exchange))
    assert without.broker.asset("AAPL").easy_to_borrow
    without.fault("hard-to-borrow,symbol=AAPL")
    without.to("08:00", TUESDAY)
    assert not without.broker.asset("AAPL").easy_to_borrow


# what is changed


def test_a_stop_is_moved_under_a_new_id(street: BrokerStreet) -> None:
    street.held()
    old = street.broker.submit(stop("180"))
    new = street.broker.replace(old.id, stop("181.5", attempt=2, shares=6, replaces=old.client_id))
    assert json.loads(street.transport.sent[-1].body or b"") == {
        "qty": "6",
        "stop_price": "181.50",
        "client_order_id": stop("1", attempt=2).id,
    }
    assert (new.replaces, new.shares, new.stop_price) == (old.id, D(6), D("181.5"))
    before, after = street.broker.order(old.client_id), street.broker.order(new.client_id)
    assert before is not None
    assert after is not None
    assert (before.status, before.replaced_by) == (Status.REPLACED, new.id)
    assert (after.status, after.tif) == (Status.NEW, TimeInForce.GTC)


def test_a_cancel_of_what_has_ended_is_refused_by_name(street: BrokerStreet) -> None:
    filled = street.held()
    with pytest.raises(BrokerRefusal) as caught:
        street.broker.cancel(filled.id)
    assert (caught.value.status, caught.value.name) == (422, RefusalName.ALREADY_FINAL)


def test_a_second_order_of_the_same_id_is_refused_by_name(street: BrokerStreet) -> None:
    street.broker.submit(entry())
    with pytest.raises(BrokerRefusal) as caught:
        street.broker.submit(entry(shares=11))
    assert caught.value.name == RefusalName.DUPLICATE_ID
    assert street.counted() == 1


def test_an_exit_without_a_position_is_refused_and_opens_nothing(street: BrokerStreet) -> None:
    with pytest.raises(BrokerRefusal) as caught:
        street.broker.submit(intent(leg=Leg.EXIT))
    assert caught.value.name == RefusalName.POSITION_INTENT
    assert street.counted() == 0


def test_a_sale_of_what_a_stop_holds_is_refused_by_name(street: BrokerStreet) -> None:
    street.held()
    street.broker.submit(stop("180"))
    with pytest.raises(BrokerRefusal) as caught:
        street.broker.submit(intent(leg=Leg.EXIT))
    assert caught.value.name == RefusalName.INSUFFICIENT_QTY
    assert (caught.value.extras["available"], caught.value.extras["existing_qty"]) == ("0", "10")


def test_a_stop_beyond_the_price_is_refused_by_name(street: BrokerStreet) -> None:
    street.held()
    with pytest.raises(BrokerRefusal) as caught:
        street.broker.submit(stop("195"))
    assert caught.value.name == RefusalName.STOP_THROUGH


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_refusal_that_is_known_has_a_name(tape: Tape, name: str) -> None:
    exchange = LocalExchange(tape, Settings(), start=at("09:45"))
    street = BrokerStreet(exchange, "http://127.0.0.1:1", InProcess(exchange))
    street.fault(f"refuse@POST /v2/orders,value={name}")
    with pytest.raises(BrokerRefusal) as caught:
        street.broker.submit(entry())
    assert caught.value.name in list(RefusalName)
    assert caught.value.name != RefusalName.UNKNOWN
    assert len(street.sent("POST")) == 1


# what goes wrong with a change

DONE = ("504-after-accept", "reset-after-accept", "hang-after-accept")
NOT_DONE = ("reset", "hang", "500", "html", "html,value=200", "html,value=403")
SPOILT = (
    "truncated-page,value=bytes",
    "missing-field,value=id",
    "missing-field,value=client_order_id",
    "missing-field,value=filled_qty",
    "unknown-enum,value=side",
    "unknown-enum,value=client_order_id",
)


def fault_at(text: str, place: str) -> str:
    kind, comma, options = text.partition(",")
    return f"{kind}@{place}{comma}{options}"


@pytest.mark.parametrize(
    ("fault", "stands"),
    [*((f, 1) for f in DONE), *((f, 0) for f in NOT_DONE), *((f, 1) for f in SPOILT)],
)
def test_an_order_without_a_clear_answer_is_unclear_and_sent_once(
    street: BrokerStreet, fault: str, stands: int
) -> None:
    street.fault(fault_at(fault, "POST /v2/orders"))
    with pytest.raises(BrokerUnclear):
        street.broker.submit(entry())
    assert (len(street.sent("POST")), street.counted()) == (1, stands)
    street.clear()
    found = street.broker.order(entry().id)
    assert (found is not None) == bool(stands)


@pytest.mark.parametrize("fault", [*DONE, *NOT_DONE])
def test_a_cancel_without_a_clear_answer_is_unclear_and_sent_once(
    street: BrokerStreet, fault: str
) -> None:
    street.held()
    order = street.broker.submit(stop("180"))
    street.fault(fault_at(fault, "DELETE /v2/orders/*"))
    with pytest.raises(BrokerUnclear):
        street.broker.cancel(order.id)
    assert len(street.sent("DELETE")) == 1
    street.clear()
    found = street.broker.order(order.client_id)
    assert found is not None
    assert found.status is (Status.CANCELED if fault in DONE else Status.NEW)


@pytest.mark.parametrize("fault", [*DONE, *NOT_DONE, *SPOILT[:2]])
def test_a_move_without_a_clear_answer_is_unclear_and_sent_once(
    street: BrokerStreet, fault: str
) -> None:
    street.held()
    order = street.broker.submit(stop("180"))
    street.fault(fault_at(fault, "PATCH /v2/orders/*"))
    with pytest.raises(BrokerUnclear):
        street.broker.replace(order.id, stop("182", attempt=2))
    assert len(street.sent("PATCH")) == 1
    street.clear()
    assert (street.broker.order(stop("182", attempt=2).id) is None) == (fault in NOT_DONE)


@pytest.mark.parametrize("fault", ["429", "429-bare"])
def test_too_many_requests_did_nothing_and_are_not_repeated(
    street: BrokerStreet, fault: str
) -> None:
    street.fault(f"{fault}@POST /v2/orders")
    with pytest.raises(RateLimited):
        street.broker.submit(entry())
    assert (len(street.sent("POST")), street.counted()) == (1, 0)


def test_keys_that_are_refused_are_named(street: BrokerStreet) -> None:
    street.fault("401@* /v2/*")
    for call in (street.broker.account, lambda: street.broker.submit(entry())):
        with pytest.raises(BrokerRefusal) as caught:
            call()
        assert caught.value.name == RefusalName.UNAUTHORIZED
    assert len(street.transport.sent) == 2


def test_a_word_that_nobody_knows_is_unknown_and_open(street: BrokerStreet) -> None:
    street.fault("unknown-enum@POST /v2/orders,value=status")
    order = street.broker.submit(entry())
    assert (order.status, order.status.final) == (Status.UNKNOWN, False)
    words = {"status": Status.UNKNOWN, "type": OrderKind.OTHER, "time_in_force": TimeInForce.OTHER}
    for field, unknown in words.items():
        street.clear()
        street.fault(f"unknown-enum@GET /v2/orders*,value={field}")
        (found,) = street.broker.orders(at("09:00"))
        assert unknown in {found.status, found.kind, found.tif}
        assert found.client_id == entry().id


# what goes wrong with a question

ASKING = {
    "/v2/account": lambda s: s.broker.account(),
    "/v2/clock": lambda s: s.broker.clock(),
    "/v2/calendar": lambda s: s.broker.hours(MONDAY),
    "/v2/orders": lambda s: s.broker.open_orders(),
    "/v2/orders:by_client_order_id": lambda s: s.broker.order(entry().id),
    "/v2/positions": lambda s: s.broker.positions(),
    "/v2/account/activities/FILL": lambda s: s.broker.fills(at("09:00")),
    "/v2/account/activities": lambda s: s.broker.transfers(at("09:00")),
    "/v2/assets/AAPL": lambda s: s.broker.asset("AAPL"),
}
PASSING = ("reset", "500", "html", "html,value=200", "429", "truncated-page,value=bytes")


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("path", ASKING)
def test_a_question_is_repeated_and_then_given_up(
    street: BrokerStreet, path: str, fault: str
) -> None:
    street.held()
    street.exchange.deposit(D(1))
    told = ASKING[path](street)
    street.transport.sent.clear()
    street.fault(fault_at(fault, f"GET {path}") + ",nth=1")
    again = ASKING[path](street)
    assert type(again) is type(told)
    assert len(street.sent("GET")) == 2
    assert 2.0 <= street.time.slept[0] <= 3.0
    street.clear()
    street.fault(fault_at(fault, f"GET {path}"))
    street.transport.sent.clear()
    with pytest.raises(RateLimited if fault == "429" else BrokerUnclear):
        ASKING[path](street)
    assert len(street.sent("GET")) == 3


def test_a_question_that_hangs_is_given_up(street: BrokerStreet) -> None:
    street.fault("hang@GET /v2/positions")
    with pytest.raises(BrokerUnclear, match="GET /positions"):
        street.broker.positions()
    assert len(street.sent("GET")) == 3


REQUIRED = {
    "/v2/account": ("account_number", "status", "equity", "last_equity", "cash", "buying_power"),
    "/v2/clock": ("timestamp", "is_open", "next_open", "next_close"),
    "/v2/calendar": ("date", "open", "close"),
    "/v2/orders": ("id", "client_order_id", "symbol", "side", "type", "status", "filled_qty"),
    "/v2/positions": ("symbol", "side", "qty"),
    "/v2/account/activities/FILL": ("id", "order_id", "symbol", "side", "qty", "price"),
    "/v2/account/activities": ("id", "net_amount"),
    "/v2/assets/AAPL": ("symbol", "tradable", "shortable", "status"),
}


@pytest.mark.parametrize(("path", "name"), [(p, n) for p, names in REQUIRED.items() for n in names])
def test_a_missing_field_is_named_and_never_read_as_nothing(
    street: BrokerStreet, path: str, name: str
) -> None:
    street.held()
    street.broker.submit(stop("180"))
    street.exchange.deposit(D(1))
    street.fault(f"missing-field@GET {path},value={name}")
    with pytest.raises(BrokerUnclear, match=rf"\b{name}\b"):
        ASKING[path](street)


def test_a_permission_that_is_not_told_is_not_given(street: BrokerStreet) -> None:
    street.fault("missing-field@GET /v2/account,value=shorting_enabled")
    assert not street.broker.account().shorting_enabled
    street.clear()
    street.fault("missing-field@GET /v2/account,value=trading_blocked")
    assert street.broker.account().blocked


@pytest.mark.parametrize("path", ["/v2/orders", "/v2/account/activities/FILL"])
def test_a_page_that_comes_twice_counts_once(street: BrokerStreet, path: str) -> None:
    street.held()
    street.broker.submit(stop("180"))
    told = ASKING[path](street)
    street.fault(f"duplicated-page@GET {path}")
    assert ASKING[path](street) == told
    assert len(told) == 1


def test_positions_that_come_twice_are_unclear(street: BrokerStreet) -> None:
    street.held()
    street.fault("duplicated-page@GET /v2/positions")
    with pytest.raises(BrokerUnclear, match="twice"):
        street.broker.positions()


def test_where_nobody_listens_nothing_was_sent(tape: Tape) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    exchange = LocalExchange(tape, Settings(), start=at("09:45"))
    street = BrokerStreet(exchange, f"http://127.0.0.1:{port}", None)
    for call in (street.broker.account, lambda: street.broker.submit(entry())):
        with pytest.raises(BrokerUnreachable):
            call()
    assert (len(street.sent("GET")), len(street.sent("POST"))) == (3, 1)


def test_the_limit_of_the_broker_is_waited_for(tape: Tape) -> None:
    exchange = LocalExchange(tape, Settings(requests_per_minute=3), start=at("09:45"))
    street = BrokerStreet(exchange, "http://127.0.0.1:1", InProcess(exchange))
    for _ in range(5):
        street.broker.account()
    assert street.time.slept == [60.0]
    assert len(street.sent("GET")) == 5


def test_the_budget_of_the_settings_is_kept(tape: Tape) -> None:
    exchange = LocalExchange(tape, Settings(requests_per_minute=0), start=at("09:45"))
    keys = (exchange.keys.key_id, exchange.keys.secret)
    street = BrokerStreet(exchange, "http://127.0.0.1:1", InProcess(exchange))
    chosen = settings(street.url, requests_per_minute=4)
    broker = AlpacaBroker(chosen, *keys, street.time, transport=street.transport)
    for _ in range(6):
        broker.account()
    assert street.time.slept == [60.0]


def test_once_it_is_ready_an_order_is_not_kept_back(tape: Tape) -> None:
    exchange = LocalExchange(tape, Settings(requests_per_minute=0), start=at("09:45"))
    keys = (exchange.keys.key_id, exchange.keys.secret)
    street = BrokerStreet(exchange, "http://127.0.0.1:1", InProcess(exchange))
    chosen = settings(street.url, requests_per_minute=4)
    broker = AlpacaBroker(chosen, *keys, street.time, transport=street.transport)
    for _ in range(4):
        broker.account()
    DryBroker(broker).ready()  # the way to it leads through a dry run as well
    assert (street.time.slept, len(street.transport.sent)) == ([60.0], 4)
    broker.account()
    assert street.time.slept == [60.0]


# a dry run


def test_a_dry_run_asks_and_changes_nothing(street: BrokerStreet) -> None:
    street.held()
    resting = street.broker.submit(stop("180"))
    requests = len(street.transport.sent)
    dry = DryBroker(street.broker)
    sent = dry.submit(entry("F", kind=OrderKind.LIMIT, limit_price=D("11.5")))
    moved = dry.replace(resting.id, stop("185", attempt=2))
    dry.cancel(moved.id)
    assert len(street.transport.sent) == requests
    assert dry.would == [
        "send buy 10 F limit day limit 11.50 (buy_to_open, 20261123.adx_pullback.F.L.entry.1)",
        f"change order {resting.id} to 10 AAPL stop 185.00 (20261123.adx_pullback.AAPL.L.stop.2)",
        f"cancel order {moved.id}",
    ]
    assert (sent.status, dry.order(sent.client_id)) == (Status.ACCEPTED, sent)
    assert ids(dry.open_orders()) == [sent.client_id]
    shown = {order.client_id: order.status for order in dry.orders(at("09:00"))}
    assert shown[resting.client_id] is Status.REPLACED
    assert shown[moved.client_id] is Status.CANCELED
    assert dry.account() == street.broker.account()
    assert dry.positions() == street.broker.positions()
    assert {request.method for request in street.transport.sent[requests:]} == {"GET"}
    with pytest.raises(ValueError, match="no number of shares"):
        dry.submit(entry(shares="1.5"))


def test_every_error_is_a_broker_error() -> None:
    for kind in (BrokerUnclear, BrokerUnreachable, RateLimited, BrokerRefusal):
        assert issubclass(kind, BrokerError)
        assert kind.exit_code == 6
