"""The wiring of local time: times as this computer shows them, and whether it can."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from avwap_cli.adapters.host_checks.time_zones import unknown_zone


def local(moment: datetime) -> datetime:
    """The time on this computer; in UTC where its zone is a day or more away, which none is."""
    try:
        return moment.astimezone()
    except (ValueError, OverflowError):
        return moment.astimezone(UTC)


def zone_warnings(environment: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence where this computer does not know the zone that TZ names; else none."""
    told = unknown_zone(environment)
    if told is None:
        return ()
    return (f"the zone TZ names, {told!r}, is not known; times here are shown in UTC",)
