"""Starts: how often a stage was started without having got done; what one tick tells the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Starts:
    """How often a stage was started for a session, and when last (aware)."""

    session: date
    count: int
    last: datetime
