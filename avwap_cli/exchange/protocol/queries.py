"""Queries: typed readers of a request's query, refusing in the words of the host asked.

An empty value counts as absent.  A name that comes twice counts with its first value.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation

from avwap_cli.exchange import refusals
from avwap_cli.exchange.instants import Instant, at_clock, instant
from avwap_cli.exchange.protocol.messages import Request
from avwap_cli.exchange.protocol.routing import is_market_data
from avwap_cli.exchange.refusals import Refusal

YES = frozenset({"1", "t", "true"})
NO = frozenset({"0", "f", "false"})
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d+))?([Zz]|[+-]\d{2}:?\d{2})?", re.A
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.A)
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.A)


def malformed(request: Request, name: str, value: str) -> Refusal:
    """The refusal of a query value that cannot be read."""
    message = f"invalid {name}: {refusals.echo(value)}"
    if is_market_data(request.path):
        return Refusal(400, None, message)
    return refusals.malformed(message)


def text(request: Request, name: str) -> str | None:
    """The value, or None."""
    for key, value in request.query:
        if key == name:
            return value or None
    return None


def flag(request: Request, name: str, default: bool = False) -> bool:
    """A truth value, in any case: true, t, 1, false, f, 0 (Python clients send `True`)."""
    value = text(request, name)
    if value is None:
        return default
    if value.lower() in YES:
        return True
    if value.lower() in NO:
        return False
    raise malformed(request, name, value)


def integer(request: Request, name: str, default: int, lowest: int, highest: int) -> int:
    """A whole number within lowest ... highest, both inclusive."""
    value = text(request, name)
    if value is None:
        return default
    if not _INTEGER.fullmatch(value) or not lowest <= int(value) <= highest:
        raise malformed(request, name, value)
    return int(value)


def decimal(request: Request, name: str) -> Decimal | None:
    """A finite decimal number, or None."""
    value = text(request, name)
    if value is None:
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise malformed(request, name, value) from None
    if not number.is_finite() or abs(number.adjusted()) > 18:
        raise malformed(request, name, value)
    return number


def choice(request: Request, name: str, allowed: Collection[str], default: str) -> str:
    """One of the allowed words."""
    value = text(request, name)
    if value is None:
        return default
    if value not in allowed:
        raise malformed(request, name, value)
    return value


def words(request: Request, name: str) -> tuple[str, ...]:
    """A comma-separated list, in the order given, without repeats; repeated names add up."""
    pieces = [
        piece.strip() for key, value in request.query if key == name for piece in value.split(",")
    ]
    return tuple(dict.fromkeys(piece for piece in pieces if piece))


def symbols(request: Request, name: str = "symbols") -> tuple[str, ...]:
    """A comma-separated list of symbols, upper-cased."""
    return tuple(dict.fromkeys(symbol.upper() for symbol in words(request, name)))


def day(request: Request, name: str) -> date | None:
    """A calendar day: `2026-10-02`, or a time, of which the day as written counts."""
    value = text(request, name)
    if value is None:
        return None
    found = _DAY.match(value)
    if not found or (found.group() != value and not _MOMENT.fullmatch(value)):
        raise malformed(request, name, value)
    try:
        return date.fromisoformat(found.group())
    except ValueError:
        raise malformed(request, name, value) from None


def is_day(request: Request, name: str) -> bool:
    """Whether the value is a day without a time of day."""
    return _DAY.fullmatch(text(request, name) or "") is not None


def moment(request: Request, name: str) -> Instant | None:
    """RFC 3339 to the nanosecond, a time without an offset being UTC; a day is its midnight in
    New York."""
    value = text(request, name)
    if value is None:
        return None
    try:
        return parsed_moment(value)
    except ValueError:
        raise malformed(request, name, value) from None


def parsed_moment(value: str) -> Instant:
    """The instant of an RFC 3339 text or of a day (midnight in New York).

    Raises:
        ValueError: it is neither.
    """
    if _DAY.fullmatch(value):
        return at_clock(date.fromisoformat(value), time.min)
    found = _MOMENT.fullmatch(value)
    if found is None:
        raise ValueError(value)
    day_text, clock, fraction, offset = found.groups()
    whole = datetime.fromisoformat(f"{day_text}T{clock}{(offset or 'Z').upper()}")
    try:
        moment = instant(whole.astimezone(UTC))
    except OverflowError as error:
        raise ValueError(value) from error
    return moment + int((fraction or "0")[:9].ljust(9, "0"))
