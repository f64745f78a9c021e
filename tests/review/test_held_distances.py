"""How near each position came to its stop and its target, by the ledger alone."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from held_positions import AVWAP, BATCH, FRI, MON, TUE, D, held

from avwap_cli.review.held_distances import held_distances
from avwap_cli.trading.books import Book
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.positions import Position
from avwap_cli.trading.price_ranges import PriceRange

EMPTY = Book(
    orders={}, open=(), closed=(), fills={}, halts=(), denials=(), closes=(), splits=(), notices=()
)


class Stopped(Book):
    """A book whose positions have one stop, at 95."""

    def stops_of(self, position: Position) -> list[Any]:
        return [SimpleNamespace(intent=SimpleNamespace(stop_price=D(95)))]


def told(position: Position, kind: type[Book] = Stopped) -> dict[str, Any]:
    fields = {n: getattr(EMPTY, n) for n in (
        "orders", "closed", "fills", "halts", "denials", "closes", "splits", "notices",
    )}  # fmt: skip
    (row,) = held_distances(kind(open=(position,), **fields), TUE)
    return row


def test_a_long_position_is_measured_from_its_worst_and_its_best_price() -> None:
    seen = (PriceRange(MON, D(101), D(99)), PriceRange(TUE, D(104), D("97.5")))
    row = told(held(BATCH, ranges=seen))
    assert (row["stop"], row["target"]) == (95.0, 105.0)
    assert (row["seen_low"], row["seen_high"], row["seen_session"]) == (97.5, 104.0, "2024-03-05")
    assert row["to_stop_frac"] == pytest.approx(2.5 / 97.5, abs=1e-6)
    assert row["to_target_frac"] == pytest.approx(1 / 104, abs=1e-6)
    assert (row["held_sessions"], row["shares"]) == (1, 100)


def test_a_short_position_is_measured_the_other_way_round() -> None:
    short = held(replace(BATCH, direction=-1), ranges=(PriceRange(TUE, D(94), D(90)),))
    row = told(replace(short, direction=-1))
    assert row["to_stop_frac"] == pytest.approx(1 / 94, abs=1e-6)
    assert row["target"] == 95.0, "two and a half ATR below the average"
    assert row["to_target_frac"] == pytest.approx(-5 / 90, abs=1e-6), "beyond it"


def test_the_next_target_of_avwap_is_the_trim_that_is_left() -> None:
    assert told(held(AVWAP))["target"] == 105.0
    assert told(held(AVWAP, trims=frozenset({Leg.TRIM1})))["target"] == 110.0
    assert told(held(AVWAP, trims=frozenset({Leg.TRIM1, Leg.TRIM2})))["to_target_frac"] is None


def test_without_a_stop_there_is_no_distance_to_it() -> None:
    row = told(held(BATCH, ranges=()), Book)
    assert (row["stop"], row["to_stop_frac"]) == (None, None)
    assert (row["seen_low"], row["seen_session"]) == (100.0, "2024-03-04")


def test_positions_of_later_sessions_are_not_shown() -> None:
    late = held(BATCH, entry_session=FRI)
    assert held_distances(replace(EMPTY, open=(late,)), TUE) == ()
