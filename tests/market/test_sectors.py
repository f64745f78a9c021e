"""Sectors: eleven names, whatever the vendor writes."""

from __future__ import annotations

import pytest

from avwap_cli.market.sectors import SECTORS, reconcile


def test_there_are_eleven_and_each_is_itself() -> None:
    assert len(SECTORS) == 11
    assert [reconcile(name) for name in SECTORS] == list(SECTORS)


@pytest.mark.parametrize(
    ("vendor", "gics"),
    [
        ("Communication", "Communication Services"),
        (" information  technology ", "Information Technology"),
        ("Technology", "Information Technology"),
        ("Consumer Defensive", "Consumer Staples"),
        ("Cash and/or Derivatives", "Unknown"),
        ("-", "Unknown"),
        ("", "Unknown"),
    ],
)
def test_vendors_names(vendor: str, gics: str) -> None:
    assert reconcile(vendor) == gics
