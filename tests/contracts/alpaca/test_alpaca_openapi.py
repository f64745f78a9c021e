"""Holding answers against Alpaca's schemas would find a wrong one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from street import Street
from street_openapi import FOLDER, Difference, Exchanged, are_there, check
from street_orders import at_market, bracket

pytestmark = pytest.mark.skipif(
    not are_there(), reason=f"Alpaca's schemas are not in {FOLDER} (set AVWAP_OPENAPI)"
)


def changed(answer: Exchanged, **fields: Any) -> Exchanged:
    """The answer with other values in its JSON object."""
    return replace(answer, body=json.dumps({**json.loads(answer.body), **fields}).encode())


def test_good_answers_are_counted(market_open: Street) -> None:
    market_open.trading.get_account()
    market_open.submit(at_market())
    market_open.raw_data.get("/stocks/bars/latest", {"symbols": "AAPL"})
    found = check(market_open.exchanged, [])
    assert found.errors == []
    assert dict(found.answers) == {
        "GET /v2/account 200": 1,
        "POST /v2/orders 200": 1,
        "GET /v2/stocks/bars/latest 200": 1,
    }


def test_wrong_answers_are_found(market_open: Street) -> None:
    market_open.submit(at_market())
    market_open.trading.get_clock()
    order, clock = market_open.exchanged
    wrong = [
        changed(order, qty=10),
        changed(order, status="unheard_of"),
        changed(order, id="no uuid"),
        changed(clock, is_open="yes"),
        replace(clock, status=202),
    ]
    assert [len(check([answer], []).errors) > 0 for answer in wrong] == [True] * len(wrong)
    with pytest.raises(LookupError):
        check([replace(clock, path="/v2/nowhere")], [])


def test_only_the_named_differences_are_forgiven(
    market_open: Street, differences: list[Difference]
) -> None:
    market_open.submit(bracket(200, 180))
    assert len(check(market_open.exchanged, []).errors) == 2
    forgiven = check(market_open.exchanged, differences)
    assert forgiven.errors == []
    assert sum(forgiven.differences.values()) == 2
    assert all(difference.reason for difference in differences)
