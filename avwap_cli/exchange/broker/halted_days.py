"""Halted days: the tape's days without what lies in the halts that were ordered.

The tape knows its own halts; those of a call or of a fault begin now, and from then on nobody
sees what the tape would have printed in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from avwap_cli.exchange.instants import Instant, hours
from avwap_cli.exchange.tape.days import SymbolDay
from avwap_cli.exchange.tape.halting import Spans, day_without
from avwap_cli.exchange.tape.tapes import Tape

CACHED_DAYS = 256


class HaltedDays:
    """The ordered halts of all symbols, and the days as they are with them."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._spans: dict[str, Spans] = {}
        self._cut = lru_cache(CACHED_DAYS)(self._without)

    def day(self, symbol: str, session: date) -> SymbolDay | None:
        """The day with all its halts; None where the tape has none."""
        spans = self._spans.get(symbol, ())
        day = self._tape.day(symbol, session)
        if day is None or not spans:
            return day
        times = hours(session)
        own = tuple(s for s in spans if s[0] < times.after_close and s[1] > times.pre_open)
        return self._cut(symbol, session, own) if own else day

    def set(self, symbol: str, now: Instant, until: Instant | None) -> None:
        """Halt the symbol from now on, or go on with a halt, until that instant; None = end it."""
        spans = self._spans.get(symbol, ())
        begun = min((start for start, end in spans if start <= now < end), default=now)
        kept = tuple(span for span in spans if span[1] <= now)
        end = now if until is None else max(until, now)
        self._spans[symbol] = (*kept, (begun, end)) if end > begun else kept

    @property
    def spans(self) -> Mapping[str, Spans]:
        """The ordered halts by symbol, as far as they have begun."""
        return MappingProxyType(self._spans)

    def halted(self, symbol: str, at: Instant) -> bool:
        """Whether an ordered halt of the symbol is under way."""
        return any(start <= at < end for start, end in self._spans.get(symbol, ()))

    def _without(self, symbol: str, session: date, spans: Spans) -> SymbolDay | None:
        day = self._tape.day(symbol, session)
        return None if day is None else day_without(day, spans)
