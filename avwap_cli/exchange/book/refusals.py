"""Refusals: every answer with which the broker says no, in its own words and codes.

A refused request changes nothing.  The codes do not always equal the HTTP status
(40010001 comes with 422), as at Alpaca.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Refusal(Exception):
    """One refusal: HTTP status, Alpaca's code (None = the body has none), text, extra fields."""

    status: int
    code: int | None
    message: str
    extras: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code or '-'} {self.message}"
