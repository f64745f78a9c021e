"""Places: where an ordered fault can strike, which its kind decides.

A place is a text: method and path of a request, stream and kind of a message, the path of a
connection, or what the venue is about to do.  A rule names places by a pattern.
"""

from __future__ import annotations

import re
from dataclasses import replace

from avwap_cli.exchange.broker.events import EventName
from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.protocol.endpoints import ROUTES
from avwap_cli.exchange.protocol.streams.data_stream import KINDS, PATHS
from avwap_cli.exchange.protocol.streams.outbox import FAULTS as STREAM_FAULTS
from avwap_cli.exchange.protocol.streams.trade_updates import PATH, STREAM

LONGEST_PATTERN = 200
REQUESTS = tuple(f"{r.method} {re.sub('{[^}]*}', '*', r.pattern)}" for r in ROUTES)
BARS = tuple(place for place in REQUESTS if "/bars" in place)
MESSAGES = (
    *(f"{STREAM} {name.value}" for name in EventName),
    *(f"{feed} {kind}" for feed in PATHS.values() for kind in KINDS),
)
CONNECTIONS = tuple(f"connect {path}" for path in (PATH, *PATHS))
OF_THE_VENUE = {
    FaultKind.PARTIAL_THEN_CANCEL: ("fill",),
    FaultKind.REJECT_AFTER_ACCEPT: ("new", "replace"),
    FaultKind.STUCK_CANCEL: ("cancel",),
    FaultKind.HALT: ("halt",),
    FaultKind.HARD_TO_BORROW: ("borrow",),
    FaultKind.UNADJUSTED_LEGS: ("split",),
}
OF_BARS = frozenset({FaultKind.EMPTY_BARS, FaultKind.NULL_BARS})
_METHOD = re.compile(r"[a-z]+ /")
_CLASS = re.compile(r"\[[^\]]+\]")


def places(kind: FaultKind) -> tuple[str, ...]:
    """Where a fault of that kind can strike; `*` stands for a part of a path."""
    if kind in OF_THE_VENUE:
        return OF_THE_VENUE[kind]
    if kind in STREAM_FAULTS:
        return MESSAGES
    if kind is FaultKind.CONNECTION_LIMIT:
        return CONNECTIONS
    return BARS if kind in OF_BARS else REQUESTS


def can_strike(rule: Fault) -> bool:
    """Whether the rule's pattern names a place of its kind."""
    pattern = _CLASS.sub("?", rule.where)
    return len(pattern) <= LONGEST_PATTERN and any(_meet(pattern, at) for at in places(rule.kind))


def spelled(rule: Fault) -> Fault:
    """The rule with method and symbol in capitals, as requests have them."""
    where = rule.where
    if places(rule.kind) in (REQUESTS, BARS) and _METHOD.match(where):
        method, _, path = where.partition(" ")
        where = f"{method.upper()} {path}"
    symbol = None if rule.symbol is None else rule.symbol.upper()
    if (where, symbol) == (rule.where, rule.symbol):
        return rule
    return replace(rule, where=where, symbol=symbol)


def _meet(one: str, other: str) -> bool:
    """Whether some text is of both patterns (`*` and `?`)."""
    waiting, seen = [(0, 0)], {(0, 0)}
    while waiting:
        i, j = waiting.pop()
        if (i, j) == (len(one), len(other)):
            return True
        a, b = one[i : i + 1], other[j : j + 1]
        following: list[tuple[int, int]] = []
        if a == "*":
            following += [(i + 1, j), (i, j + 1)] if b else [(i + 1, j)]
        if b == "*":
            following += [(i, j + 1), (i + 1, j)] if a else [(i, j + 1)]
        if a and b and (a == b or "?" in (a, b)) and "*" not in (a, b):
            following.append((i + 1, j + 1))
        waiting += [pair for pair in following if pair not in seen]
        seen.update(following)
    return False
