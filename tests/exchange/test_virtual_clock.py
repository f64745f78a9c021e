"""The virtual clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.instants import SECOND
from avwap_cli.exchange.virtual_clock import FASTEST, LATEST, VirtualClock

START = 1_790_000_000 * SECOND


class Real:
    """Real time that passes when told."""

    def __init__(self) -> None:
        self.ns = 5

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def real() -> Real:
    return Real()


def test_it_stands_at_speed_zero(real: Real) -> None:
    clock = VirtualClock(START, 0, real)
    real.ns += 90 * SECOND
    assert clock.read() == START


def test_it_runs_at_its_speed(real: Real) -> None:
    clock = VirtualClock(START, 60, real)
    real.ns += SECOND // 20
    assert clock.read() == START + 3 * SECOND


def test_a_change_of_speed_leaves_the_time_as_it_is(real: Real) -> None:
    clock = VirtualClock(START, 2, real)
    real.ns += 10 * SECOND
    clock.read()
    clock.set_speed(0)
    real.ns += 1000 * SECOND
    assert clock.read() == START + 20 * SECOND
    clock.set_speed(1)
    assert clock.speed == 1
    real.ns += SECOND
    assert clock.read() == START + 21 * SECOND


def test_it_runs_on_from_where_it_jumped_to(real: Real) -> None:
    clock = VirtualClock(START, 1, real)
    real.ns += 5 * SECOND
    clock.read()
    clock.jump(START + 3600 * SECOND)
    real.ns += 2 * SECOND
    assert clock.read() == START + 3602 * SECOND


def test_what_follows_a_reading_happens_at_its_moment(real: Real) -> None:
    clock = VirtualClock(START, 600, real)
    real.ns += SECOND
    now = clock.read()
    real.ns += SECOND
    assert clock.now == now == START + 600 * SECOND
    clock.jump(now)
    clock.set_speed(1)
    assert clock.now == now
    assert clock.read() == now + SECOND


def test_it_does_not_jump_back(real: Real) -> None:
    clock = VirtualClock(START, 1, real)
    real.ns += 5 * SECOND
    clock.read()
    with pytest.raises(ValueError, match="time does not run backwards"):
        clock.jump(START + 4 * SECOND)
    assert clock.read() == START + 5 * SECOND


@pytest.mark.parametrize("speed", [-1.0, float("nan"), float("inf"), FASTEST + 1])
def test_a_speed_that_is_none_changes_nothing(real: Real, speed: float) -> None:
    clock = VirtualClock(START, 1, real)
    with pytest.raises(ValueError, match=r"a speed is 0 to 86,400"):
        clock.set_speed(speed)
    with pytest.raises(ValueError, match=r"a speed is 0 to 86,400"):
        VirtualClock(START, speed, real)
    assert clock.speed == 1


def test_it_ends_before_the_calendar_does(real: Real) -> None:
    clock = VirtualClock(START, FASTEST, real)
    real.ns += 20 * 366 * SECOND
    assert clock.read() == LATEST
    with pytest.raises(ValueError, match=r"until 2034-01-01T00:00:00-05:00 and no further"):
        VirtualClock(LATEST + 1, 0, real)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**12), st.floats(0, 1000), st.integers(0, 10**12), st.booleans()
        ),
        max_size=20,
    )
)
def test_law_it_never_runs_backwards(steps: list[tuple[int, float, int, bool]]) -> None:
    real = Real()
    clock = VirtualClock(START, 1, real)
    before = clock.read()
    for passed, speed, jump, jumps in steps:
        real.ns += passed
        if jumps:
            clock.jump(clock.read() + jump)
        else:
            clock.read()
            clock.set_speed(speed)
        assert clock.read() >= before
        before = clock.read()
