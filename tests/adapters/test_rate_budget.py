"""The request budget: the configured pace first, then the vendor's own headers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avwap_cli.adapters.rate_budget import RateBudget, number


class Ticking:
    def __init__(self) -> None:
        self.moment = datetime(2024, 3, 7, 21, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


class Watched(Ticking):
    """Counts how often it is read."""

    reads = 0

    def now(self) -> datetime:
        self.reads += 1
        return self.moment


def headers(clock: Ticking, remaining: int, seconds: float) -> dict[str, str]:
    reset = clock.moment.timestamp() + seconds
    return {"X-RateLimit-Remaining": str(remaining), "X-RateLimit-Reset": f"{reset:.0f}"}


def test_never_more_than_the_configured_requests_in_a_minute() -> None:
    clock = Ticking()
    budget = RateBudget(clock, 3)
    for _ in range(7):
        budget.wait()
    assert clock.slept == [60.0, 60.0]


def test_an_empty_budget_waits_for_its_reset() -> None:
    clock = Ticking()
    budget = RateBudget(clock, 200)
    budget.wait()
    budget.seen(headers(clock, 0, 17))
    budget.wait()
    assert clock.slept == [17.0]


def test_once_it_is_ready_the_next_request_waits_for_nothing() -> None:
    clock = Ticking()
    budget = RateBudget(clock, 2)
    for _ in range(2):
        budget.wait()
    budget.ready()
    assert clock.slept == [60.0]
    for _ in range(2):  # asking whether it is ready spends nothing
        budget.ready()
        budget.wait()
    assert clock.slept == [60.0]
    budget.seen(headers(clock, 0, 17))
    budget.ready()
    budget.wait()
    assert clock.slept == [60.0, 17.0]


def test_what_remains_is_spent_without_waiting() -> None:
    clock = Ticking()
    budget = RateBudget(clock, 1)  # the vendor's word outranks the configured pace
    budget.seen(headers(clock, 2, 30))
    budget.wait()
    budget.wait()
    assert clock.slept == []
    budget.wait()
    assert clock.slept == [30.0]


def test_a_reset_that_passed_says_nothing_more() -> None:
    clock = Ticking()
    budget = RateBudget(clock, 5)
    budget.seen(headers(clock, 0, 5))
    clock.moment += timedelta(seconds=6)
    budget.wait()
    assert clock.slept == []


def test_no_header_makes_it_wait_for_hours() -> None:
    clock = Ticking()
    budget = RateBudget(clock, 5)
    budget.seen(headers(clock, 0, 86_400))
    budget.wait()
    assert clock.slept == [120.0]


@pytest.mark.parametrize("text", [None, "", "soon", "-3", "nan", "1e9", "٣", "9" * 30])
def test_what_is_no_plain_number_is_ignored(text: str | None) -> None:
    if text == "٣":
        assert number(text) == 3.0  # a digit is a digit
    else:
        assert number(text) is None
    clock = Ticking()
    budget = RateBudget(clock, 5)
    budget.seen({} if text is None else {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": text})
    budget.wait()
    assert clock.slept == []


@given(
    pauses=st.lists(st.floats(0, 5), min_size=1, max_size=400),
    per_minute=st.sampled_from([1, 7, 40, 60, 190]),
)
@settings(deadline=None, max_examples=60)
def test_no_minute_has_more_requests_than_allowed(pauses: list[float], per_minute: int) -> None:
    clock = Watched()
    budget = RateBudget(clock, per_minute)
    sent: list[datetime] = []
    for pause in pauses:
        clock.moment += timedelta(seconds=pause)
        budget.wait()
        sent.append(clock.moment)
    for first, later in zip(sent, sent[per_minute:], strict=False):
        assert later - first >= timedelta(seconds=60)


def test_the_clock_is_not_read_for_each_request() -> None:
    clock = Watched()
    budget = RateBudget(clock, 190)
    for _ in range(180):
        budget.wait()
    assert clock.reads <= 20
