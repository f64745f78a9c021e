"""The broker adapter against answers written by hand: live money, pages, and silence."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError

from avwap_cli.adapters.broker.alpaca_broker import AlpacaBroker
from avwap_cli.errors import (
    BrokerError,
    BrokerRefusal,
    BrokerUnclear,
    BrokerUnreachable,
    ConfigError,
    RateLimited,
)
from avwap_cli.settings import BrokerSettings
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import OrderKind, TimeInForce

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SETTINGS = BrokerSettings("live", "https://api.alpaca.markets", "", 1.0, (2.0,), (), 190)
ENTRY = Intent(
    "20261123.adx_pullback.AAPL.L.entry.1",
    Role(date(2026, 11, 23), "adx_pullback", "AAPL", 1, Leg.ENTRY),
    OrderKind.MARKET,
    TimeInForce.DAY,
    Decimal(10),
    None,
    None,
    "",
    None,
    "",
    None,
    NOW,
)
ACCOUNT = {
    "account_number": "987654321",
    "status": "ACTIVE",
    "equity": "1000",
    "last_equity": "1000",
    "cash": "1000",
    "buying_power": "1000",
    "multiplier": "2",
    "shorting_enabled": True,
    "trading_blocked": False,
    "account_blocked": False,
}


def order(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"id-{number}",
        "client_order_id": f"c-{number}",
        "symbol": "AAPL",
        "asset_class": "us_equity",
        "side": "buy",
        "type": "market",
        "time_in_force": "day",
        "status": "new",
        "qty": "10",
        "filled_qty": "0",
        "submitted_at": "2026-11-23T14:30:00.123456789Z",
        "updated_at": "2026-11-23T14:30:00.123456789Z",
        **changes,
    }


@dataclass
class Clock:
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=sum(self.slept))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Wire(BaseAdapter):
    """Answers each request by a function of method and path."""

    def __init__(self, answer: Callable[[str, str], tuple[int, dict[str, str], Any]]) -> None:
        super().__init__()
        self.answer = answer
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.asked.append(f"{request.method} {request.path_url}")
        status, headers, body = self.answer(str(request.method), str(request.path_url))
        response = requests.Response()
        response.status_code = status
        response.headers.update(headers)
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        response.raw = io.BytesIO(text)
        response.request = request
        response.url = str(request.url)
        return response

    def close(self) -> None: ...


def broker(wire: Wire, clock: Clock | None = None) -> AlpacaBroker:
    return AlpacaBroker(
        SETTINGS,
        "AK123",
        "s" * 40,
        clock or Clock(),
        environment={"AVWAP_LIVE": "987654321"},
        transport=wire,
    )


def test_with_live_money_the_account_is_looked_at_before_anything_is_sent() -> None:
    wire = Wire(lambda method, _: (200, {}, ACCOUNT if method == "GET" else order(1)))
    made = broker(wire)
    with pytest.raises(BrokerUnclear):  # another id than was sent
        made.submit(ENTRY)
    assert wire.asked == ["GET /v2/account", "POST /v2/orders"]
    with pytest.raises(BrokerUnclear):
        made.submit(ENTRY)
    assert wire.asked[2:] == ["POST /v2/orders"]


def test_another_live_account_gets_no_order() -> None:
    wire = Wire(lambda *_: (200, {}, {**ACCOUNT, "account_number": "1"}))
    made = broker(wire)
    for call in (
        made.account,
        lambda: made.submit(ENTRY),
        lambda: made.replace("x", ENTRY),
        lambda: made.cancel("x"),
    ):
        with pytest.raises(ConfigError, match="another account"):
            call()
    assert set(wire.asked) == {"GET /v2/account"}


def test_pages_of_orders_that_stand_still_are_unclear() -> None:
    page = [order(number) for number in range(500)]
    wire = Wire(lambda *_: (200, {}, page))
    with pytest.raises(BrokerUnclear, match="do not go on"):
        broker(wire).open_orders()
    assert len(wire.asked) == 2
    assert "after=2026-11-23T14%3A30%3A00.123455Z" in wire.asked[1]


def test_pages_of_fills_that_stand_still_are_unclear() -> None:
    fill = {
        "order_id": "o",
        "symbol": "F",
        "side": "sell_short",
        "qty": "1",
        "price": "2.5",
        "transaction_time": "2026-11-23T14:30:00Z",
    }
    page = [{"id": f"f-{number}", **fill} for number in range(100)]
    wire = Wire(lambda *_: (200, {}, page))
    with pytest.raises(BrokerUnclear, match="do not go on"):
        broker(wire).fills(NOW - timedelta(days=1))
    assert "page_token=f-99" in wire.asked[1]
    few = Wire(lambda *_: (200, {}, page[:3]))
    found = broker(few).fills(NOW - timedelta(days=1))
    assert [(f.id, f.side.value, f.price) for f in found] == [
        (f"f-{n}", "sell", Decimal("2.5")) for n in range(3)
    ]


def test_orders_of_options_and_coins_are_passed_over() -> None:
    rows = [
        order(1),
        order(2, asset_class="crypto", symbol="BTC/USD"),
        order(3, asset_class="", order_class="mleg", side=None, symbol=None),
        order(4, asset_class="us_option", side=""),
    ]
    found = broker(Wire(lambda *_: (200, {}, rows))).open_orders()
    assert [one.id for one in found] == ["id-1"]


def test_only_a_final_order_of_somebody_else_may_be_unreadable() -> None:
    def shown(**changes: Any) -> list[str]:
        rows = [order(1), order(2, filled_qty=None, **changes)]
        return [one.id for one in broker(Wire(lambda *_: (200, {}, rows))).open_orders()]

    assert shown(status="filled") == ["id-1"]
    ours = "20261123.avwap.AAPL.L.entry.1"
    for changes in (
        {"status": "new"},
        {"status": "of tomorrow"},
        {"status": None},
        {"status": "filled", "client_order_id": None},
        {"status": "filled", "client_order_id": ""},
        {"status": "filled", "client_order_id": ours},
    ):
        with pytest.raises(BrokerUnclear, match="filled_qty"):
            shown(**changes)


@pytest.mark.parametrize("body", [None, {}, [None], ["x"], "x", 3, b"", b"<html>", b'[{"id"'])
def test_no_list_is_never_an_empty_list(body: Any) -> None:
    made = broker(Wire(lambda *_: (200, {}, body)))
    for ask in (
        made.open_orders,
        made.positions,
        lambda: made.orders(NOW),
        lambda: made.fills(NOW),
        lambda: made.transfers(NOW),
    ):
        with pytest.raises(BrokerUnclear):
            ask()


def test_a_redirect_is_no_answer_to_an_order_and_no_success_of_a_cancel() -> None:
    def elsewhere(method: str, _: str) -> tuple[int, dict[str, str], Any]:
        return (200, {}, ACCOUNT) if method == "GET" else (302, {"Location": "/login"}, b"")

    made = broker(Wire(elsewhere))
    with pytest.raises(BrokerUnclear, match="sent elsewhere"):
        made.submit(ENTRY)
    with pytest.raises(BrokerUnclear, match="sent elsewhere"):
        made.cancel("x")


@pytest.mark.parametrize(("status", "clear"), [(204, True), (200, False)])
def test_only_204_without_a_body_is_a_cancel_that_was_noted(status: int, clear: bool) -> None:
    wire = Wire(lambda method, _: (200, {}, ACCOUNT) if method == "GET" else (status, {}, b""))
    made = broker(wire)
    if clear:
        made.cancel("x")
        assert wire.asked[-1] == "DELETE /v2/orders/x"
    else:
        with pytest.raises(BrokerUnclear, match="empty body"):
            made.cancel("x")


def test_the_wait_that_the_broker_asks_for_is_kept() -> None:
    answers = iter([(429, {"Retry-After": "7"}, b""), (200, {}, [])])
    clock = Clock()
    assert broker(Wire(lambda *_: next(answers)), clock).positions() == []
    assert clock.slept == [7.0]


def test_the_wait_is_told_where_an_order_was_one_too_many() -> None:
    wire = Wire(
        lambda method, _: (
            (200, {}, ACCOUNT) if method == "GET" else (429, {"Retry-After": "9"}, b"")
        )
    )
    with pytest.raises(RateLimited) as caught:
        broker(wire).submit(ENTRY)
    assert caught.value.wait_s == 9.0


def test_a_name_that_does_not_resolve_is_unreachable_and_a_broken_pipe_unclear() -> None:
    def failing(problem: Exception) -> Wire:
        def fail(method: str, _: str) -> tuple[int, dict[str, str], Any]:
            if method == "GET":
                return 200, {}, ACCOUNT
            raise problem

        return Wire(fail)

    reason = NewConnectionError(None, "Name or service not known")  # type: ignore[arg-type]
    unresolved = requests.ConnectionError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]
    for problem, kind in (
        (unresolved, BrokerUnreachable),
        (requests.ConnectTimeout("connect timed out"), BrokerUnreachable),
        (requests.ConnectionError("Connection aborted."), BrokerUnclear),
        (requests.ReadTimeout("read timed out"), BrokerUnclear),
        (requests.exceptions.ChunkedEncodingError("cut"), BrokerUnclear),
    ):
        wire = failing(problem)
        with pytest.raises(kind):
            broker(wire).submit(ENTRY)
        assert wire.asked.count("POST /v2/orders") == 1


@pytest.mark.parametrize(
    "body",
    [
        {"code": 40410000, "message": "endpoint not found."},
        {"message": "position does not exist"},
        b"<html>404</html>",
        {"message": 5},
    ],
)
def test_only_order_not_found_means_that_there_is_none(body: Any) -> None:
    with pytest.raises((BrokerUnclear, BrokerRefusal)):
        broker(Wire(lambda *_: (404, {}, body))).order("c-1")
    gone = {"code": 40410000, "message": "order not found for c-1"}
    assert broker(Wire(lambda *_: (404, {}, gone))).order("c-1") is None


def test_another_order_than_asked_for_is_unclear() -> None:
    with pytest.raises(BrokerUnclear, match="c-2"):
        broker(Wire(lambda *_: (200, {}, order(2)))).order("c-1")


def test_secrets_are_in_no_message() -> None:
    for status, body in ((401, {"message": "unauthorized."}), (500, b"no"), (403, b"<html>")):
        with pytest.raises(BrokerError) as caught:
            broker(Wire(lambda *_, s=status, b=body: (s, {}, b))).account()  # type: ignore[misc]
        assert "s" * 8 not in str(caught.value)
        assert "AK123" not in str(caught.value)


def test_cash_with_only_a_day_counts_from_that_day_on() -> None:
    rows = [
        {"id": "a", "activity_type": "CSD", "date": "2026-11-23", "net_amount": "100"},
        {"id": "b", "activity_type": "CSD", "date": "2026-11-22", "net_amount": "100"},
        {"id": "c", "activity_type": "CSW", "date": "2026-11-23", "net_amount": "-5"},
        {
            "id": "d",
            "activity_type": "CSW",
            "date": "2026-11-23",
            "net_amount": "-7",
            "status": "canceled",
        },
    ]
    found = broker(Wire(lambda *_: (200, {}, rows))).transfers(NOW)
    assert [(one.id, one.amount_usd) for one in found] == [("a", Decimal(100)), ("c", Decimal(-5))]
