"""The tape: every symbol's every session, made from daily bars and real minutes.

Real minutes are used as they are, and the daily bar of their session is then what they fold
into.  All other days are made up from their daily bar, by chance that depends on seed,
symbol and session only: a day is the same whenever and in whatever order it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np

from avwap_cli.exchange.instants import MINUTE, Hours, Instant, hours
from avwap_cli.exchange.tape.dailies import Dailies, cleaned
from avwap_cli.exchange.tape.day_cache import DayCache
from avwap_cli.exchange.tape.days import Ints, SymbolDay
from avwap_cli.exchange.tape.folding import Columns, printed
from avwap_cli.exchange.tape.halting import Spans, quotes_without
from avwap_cli.exchange.tape.paths import DayBar, path
from avwap_cli.exchange.tape.quoting import Known, quotes
from avwap_cli.exchange.tape.recorded import Recorded
from avwap_cli.market.bars import BarTable, concat
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.market.splits import Split


@dataclass(frozen=True, slots=True)
class Halt:
    """A stretch of time in which one symbol does not trade.

    Attributes:
        symbol: whose.
        start, end: instants; end exclusive.

    Raises:
        ValueError: it ends before it starts.
    """

    symbol: str
    start: Instant
    end: Instant

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"the halt of {self.symbol} does not end after its start")


@dataclass(frozen=True, slots=True)
class TapeOptions:
    """How days are made up.

    Attributes:
        seed: of every chance.
        half_spread_frac: half of the regular spread over the price, below a quarter.
        missing_frac: chance of a made-up minute to have no print; the first and the last
            minute of the day always have one.
        halts: no minute overlaps one.  A made-up day shifts its shares to other minutes and
            still folds into its bar; real minutes are dropped, and the bar is what is left.
            A day halted from open to close has no print at all.

    Raises:
        ValueError: a fraction is out of range.
    """

    seed: int = 7
    half_spread_frac: Decimal = Decimal("0.0002")
    missing_frac: float = 0.0
    halts: tuple[Halt, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.half_spread_frac < Decimal("0.25"):
            raise ValueError(f"half_spread_frac {self.half_spread_frac} is not in 0..0.25")
        if not 0 <= self.missing_frac < 1:
            raise ValueError(f"missing_frac {self.missing_frac} is not in 0..1")


class Tape:
    """All days of all symbols.

    Args:
        daily: as traded (`adjustments.as_traded` makes that of split-adjusted bars).
        splits: those between the bars; of other symbols are ignored.
        minutes: real minute bars, as traded.
        options: how days are made up.
        names: symbol -> name of the company.

    Attributes:
        symbols: sorted.
        sessions: those with any bar, ascending.
        splits: of the tape's symbols, sorted by ex-date and symbol.
        options: as given.

    Raises:
        InputError: a bar or a minute lies outside of the exchange calendar.
        ValueError: a split's ratio is not a positive number.
    """

    def __init__(
        self,
        daily: BarTable,
        splits: Sequence[Split] = (),
        minutes: MinuteTable | None = None,
        options: TapeOptions | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.options = TapeOptions() if options is None else options
        self._names = dict(names or {})
        self._halts: dict[str, Spans] = {}
        for halt in sorted(self.options.halts, key=lambda h: (h.start, h.end)):
            known = self._halts.get(halt.symbol, ())
            self._halts[halt.symbol] = (*known, (halt.start, halt.end))
        self._recorded = None if minutes is None else Recorded(minutes, self._halts)
        table = cleaned(daily)
        if self._recorded is not None:
            table = concat([table, self._recorded.daily()])
        self._dailies = Dailies(table)
        self.symbols: tuple[str, ...] = table.symbols
        self.sessions: tuple[date, ...] = self._dailies.sessions
        self.splits: tuple[Split, ...] = _of_symbols(splits, frozenset(table.symbols))
        self._ex_sessions: dict[date, list[Split]] = {}
        self._splits_of: dict[str, list[Split]] = {}
        for split in self.splits:
            self._ex_sessions.setdefault(split.first_session, []).append(split)
            self._splits_of.setdefault(split.symbol, []).append(split)
        self._cache = DayCache(self._made)

    def name(self, symbol: str) -> str:
        """The company's name; the symbol where none is known."""
        return self._names.get(symbol, symbol)

    def day(self, symbol: str, session: date) -> SymbolDay | None:
        """Everything that happens to the symbol in that session.

        None where the symbol has no bar: not yet listed, no longer, or no session at all.
        A bar without volume is a day with quotes and no prints.
        """
        return self._cache.day(symbol, session)

    def history(self, symbols: Sequence[str] | None, first: date, last: date) -> BarTable:
        """Daily bars of first..last as traded, in tape prices.

        Args:
            symbols: in any order, unknown ones are passed over; None = all.
        """
        return self._dailies.between(symbols, first, last)

    def close_before(self, symbol: str, session: date) -> int | None:
        """Tape price of the last close before that session, as it was traded then."""
        found = self._dailies.before(symbol, session)
        return None if found is None else found[1].close

    def previous_close(self, symbol: str, session: date) -> int | None:
        """The last close before that session as a tape price, on that session's split basis."""
        found = self._dailies.before(symbol, session)
        if found is None:
            return None
        before, bar = found
        price = Fraction(bar.close)
        for split in self._splits_of.get(symbol, ()):
            if before < split.first_session <= session:
                price /= split.fraction
        return max(1, round(price))

    def listed(self, symbol: str, session: date) -> bool:
        """Whether the symbol exists on that day: from its first bar to its last.

        A symbol that has a bar on the tape's last session stays listed after it.
        """
        span = self._dailies.span(symbol)
        if span is None or session < span[0]:
            return False
        return session <= span[1] or span[1] == self.sessions[-1]

    def splits_on(self, session: date) -> tuple[Split, ...]:
        """The splits whose new basis that session is the first to trade on."""
        return tuple(self._ex_sessions.get(session, ()))

    def _made(self, symbol: str, session: date) -> SymbolDay | None:
        bar = self._dailies.bar(symbol, session)
        if bar is None:
            return None
        times = hours(session)
        halts = tuple(
            (start, end)
            for start, end in self._halts.get(symbol, ())
            if start < times.after_close and end > times.pre_open
        )
        entropy = [self.options.seed % 2**64, session.toordinal(), *symbol.encode()]
        rng = np.random.default_rng(entropy)
        minutes, prints = printed(self._columns(rng, symbol, bar, times, halts))
        opening = bar.open if len(minutes.start) else bar.close
        previous = self.previous_close(symbol, session)
        known = Known(
            opening if previous is None else previous,
            opening,
            bar.close,
            float(self.options.half_spread_frac),
        )
        quoted = quotes_without(quotes(rng, times, prints, known), halts)
        return SymbolDay(symbol, session, minutes, prints, quoted, halts)

    def _columns(
        self, rng: np.random.Generator, symbol: str, bar: DayBar, times: Hours, halts: Spans
    ) -> Columns:
        """The day's minutes: real, made up, or none."""
        if self._recorded is not None:
            real = self._recorded.day(symbol, times.session)
            if real is not None:
                return real
        starts: Ints = np.arange(times.open, times.close, MINUTE, dtype=np.int64)
        for start, end in halts:
            starts = starts[(starts >= end) | (starts + MINUTE <= start)]
        if bar.volume == 0 or len(starts) == 0:
            return Columns(*(np.empty(0, dtype=np.int64) for _ in range(6)))
        return path(rng, bar, starts, self.options.missing_frac)


def _of_symbols(splits: Sequence[Split], symbols: frozenset[str]) -> tuple[Split, ...]:
    kept = {split for split in splits if split.symbol in symbols}
    return tuple(sorted(kept, key=lambda s: (s.ex_date, s.symbol, s.fraction)))
