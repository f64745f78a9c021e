"""The Python handle: time, faults, the snapshot, and one thing at a time."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from avwap_cli.errors import UsageError
from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.instants import MINUTE, instant
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.market.sessions import EASTERN

Open = Callable[..., LocalExchange]
OPEN = datetime(2026, 11, 23, 9, 30, tzinfo=EASTERN)


def headers(exchange: LocalExchange) -> dict[str, str]:
    return {
        "apca-api-key-id": exchange.keys.key_id,
        "apca-api-secret-key": exchange.keys.secret,
    }


def ask(exchange: LocalExchange, method: str, path: str, body: object = None) -> Answer:
    data = b"" if body is None else json.dumps(body).encode()
    return exchange.handle(Request(method, path, (), headers(exchange), data))


def buy(exchange: LocalExchange, qty: int = 10) -> Answer:
    order = {"symbol": "AAPL", "qty": qty, "side": "buy", "type": "market", "time_in_force": "day"}
    return ask(exchange, "POST", "/v2/orders", order)


def test_time_stands_until_it_is_stepped(open_exchange: Open) -> None:
    exchange = open_exchange("09:25")
    assert exchange.now() == OPEN - timedelta(minutes=5)
    exchange.step(90)
    assert exchange.now() == OPEN - timedelta(minutes=3, seconds=30)
    exchange.step_to(OPEN)
    assert json.loads(ask(exchange, "GET", "/v2/clock").body)["is_open"] is True


def test_an_order_fills_when_time_passes_the_next_print(open_exchange: Open) -> None:
    exchange = open_exchange("09:25")
    order = json.loads(buy(exchange).body)
    assert order["status"] == "accepted"
    exchange.step_to(OPEN + timedelta(minutes=2))
    found = json.loads(ask(exchange, "GET", f"/v2/orders/{order['id']}").body)
    assert (found["status"], found["filled_qty"]) == ("filled", "10")
    assert [str(p.qty) for p in exchange.venue.positions()] == ["10"]


@pytest.mark.parametrize(
    ("moment", "message"),
    [
        (OPEN - timedelta(minutes=1), "time does not run backwards"),
        (OPEN.replace(tzinfo=None), "has no time zone"),
        (OPEN.replace(year=2034), "no further"),
    ],
)
def test_a_step_that_cannot_be_changes_nothing(
    open_exchange: Open, moment: datetime, message: str
) -> None:
    exchange = open_exchange("09:30")
    before = exchange.snapshot()
    with pytest.raises(ValueError, match=message):
        exchange.step_to(moment)
    assert exchange.snapshot() == before


def test_a_running_clock_moves_the_books_with_every_request(open_exchange: Open) -> None:
    passed = [0]
    exchange = open_exchange("09:25", speed=60, real_ns=lambda: passed[0])
    order = json.loads(buy(exchange).body)
    passed[0] += 7 * MINUTE // 60
    found = json.loads(ask(exchange, "GET", f"/v2/orders/{order['id']}").body)
    assert found["status"] == "filled"
    assert exchange.now() == OPEN + timedelta(minutes=2)
    exchange.set_speed(0)
    passed[0] += MINUTE
    assert exchange.now() == OPEN + timedelta(minutes=2)


def test_a_step_of_a_running_clock_goes_on_from_there(open_exchange: Open) -> None:
    passed = [0]
    exchange = open_exchange("09:25", speed=1, real_ns=lambda: passed[0])
    passed[0] += MINUTE
    exchange.step(60)
    assert exchange.now() == OPEN - timedelta(minutes=3)


def test_a_running_clock_can_be_stepped_and_asked_whatever_passes(open_exchange: Open) -> None:
    """Real time advances by an hour of virtual time with every look at it."""
    real = itertools.count(0, 6_000_000_000)
    exchange = open_exchange("09:25", speed=600, real_ns=lambda: next(real))
    for count in range(1, 6):
        exchange.step(0)
        assert exchange.clock.now == exchange.venue.now
        assert exchange.venue.now == instant(OPEN) + (60 * count - 5) * MINUTE
    ask(exchange, "POST", "/_exchange/step", {"seconds": 0})
    assert exchange.venue.now == instant(OPEN) + (60 * 6 - 5) * MINUTE
    assert ask(exchange, "POST", "/_exchange/speed", {"speed": 0}).status == 200
    assert exchange.now() == OPEN + timedelta(minutes=60 * 7 - 5)


def test_the_books_stand_still_while_they_are_read(open_exchange: Open) -> None:
    real = itertools.count(0, MINUTE)
    exchange = open_exchange("09:31", speed=1, real_ns=lambda: next(real))
    with ThreadPoolExecutor(1) as threads, exchange.reading() as books:
        now = books.now
        bought = threads.submit(buy, exchange)
        with pytest.raises(TimeoutError):
            bought.result(0.05)
        assert (books.now, list(books.events)) == (now, [])
    assert bought.result(2).status == 200
    assert len(exchange.venue.orders()) == 1


def test_cash_comes_in_and_goes_out(open_exchange: Open) -> None:
    exchange = open_exchange(cash="1000")
    exchange.deposit(Decimal("500.50"))
    exchange.deposit(Decimal(-1500))
    assert exchange.venue.balances().cash == Decimal("0.50")
    before = exchange.snapshot()
    for amount in ("0", "NaN", "0.001", "1e13", "-0.51", "-Infinity"):
        with pytest.raises(ValueError, match=r"a deposit is|the account holds 0\.50 USD"):
            exchange.deposit(Decimal(amount))
    assert exchange.snapshot() == before


def test_listeners_hear_of_what_happened_before_a_mistake(
    open_exchange: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = open_exchange()
    heard = []
    exchange.changed.append(lambda: heard.append(1))
    monkeypatch.setattr(exchange.gateway, "handle", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ask(exchange, "GET", "/v2/clock")
    assert heard == [1]
    exchange.snapshot()
    assert heard == [1]


def test_faults_are_ordered_as_text_or_as_records(open_exchange: Open) -> None:
    exchange = open_exchange(faults=["500@GET /v2/clock,times=1"])
    assert ask(exchange, "GET", "/v2/clock").status == 500
    assert ask(exchange, "GET", "/v2/clock").status == 200
    exchange.fault(Fault(FaultKind.UNAUTHORIZED, "GET /v2/account"))
    assert ask(exchange, "GET", "/v2/account").status == 401
    with pytest.raises(UsageError, match="504-after-accept"):
        exchange.fault("504-after-acept")
    with pytest.raises(UsageError, match="seconds"):
        exchange.fault(Fault(FaultKind.STALE_QUOTE, value="old"))
    assert exchange.snapshot()["faults_fired"] == {"401": 1, "500": 1}


def test_listeners_hear_of_steps_and_requests(open_exchange: Open) -> None:
    exchange = open_exchange()
    heard = []
    exchange.changed.append(lambda: heard.append(exchange.now()))
    exchange.step(1)
    ask(exchange, "GET", "/v2/clock")
    assert len(heard) == 2


def test_the_snapshot_is_json_and_tells_the_books(open_exchange: Open) -> None:
    exchange = open_exchange("09:25")
    buy(exchange)
    exchange.step_to(OPEN + timedelta(minutes=2))
    snapshot = json.loads(json.dumps(exchange.snapshot()))
    assert snapshot["requests"] == 1
    assert snapshot["speed"] == 0
    assert len(snapshot["orders"]) == 1
    assert len(snapshot["positions"]) == 1


def test_the_same_seed_gives_the_same_keys_and_events(open_exchange: Open) -> None:
    def run() -> list[object]:
        exchange = open_exchange("09:25")
        buy(exchange)
        exchange.step(600)
        return [exchange.keys, *exchange.venue.events]

    assert run() == run()


def test_threads_take_turns(open_exchange: Open) -> None:
    exchange = open_exchange("09:31", cash="100000000")

    def work(number: int) -> int:
        if number % 4 == 0:
            exchange.step(0.01)
        return buy(exchange, 1).status

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(work, range(80)))
    assert statuses == [200] * 80
    assert exchange.requests == 80
    assert [order.seq for order in exchange.venue.orders()] == list(range(1, 81))
    assert [event.seq for event in exchange.venue.events] == list(
        range(1, len(exchange.venue.events) + 1)
    )
