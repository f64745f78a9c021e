"""The day cache: days are dear to make, and mostly asked for again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import date

from avwap_cli.exchange.tape.days import SymbolDay

WHOLE_SESSIONS = 2  # before the open, the newest prices are those of the session before
OLDER_DAYS = 256

Make = Callable[[str, date], SymbolDay | None]


class DayCache:
    """Keeps every day of the two newest sessions asked for, and the last 256 older ones.

    A day takes about 120 kB: at most 240 kB for each symbol that is asked for, and 30 MB.
    """

    def __init__(self, make: Make) -> None:
        self._make = make
        self._newest: dict[date, dict[str, SymbolDay | None]] = {}
        self._older: OrderedDict[tuple[date, str], SymbolDay | None] = OrderedDict()

    def day(self, symbol: str, session: date) -> SymbolDay | None:
        """The day, made if it is not kept."""
        whole = self._newest.get(session)
        if whole is None and self._is_new(session):
            whole = self._begin(session)
        if whole is None:
            return self._of_older(symbol, session)
        if symbol not in whole:
            whole[symbol] = self._make(symbol, session)
        return whole[symbol]

    def _is_new(self, session: date) -> bool:
        return len(self._newest) < WHOLE_SESSIONS or session > min(self._newest)

    def _begin(self, session: date) -> dict[str, SymbolDay | None]:
        """Keep that session whole; of the one that it displaces only the last days."""
        if len(self._newest) == WHOLE_SESSIONS:
            displaced = min(self._newest)
            for symbol, day in self._newest.pop(displaced).items():
                self._keep(symbol, displaced, day)
        return self._newest.setdefault(session, {})

    def _of_older(self, symbol: str, session: date) -> SymbolDay | None:
        key = session, symbol
        if key in self._older:
            self._older.move_to_end(key)
            return self._older[key]
        return self._keep(symbol, session, self._make(symbol, session))

    def _keep(self, symbol: str, session: date, day: SymbolDay | None) -> SymbolDay | None:
        self._older[session, symbol] = day
        while len(self._older) > OLDER_DAYS:
            self._older.popitem(last=False)
        return day
