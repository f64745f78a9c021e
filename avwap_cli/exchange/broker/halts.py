"""Halts: times in which a symbol does not trade.

The tape's own halts have no prints and need no watching; those of a fault or of a call keep
orders from what the tape goes on to print.
"""

from __future__ import annotations

from datetime import datetime

from avwap_cli.exchange.broker.books import Books
from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.instants import SECOND, Instant, eastern, hours, instant


def halt(books: Books, symbol: str, until: Instant | None) -> None:
    """Stop trading a symbol until that instant; None = let it trade again."""
    if until is not None:
        books.halts[symbol] = until
        return
    books.halts.pop(symbol, None)
    for order in books.open_orders(symbol):
        if order.id in books.live:
            books.look(order.id, books.now)


def halted(books: Books, symbol: str) -> bool:
    """Whether the symbol does not trade now, by order or on the tape."""
    if books.now < books.halts.get(symbol, 0):
        return True
    day = books.tape.day(symbol, books.session)
    return day is not None and any(start <= books.now < end for start, end in day.halts)


def halted_until(books: Books, symbol: str) -> Instant | None:
    """Until when an order for the symbol that meets the tape now has to wait; None = it trades.

    Here an ordered fault may begin a halt.
    """
    until = books.halts.get(symbol, 0)
    if books.now >= until:
        fault = books.faults.draw({FaultKind.HALT}, "halt", symbol, books.now)
        if fault is None:
            return None
        until = books.halts[symbol] = _end_of(fault, books)
    return until


def _end_of(fault: Fault, books: Books) -> Instant:
    """The end of an ordered halt: after `value` seconds, at `before`, or with the session."""
    if fault.value is not None:
        return books.now + round(float(fault.value) * SECOND)
    today = eastern(books.now)
    if fault.before is not None:
        return instant(datetime.combine(today.date(), fault.before, today.tzinfo))
    return hours(books.session).close
