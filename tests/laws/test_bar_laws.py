"""Laws of rows and vintages: order does not matter, nothing is lost, scaling is a split."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from avwap_cli.market.bars import VALUE_COLUMNS, BarTable, bar_table
from avwap_cli.market.row_checks import check_rows
from avwap_cli.market.splits import Decision, compare_vintages

START = np.datetime64("2024-01-01")
SESSIONS = START + np.arange(12)

price = st.one_of(
    st.floats(0.01, 1e4), st.sampled_from([0.0, -1.0, float("nan"), float("inf"), 5.0])
)
row = st.tuples(
    st.sampled_from(["A", "B", "BRK.B"]),
    st.integers(0, 14),
    price,
    price,
    price,
    price,
    st.sampled_from([0.0, 100.0, 1e6, -5.0, float("nan")]),
)


def table(entries: list[tuple]) -> BarTable:
    columns = list(zip(*entries, strict=True)) if entries else [()] * 7
    days = START + np.array(columns[1], dtype=np.int64)
    names = np.array(columns[0], dtype=np.str_)
    return bar_table(names, days, *(np.array(c, dtype=float) for c in columns[2:]))


def content(t: BarTable) -> list[tuple]:
    values = [getattr(t, n).tolist() for n in VALUE_COLUMNS[:5]]
    return sorted(
        (str(s), str(d), *(repr(x) for x in v))
        for s, d, *v in zip(t.names(), t.session, *values, strict=True)
    )


@settings(deadline=None)
@given(st.lists(row, max_size=40), st.randoms(use_true_random=False))
def test_checks_do_not_depend_on_the_order_of_rows(entries: list, chance: object) -> None:
    shuffled = list(entries)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    first, bad = check_rows(table(entries), SESSIONS, date(2024, 1, 12))
    second, bad_again = check_rows(table(shuffled), SESSIONS, date(2024, 1, 12))
    assert content(first) == content(second)
    assert bad.counts() == bad_again.counts()


@settings(deadline=None)
@given(st.lists(row, max_size=40))
def test_every_row_is_either_clean_or_refused_and_checking_twice_changes_nothing(
    entries: list,
) -> None:
    whole = table(entries)
    clean, bad = check_rows(whole, SESSIONS, date(2024, 1, 12))
    assert len(clean) + len(bad) == len(whole)
    again, none = check_rows(clean, SESSIONS, date(2024, 1, 12))
    assert len(none) == 0
    assert content(again) == content(clean)


@settings(deadline=None)
@given(st.lists(row, max_size=40))
def test_what_is_clean_is_a_bar(entries: list) -> None:
    clean, _ = check_rows(table(entries), SESSIONS, date(2024, 1, 12))
    assert (clean.low <= np.minimum(clean.open, clean.close)).all()
    assert (clean.high >= np.maximum(clean.open, clean.close)).all()
    assert (clean.low > 0).all()
    assert (clean.volume >= 0).all()
    pairs = list(zip(clean.names().tolist(), clean.session.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)


def walk(seed: int, n: int) -> BarTable:
    chance = np.random.default_rng(seed)
    close = np.round(50 * np.exp(np.cumsum(chance.normal(0, 0.08, n))), 2)
    volume = np.floor(chance.uniform(1e5, 1e7, n))
    return bar_table(["A"] * n, START + np.arange(n), close, close, close, close, volume)


@settings(deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(3, 15),
    st.sampled_from([2.0, 3.0, 1.5, 10.0, 0.1, 0.05, 50.0, 1.05]),
)
def test_a_scaled_vintage_is_a_resplit_with_its_ratio(seed: int, n: int, ratio: float) -> None:
    old = walk(seed, n)
    new = bar_table(
        ["A"] * n,
        old.session,
        *(getattr(old, c) / ratio for c in ("open", "high", "low", "close")),
        old.volume * ratio,
    )
    found = compare_vintages(old, new)["A"]
    assert found.decision is Decision.RESPLIT
    assert abs(found.ratio / ratio - 1) < 1e-9
    back = compare_vintages(new, old)["A"]
    assert back.decision is Decision.RESPLIT
    assert abs(back.ratio * ratio - 1) < 1e-9


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 15), st.floats(0.05, 20))
def test_a_jump_on_the_newest_day_is_never_a_split(seed: int, n: int, jump: float) -> None:
    new = walk(seed, n)
    new.close[-1] *= jump
    assert compare_vintages(new.take(slice(0, n - 1)), new)["A"].decision is Decision.SAME
