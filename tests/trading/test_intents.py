"""Intents: ids that are ours for ever, and what they tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.trading.intents import LONGEST_ID, Leg, Role, role_of
from avwap_cli.trading.orders import Effect, Side

ROLE = Role(date(2024, 3, 8), "avwap", "BRK.B", 1, Leg.ENTRY)

ROLES = st.builds(
    Role,
    session=st.dates(date(1990, 1, 1), date(2035, 12, 31)),
    strategy=st.from_regex(r"[a-z0-9_]{1,15}", fullmatch=True),
    symbol=st.from_regex(r"[A-Z]{1,5}([.-][A-Z]{1,2})?", fullmatch=True),
    direction=st.sampled_from([1, -1]),
    leg=st.sampled_from(Leg),
)


def test_an_id_says_in_plain_text_what_the_order_is_for() -> None:
    assert ROLE.attempt(1) == "20240308.avwap.BRK.B.L.entry.1"
    short = replace(ROLE, strategy="overbought_short", symbol="KO", direction=-1, leg=Leg.TRIM2)
    assert short.attempt(12) == "20240308.overbought_short.KO.S.trim2.12"


def test_the_longest_strategy_name_leaves_room_for_a_symbol() -> None:
    role = replace(ROLE, strategy="rsi_mean_reversion", symbol="BRK.B", leg=Leg.TRIM1)
    assert len(role.attempt(99)) <= LONGEST_ID == 48


@given(ROLES, st.integers(1, 9999))
def test_an_id_tells_its_role_and_attempt_again(role: Role, attempt: int) -> None:
    text = role.attempt(attempt)
    assert len(text) <= 48
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
    assert role_of(text) == (role, attempt)


@given(ROLES, ROLES, st.integers(1, 9999), st.integers(1, 9999))
def test_different_orders_have_different_ids(a: Role, b: Role, m: int, n: int) -> None:
    assert (a.attempt(m) == b.attempt(n)) is ((a, m) == (b, n))


@pytest.mark.parametrize(
    ("role", "attempt"),
    [
        (ROLE, 0),
        (ROLE, -1),
        (ROLE, 10_000),
        (replace(ROLE, symbol=""), 1),
        (replace(ROLE, symbol="brk"), 1),
        (replace(ROLE, symbol="A B"), 1),
        (replace(ROLE, symbol="Ä"), 1),
        (replace(ROLE, strategy="a.b"), 1),
        (replace(ROLE, strategy="A"), 1),
        (replace(ROLE, strategy="a" * 30), 1),
    ],
)
def test_what_cannot_be_an_id_is_refused(role: Role, attempt: int) -> None:
    with pytest.raises(ValueError, match="cannot be the id"):
        role.attempt(attempt)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "by-hand.avwap",
        "20240308.avwap.KO.L.entry",
        "20240308.avwap.KO.L.entry.0",
        "20240308.avwap.KO.L.entry.01",
        "20240308.avwap.KO.L.entry.1 ",
        "20240308.avwap.KO.L.entry.1\n",
        "x20240308.avwap.KO.L.entry.1",
        "20240308.avwap.KO.X.entry.1",
        "20240308.avwap.KO.L.exits.1",
        "20240230.avwap.KO.L.entry.1",
        "00000308.avwap.KO.L.entry.1",
        "\u0662\u0660\u0662\u0664\u0660\u0663\u0660\u0668.avwap.KO.L.entry.1",
        "20240308.avwap." + "A" * 40 + ".L.entry.1",
        "8f3a1f0e-9c59-4b52-a6a5-000000000000",
    ],
)
def test_a_text_of_somebody_else_has_no_role(text: str) -> None:
    assert role_of(text) is None


@pytest.mark.parametrize(
    ("direction", "leg", "side", "effect"),
    [
        (1, Leg.ENTRY, Side.BUY, Effect.OPEN),
        (-1, Leg.ENTRY, Side.SELL, Effect.OPEN),
        *((1, leg, Side.SELL, Effect.CLOSE) for leg in Leg if leg is not Leg.ENTRY),
        *((-1, leg, Side.BUY, Effect.CLOSE) for leg in Leg if leg is not Leg.ENTRY),
    ],
)
def test_only_entries_open_and_all_else_closes(
    direction: int, leg: Leg, side: Side, effect: Effect
) -> None:
    from hand_facts import intent_of

    intent = intent_of(leg, direction=direction)
    assert (intent.side, intent.effect) == (side, effect)
    assert leg.reduces is (effect is Effect.CLOSE)
