"""Five simulated sessions with faults, deaths, halts and persons; `make check` runs fifty."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from soak import FIRST_SEED, soaked
from soak_mishaps import by_day, lines
from soak_worlds import world_of

SEED = FIRST_SEED + 3


@pytest.mark.soak
def test_five_sessions(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    found = soaked(SEED, tmp_path)
    record_property(
        "counted",
        {
            "soak": dict(found.counts),
            "soak: faults fired": dict(found.faults),
            "soak: order states reached": dict(found.states),
        },
    )
    again = f"make soak SEED={SEED}"
    assert not found.failures, "\n".join([*found.failures, again])
    assert found.counts["sessions"] == 5
    assert found.counts["orders"] > 0


def test_a_seed_is_the_same_world_for_ever() -> None:
    one, other = world_of(3, 5), world_of(3, 5)
    assert (one.paths, one.splits, one.candidates) == (other.paths, other.splits, other.candidates)
    faults = [lines(by_day(3, n, day)) for n, day in enumerate(one.days)]
    assert faults == [lines(by_day(3, n, day)) for n, day in enumerate(other.days)]
    assert world_of(4, 5).paths != one.paths
