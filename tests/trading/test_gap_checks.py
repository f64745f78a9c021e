"""The gap filter's verdict on one candidate, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from entry_days import BATCH, GAP, PLAN, SHORT, D
from hand_facts import FRIDAY, at
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.errors import DamagedInput
from avwap_cli.trading.gap_checks import (
    FoundPrice,
    checked,
    checks_of,
    exceeds,
    found_price,
    refused,
    row,
)
from avwap_cli.trading.quotes import LastTrade, Quote

NOW = at(FRIDAY, "09:25:30")
ONE = Fraction(1)
DROP = replace(GAP, on_missing="drop")


def quote(
    bid: str | None = "60", ask: str | None = "60.20", age_s: float = 5, feed: str = "sip"
) -> Quote:
    sides = (None if side is None else D(side) for side in (bid, ask))
    return Quote("KO", *sides, NOW - timedelta(seconds=age_s), feed)


def trade(price: str = "60.50", age_s: float = 5) -> LastTrade:
    return LastTrade("KO", D(price), NOW - timedelta(seconds=age_s), "iex")


def price_of(quote: Quote | None, trade: LastTrade | None, day: date = FRIDAY) -> Any:
    found = found_price(quote, trade, day, NOW, GAP)
    return None if found is None else (str(found.price), found.source, found.age_s)


def test_the_midpoint_comes_first_then_the_last_trade() -> None:
    assert price_of(quote(), trade()) == ("60.10", "sip_quote", 5)
    assert price_of(quote(feed="delayed_sip", age_s=900), None) == (
        "60.10", "delayed_sip_quote", 900,
    )  # fmt: skip
    assert price_of(None, trade()) == ("60.50", "iex_trade", 5)
    assert price_of(None, None) is None


@pytest.mark.parametrize(
    "bad",
    [
        quote(bid=None),
        quote(ask=None),
        quote(bid="60.21"),
        quote(bid="0", ask="60"),
        quote(bid="NaN"),
        quote(age_s=1801),
        quote(age_s=24 * 3600),
    ],
)
def test_a_quote_that_is_one_sided_crossed_or_old_is_none(bad: Quote) -> None:
    assert price_of(bad, trade()) == ("60.50", "iex_trade", 5)
    assert price_of(bad, None) is None


def test_half_an_hour_old_is_still_a_price() -> None:
    assert price_of(quote(age_s=1800), None) == ("60.10", "sip_quote", 1800)
    assert price_of(None, trade(age_s=1801)) is None
    assert price_of(None, trade("NaN")) is None
    assert price_of(None, trade("0")) is None


def test_a_price_of_another_day_is_none_however_young() -> None:
    midnight = at(FRIDAY, "00:05")
    yesterday = Quote("KO", D(60), D(61), midnight - timedelta(minutes=10), "sip")
    assert found_price(yesterday, None, FRIDAY, midnight, GAP) is None


@pytest.mark.parametrize(
    ("price", "beyond"),
    [("61.80", False), ("61.81", True), ("58.20", False), ("58.19", True), ("60", False)],
)
def test_three_percent_either_way_passes_and_more_does_not(price: str, beyond: bool) -> None:
    assert exceeds(D(price), D(60), GAP) is beyond
    found = FoundPrice(D(price), "sip_quote", 1.0)
    for plan in (BATCH, replace(SHORT, prev_close=D(60))):
        check = checked(plan, found, ONE, GAP)
        assert (check.status, check.reason) == (("rejected", "gap") if beyond else ("passed", None))


def test_without_a_price_the_policy_decides() -> None:
    kept, dropped = checked(BATCH, None, ONE, GAP), checked(BATCH, None, ONE, DROP)
    assert (kept.status, kept.reason, kept.gap_frac) == ("unverified", "no_price", None)
    assert (dropped.status, dropped.reason) == ("rejected", "no_price")


def test_a_split_effective_today_moves_the_previous_close() -> None:
    # 60 before a 4:1 is 15 after it
    check = checked(BATCH, FoundPrice(D("15.15"), "sip_quote", 1.0), Fraction(4), GAP)
    assert (check.status, check.prev_close, check.gap_frac) == ("passed", D(15), D("0.01"))
    unaware = checked(BATCH, FoundPrice(D("15.15"), "sip_quote", 1.0), ONE, GAP)
    assert unaware.reason == "gap"


def test_a_plan_is_put_on_the_new_basis() -> None:
    new = PLAN.after_split(Fraction(3, 2))
    prices = (new.prev_close, new.atr, new.entry, new.stop, new.r1, new.r2)
    assert [round(p, 4) for p in prices if p is not None] == [
        D("39.6667"), D("0.8"), D(40), D(38), D(42), D(44),
    ]  # fmt: skip
    assert replace(new, prev_close=PLAN.prev_close, atr=PLAN.atr, entry=PLAN.entry,
                   stop=PLAN.stop, r1=PLAN.r1, r2=PLAN.r2) == PLAN  # fmt: skip
    assert PLAN.after_split(ONE) is PLAN
    assert BATCH.after_split(Fraction(2)).r2 is None


def test_a_refused_scan_rejects_unasked() -> None:
    assert row(refused(BATCH)) == {
        "symbol": "KO", "strategy": "adx_pullback", "direction": "long",
        "entry_group": "confirm", "prev_close": 60.0, "price": None, "price_source": None,
        "price_age_s": None, "gap_frac": None, "split": None, "status": "rejected",
        "reason": "scan_refused",
    }  # fmt: skip


def test_what_is_written_is_read_again() -> None:
    checks = [
        checked(BATCH, FoundPrice(D("60.305"), "sip_quote", 2.25), ONE, GAP),
        checked(MISSING, None, Fraction(1, 8), GAP),
        checked(SHORT, FoundPrice(D("70"), "iex_trade", 0.0), ONE, GAP),
    ]
    document = {"passed": [row(c) for c in checks[:2]], "rejected": [row(checks[2])]}
    assert list(checks_of(document).values()) == checks
    assert list(checks_of(document)) == [
        ("KO", "adx_pullback"), ("PEP", "adx_pullback"), ("KO", "overbought_short"),
    ]  # fmt: skip


MISSING = replace(BATCH, symbol="PEP")


@pytest.mark.parametrize(
    "change", [{"status": "fine"}, {"price": True}, {"direction": "up"}, {"prev_close": None}]
)
def test_a_damaged_row_is_refused(change: dict[str, Any]) -> None:
    good = row(checked(BATCH, FoundPrice(D(60), "sip_quote", 1.0), ONE, GAP))
    with pytest.raises(DamagedInput, match=r"gapfilter\.json cannot be read"):
        checks_of({"passed": [{**good, **change}], "rejected": []})
    with pytest.raises(DamagedInput):
        checks_of({"passed": [{k: v for k, v in good.items() if k != "reason"}], "rejected": []})


@given(st.integers(1, 10**7), st.integers(1, 10**7))
def test_law_the_verdict_is_that_of_exact_fractions(price: int, before: int) -> None:
    gap = abs(Fraction(price, before) - 1)
    assert exceeds(Decimal(price) / 100, Decimal(before) / 100, GAP) is (gap > Fraction(3, 100))
