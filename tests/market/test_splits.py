"""Two vintages of the same days: splits are found, crashes and false events left alone."""

from __future__ import annotations

import csv
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from avwap_cli.market.bars import BarTable, bar_table, concat
from avwap_cli.market.splits import Decision, Split, compare_vintages

DAYS = np.arange("2024-01-01", "2024-01-16", dtype="datetime64[D]")


def series(symbol: str, closes: object, volume: object = 1e6, days: object = None) -> BarTable:
    close = np.asarray(closes, dtype=float)
    day = DAYS[: len(close)] if days is None else np.asarray(days, dtype="datetime64[D]")
    volumes = np.broadcast_to(np.asarray(volume, dtype=float), close.shape)
    return bar_table([symbol] * len(close), day, close, close * 1.01, close * 0.99, close, volumes)


def scaled(table: BarTable, ratio: float, until: int = 99) -> BarTable:
    """The table as a vendor gives it after a split of that ratio: prices / ratio, volume * ratio."""
    k = np.where(table.session < DAYS[0] + until, ratio, 1.0)
    return bar_table(
        table.names(),
        table.session,
        table.open / k,
        table.high / k,
        table.low / k,
        table.close / k,
        table.volume * k,
    )


def walk(seed: int = 1, n: int = 15, start: float = 100.0) -> np.ndarray:
    return np.round(start * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.03, n))), 2)


def decide(cached: BarTable, fresh: BarTable, splits: tuple[Split, ...] = ()) -> Decision:
    (found,) = compare_vintages(cached, fresh, splits).values()
    return found.decision


def test_equal_rows_are_the_same() -> None:
    table = series("A", walk())
    assert decide(table, table) is Decision.SAME


def test_a_corrected_volume_is_a_revision() -> None:
    assert decide(series("A", walk()), series("A", walk(), 1.01e6)) is Decision.REVISED


def test_a_constant_ratio_is_a_split_and_its_size_is_told() -> None:
    old = series("A", walk())
    (found,) = compare_vintages(old, scaled(old, 10.0)).values()
    assert (found.decision, found.witness, found.days) == (Decision.RESPLIT, "volume", 15)
    assert found.ratio == pytest.approx(10)


def test_a_ratio_without_scaled_volume_is_still_found_by_its_days() -> None:
    old = series("A", walk())
    new = series("A", walk() / 1.3)
    (found,) = compare_vintages(old, new).values()
    assert (found.decision, found.witness) == (Decision.RESPLIT, "days")


def test_a_vendor_that_rescales_history_days_late_is_understood() -> None:
    old = series("A", walk())
    assert decide(old, scaled(old, 4.0, until=12)) is Decision.RESPLIT


def test_a_crash_is_never_a_split_whatever_the_vendor_lists() -> None:
    """KD 2026-02-09 (-55 %) and PRIM 2026-05-06 (half the price on 19 times the volume)."""
    for ratio, surge in ((0.45, 12.0), (0.499, 19.0)):
        closes = np.append(walk(n=14), walk(n=14)[-1] * ratio)
        cached = series("KD", closes[:14])
        fresh = series("KD", closes, [1e6] * 14 + [surge * 1e6])
        split = Split("KD", date(2024, 1, 15), 2.0)
        assert decide(cached, fresh, (split,)) is Decision.SAME


def test_a_day_cached_before_a_crash_ended_is_a_revision() -> None:
    closes = walk()
    late = closes.copy()
    late[-1] *= 0.5
    fresh = series("A", late, [1e6] * 14 + [19e6])
    assert decide(series("A", closes), fresh) is Decision.REVISED


def test_one_day_needs_a_witness() -> None:
    old = series("A", [50.0])
    assert decide(old, series("A", [25.0])) is Decision.REVISED
    assert decide(old, series("A", [25.0], 2e6)) is Decision.RESPLIT
    listed = Split("A", date(2024, 1, 2), 2.0)
    assert decide(old, series("A", [25.0]), (listed,)) is Decision.RESPLIT
    other = Split("A", date(2024, 1, 2), 3.0)
    earlier = Split("A", date(2024, 1, 1), 2.0)
    assert decide(old, series("A", [25.0]), (other, earlier)) is Decision.REVISED


def test_days_without_one_ratio_are_another_history() -> None:
    assert decide(series("A", walk(1)), series("A", walk(7, start=20))) is Decision.OTHER_HISTORY


def test_a_few_wrong_days_are_a_revision() -> None:
    closes = walk()
    mended = closes.copy()
    mended[[3, 9]] *= [1.2, 0.7]
    assert decide(series("A", closes), series("A", mended)) is Decision.REVISED


def test_new_symbols_and_gaps_without_overlap_are_told_apart() -> None:
    cached = series("A", walk(n=5))
    fresh = concat([series("A", walk(n=3), days=DAYS[9:12]), series("B", walk(n=3))])
    found = compare_vintages(cached, fresh)
    assert {s: c.decision for s, c in found.items()} == {
        "A": Decision.NO_OVERLAP,
        "B": Decision.NEW,
    }
    assert found["A"].decision.refetch


