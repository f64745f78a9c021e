"""Tampering: each fault spoils an answer in its one way."""

from __future__ import annotations

import json

import pytest

from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.protocol.answers import ok
from avwap_cli.exchange.protocol.ordered_faults.tampering import CHANGES, tampered

BARS = {
    "bars": {"AAPL": [{"c": 1}, {"c": 2}], "MSFT": [{"c": 3}, {"c": 4}]},
    "next_page_token": "x",
}
ORDERS = [{"id": "1", "status": "new"}, {"id": "2", "status": "new"}]


def after(document: object, kind: FaultKind, value: str | None = None) -> object:
    answer = ok(document, headers={"X-RateLimit-Limit": "200"})
    changed = tampered(answer, Fault(kind, value=value))
    assert (changed.status, changed.headers["X-RateLimit-Limit"]) == (200, "200")
    return json.loads(changed.body)


def test_a_truncated_page_loses_rows_and_hides_that_more_would_follow():
    assert after(BARS, FaultKind.TRUNCATED_PAGE) == {
        "bars": {"AAPL": [{"c": 1}], "MSFT": [{"c": 3}]},
        "next_page_token": None,
    }
    assert after(ORDERS, FaultKind.TRUNCATED_PAGE) == ORDERS[:1]


def test_a_page_cut_in_its_bytes_is_no_json():
    answer = tampered(ok(BARS), Fault(FaultKind.TRUNCATED_PAGE, value="bytes"))
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)


def test_a_duplicated_page_repeats_its_rows_in_order():
    assert after(BARS, FaultKind.DUPLICATED_PAGE)["bars"]["AAPL"] == [{"c": 1}, {"c": 2}] * 2
    assert after(ORDERS, FaultKind.DUPLICATED_PAGE) == ORDERS + ORDERS
    assert after({"news": [1, 2]}, FaultKind.DUPLICATED_PAGE) == {"news": [1, 2, 1, 2]}


def test_an_unknown_word_stands_in_the_first_element_alone():
    assert [order["status"] for order in after(ORDERS, FaultKind.UNKNOWN_ENUM)] == [
        "unheard_of",
        "new",
    ]
    assert after({"side": "buy"}, FaultKind.UNKNOWN_ENUM, "side") == {"side": "unheard_of"}


def test_a_missing_field_is_gone_from_the_first_that_had_it():
    assert after(ORDERS, FaultKind.MISSING_FIELD, "status") == [{"id": "1"}, ORDERS[1]]
    assert list(after(BARS, FaultKind.MISSING_FIELD, "AAPL")["bars"]) == ["MSFT"]
    assert after(ORDERS, FaultKind.MISSING_FIELD, "nothing_here") == ORDERS


def test_bars_can_be_empty_or_null():
    assert after(BARS, FaultKind.EMPTY_BARS) == {"bars": {}, "next_page_token": None}
    assert after(BARS, FaultKind.NULL_BARS) == {"bars": None, "next_page_token": None}
    assert after(ORDERS, FaultKind.NULL_BARS) == ORDERS


def test_a_stale_quote_lies_back_and_trades_do_not():
    document = {
        "AAPL": {
            "latestQuote": {"t": "2026-10-02T13:30:00.5Z", "ap": 1.0},
            "latestTrade": {"t": "2026-10-02T13:30:00.5Z"},
        }
    }
    changed = after(document, FaultKind.STALE_QUOTE, "90")
    assert changed["AAPL"]["latestQuote"] == {"t": "2026-10-02T13:28:30.5Z", "ap": 1.0}
    assert changed["AAPL"]["latestTrade"] == document["AAPL"]["latestTrade"]
    page = {"quotes": {"AAPL": [{"t": "2026-10-02T13:30:00Z"}]}}
    assert after(page, FaultKind.STALE_QUOTE)["quotes"]["AAPL"][0]["t"] == "2026-10-02T13:29:00Z"


def test_clock_skew_moves_the_broker_clock_alone():
    clock = {"timestamp": "2026-10-02T09:30:00-04:00", "next_open": "2026-10-05T09:30:00-04:00"}
    assert after(clock, FaultKind.CLOCK_SKEW, "-45.5") == {
        **clock,
        "timestamp": "2026-10-02T09:29:14.5-04:00",
    }
    assert after(ORDERS, FaultKind.CLOCK_SKEW) == ORDERS


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("document", [None, 1, "x", [], {}, [None], {"bars": 3}, {"quotes": [1]}])
def test_answers_of_any_other_shape_survive(kind, document):
    json.dumps(after(document, kind, "1"))
