"""Halts: times in which a symbol does not trade.

The tape's own halts have no prints.  Those of a call begin at once.  A fault's begin where an
order meets the tape; if the fault has a time of day, they begin at that time each day.
"""

from __future__ import annotations

from datetime import time

from avwap_cli.exchange.broker.books import Books
from avwap_cli.exchange.broker.schedule import Due, Kind
from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.instants import SECOND, Instant, at_clock, hours

KINDS = frozenset({FaultKind.HALT})


def halted(books: Books, symbol: str) -> bool:
    """Whether the symbol does not trade now, by order or on the tape."""
    if books.halted_days.halted(symbol, books.now):
        return True
    day = books.tape.day(symbol, books.session)
    return day is not None and any(start <= books.now < end for start, end in day.halts)


def begins(books: Books, symbol: str) -> bool:
    """Whether an ordered fault halts the symbol here, where an order meets the tape."""
    fault = books.faults.draw(KINDS, "halt", symbol, books.now, of=lambda rule: rule.after is None)
    if fault is None:
        return False
    books.halt(symbol, _end_of(fault, books))
    return True


def plan(books: Books) -> None:
    """Note when the faults with a time of day begin in this session."""
    for number, rule in books.faults.rules.items():
        if rule.kind in KINDS and rule.after is not None and books.plan_halt(number):
            at = max(_on(books, rule.after), books.now)
            if at < _end_of(rule, books, at):
                books.schedule.add(Due(at, Kind.HALT, rule=number))


def begin_planned(books: Books, number: int) -> None:
    """Begin the halts of a fault whose time has come, if it is still in force."""
    rule = books.faults.rules.get(number)
    if rule is None:
        return
    until = _end_of(rule, books)
    symbols = books.directory.symbols() if rule.symbol is None else (rule.symbol,)
    for symbol in symbols:
        fault = books.faults.draw(KINDS, "halt", symbol, books.now, of=lambda one: one is rule)
        if fault is not None:
            books.halt(symbol, until)


def _end_of(fault: Fault, books: Books, start: Instant | None = None) -> Instant:
    """The end of an ordered halt: after `value` seconds, at `before`, or with the session."""
    if fault.value is not None:
        return (books.now if start is None else start) + round(float(fault.value) * SECOND)
    if fault.before is not None:
        return _on(books, fault.before)
    return hours(books.session).close


def _on(books: Books, clock: time) -> Instant:
    return at_clock(books.session, clock)