def test_many_symbols_at_once_keep_their_own_verdicts() -> None:
    names = [f"S{i}" for i in range(9)]
    old = concat([series(n, walk(i)) for i, n in enumerate(names)])
    new = concat(
        [
            scaled(series(n, walk(i)), 2.0) if i % 3 == 0 else series(n, walk(i))
            for i, n in enumerate(names)
        ]
    )
    split = [s for s, c in compare_vintages(old, new).items() if c.decision.refetch]
    assert split == ["S0", "S3", "S6"]


def test_nothing_fresh_gives_nothing() -> None:
    assert compare_vintages(series("A", walk()), concat([])) == {}


def test_all_44_real_names_whose_vintages_disagree_are_found(real_data: Path) -> None:
    with (real_data / "splits/split_vintage_mismatch.csv").open(encoding="utf-8") as file:
        ratios = {r["symbol"]: float(r["ratio_yahoo_over_alpaca"]) for r in csv.DictReader(file)}
    assert len(ratios) == 44
    rows = pq.read_table(
        real_data / "bars/r3k_daily_2021_2024.parquet",
        filters=[("symbol", "in", [*ratios, "AAPL"])],
    )
    column = {
        n: rows[n].to_numpy().astype(float) for n in ("open", "high", "low", "close", "volume")
    }
    names = rows["symbol"].to_numpy().astype(str)
    days = rows["date"].to_numpy().astype("datetime64[D]")
    recent = days > np.datetime64("2024-02-15")  # the last 15 sessions, as a refresh sees them
    old = bar_table(names[recent], days[recent], *(c[recent] for c in column.values()))
    k = np.array([ratios.get(n, 1.0) for n in old.names()])
    noise = 1 + np.random.default_rng(5).uniform(-0.003, 0.003, len(k)) * (k != 1)

    def cents(x: np.ndarray) -> np.ndarray:
        return np.where(k == 1, x, np.round(x / k * noise, 2))

    fresh = bar_table(
        old.names(),
        old.session,
        *(cents(getattr(old, n)) for n in ("open", "high", "low", "close")),
        np.floor(old.volume * k),
    )
    found = compare_vintages(old, fresh)
    assert sorted(s for s, c in found.items() if c.decision.refetch) == sorted(ratios)
    assert found["AAPL"].decision is Decision.SAME
    for symbol, ratio in ratios.items():
        assert found[symbol].ratio == pytest.approx(ratio, rel=0.02), symbol


def test_all_302_real_events_leave_rows_alone_that_both_vintages_agree_on(real_data: Path) -> None:
    """The vendor's claim alone decides nothing, neither for the 17 false events nor for the others."""
    with (real_data / "splits/splits_unadjusted_2015_2017.csv").open(encoding="utf-8") as file:
        events = list(csv.DictReader(file))
    assert sum(e["consistent"] == "False" for e in events) == 17
    for event in events:
        before, after = date.fromisoformat(event["prev_date"]), date.fromisoformat(event["ex_date"])
        prices = [float(event["prev_close"])] * 5 + [float(event["ex_close"])]
        days = [np.datetime64(before) - i for i in range(4, -1, -1)] + [np.datetime64(after)]
        fresh = series(event["symbol"], prices, days=days)
        cached = fresh.take(slice(0, 5))
        claim = Split(event["symbol"], after, float(event["factor"]))
        assert decide(cached, fresh, (claim,)) is Decision.SAME, event
        assert decide(fresh, fresh, (claim,)) is Decision.SAME, event


@pytest.mark.parametrize(
    ("ratio", "fraction"),
    [
        (10.0, (10, 1)),
        (0.1, (1, 10)),
        (0.3333333333, (1, 3)),
        (0.333333, (1, 3)),
        (0.06666667, (1, 15)),
        (1.5, (3, 2)),
        (0.6666666667, (2, 3)),
        (0.00004, (1, 25_000)),
        (1.0, (1, 1)),
    ],
)
def test_a_ratio_is_the_fraction_that_it_rounds(ratio: float, fraction: tuple[int, int]) -> None:
    assert Split("A", date(2024, 3, 5), ratio).fraction == Fraction(*fraction)


@pytest.mark.parametrize("ratio", [0.0, -2.0, float("nan"), float("inf")])
def test_a_ratio_that_is_none_has_no_fraction(ratio: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        _ = Split("A", date(2024, 3, 5), ratio).fraction


@pytest.mark.parametrize(("ex_date", "session"), [(2, 4), (3, 4), (4, 4), (8, 8), (9, 11)])
def test_a_split_is_in_force_from_its_first_session_on(ex_date: int, session: int) -> None:
    split = Split("A", date(2024, 3, ex_date), 2.0)
    assert split.first_session == date(2024, 3, session)
