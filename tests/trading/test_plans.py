"""Plans: read from a candidate, written into an intent, read again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hand_facts import FRIDAY, PLAN, D
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.errors import DamagedInput
from avwap_cli.trading.plans import Plan, decimal, plan_of

CANDIDATE: dict[str, Any] = {
    "rank": 3,
    "symbol": "KO",
    "strategy": "avwap",
    "direction": "long",
    "entry_group": "boh",
    "sector": "Staples",
    "prev_close": 59.5,
    "atr": 1.2,
    "sl_atr_mult": None,
    "tp_atr_mult": None,
    "trailing_atr_mult": None,
    "max_hold_sessions": 20,
    "entry": 60.0,
    "stop": 57.0,
    "r1": 63.0,
    "r2": 66.0,
    "metadata": {"dist_pct": 1.5},
}
WEIGHTS = {"avwap": 0.25}

_PRICES = st.decimals("0.0001", "99999", places=4)
_OPTIONAL = st.none() | _PRICES
PLANS = st.builds(
    Plan,
    session=st.dates(),
    rank=st.integers(1, 500),
    symbol=st.text(max_size=8),
    strategy=st.text(max_size=8),
    direction=st.sampled_from([1, -1]),
    group=st.sampled_from(["moo", "confirm", "boh"]),
    sector=st.text(max_size=8),
    prev_close=_PRICES,
    atr=_PRICES,
    sl_atr_mult=_OPTIONAL,
    max_stop_frac=_OPTIONAL,
    tp_atr_mult=_OPTIONAL,
    trailing_atr_mult=_OPTIONAL,
    max_hold_sessions=st.integers(1, 60),
    entry=_PRICES,
    stop=_OPTIONAL,
    r1=_OPTIONAL,
    r2=_OPTIONAL,
    dist_pct=_OPTIONAL,
    weight=_PRICES,
)


def read(candidate: Mapping[str, Any], max_stop_frac: float | None = None) -> Plan:
    return plan_of(candidate, FRIDAY, WEIGHTS, max_stop_frac)


def test_a_candidate_becomes_the_plan_it_describes() -> None:
    assert read(CANDIDATE) == PLAN
    assert read({**CANDIDATE, "direction": "short"}, 0.05) == replace(
        PLAN, direction=-1, max_stop_frac=D("0.05")
    )


def test_a_float_becomes_the_decimal_that_a_person_reads() -> None:
    plan = read({**CANDIDATE, "prev_close": 0.1, "atr": 1e-05, "stop": None, "metadata": {}})
    assert (plan.prev_close, plan.atr) == (D("0.1"), D("0.00001"))
    assert (plan.stop, plan.dist_pct) == (None, None)


def test_a_strategy_without_a_weight_weighs_nothing() -> None:
    assert plan_of({**CANDIDATE, "strategy": "bb_squeeze"}, FRIDAY, WEIGHTS, None).weight == 0


@pytest.mark.parametrize("key", sorted(CANDIDATE))
def test_a_missing_field_is_named(key: str) -> None:
    candidate = {k: v for k, v in CANDIDATE.items() if k != key}
    with pytest.raises(DamagedInput, match=key) as caught:
        read(candidate)
    assert str(FRIDAY) in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("prev_close", None),
        ("prev_close", "x"),
        ("prev_close", float("nan")),
        ("atr", float("inf")),
        ("atr", True),
        ("entry", [1]),
        ("stop", {}),
        ("direction", "up"),
        ("rank", "first"),
        ("max_hold_sessions", None),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(key: str, value: object) -> None:
    with pytest.raises(DamagedInput, match="cannot be read"):
        read({**CANDIDATE, key: value})


@given(PLANS)
def test_a_plan_comes_back_from_its_text(plan: Plan) -> None:
    assert Plan.of_text(plan.text()) == plan
    assert Plan.of_text(plan.text()).text() == plan.text()


def test_the_text_is_canonical_json_with_decimals_as_text() -> None:
    text = PLAN.text()
    pairs = json.loads(text)
    assert list(pairs) == sorted(pairs)
    assert " " not in text
    assert (pairs["entry"], pairs["prev_close"], pairs["session"]) == ("60", "59.50", "2024-03-08")
    assert pairs["tp_atr_mult"] is None
    assert '"1E' not in replace(PLAN, r1=D("1E+3")).text()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"session":"2024-03-08"}', "null"])
def test_a_text_that_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Plan.of_text(text)


@pytest.mark.parametrize(
    "value", [float("nan"), float("-inf"), "nan", "Infinity", True, None, D(1)]
)
def test_only_finite_numbers_become_decimals(value: Any) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        decimal(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_the_shortest_text_of_its_float(number: float) -> None:
    assert float(decimal(number)) == number
    assert decimal(number) == Decimal(repr(number))
    assert isinstance(read({**CANDIDATE, "entry": abs(number)}).session, date)
