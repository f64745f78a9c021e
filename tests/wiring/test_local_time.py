"""Times of this computer are shown in its zone, and in UTC where it can have none such."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from avwap_cli.market.sessions import EASTERN
from avwap_cli.wiring.local_time import local, zone_warnings

NOON = datetime(2024, 3, 8, 12, tzinfo=EASTERN)


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("in_zone", "shown"),
    [("UTC-25", "17:00 UTC"), ("UTC+24", "17:00 UTC"), ("XXX-23", "16:00 XXX")],
    indirect=["in_zone"],
)
@pytest.mark.usefixtures("in_zone")
def test_a_zone_that_is_a_day_away_is_none(shown: str) -> None:
    assert f"{local(NOON):%H:%M %Z}" == shown


def test_it_is_said() -> None:
    assert zone_warnings({"TZ": "UTC-25"}) == (
        "the zone TZ names, 'UTC-25', is not known; times here are shown in UTC",
    )
    assert zone_warnings({"TZ": "XXX-23"}) == ()
