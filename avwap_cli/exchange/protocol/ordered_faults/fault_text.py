"""Fault text: ordered faults as they are written on the command line.

    504-after-accept@POST /v2/orders,nth=2,p=0.1,symbol=AAPL,after=09:30,before=10:00,value=3

A kind, then where after an `@` (everywhere, if left out), then options in any order.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from datetime import time

from avwap_cli.errors import UsageError
from avwap_cli.exchange.broker.assets import Borrow
from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.protocol.ordered_faults.places import can_strike, places, spelled
from avwap_cli.exchange.protocol.ordered_faults.refusal_catalogue import CATALOGUE
from avwap_cli.exchange.protocol.ordered_faults.tampering import CUT_BODY
from avwap_cli.exchange.refusals import echo

KINDS = tuple(kind.value for kind in FaultKind)
OPTIONS = {
    "symbol": "symbol",
    "nth": "nth",
    "times": "times",
    "p": "probability",
    "after": "after",
    "before": "before",
    "value": "value",
}
SHIFTS = (FaultKind.STALE_QUOTE, FaultKind.CLOCK_SKEW)
DELAYS = (
    FaultKind.LATE_EVENT,
    FaultKind.REORDERED_EVENT,
    FaultKind.STUCK_CANCEL,
    FaultKind.HALT,
)
WORDS = {
    FaultKind.REFUSE: tuple(sorted(CATALOGUE)),
    FaultKind.HARD_TO_BORROW: tuple(word.value for word in Borrow),
    FaultKind.TRUNCATED_PAGE: (CUT_BODY,),
}
MOST_SHOWN = 40
LONGEST_S = 10 * 366 * 86_400
EXAMPLE = "write it as KIND@METHOD /path,nth=2,symbol=AAPL"


def fault(text: str) -> Fault:
    """The rule that a text orders.

    Raises:
        UsageError: an unknown kind or option, or a value that the option cannot have.
    """
    head, *options = text.split(",")
    kind_text, at_sign, where = head.partition("@")
    kind = _kind(kind_text.strip(), text)
    if at_sign and not where.strip():
        raise UsageError(f"the fault {text!r} has nothing after its '@'", EXAMPLE)
    fields: dict[str, object] = {}
    for option in options:
        name, value = _option(option, text)
        if name in fields:
            raise UsageError(f"the fault {text!r} gives an option twice: {option.strip()!r}")
        fields[name] = value
    return checked(Fault(kind, where.strip() or "*", **fields))  # type: ignore[arg-type]


def fault_line(rule: Fault) -> str:
    """The text of a rule; reading it gives the rule again."""
    parts = [rule.kind.value if rule.where == "*" else f"{rule.kind.value}@{rule.where}"]
    default = Fault(rule.kind)
    for option, name in OPTIONS.items():
        value = getattr(rule, name)
        if value != getattr(default, name):
            parts.append(f"{option}={_written(value)}")
    return ",".join(parts)


def checked(rule: Fault) -> Fault:
    """The rule, if it can be: its numbers in range, its place and value such as the kind has.

    Method and symbol come back in capitals.

    Raises:
        UsageError: it cannot; names the field.
    """
    rule = spelled(rule)
    if not can_strike(rule):
        at, known = echo(rule.where), places(rule.kind)
        raise UsageError(f"the fault {rule.kind.value!r} never strikes at {at!r}", _near(at, known))
    for name in ("nth", "times"):
        count = getattr(rule, name)
        if count is not None and count < 1:
            raise _wrong(rule, name, count, "count from 1")
    if not 0 <= rule.probability <= 1:
        raise _wrong(rule, "p", rule.probability, "give a chance from 0 to 1")
    if rule.after is not None and rule.before is not None and rule.after >= rule.before:
        raise _wrong(rule, "after", rule.after, f"it must be earlier than before={rule.before}")
    _check_value(rule)
    return rule


def _check_value(rule: Fault) -> None:
    if rule.value is None:
        return
    known = WORDS.get(rule.kind)
    if known and rule.value not in known:
        raise _wrong(rule, "value", rule.value, _near(rule.value, known))
    if rule.kind in SHIFTS and not _is_seconds(rule.value, -LONGEST_S):
        raise _wrong(rule, "value", rule.value, "give a number of seconds")
    if rule.kind in DELAYS and not _is_seconds(rule.value, 0):
        raise _wrong(rule, "value", rule.value, "give a number of seconds, not below 0")
    if rule.kind is FaultKind.HTML and not _is_status(rule.value):
        raise _wrong(rule, "value", rule.value, "give an HTTP status from 200 to 599")


def _is_seconds(value: str, lowest: float) -> bool:
    try:
        return lowest <= float(value) <= LONGEST_S
    except ValueError:
        return False


def _is_status(value: str) -> bool:
    return value.isascii() and value.isdigit() and 200 <= int(value) <= 599


def _kind(name: str, text: str) -> FaultKind:
    if name not in KINDS:
        raise UsageError(f"the fault {text!r} has an unknown kind, {name!r}", _near(name, KINDS))
    return FaultKind(name)


def _option(option: str, text: str) -> tuple[str, object]:
    name, equals, value = option.strip().partition("=")
    if not equals:
        raise UsageError(f"the fault {text!r} has an option without a value, {name!r}", EXAMPLE)
    if name not in OPTIONS:
        near = _near(name, tuple(OPTIONS))
        raise UsageError(f"the fault {text!r} has an unknown option, {name!r}", near)
    try:
        return OPTIONS[name], READERS.get(name, _word)(value)
    except ValueError:
        raise UsageError(f"the fault {text!r} has a wrong {name}, {value!r}", HINTS[name]) from None


def _word(value: str) -> str:
    if not value:
        raise ValueError(value)
    return value


def _count(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise ValueError(value)
    return int(value)


def _clock(value: str) -> time:
    moment = time.fromisoformat(value)
    if moment.tzinfo is not None:
        raise ValueError(value)
    return moment


READERS: dict[str, Callable[[str], object]] = {
    "nth": _count,
    "times": _count,
    "p": float,
    "after": _clock,
    "before": _clock,
}
HINTS = {
    "symbol": "give a symbol",
    "nth": "give a whole number",
    "times": "give a whole number",
    "p": "give a chance from 0 to 1",
    "after": "give New York time as HH:MM",
    "before": "give New York time as HH:MM",
    "value": "give a value",
}


def _written(value: object) -> str:
    if isinstance(value, time):
        return value.isoformat(
            "minutes" if value.replace(second=0, microsecond=0) == value else "auto"
        )
    return str(value)


def _near(name: str, known: Iterable[str]) -> str:
    words = tuple(known)
    found = difflib.get_close_matches(name, words, n=1, cutoff=0.5)
    if found:
        return f"did you mean {found[0]!r}?"
    return f"known are {', '.join(words[:MOST_SHOWN])}{', ...' if len(words) > MOST_SHOWN else ''}"


def _wrong(rule: Fault, name: str, value: object, hint: str) -> UsageError:
    return UsageError(f"the fault {rule.kind.value!r} has a wrong {name}, {str(value)!r}", hint)
