"""Halts: times in which a symbol does not trade.

The tape's own halts have no prints and need no watching; those of a fault or of a call keep
orders from what the tape goes on to print.
"""

from __future__ import annotations

from datetime import datetime

from avwap_cli.exchange.book.pit import Pit
from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.instants import SECOND, Instant, eastern, hours, instant


def halt(pit: Pit, symbol: str, until: Instant | None) -> None:
    """Stop trading a symbol until that instant; None = let it trade again."""
    if until is not None:
        pit.halts[symbol] = until
        return
    pit.halts.pop(symbol, None)
    for order in pit.open_orders(symbol):
        if order.id in pit.live:
            pit.look(order.id, pit.now)


def halted(pit: Pit, symbol: str) -> bool:
    """Whether the symbol does not trade now, by order or on the tape."""
    if pit.now < pit.halts.get(symbol, 0):
        return True
    day = pit.tape.day(symbol, pit.session)
    return day is not None and any(start <= pit.now < end for start, end in day.halts)


def halted_until(pit: Pit, symbol: str) -> Instant | None:
    """Until when an order for the symbol that meets the tape now has to wait; None = it trades.

    Here an ordered fault may begin a halt.
    """
    until = pit.halts.get(symbol, 0)
    if pit.now >= until:
        fault = pit.faults.draw({FaultKind.HALT}, "halt", symbol, pit.now)
        if fault is None:
            return None
        until = pit.halts[symbol] = _end_of(fault, pit)
    return until


def _end_of(fault: Fault, pit: Pit) -> Instant:
    """The end of an ordered halt: after `value` seconds, at `before`, or with the session."""
    if fault.value is not None:
        return pit.now + round(float(fault.value) * SECOND)
    today = eastern(pit.now)
    if fault.before is not None:
        return instant(datetime.combine(today.date(), fault.before, today.tzinfo))
    return hours(pit.session).close
