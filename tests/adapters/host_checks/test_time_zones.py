"""A zone that TZ names and nobody knows is seen; the C library takes it for UTC in silence."""

from __future__ import annotations

import pytest

from avwap_cli.adapters.host_checks.time_zones import unknown_zone


@pytest.mark.parametrize(
    "zone",
    ["", "UTC", "GMT", "Europe/Berlin", ":Asia/Tokyo", "EST5EDT", "<+0330>-3:30",
     "CET-1CEST,M3.5.0,M10.5.0/3", "/usr/share/zoneinfo/Europe/Paris"],
)  # fmt: skip
def test_a_zone_that_is_known_is_no_news(zone: str) -> None:
    assert unknown_zone({"TZ": zone}) is None
    assert unknown_zone({}) is None


@pytest.mark.parametrize(
    "zone",
    [
        "Mars/Base",
        "Europe",
        "Berlin",
        ":Europe/Berlim",
        "../../../etc/passwd",
        "/etc/passwd",
        "x" * 5000,
        "UTC-25",
        "UTC+24",
        "EST5EDT-30,M3.2.0,M11.1.0",
    ],
)
def test_a_zone_that_is_not_known_is_named(zone: str) -> None:
    assert unknown_zone({"TZ": zone}) == zone
