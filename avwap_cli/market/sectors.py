"""Sectors: the eleven GICS names, and what vendors write for them."""

from __future__ import annotations

from avwap_cli.market.universe import UNKNOWN_SECTOR

SECTORS = (
    "Communication Services",
    "Consumer Discretionary",
    "Consumer Staples",
    "Energy",
    "Financials",
    "Health Care",
    "Industrials",
    "Information Technology",
    "Materials",
    "Real Estate",
    "Utilities",
)

_ALIASES = {
    "communication": "Communication Services",
    "communications": "Communication Services",
    "telecommunication services": "Communication Services",
    "telecommunications": "Communication Services",
    "consumer cyclical": "Consumer Discretionary",
    "consumer defensive": "Consumer Staples",
    "financial": "Financials",
    "financial services": "Financials",
    "healthcare": "Health Care",
    "industrial": "Industrials",
    "technology": "Information Technology",
    "basic materials": "Materials",
}
_NAMES = {name.lower(): name for name in SECTORS} | _ALIASES


def reconcile(name: str) -> str:
    """The GICS name for a vendor's sector name; `Unknown` for what is none of them.

    >>> reconcile("Communication"), reconcile("Cash and/or Derivatives")
    ('Communication Services', 'Unknown')
    """
    return _NAMES.get(" ".join(name.lower().split()), UNKNOWN_SECTOR)
