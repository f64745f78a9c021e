"""Made-up days: the last session of the made-up market, and when an evening is rehearsed."""

from __future__ import annotations

from datetime import date, time

LAST_SESSION = date(2026, 11, 20)
EVENING = time(20, 15)  # in New York
