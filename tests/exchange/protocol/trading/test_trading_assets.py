"""Assets over REST: the list, its filters, and single ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rest_calls import Calls

from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.settings import Settings


@pytest.fixture
def calls(open_exchange):
    return Calls(open_exchange())


def symbols(assets):
    return {asset["symbol"] for asset in assets}


def test_the_list_is_sorted_by_exchange_and_symbol(calls):
    assets = calls.get("/v2/assets")
    assert symbols(assets) == {"AAPL", "MSFT", "SPY"}
    places = [(asset["exchange"], asset["symbol"]) for asset in assets]
    assert places == sorted(places)


def test_filters(calls):
    exchange = calls.get("/v2/assets/AAPL")["exchange"]
    assert "AAPL" in symbols(calls.get(f"/v2/assets?status=active&exchange={exchange}"))
    assert symbols(calls.get("/v2/assets?asset_class=us_equity")) == {"AAPL", "MSFT", "SPY"}
    for query in ("status=inactive", "asset_class=crypto", "exchange=OTC", "attributes=ipo"):
        assert calls.get(f"/v2/assets?{query}") == []


def test_one_by_symbol_or_id(calls):
    asset = calls.get("/v2/assets/AAPL")
    assert (asset["class"], asset["status"], asset["tradable"]) == ("us_equity", "active", True)
    assert (asset["easy_to_borrow"], asset["borrow_status"]) == (True, "easy_to_borrow")
    assert calls.get(f"/v2/assets/{asset['id']}") == asset
    assert calls.get("/v2/assets/aapl") == asset


@pytest.mark.parametrize("name", ["NOPE", "BTC/USD", "00000000-0000-4000-8000-000000000000"])
def test_unknown_ones_are_404(calls, name):
    assert calls.refusal("GET", f"/v2/assets/{name}")[:2] == (404, 40410000)


def test_borrowing_can_become_hard_and_the_old_field_can_go(small_tape, calls):
    settings = replace(Settings(), legacy_borrow_flag=False)
    other = Calls(LocalExchange(small_tape, settings, start=calls.exchange.now()))
    other.exchange.venue.set_borrow("AAPL", "hard_to_borrow")
    asset = other.get("/v2/assets/AAPL")
    assert asset["borrow_status"] == "hard_to_borrow"
    assert all("easy_to_borrow" not in asset for asset in other.get("/v2/assets"))
