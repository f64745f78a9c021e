"""Written dates: one column at a time, because one cell can say how to read the others."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from avwap_cli.market import dates

SEVENTH, EIGHTH = date(2024, 3, 7), date(2024, 3, 8)


@pytest.mark.parametrize(
    "cell",
    ["2024-03-07", "20240307", "2024-03-07 16:00:00", "2024-03-07T09:30-05:00", " 2024-03-07 "],
)
def test_forms_of_one_day(cell: str) -> None:
    assert dates.from_texts([cell]) == [SEVENTH]


@pytest.mark.parametrize("cell", ["", "soon", "2024-13-01", "0", "31/31/2024", "9" * 30])
def test_what_is_no_date(cell: str) -> None:
    assert dates.from_texts([cell]) == [None]


def test_midnights_in_utc_are_calendar_dates() -> None:
    assert dates.from_texts(["2024-03-07T00:00:00+00:00", "2024-03-08T00:00Z"]) == [SEVENTH, EIGHTH]


def test_one_other_time_makes_them_moments_told_in_new_york() -> None:
    assert dates.from_texts(["2024-03-08T00:00:00Z", "2024-03-08T05:00:00Z"]) == [SEVENTH, EIGHTH]


def test_one_cell_says_whether_the_day_comes_first() -> None:
    assert dates.from_texts(["7/3/2024", "30/3/2024"])[0] == SEVENTH
    assert dates.from_texts(["3/7/2024", "3/30/2024"])[0] == SEVENTH
    assert dates.from_texts(["3/7/2024"]) == [SEVENTH]
    with pytest.raises(ValueError, match="begin with the day"):
        dates.from_texts(["30/3/2024", "3/30/2024"])


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000, 1_000_000_000])
def test_epochs_of_every_unit(unit: int) -> None:
    seconds = int(datetime(2024, 3, 7, 20, tzinfo=UTC).timestamp())
    assert dates.from_numbers([seconds * unit]) == [SEVENTH]


def test_times_without_a_zone_are_the_wall_clocks() -> None:
    late = int(datetime(2024, 3, 8, 2, tzinfo=UTC).timestamp()) * 1_000_000
    assert dates.from_microseconds([late], aware=False) == [EIGHTH]
    assert dates.from_microseconds([late], aware=True) == [SEVENTH]
