"""Mishaps: which faults are ordered on which day; every kind in turn, so that none is missed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from soak_worlds import NAMES

from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.protocol.ordered_faults.refusal_catalogue import CATALOGUE
from avwap_cli.market import sessions

ORDERS = ("POST /v2/orders", "PATCH /v2/orders/*", "DELETE /v2/orders/*")
QUESTIONS = ("GET /v2/orders*", "GET /v2/positions", "GET /v2/account*", "GET /v2/stocks/*")
PLACES = (*ORDERS, *ORDERS, *QUESTIONS, "GET /v2/clock", "* /v2/*")
STREAMS = ("sip b", "trade_updates *")
LISTS = ("GET /v2/orders", "GET /v2/positions", "GET /v2/account/activities/*", "GET /v2/stocks/*")
PER_DAY = 8
OVERNIGHT = (FaultKind.HARD_TO_BORROW, FaultKind.UNADJUSTED_LEGS)
OF_STREAMS = frozenset(
    {
        FaultKind.LATE_EVENT,
        FaultKind.LOST_EVENT,
        FaultKind.DUPLICATED_EVENT,
        FaultKind.REORDERED_EVENT,
        FaultKind.MUTE_SOCKET,
    }
)
BY_DAY = tuple(kind for kind in FaultKind if kind not in OVERNIGHT)
# these are met too seldom to come in turn alone
SCARCE = (
    FaultKind.STUCK_CANCEL,
    FaultKind.PARTIAL_THEN_CANCEL,
    FaultKind.REJECT_AFTER_ACCEPT,
    FaultKind.REFUSE,
)


def by_day(seed: int, number: int, day: date) -> list[Fault]:
    """The faults of one session of a world: some kinds in turn, each for a while."""
    chance = random.Random(f"faults {seed} {number}")
    turn = (seed * 5 + number) * PER_DAY
    kinds = [BY_DAY[(turn + n) % len(BY_DAY)] for n in range(PER_DAY)]
    kinds += [kind for kind in SCARCE if chance.random() < 0.3]
    return [_fault(chance, kind, day) for kind in kinds]


def overnight(seed: int, number: int) -> list[Fault]:
    """The faults that strike before the session."""
    chance = random.Random(f"overnight {seed} {number}")
    found = [Fault(FaultKind.UNADJUSTED_LEGS, "split")]
    if chance.random() < 0.5:
        word = chance.choice((None, None, "not_shortable"))
        found.append(Fault(FaultKind.HARD_TO_BORROW, "borrow", chance.choice(NAMES), value=word))
    return found


def _fault(chance: random.Random, kind: FaultKind, day: date) -> Fault:
    after, before = _while(chance, kind, day)
    common = {"after": after, "before": before, "times": chance.choice((2, 3, 6))}
    if kind is FaultKind.REFUSE:
        value = chance.choice(sorted(CATALOGUE))
        return Fault(kind, chance.choice(ORDERS), value=value, probability=0.3, times=2)
    if kind is FaultKind.HALT:
        seconds = chance.choice((60, 300, 900))
        name = chance.choice(NAMES)
        return Fault(kind, "halt", name, after=after, times=1, value=str(seconds))
    if kind is FaultKind.STUCK_CANCEL:
        return Fault(kind, "cancel", value=str(chance.choice((5, 45, 200))), times=2)
    if kind is FaultKind.PARTIAL_THEN_CANCEL:
        return Fault(kind, "fill", probability=0.3, times=2)
    if kind is FaultKind.REJECT_AFTER_ACCEPT:
        where = chance.choice(("new", "new", "replace"))
        return Fault(kind, where, probability=0.3, times=2)
    if kind is FaultKind.CONNECTION_LIMIT:
        return Fault(kind, "connect /v2/sip", times=chance.choice((1, 3)))
    if kind in OF_STREAMS:
        return Fault(kind, chance.choice(STREAMS), probability=0.3, after=after)
    if kind in (FaultKind.EMPTY_BARS, FaultKind.NULL_BARS):
        return Fault(kind, "GET /v2/stocks/bars", **common)
    if kind is FaultKind.CLOCK_SKEW:
        return Fault(kind, "GET /v2/clock", value=str(chance.choice((-30, 3, 60))), **common)
    if kind is FaultKind.STALE_QUOTE:
        return Fault(kind, "GET /v2/stocks/quotes/latest", **common)
    if kind in (FaultKind.TRUNCATED_PAGE, FaultKind.DUPLICATED_PAGE):
        value = "bytes" if kind is FaultKind.TRUNCATED_PAGE and chance.random() < 0.3 else None
        return Fault(kind, chance.choice(LISTS), value=value, **common)
    if kind in (FaultKind.UNKNOWN_ENUM, FaultKind.MISSING_FIELD):
        return Fault(kind, chance.choice((*PLACES, "GET /v2/orders*")), **common)
    return Fault(kind, chance.choice(PLACES), probability=chance.choice((1.0, 0.5)), **common)


def _while(chance: random.Random, kind: FaultKind, day: date) -> tuple[time, time]:
    """A stretch of the day: often where entries are made, else anywhere in the session."""
    opens, closes = sessions.opens_at(day), sessions.closes_at(day)
    first = opens - timedelta(minutes=5)
    early = timedelta(minutes=chance.uniform(0, 50))
    late = timedelta(minutes=chance.uniform(0, (closes - first).total_seconds() / 60 - 2))
    entries = (FaultKind.CLOCK_SKEW, FaultKind.STALE_QUOTE)
    start = first + (early if kind in entries or chance.random() < 0.6 else late)
    end = start + timedelta(minutes=chance.choice((3, 10, 30)))
    if kind in entries:
        end = start + timedelta(minutes=30)
    return start.timetz().replace(tzinfo=None), _time_of_day(end)


def _time_of_day(moment: datetime) -> time:
    return moment.timetz().replace(tzinfo=None)


def lines(rules: Sequence[Fault]) -> list[str]:
    """The rules as text, for a person who replays a seed."""
    from avwap_cli.exchange.protocol.ordered_faults.fault_text import fault_line

    return [fault_line(rule) for rule in rules]
