"""The catalogue of refusals: whole, and in the words of the broker."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from avwap_cli.exchange.broker.rules import account_refusals, order_refusals
from avwap_cli.exchange.protocol.ordered_faults.refusal_catalogue import CATALOGUE

TABLE = [
    ("insufficient-buying-power", 403, 40310000, "insufficient buying power"),
    (
        "insufficient-qty",
        403,
        40310000,
        "insufficient qty available for order (requested: 1, available: 0)",
    ),
    ("wash-trade", 403, 40310000, "potential wash trade detected. use complex orders"),
    (
        "long-buy-while-short-sell",
        403,
        40310000,
        "cannot open a long buy while a short sell order is open",
    ),
    (
        "short-sell-while-long-buy",
        403,
        40310000,
        "cannot open a short sell while a long buy order is open",
    ),
    (
        "opg-window",
        403,
        40310000,
        "opg orders must be submitted after 7:00pm and before 9:28am",
    ),
    (
        "cls-window",
        403,
        40310000,
        "cls orders must be submitted after 7:00pm and before 3:55pm",
    ),
    ("not-fractionable", 403, 40310000, 'asset "X" is not fractionable'),
    ("no-shorting", 403, 40310000, "account is not allowed to short"),
    ("liquidation-only", 403, 40310000, "account is restricted to liquidation only"),
    ("day-trading", 403, 40310100, "trade denied due to pattern day trading protection"),
    ("no-order", 404, 40410000, "order not found for 00000000-0000-4000-8000-000000000000"),
    ("no-position", 404, 40410000, "position does not exist"),
    ("no-symbol", 404, 40410000, "symbol not found: X"),
    ("client-id-taken", 422, 40010001, "client_order_id must be unique"),
    (
        "client-id-too-long",
        422,
        40010001,
        "client_order_id must be no more than 128 characters",
    ),
    ("qty-not-positive", 422, 40010001, "qty must be > 0"),
    ("notional-too-small", 422, 40010001, "notional must be >= 1.00"),
    ("qty-and-notional", 422, 40010001, "only one of qty or notional is accepted"),
    ("limit-price-needed", 422, 40010001, "limit orders require a limit price"),
    (
        "both-prices-needed",
        422,
        40010001,
        "stop limit orders require both stop and limit price",
    ),
    ("price-foreign", 422, 40010001, "market orders require no stop or limit price"),
    ("inactive-asset", 422, 40010001, "asset X is not active"),
    (
        "sub-penny",
        422,
        42210000,
        "invalid limit_price 290.123. "
        "sub-penny increment does not fulfill minimum pricing criteria",
    ),
    ("fractional-not-day", 422, 42210000, "fractional orders must be DAY orders"),
    ("fractional-not-simple", 422, 42210000, "fractional orders must be simple orders"),
    ("fractional-short", 422, 42210000, "fractional orders cannot be sold short"),
    ("not-entry", 422, 42210000, "bracket orders must be entry orders"),
    ("not-exit", 422, 42210000, "oco orders must be exit orders"),
    ("wrong-side-stop", 422, 42210000, "stop price must be less than current price"),
    ("not-extended", 422, 42210000, "extended hours order must be DAY or GTC limit orders"),
    ("unknown-asset", 422, 42210000, 'asset "X" not found'),
    ("not-shortable", 422, 42210000, 'asset "X" cannot be sold short'),
    (
        "hard-to-borrow",
        422,
        42210000,
        'only day orders are allowed for hard-to-borrow asset "X"',
    ),
    (
        "intent-mismatch",
        422,
        42210000,
        "position intent mismatch, inferred: sell_to_open, specified: sell_to_close",
    ),
    ("already-filled", 422, 42210000, 'order is already in "filled" state'),
    ("not-replaceable", 422, 42210000, "cannot replace order in accepted status"),
    ("already-replaced", 422, 42210000, "order already replaced"),
    ("chain-unfinished", 422, 42210000, "order chain not fully replaced"),
    ("not-changed", 422, 42210000, "order parameters are not changed"),
    ("below-filled", 422, 42210000, "qty must be > filled_qty"),
    ("not-open", 422, 42210000, "unable to replace order, order is not open"),
    ("over-cap", 403, 40310000, "position of X would exceed 600% of the account's equity"),
    ("no-price", 403, 40310000, "no market price is known for X"),
    ("fixed-part", 422, 42210000, "parameters of notional orders cannot be replaced"),
    ("bad-body", 400, 40010000, "request body format is invalid"),
    ("bad-field", 422, 40010001, "invalid side"),
    ("missing-field", 422, 40010001, "symbol is required"),
    ("too-many-decimals", 422, 42210000, "notional value must be limited to 2 decimal places"),
    ("trail-foreign", 422, 40010001, "limit orders must not have trail_price"),
    ("leg-needed", 422, 42210000, "bracket orders require take_profit.limit_price"),
    ("complex-type", 422, 40010001, "oco orders must be limit orders"),
    ("wrong-leg", 422, 42210000, "take_profit.limit_price must be >= base_price + 0.01"),
    ("trail-too-wide", 422, 42210000, "trail_price must be less than current price"),
    ("elite-only", 422, 42210000, "time_in_force ioc is not available for this account"),
    ("untradable-asset", 422, 42210000, "asset X is not tradable"),
]


@pytest.mark.parametrize(("name", "status", "code", "message"), TABLE)
def test_the_table(name, status, code, message):
    refusal = CATALOGUE[name]()
    assert (refusal.status, refusal.code, refusal.message) == (status, code, message)


def test_the_table_is_whole():
    assert sorted(name for name, *_ in TABLE) == sorted(CATALOGUE)


def test_every_refusal_of_the_broker_has_an_example():
    defined = {
        function
        for module in (account_refusals, order_refusals)
        for _, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
    }
    assert {example.func for example in CATALOGUE.values()} == defined


def test_the_page_of_the_exchange_lists_every_name():
    page = (Path(__file__).parents[4] / "docs" / "exchange.md").read_text(encoding="utf-8")
    listed = page.partition("`refuse` takes one of these values:")[2].partition(".\n")[0]
    assert [name.strip(" \n`") for name in listed.split(",")] == sorted(CATALOGUE)
