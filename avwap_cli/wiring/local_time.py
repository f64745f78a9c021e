"""The wiring of local time: whether times can be shown in the zone that a person asked for."""

from __future__ import annotations

from collections.abc import Mapping

from avwap_cli.adapters.host_checks.time_zones import unknown_zone


def zone_warnings(environment: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence where this computer does not know the zone that TZ names; else none."""
    told = unknown_zone(environment)
    if told is None:
        return ()
    return (f"the zone TZ names, {told!r}, is not known; times here are shown in UTC",)
