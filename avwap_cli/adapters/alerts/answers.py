"""Answers: what came of one attempt to deliver, in words that hold no address."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time

TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Answer:
    """One attempt.

    Attributes:
        text: what was answered, or what went wrong.
        again: whether another attempt may do better.
        wait_s: how long the receiver asks to wait; None = it does not say.
        without: why the message went without its picture; empty = it did not.
    """

    delivered: bool
    text: str
    again: bool = False
    wait_s: float | None = None
    without: str = ""


def refused(status: int, retry_after: str | None = None) -> Answer:
    """An HTTP status that says no; too many requests and faults of the server's pass."""
    again = status == TOO_MANY or status >= 500
    return Answer(False, f"HTTP {status}", again, _seconds(retry_after))


def broken(problem: BaseException) -> Answer:
    """No answer, or none that can be read; the exception's own words may hold the address."""
    return Answer(False, type(problem).__name__, again=True)


def _seconds(text: str | None) -> float | None:
    """A Retry-After header: seconds, or a date."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text.strip()[:9])
    try:
        return max(parsedate_to_datetime(text).timestamp() - time(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return None
