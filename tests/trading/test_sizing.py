"""Sizes computed by hand, one limit binding at a time, and laws over all of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from entry_days import BATCH, PLAN, RISK, SHORT, D
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.trading.plans import Plan
from avwap_cli.trading.sizing import Cap, Means, size

RICH = Means(D(100_000), D(1_000_000), D(0))
CHEAP = replace(BATCH, weight=D(1))


def test_avwaps_stop_is_structural_and_the_others_follow_the_price() -> None:
    assert PLAN.stop_from(D(61)) == D(57)
    assert BATCH.stop_from(D(61)) == D("59.20")  # 61 - 1.5 * 1.20
    short = replace(SHORT, sl_atr_mult=D("2.5"))
    assert short.stop_from(D(61)) == D("64.00")  # 61 + 2.5 * 1.20
    capped = replace(short, max_stop_frac=D("0.04"))
    assert capped.stop_from(D(61)) == D("63.44")  # 61 + 4 % of 61


@pytest.mark.parametrize("plan", [replace(PLAN, stop=None), replace(BATCH, sl_atr_mult=None)])
def test_a_plan_without_a_stop_has_none_and_no_size(plan: Plan) -> None:
    assert plan.stop_from(D(61)) is None
    with pytest.raises(ValueError, match="has no stop"):
        size(plan, D(61), RICH, RISK)


@pytest.mark.parametrize(
    ("plan", "price", "means", "shares", "cap"),
    [
        # 1 % of 100,000 over 2.5 * 6.00 = 66.67; the others allow 166.67
        (replace(CHEAP, atr=D(6), sl_atr_mult=D("2.5")), "60", RICH, 66, Cap.RISK),
        # 10 % of 100,000 at 60 = 166.67; the risk of 1.80 would allow 555
        (CHEAP, "60", RICH, 166, Cap.POSITION),
        # (5 % of 100,000 - 1,400) / 60 = 60
        (
            replace(CHEAP, weight=D("0.05")),
            "60",
            Means(D(100_000), D(1_000_000), D(1_400)),
            60,
            Cap.STRATEGY,
        ),
        # 3,090 / (1.03 * 60) = 50
        (CHEAP, "60", Means(D(100_000), D(3_090), D(0)), 50, Cap.BUYING_POWER),
    ],
)
def test_the_smallest_limit_decides(
    plan: Plan, price: str, means: Means, shares: int, cap: Cap
) -> None:
    result = size(plan, D(price), means, RISK)
    assert (result.shares, result.cap, result.too_small) == (shares, cap, False)


def test_shorts_take_65_percent_rounded_down_once() -> None:
    # 10 % of 100,000 at 60.30 = 165.837..; * 0.65 = 107.79
    result = size(replace(SHORT, weight=D(1)), D("60.30"), RICH, RISK)
    assert result.shares == 107


@pytest.mark.parametrize(
    ("price", "shares"),
    [
        # risk: 1,000 / (price - 57), position: 10,000 / price
        ("60", 166),
        ("61.2", 108),  # 2 % away: 163.39 * 2/3
        ("63", 39),  # 5 % away would be 1/6: 158.73 * 0.25
        ("70", 19),  # 16.7 % away: risk 76.92 * 0.25
        ("58.8", 113),  # 2 % below counts as 2 % away: 170.06 * 2/3
    ],
)
def test_avwap_shrinks_with_the_distance_from_its_level(price: str, shares: int) -> None:
    assert size(replace(PLAN, weight=D(1)), D(price), RICH, RISK).shares == shares


def test_too_small_tells_the_equity_it_would_need() -> None:
    # price 60: 200 USD are 4 shares. 4 * 1.80 / 1 % = 720; 4 * 60 / 10 % = 2,400;
    # 4 * 60 / 30 % = 800
    plan = replace(BATCH, weight=D("0.30"))
    result = size(plan, D(60), Means(D(1_000), D(2_000), D(0)), RISK)
    assert (result.shares, result.too_small) == (1, True)
    assert result.needed_equity == D("2400.00")
    assert result.needed_buying_power == D("247.20")  # 4 * 60 * 1.03
    enough = size(plan, D(60), Means(result.needed_equity, D(10_000), D(0)), RISK)
    assert (enough.shares, enough.too_small) == (4, False)


def test_the_needed_equity_is_that_of_the_risk_where_the_stop_is_far() -> None:
    # 4 * 15 / 1 % = 6,000, more than 4 * 60 / 10 % = 2,400
    plan = replace(CHEAP, atr=D(6), sl_atr_mult=D("2.5"))
    result = size(plan, D(60), Means(D(5_000), D(9_000), D(0)), RISK)
    assert (result.shares, result.cap, result.needed_equity) == (3, Cap.RISK, D(6_000))


def test_the_needed_equity_undoes_the_scale() -> None:
    # 4 shares are 65 % of 6.1538..; at 60 that is 10 % of 3,692.31 and, with the margin, 380.31
    plan = replace(SHORT, weight=D(1))
    result = size(plan, D(60), Means(D(3_000), D(9_000), D(0)), RISK)
    assert (result.shares, result.needed_equity) == (3, D("3692.31"))
    assert result.needed_buying_power == D("380.31")
    enough = size(plan, D(60), Means(D("3692.31"), D("380.31"), D(0)), RISK)
    assert (enough.shares, enough.too_small) == (4, False)


def test_the_needed_equity_counts_what_the_strategy_holds() -> None:
    # (4 * 60 + 1,000) / 10 % = 12,400
    plan = replace(BATCH, weight=D("0.10"))
    result = size(plan, D(60), Means(D(10_000), D(20_000), D(1_000)), RISK)
    assert (result.shares, result.cap, result.needed_equity) == (0, Cap.STRATEGY, D("12400.00"))


def test_no_equity_is_enough_without_a_weight() -> None:
    result = size(replace(BATCH, weight=D(0)), D(60), RICH, RISK)
    assert (result.shares, result.too_small, result.needed_equity) == (0, True, None)


def test_a_policy_that_leaves_nothing_sizes_nothing() -> None:
    policy = replace(RISK, avwap_min_size_frac=0.0)
    result = size(replace(PLAN, weight=D(1)), D(70), RICH, policy)
    assert (result.shares, result.needed_equity, result.needed_buying_power) == (0, None, None)


def test_no_buying_power_left_is_no_share() -> None:
    result = size(CHEAP, D(60), Means(D(100_000), D(-500), D(0)), RISK)
    assert (result.shares, result.cap) == (0, Cap.BUYING_POWER)


@pytest.mark.parametrize(
    ("plan", "price", "equity", "what"),
    [
        (BATCH, "0", "100000", "price"),
        (BATCH, "NaN", "100000", "price"),
        (BATCH, "60", "0", "equity"),
        (BATCH, "60", "Infinity", "equity"),
        (PLAN, "57", "100000", "distance to the stop"),
        (replace(PLAN, entry=D(0)), "60", "100000", "entry"),
    ],
)
def test_what_is_no_positive_number_is_refused(
    plan: Plan, price: str, equity: str, what: str
) -> None:
    with pytest.raises(ValueError, match=f"the {what} of KO"):
        size(plan, D(price), Means(D(equity), D(1), D(0)), RISK)


USD = st.integers(1, 10_000_000).map(lambda cents: Decimal(cents) / 100)


@given(
    price=USD,
    atr=USD,
    equity=USD,
    power=USD,
    held=USD,
    weight=st.integers(0, 100).map(lambda n: Decimal(n) / 100),
    short=st.booleans(),
)
def test_law_one_share_more_would_break_a_limit(
    price: Decimal,
    atr: Decimal,
    equity: Decimal,
    power: Decimal,
    held: Decimal,
    weight: Decimal,
    short: bool,
) -> None:
    plan = replace(SHORT if short else BATCH, atr=atr, weight=weight, max_stop_frac=None)
    result = size(plan, price, Means(equity, power, held), RISK)
    scale = Fraction(65, 100) if short else Fraction(1)
    p, e = Fraction(price), Fraction(equity)

    def fits(shares: int) -> bool:
        whole = shares / scale
        return (
            whole * Fraction(plan.sl_atr_mult or 0) * Fraction(atr) <= e / 100
            and whole * p <= e / 10
            and whole * p <= e * Fraction(weight) - Fraction(held)
            and whole * p * Fraction(103, 100) <= Fraction(power)
        )

    shares = int(result.shares)
    assert shares == 0 or fits(shares)
    assert not fits(shares + 1)
    assert result.too_small == (shares < 1 or shares * p < 200)
