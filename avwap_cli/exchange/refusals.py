"""Codes: the broker's error codes, and the refusal that carries one.

The code does not always equal the HTTP status (40010001 comes with 422), as at Alpaca.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

BAD_BODY = 40010000
MALFORMED = 40010001
FORBIDDEN = 40310000
DAY_TRADING = 40310100
NOT_FOUND = 40410000
UNACCEPTABLE = 42210000
LONGEST_ECHO = 80


@dataclass(eq=False)
class Refusal(Exception):
    """One refusal: HTTP status, Alpaca's code (None = the body has none), text, extra fields."""

    status: int
    code: int | None
    message: str
    extras: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code or '-'} {self.message}"


def echo(text: str) -> str:
    """A client's own words as a refusal repeats them: the first 80 characters."""
    return text if len(text) <= LONGEST_ECHO else text[:LONGEST_ECHO] + "..."


def malformed(message: str) -> Refusal:
    """A field that is missing, or cannot be what it says."""
    return Refusal(422, MALFORMED, message)


def unacceptable(message: str, **extras: object) -> Refusal:
    """A well-formed order that the rules do not allow."""
    return Refusal(422, UNACCEPTABLE, message, extras)


def forbidden(message: str, **extras: object) -> Refusal:
    """What this account may not do now."""
    return Refusal(403, FORBIDDEN, message, extras)


def absent(message: str) -> Refusal:
    """Something that is not there."""
    return Refusal(404, NOT_FOUND, message)


def unauthorized() -> Refusal:
    """A request without the right keys; it does not repeat them."""
    return Refusal(401, None, "unauthorized.")
