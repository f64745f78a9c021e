"""Laws of the tape: a made-up day is its daily bar, whatever the bar; quotes never cross."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from avwap_cli.exchange.instants import MINUTE, SECOND, hours
from avwap_cli.exchange.tape.days import CENT, DOLLAR, SymbolDay
from avwap_cli.exchange.tape.folding import fold
from avwap_cli.exchange.tape.tapes import Halt, Tape, TapeOptions
from avwap_cli.market.bars import BarTable, bar_table

FULL = date(2024, 3, 7)
HALF = date(2023, 11, 24)
SUMMER = date(2024, 3, 11)
PENNY = st.integers(1, 20_000)
ANY = st.one_of(PENNY, st.integers(1, 10**7), st.integers(1, 10**10))
CENTS = st.integers(100, 10**6).map(lambda cents: cents * 100)
SHARES = st.one_of(st.integers(1, 10), st.integers(1, 5_000), st.integers(1, 10**9))


@st.composite
def bars(draw: st.DrawFn) -> tuple[int, int, int, int, int]:
    """Open, high, low, close in tape prices (any four that are a bar) and shares."""
    one = draw(st.sampled_from([PENNY, ANY, CENTS]))
    if draw(st.booleans()):
        four = sorted(draw(st.lists(one, min_size=4, max_size=4)))
    else:
        start = draw(one)
        four = sorted(
            start + move for move in draw(st.lists(st.integers(0, 9), min_size=4, max_size=4))
        )
    low, one_side, other, high = four
    ends = draw(st.permutations([one_side, other]))
    return ends[0], high, low, ends[1], draw(SHARES)


def table(session: date, bar: tuple[int, int, int, int, int]) -> BarTable:
    o, h, low, c = (np.array([price / 10_000]) for price in bar[:4])
    day = np.array([session], dtype="datetime64[D]")
    return bar_table(["A"], day, o, h, low, c, np.array([float(bar[4])]))


def as_text(day: SymbolDay) -> str:
    parts = (day.minutes, day.prints, day.quotes)
    return "".join(
        f"{f.name}{getattr(part, f.name).dtype}{getattr(part, f.name).tobytes().hex()}"
        for part in parts
        for f in fields(part)
    )


def from_prints(day: SymbolDay) -> list[tuple[int, ...]]:
    """Minutes as a slow loop over the prints makes them."""
    minutes: dict[int, list[tuple[int, int]]] = {}
    p = day.prints
    for at, price, size in zip(p.at.tolist(), p.price.tolist(), p.size.tolist(), strict=True):
        minutes.setdefault(at // MINUTE * MINUTE, []).append((price, size))
    rows = []
    for start, trades in minutes.items():
        prices = [price for price, _ in trades]
        volume = sum(size for _, size in trades)
        rows.append((start, prices[0], max(prices), min(prices), prices[-1], volume, len(trades)))
    return rows


def minute_rows(day: SymbolDay) -> list[tuple[int, ...]]:
    m = day.minutes
    columns = (m.start, m.open, m.high, m.low, m.close, m.volume, m.trades)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def check_quotes(day: SymbolDay) -> None:
    q, times = day.quotes, hours(day.session)
    assert (np.diff(q.at) > 0).all()
    assert times.pre_open <= q.at[0]
    assert q.at[-1] < times.after_close
    assert (q.bid < q.ask).all()
    assert (q.bid >= 0).all()
    for side in (q.bid, q.ask):
        assert (side[side >= DOLLAR] % CENT == 0).all()
    assert (q.bid_size[q.bid > 0] > 0).all()
    assert (q.bid_size[q.bid == 0] == 0).all()
    assert (q.ask_size > 0).all()


@settings(deadline=None, max_examples=300)
@given(bars(), st.sampled_from([FULL, HALF, SUMMER]), st.sampled_from([0.0, 0.4, 0.99]))
def test_a_day_folds_back_into_its_bar(
    bar: tuple[int, int, int, int, int], session: date, missing: float
) -> None:
    tape = Tape(table(session, bar), options=TapeOptions(missing_frac=missing))
    day, times = tape.day("A", session), hours(session)
    assert day is not None
    shown = tape.history(None, session, session)
    rounded = tuple(
        round(float(column[0]) * 10_000)
        for column in (shown.open, shown.high, shown.low, shown.close)
    )
    assert fold(day.minutes, times) == (*rounded, bar[4])
    assert all(abs(r - b) <= b * 1e-6 for r, b in zip(rounded, bar, strict=False))
    assert minute_rows(day) == from_prints(day)
    assert day.prints.at[0] == times.open
    assert day.prints.price[0] == rounded[0]
    assert day.prints.price[-1] == rounded[3]
    assert (np.diff(day.prints.at) > 0).all()
    assert day.prints.at[-1] < times.close
    assert (day.minutes.start % MINUTE == 0).all()
    if bar[4] >= 4:
        assert (day.prints.size > 0).all()
    sizes = day.prints.size.tolist()
    exact = sum(p * size for p, size in zip(day.prints.price.tolist(), sizes, strict=True))
    assert abs(float(day.minutes.turnover.sum()) - exact) <= 1e-12 * exact
    check_quotes(day)


@settings(deadline=None, max_examples=100)
@given(bars(), st.integers(0, 389), st.integers(1, 390 * 60))
def test_a_halted_day_still_folds_and_trades_nothing_meanwhile(
    bar: tuple[int, int, int, int, int], minute: int, seconds: int
) -> None:
    times = hours(FULL)
    start = times.open + minute * MINUTE + 30 * SECOND
    end = start + seconds * SECOND
    assume(minute > 0 or end <= times.close - MINUTE)
    tape = Tape(table(FULL, bar), options=TapeOptions(halts=(Halt("A", start, end),)))
    free = Tape(table(FULL, bar)).history(None, FULL, FULL)
    day = tape.day("A", FULL)
    assert day is not None
    assert tape.history(None, FULL, FULL).close.tolist() == free.close.tolist()
    folded = fold(day.minutes, times)
    assert folded is not None
    assert folded[4] == bar[4]
    assert [price / 10_000 for price in folded[:4]] == [
        free.open[0], free.high[0], free.low[0], free.close[0]
    ]  # fmt: skip
    for at in (day.prints.at, day.quotes.at):
        assert not ((at >= start) & (at < end)).any()
    assert ((day.minutes.start + MINUTE <= start) | (day.minutes.start >= end)).all()
    assert day.halts == ((start, end),)
    check_quotes(day)


@settings(deadline=None, max_examples=60)
@given(bars(), st.integers(-5, 2**70))
def test_the_seed_is_all_that_chance_depends_on(
    bar: tuple[int, int, int, int, int], seed: int
) -> None:
    made = [Tape(table(FULL, bar), options=TapeOptions(seed=seed)).day("A", FULL) for _ in "ab"]
    assert made[0] is not None
    assert made[1] is not None
    assert as_text(made[0]) == as_text(made[1])
    other = Tape(table(FULL, bar), options=TapeOptions(seed=seed + 1)).day("A", FULL)
    assert other is not None
    assert as_text(other) != as_text(made[0])


@settings(deadline=None, max_examples=100)
@given(bars(), st.sampled_from(["0", "0.0002", "0.003", "0.2"]))
def test_quotes_hold_their_print_and_never_cross(
    bar: tuple[int, int, int, int, int], half_spread: str
) -> None:
    options = TapeOptions(half_spread_frac=Decimal(half_spread))
    day = Tape(table(FULL, bar), options=options).day("A", FULL)
    assert day is not None
    check_quotes(day)
    at_print = np.searchsorted(day.quotes.at, day.prints.at)
    assert (day.quotes.at[at_print] == day.prints.at).all()
    assert (day.quotes.bid[at_print] <= day.prints.price).all()
    assert (day.quotes.ask[at_print] >= day.prints.price).all()
