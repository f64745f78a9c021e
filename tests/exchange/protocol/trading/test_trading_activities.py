"""Activities over REST: fills and transfers, filtered and in pages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from data_context import daily_table
from rest_calls import Calls

from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape


@pytest.fixture
def calls(open_exchange):
    """Three fills a minute and more apart, and a deposit between the second and the third."""
    client = Calls(open_exchange("10:00"))
    for step, symbol in enumerate(("AAPL", "MSFT", "SPY")):
        if step == 2:
            client.exchange.venue.deposit(Decimal(500))
        client.order(symbol=symbol)
        client.exchange.step(600)
    return client


def symbols(activities):
    return [activity.get("symbol", activity["activity_type"]) for activity in activities]


def test_all_of_them_latest_first(calls):
    assert symbols(calls.get("/v2/account/activities")) == ["SPY", "CSD", "MSFT", "AAPL"]
    assert symbols(calls.get("/v2/account/activities?direction=asc&page_size=2")) == [
        "AAPL",
        "MSFT",
    ]


def test_fills_carry_new_york_time_in_their_ids_and_utc_in_the_rest(calls):
    fill = calls.get("/v2/account/activities/FILL")[-1]
    assert fill["id"].startswith("202611231000")
    assert fill["transaction_time"].startswith("2026-11-23T15:0")
    assert (fill["type"], fill["qty"], fill["cum_qty"], fill["leaves_qty"]) == (
        "fill",
        "1",
        "1",
        "0",
    )
    order = calls.get(f"/v2/orders/{fill['order_id']}")
    assert fill["price"] == order["filled_avg_price"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/FILL", ["SPY", "MSFT", "AAPL"]),
        ("/CSD", ["CSD"]),
        ("/TRANS", ["CSD"]),
        ("/DIV", []),
        ("?activity_types=FILL,CSD", ["SPY", "CSD", "MSFT", "AAPL"]),
        ("?category=trade_activity", ["SPY", "MSFT", "AAPL"]),
        ("?category=non_trade_activity", ["CSD"]),
        ("?date=2026-11-23", ["SPY", "CSD", "MSFT", "AAPL"]),
        ("?date=2026-11-24", []),
        ("?after=2026-11-23T15:12:00Z", ["SPY", "CSD"]),
        ("?until=2026-11-23T15:05:00Z", ["AAPL"]),
        ("?after=2026-11-23", ["SPY", "CSD", "MSFT", "AAPL"]),
    ],
)
def test_filters(calls, target, expected):
    assert symbols(calls.get(f"/v2/account/activities{target}")) == expected


def test_fills_of_one_order(calls):
    order = calls.get("/v2/orders?status=all&symbols=MSFT")[0]
    found = calls.get(f"/v2/account/activities/FILL?order_id={order['id']}")
    assert symbols(found) == ["MSFT"]


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_give_everything_once(calls, direction):
    whole = calls.get(f"/v2/account/activities?direction={direction}")
    found, token = [], ""
    while page := calls.get(
        f"/v2/account/activities?direction={direction}&page_size=3&page_token={token}"
    ):
        assert len(page) <= 3
        found += page
        token = page[-1]["id"]
    assert found == whole


@pytest.mark.parametrize(
    "query",
    ["page_size=101", "page_size=0", "page_token=nothing", "category=all", "direction=up"],
)
def test_wrong_questions_are_refused(calls, query):
    assert calls.refusal("GET", f"/v2/account/activities?{query}")[:2] == (422, 40010001)


def test_kinds_and_category_exclude_each_other(calls):
    target = "/v2/account/activities?activity_types=FILL&category=trade_activity"
    assert calls.refusal("GET", target)[0] == 422


def test_pages_go_through_the_hour_that_comes_twice():
    """On 2026-11-01 the hour from 01:00 comes twice in New York, and so do the times of ids."""
    days = daily_table({"AAPL": 190.0}, date(2026, 10, 26), date(2026, 11, 6))
    start = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    calls = Calls(LocalExchange(Tape(days), Settings(requests_per_minute=0), start=start))
    for amount in range(1, 7):
        calls.exchange.venue.deposit(Decimal(amount))
        calls.exchange.step(1200)
    for direction, amounts in (("asc", "123456"), ("desc", "654321")):
        found, token = [], ""
        target = f"/v2/account/activities?direction={direction}&page_size=1&page_token="
        while page := calls.get(target + token):
            found += page
            token = page[-1]["id"]
        assert "".join(one["net_amount"] for one in found) == amounts


def test_a_page_token_of_another_filter_is_refused(calls):
    (deposit,) = calls.get("/v2/account/activities/CSD")
    target = f"/v2/account/activities/FILL?page_token={deposit['id']}"
    assert calls.refusal("GET", target)[:2] == (422, 40010001)
