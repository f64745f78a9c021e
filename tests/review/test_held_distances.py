"""How near each position came to its stop and its target, by the ledger alone."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from held_positions import AVWAP, BATCH, FRI, MON, TUE, WED, D, held, moment

from avwap_cli.review.held_distances import Closes, closes_of, held_distances
from avwap_cli.trading.books import Book
from avwap_cli.trading.facts import SplitTaken
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.positions import Position, Seen

EMPTY = Book(
    orders={}, open=(), closed=(), fills={}, halts=(), denials=(), closes=(), splits=(), notices=()
)


class Stopped(Book):
    """A book whose positions have one stop, at 95."""

    def stops_of(self, position: Position) -> list[Any]:
        return [SimpleNamespace(intent=SimpleNamespace(stop_price=D(95)))]


def told(
    position: Position, closes: Closes | None = None, kind: type[Book] = Stopped
) -> dict[str, Any]:
    fields = {n: getattr(EMPTY, n) for n in (
        "orders", "closed", "fills", "halts", "denials", "closes", "splits", "notices",
    )}  # fmt: skip
    (row,) = held_distances(kind(open=(position,), **fields), TUE, closes)
    return row


def closed_at(usd: float, strategy: str = "adx_pullback") -> Closes:
    row = {"symbol": "ABC", "strategy": strategy, "entry_session": "2024-03-04", "close": usd}
    return closes_of({"positions": [row]}, MON)


def test_a_long_position_is_measured_from_the_last_price_that_was_watched() -> None:
    row = told(held(BATCH, seen=Seen(D("97.5"), moment(TUE, "10:04"))), closed_at(103))
    assert (row["stop"], row["target"], row["stops"]) == (95.0, 105.0, 1)
    assert (row["price"], row["price_at"], row["price_is"]) == (
        97.5, "2024-03-05T10:04:00-05:00", "newest extreme",
    )  # fmt: skip
    # A share risked 3 dollars: 1.5 times an ATR of 2.
    assert row["to_stop_frac"] == pytest.approx(2.5 / 97.5, abs=1e-6)
    assert row["to_stop_r"] == pytest.approx(2.5 / 3, abs=1e-6)
    assert row["to_target_frac"] == pytest.approx(7.5 / 97.5, abs=1e-6)
    assert row["to_target_r"] == pytest.approx(2.5, abs=1e-6)
    assert (row["held_sessions"], row["shares"]) == (1, 100)


def test_a_later_close_is_newer_than_what_was_watched() -> None:
    row = told(held(BATCH, seen=Seen(D(99), moment(MON, "15:30"))), closed_at(94))
    assert (row["price"], row["price_at"], row["price_is"]) == (
        94.0, "2024-03-04T16:00:00-05:00", "close",
    )  # fmt: skip
    assert row["to_stop_frac"] == pytest.approx(-1 / 94, abs=1e-6), "beyond it"


def test_a_stop_that_followed_the_price_is_not_passed_by_the_entry() -> None:
    """The session's low was below where the stop is now; the price is far above it."""
    row = told(held(AVWAP, average="90", low="89", seen=Seen(D(104), moment(TUE, "12:00"))))
    assert row["to_stop_frac"] == pytest.approx(9 / 104, abs=1e-6)


def test_without_either_it_is_the_entry_average_and_says_so() -> None:
    row = told(held(BATCH))
    assert (row["price"], row["price_at"], row["price_is"]) == (100.0, None, "entry average")
    assert row["to_stop_frac"] == pytest.approx(0.05)
    of_another = closed_at(94, strategy="avwap")
    assert told(held(BATCH), of_another)["price_is"] == "entry average"
    split = SplitTaken(moment(TUE, "09:00"), "ABC", TUE, 2, 1)
    assert told(held(BATCH, splits=(split,)), closed_at(94))["price_is"] == "entry average"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"positions": None},
        {"positions": ["ABC", {"symbol": "ABC"}]},
        {"positions": [{"symbol": "ABC", "close": float("inf")}]},
        {"positions": [{"symbol": "ABC", "close": True}, {"symbol": "ABC", "close": "94"}]},
    ],
)
def test_exit_plans_that_make_no_sense_tell_of_no_close(document: dict[str, Any]) -> None:
    assert closes_of(document, MON) == Closes(MON, {})


def test_a_short_position_is_measured_the_other_way_round() -> None:
    short = held(replace(BATCH, direction=-1), seen=Seen(D(90), moment(TUE, "10:04")))
    row = told(replace(short, direction=-1))
    assert row["to_stop_frac"] == pytest.approx(5 / 90, abs=1e-6)
    assert row["target"] == 95.0, "two and a half ATR below the average"
    assert row["to_target_frac"] == pytest.approx(-5 / 90, abs=1e-6), "beyond it"


def test_the_next_target_of_avwap_is_the_trim_that_is_left() -> None:
    assert told(held(AVWAP))["target"] == 105.0
    assert told(held(AVWAP, trims=frozenset({Leg.TRIM1})))["target"] == 110.0
    assert told(held(AVWAP, trims=frozenset({Leg.TRIM1, Leg.TRIM2})))["to_target_frac"] is None


def test_without_a_stop_or_a_plan_there_is_no_distance() -> None:
    row = told(held(BATCH), kind=Book)
    assert (row["stop"], row["stops"], row["to_stop_frac"], row["to_stop_r"]) == (
        None, 0, None, None,
    )  # fmt: skip
    assert told(held(None))["to_stop_r"] is None


def test_positions_of_later_sessions_are_not_shown() -> None:
    late = held(BATCH, entry_session=FRI)
    assert held_distances(replace(EMPTY, open=(late,)), WED) == ()
