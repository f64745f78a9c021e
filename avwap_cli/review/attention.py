"""Attention: what somebody should look at first, of all that a status page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from avwap_cli.review.held_distances import beyond
from avwap_cli.review.stage_states import UNHEALTHY, StageState


def attention(
    stages: Sequence[tuple[str, StageState]], positions: Iterable[Mapping[str, Any]]
) -> tuple[str, ...]:
    """A sentence for each unhealthy state, and for each position that no stop protects.

    Args:
        stages: those that somebody here asks for.
        positions: see `held_distances`.
    """
    found = []
    for state in UNHEALTHY:
        names = [stage for stage, its in stages if its is state]
        if names:
            found.append(f"{state.value}: {', '.join(names)}")
    return (*found, *(sentence for row in positions if (sentence := _unprotected(row))))


def _unprotected(row: Mapping[str, Any]) -> str | None:
    named, frac = f"{row['symbol']} ({row['strategy']})", row["to_stop_frac"]
    if not row["stops"]:
        return f"{named} has no stop"
    if frac is not None and frac < 0:
        return f"{named} is {beyond(row['direction'], 'stop')} its stop by {-frac:.1%}"
    return None
