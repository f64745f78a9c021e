"""Queries: what counts as true, a number, a moment, and how the two hosts refuse."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.instants import instant, rfc3339, rfc3339_eastern
from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.messages import Request
from avwap_cli.exchange.refusals import Refusal

TRADING = "/v2/orders"
DATA = "/v2/stocks/bars"


def asked(value: str | None, path: str = TRADING, name: str = "x") -> Request:
    return Request("GET", path, () if value is None else ((name, value),))


@pytest.mark.parametrize("value", ["True", "true", "TRUE", "1", "t"])
def test_python_and_json_both_say_yes(value):
    assert queries.flag(asked(value), "x") is True


@pytest.mark.parametrize("value", ["False", "false", "0"])
def test_no_is_no_even_where_yes_is_the_default(value):
    assert queries.flag(asked(value), "x", default=True) is False


@pytest.mark.parametrize("value", [None, ""])
def test_absent_and_empty_take_the_default(value):
    assert queries.flag(asked(value), "x", default=True) is True
    assert queries.integer(asked(value), "x", 50, 1, 500) == 50
    assert queries.choice(asked(value), "x", ("a", "b"), "b") == "b"
    assert queries.decimal(asked(value), "x") is None
    assert queries.moment(asked(value), "x") is None
    assert queries.words(asked(value), "x") == ()


@pytest.mark.parametrize("value", ["0", "501", "-1", "1.0", "ten", "1e2", "٣", "9" * 5000])
def test_numbers_out_of_range_are_refused(value):
    with pytest.raises(Refusal) as refusal:
        queries.integer(asked(value), "x", 50, 1, 500)
    assert (refusal.value.status, refusal.value.code) == (422, 40010001)
    assert len(refusal.value.message) < 120


def test_the_data_host_refuses_with_400_and_no_code():
    with pytest.raises(Refusal) as refusal:
        queries.choice(asked("up", DATA), "x", ("asc", "desc"), "asc")
    assert (refusal.value.status, refusal.value.code) == (400, None)
    assert refusal.value.message == "invalid x: up"


def test_lists_keep_their_order_and_add_up():
    request = Request("GET", DATA, (("symbols", "msft, AAPL,,msft"), ("symbols", "BRK.B")))
    assert queries.symbols(request) == ("MSFT", "AAPL", "BRK.B")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-10-02T13:25:00Z", datetime(2026, 10, 2, 13, 25, tzinfo=UTC)),
        ("2026-10-02T13:25:00+00:00", datetime(2026, 10, 2, 13, 25, tzinfo=UTC)),
        ("2026-10-02T09:25:00-04:00", datetime(2026, 10, 2, 13, 25, tzinfo=UTC)),
        ("2026-10-02T13:25:00", datetime(2026, 10, 2, 13, 25, tzinfo=UTC)),
        ("2026-10-02T13:25Z", datetime(2026, 10, 2, 13, 25, tzinfo=UTC)),
        ("2026-10-02", datetime(2026, 10, 2, 4, tzinfo=UTC)),
        ("2026-12-02", datetime(2026, 12, 2, 5, tzinfo=UTC)),
    ],
)
def test_moments(value, expected):
    assert queries.moment(asked(value), "x") == instant(expected)


def test_moments_keep_nanoseconds():
    whole = queries.moment(asked("2026-10-02T13:25:00Z"), "x")
    assert queries.moment(asked("2026-10-02T13:25:00.123456789Z"), "x") == whole + 123456789


@pytest.mark.parametrize(
    "value",
    [
        *("2026-13-02", "yesterday", "2026-10-02T25:00:00Z", "2026-02-30T00:00:00Z", "1759411500"),
        *("٢", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"),
    ],
)
def test_moments_that_are_none(value):
    with pytest.raises(Refusal):
        queries.moment(asked(value), "x")


@given(st.integers(0, 4_000_000_000 * 10**9))
def test_written_moments_are_read_back(at):
    assert queries.parsed_moment(rfc3339(at)) == at
    assert queries.parsed_moment(rfc3339_eastern(at)) == at


def test_days():
    assert queries.day(asked("2026-10-02"), "x") == date(2026, 10, 2)
    assert queries.day(asked("2026-10-02T23:00:00Z"), "x") == date(2026, 10, 2)
    assert queries.is_day(asked("2026-10-02"), "x")
    assert not queries.is_day(asked("2026-10-02T00:00:00Z"), "x")
    for wrong in ("2026-02-30", "2026-10-02 or so", "10/02/2026"):
        with pytest.raises(Refusal):
            queries.day(asked(wrong), "x")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e400", "1e-400", "ten", "--1"])
def test_decimals_that_are_none(value):
    with pytest.raises(Refusal):
        queries.decimal(asked(value), "x")


def test_decimals_are_exact():
    assert queries.decimal(asked("0.1"), "x") == Decimal("0.1")


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(value):
    request = asked(value)
    for read in (queries.flag, queries.moment, queries.day, queries.decimal, queries.symbols):
        try:
            read(request, "x")
        except Refusal as refusal:
            assert refusal.status == 422  # noqa: PT017 - either way is right, nothing else is
