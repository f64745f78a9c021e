"""Rate limits: counted by virtual minute, and never closed for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.instants import MINUTE, SECOND
from avwap_cli.exchange.protocol.rate_limits import RateLimit

NOON = 1_790_953_200 * SECOND
assert NOON % MINUTE == 0


def test_the_count_is_per_minute_of_the_running_clock():
    limit = RateLimit(3)
    moments = [NOON, NOON + 1, NOON + 2, NOON + 3, NOON + 30 * SECOND, NOON + MINUTE]
    assert [limit.admit(at) for at in moments] == [True, True, True, False, False, True]


def test_headers_tell_what_remains_and_until_when():
    limit = RateLimit(3)
    limit.admit(NOON)
    assert limit.headers(NOON + SECOND) == {
        "X-RateLimit-Limit": "3",
        "X-RateLimit-Remaining": "2",
        "X-RateLimit-Reset": str(NOON // SECOND + 60),
    }


def test_a_clock_that_stands_still_refuses_once_and_then_opens_anew():
    limit = RateLimit(2)
    assert [limit.admit(NOON) for _ in range(7)] == [True, True, False, True, True, False, True]


def test_a_clock_that_moves_after_a_refusal_is_still_within_its_minute():
    limit = RateLimit(1)
    assert [limit.admit(NOON + n) for n in range(4)] == [True, False, False, False]


def test_zero_is_no_limit_and_says_nothing():
    limit = RateLimit(0)
    assert all(limit.admit(NOON) for _ in range(1000))
    assert limit.headers(NOON) == {}


@given(st.integers(1, 5), st.lists(st.integers(1, 20 * SECOND), max_size=60))
def test_a_running_clock_admits_at_most_the_limit_in_any_minute(allowed, steps):
    limit, at, admitted = RateLimit(allowed), NOON, {}
    for step in steps:
        at += step
        if limit.admit(at):
            admitted[at // MINUTE] = admitted.get(at // MINUTE, 0) + 1
        assert 0 <= int(limit.headers(at)["X-RateLimit-Remaining"]) <= allowed
    assert all(count <= allowed for count in admitted.values())


@given(st.integers(1, 5), st.lists(st.integers(0, 2), max_size=60))
def test_two_requests_in_a_row_at_one_moment_are_never_both_refused(allowed, steps):
    limit, at, last = RateLimit(allowed), NOON, None
    for step in steps:
        at += step
        now = (at, limit.admit(at))
        assert not (last == now and now[1] is False)
        last = now
