"""Confirmations on days made by hand, and the mirror law between long and short."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from entry_days import (
    BATCH,
    BREAKOUT,
    CONFIRM,
    PLAN,
    TEN_MINUTES,
    D,
    bar,
    bars_until,
)
from hand_facts import FRIDAY, at
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.trading.confirmations import breakout, confirm, entry_limit, last_closed_starts
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.quotes import LastTrade, PriceBar
from avwap_cli.verdicts import Gate

NOW = at(FRIDAY, "09:45:30")
SHORT_BATCH = replace(BATCH, direction=-1)
SHORT_AVWAP = replace(PLAN, direction=-1, stop=D(63), r1=D(57), r2=D(54))


def trade(price: str, age_s: float = 3, symbol: str = "KO") -> LastTrade:
    return LastTrade(symbol, D(price), NOW - timedelta(seconds=age_s), "sip")


@pytest.mark.parametrize(
    ("plan", "price", "confirmed"),
    [
        (BATCH, "60.00", True),
        (BATCH, "59.99", False),
        (SHORT_BATCH, "60.00", True),
        (SHORT_BATCH, "60.01", False),
        (BATCH, "NaN", False),
    ],
)
def test_the_last_trade_against_the_previous_close(plan: Plan, price: str, confirmed: bool) -> None:
    assert (confirm(plan, trade(price), NOW, CONFIRM) is None) is confirmed


def test_a_tolerance_widens_both_directions() -> None:
    policy = replace(CONFIRM, tolerance_frac=0.01)
    assert confirm(BATCH, trade("59.40"), NOW, policy) is None
    assert confirm(BATCH, trade("59.39"), NOW, policy) is not None
    assert confirm(SHORT_BATCH, trade("60.60"), NOW, policy) is None
    assert confirm(SHORT_BATCH, trade("60.61"), NOW, policy) is not None


def test_the_trade_is_of_the_symbol_and_at_most_60_seconds_old() -> None:
    assert confirm(BATCH, trade("61", age_s=60), NOW, CONFIRM) is None
    stale = confirm(BATCH, trade("61", age_s=61), NOW, CONFIRM)
    assert stale is not None
    assert (stale.gate, stale.measured) == (Gate.NOT_CONFIRMED, "61 s old")
    assert confirm(BATCH, trade("61", age_s=-61), NOW, CONFIRM) is not None
    assert confirm(BATCH, trade("61", symbol="PEP"), NOW, CONFIRM) is not None
    assert confirm(BATCH, None, NOW, CONFIRM) is not None


def denied(plan: Plan, bars: list[PriceBar], clock: str = "09:50:30") -> str | None:
    found = breakout(plan, bars, at(FRIDAY, clock), BREAKOUT)
    return None if found is None else f"{found.measured}: {found.threshold}"


def test_a_breakout_that_held_confirms() -> None:
    assert denied(PLAN, bars_until(at(FRIDAY, "09:50:30"))) is None
    assert denied(PLAN, bars_until(at(FRIDAY, "13:07")), "13:07") is None


@pytest.mark.parametrize(
    ("first", "second", "volume", "told"),
    [
        ("60.00", "60.30", 900, "60.00: first bar closes above 60"),
        ("60.01", "60.00", 900, None),
        ("60.40", "59.99", 900, "59.99: second bar closes >= 60"),
        ("60.40", "60.30", 800, None),
        ("60.40", "60.30", 799, "799: volume >= 0.8 of the 20 bars' mean (800)"),
    ],
)
def test_each_condition_at_its_limit(
    first: str, second: str, volume: int, told: str | None
) -> None:
    assert denied(PLAN, bars_until(at(FRIDAY, "09:50:30"), first, second, volume)) == told


def test_a_short_is_the_mirror_image() -> None:
    now = at(FRIDAY, "09:50:30")
    assert denied(SHORT_AVWAP, bars_until(now, "59.60", "60.00")) is None
    assert denied(SHORT_AVWAP, bars_until(now, "60.00", "59.60")) is not None
    assert denied(SHORT_AVWAP, bars_until(now, "59.60", "60.01")) is not None


def test_a_bar_counts_once_it_is_closed_and_two_of_the_session_are_needed() -> None:
    bars = bars_until(at(FRIDAY, "09:50"))
    assert denied(PLAN, bars, "09:50:00") is None
    early = denied(PLAN, bars, "09:49:59")
    assert early == "None: two closed 10-minute bars of the session"


def test_any_missing_bar_of_the_22_confirms_nothing() -> None:
    bars = bars_until(at(FRIDAY, "09:50"))
    for hole in range(1, 23):
        assert denied(PLAN, bars[: -hole or None] + bars[len(bars) - hole + 1 :]) is not None
    assert denied(PLAN, bars[:-23] + bars[-22:]) is None
    missing = denied(PLAN, bars[:-1])
    assert missing == ("the 10-minute bar of 2024-03-08 09:40 is missing: all of the last 22 bars")


def test_bars_of_others_out_of_hours_or_of_another_length_are_passed_over() -> None:
    bars = bars_until(at(FRIDAY, "09:50"))
    strange = [
        bar(at(FRIDAY, "09:20"), "10", 10**9),
        bar(at(FRIDAY, "09:40"), "10", symbol="PEP"),
        replace(bar(at(FRIDAY, "09:40"), "10"), length=timedelta(minutes=1)),
    ]
    assert denied(PLAN, [*strange, *bars, *strange]) is None


def test_bars_without_volume_carry_nothing() -> None:
    bars = [replace(b, volume=0) for b in bars_until(at(FRIDAY, "09:50"))]
    assert denied(PLAN, bars) is not None


def test_a_half_day_before_gives_its_own_bars() -> None:
    # 2019-12-24 closed at 13:00: 21 ten-minute bars; two of 12-26 and 20 of 12-24
    starts = last_closed_starts(
        date(2019, 12, 26), at(date(2019, 12, 26), "09:51"), TEN_MINUTES, 22
    )
    assert starts is not None
    assert starts[0] == at(date(2019, 12, 24), "09:40")
    assert starts[19] == at(date(2019, 12, 24), "12:50")
    assert starts[20:] == [at(date(2019, 12, 26), "09:30"), at(date(2019, 12, 26), "09:40")]


@pytest.mark.parametrize(
    ("plan", "last", "limit"),
    [
        (PLAN, "60.30", "60.45"),  # 60.45075
        (SHORT_AVWAP, "59.70", "59.56"),  # 59.55075
        (PLAN, "0.8000", "0.802"),
    ],
)
def test_the_limit_lies_a_quarter_percent_beyond_at_most(plan: Plan, last: str, limit: str) -> None:
    assert entry_limit(plan, D(last), BREAKOUT) == D(limit)


CLOSES = st.integers(5900, 6100)


@given(CLOSES, CLOSES, st.integers(0, 2000))
def test_law_a_price_mirrored_about_the_level_decides_the_same(
    first: int, second: int, volume: int
) -> None:
    now = at(FRIDAY, "09:50:30")

    def answer(plan: Plan, one: int, two: int) -> bool:
        closes = (str(Decimal(one) / 100), str(Decimal(two) / 100))
        return denied(plan, bars_until(now, *closes, volume)) is None

    assert answer(PLAN, first, second) is answer(SHORT_AVWAP, 12000 - first, 12000 - second)
    assert answer(PLAN, first, second) is (first > 6000 and second >= 6000 and volume >= 800)
