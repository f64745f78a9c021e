"""The synthetic market: about 2,600 invented companies and 12 index funds.

Everything follows from one integer seed and the calendar: the same seed gives the same
bytes, and a market built to a later session holds the same past.  Nothing in it is real
but the funds' symbols, which the scan asks for as benchmarks; here they are indexes of
the invented members.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from avwap_cli.adapters.synthetic.climate import climate
from avwap_cli.adapters.synthetic.companies import Companies, companies
from avwap_cli.adapters.synthetic.paths import walk
from avwap_cli.adapters.synthetic.report_dates import ReportDates, report_dates
from avwap_cli.adapters.synthetic.returns import BLOCK
from avwap_cli.adapters.synthetic.sectors import FUNDS
from avwap_cli.adapters.synthetic.streams import Bools, Days, Floats, Ints
from avwap_cli.adapters.synthetic.tapes import RowSplit, Tape, print_tape, row_splits
from avwap_cli.errors import InputError
from avwap_cli.market.bars import BarTable
from avwap_cli.market.splits import Split

ORIGIN = date(2020, 1, 2)
NAMES = 2600
DEPTH = 560


@dataclass(frozen=True, slots=True)
class SyntheticMarket:
    """R rows by the last W sessions; build it with `SyntheticMarket.build`.

    Attributes:
        seed: all that was random.
        last: ordinal of the last session; the market's first session is 0.
        sessions: (W,) datetime64[D].
        symbols: (R,) the funds, then the companies; the inside form.
        companies: traits of the companies, listed or not; row i is row 12 + i here.
        tape: (R, W) as traded.
        row_splits: all splits since the market's first session, in order of time.
        reports: report dates, past and coming.
        calendar: (last + 1,) datetime64[D], all sessions since the market's first.
    """

    seed: int
    last: int
    sessions: Days
    symbols: tuple[str, ...]
    companies: Companies
    tape: Tape
    row_splits: tuple[RowSplit, ...]
    reports: ReportDates
    calendar: Days

    @classmethod
    def build(
        cls,
        seed: int,
        last_session: date,
        sessions: Days,
        names: int = NAMES,
        depth: int = DEPTH,
    ) -> SyntheticMarket:
        """Make the market.

        Args:
            seed: 0 or more.
            last_session: the last session with bars.
            sessions: datetime64[D], all sessions from ORIGIN or before to `last_session`
                or later, ascending.
            names: companies alive at any time, about; 8 or more.
            depth: sessions to keep.

        Raises:
            UsageError: the seed is negative.
            InputError: `last_session` is no session, or lies before the market's first.
        """
        calendar = _calendar(last_session, sessions)
        last = len(calendar) - 1
        who = companies(seed, names, last)
        weather = climate(seed, (last // BLOCK + 1) * BLOCK)
        reports = report_dates(seed, who, calendar)
        paths = walk(seed, who, weather, reports, last, depth)
        splits = row_splits(paths.splits, who)
        tape = print_tape(seed, who, paths, splits)
        symbols = (*FUNDS, *who.symbols)
        return cls(
            seed, last, calendar[paths.first :], symbols, who, tape, splits, reports, calendar
        )

    @property
    def last_session(self) -> date:
        """The last session with bars."""
        day: date = self.sessions[-1].astype(object)
        return day

    def bars(self) -> BarTable:
        """All bars as traded."""
        columns = {f.name: getattr(self.tape, f.name) for f in fields(Tape)}
        return self._table(columns, np.arange(len(self.symbols)))

    def adjusted_bars(self, rows: Bools | None = None) -> BarTable:
        """Split-adjusted bars as a vendor shows them on the evening of the last session."""
        chosen = np.arange(len(self.symbols)) if rows is None else np.flatnonzero(rows)
        later = np.ones((len(chosen), len(self.sessions)))
        place = {row: i for i, row in enumerate(chosen.tolist())}
        first = self.last + 1 - len(self.sessions)
        for split in self.row_splits:
            if split.row in place:
                later[place[split.row], : max(split.ordinal - first, 0)] *= split.ratio
        moved = (later != 1.0).any(axis=1)
        columns = {f.name: getattr(self.tape, f.name)[chosen] for f in fields(Tape)}
        for name, values in columns.items():
            if name == "volume":
                values[moved] = np.rint(values[moved] * later[moved])
            else:
                values[moved] = _rescaled(values[moved], later[moved])
        return self._table(columns, chosen)

    def splits(self) -> tuple[Split, ...]:
        """The vendor's split list, by ex-date, then symbol."""
        listed = [
            Split(self.symbols[s.row], self.calendar[s.ordinal].astype(object), s.ratio)
            for s in self.row_splits
        ]
        return tuple(sorted(listed, key=lambda s: (s.ex_date, s.symbol)))

    def last_close(self) -> Floats:
        """(N,) each company's last close as traded, USD; NaN for one without a bar."""
        close = self.tape.close[len(FUNDS) :]
        return close[np.arange(len(close)), self._last_column(close)]

    def market_value(self) -> Floats:
        """(N,) each company's market value at its last close, USD; NaN for one without a bar."""
        who = self.companies
        close = self.tape.close[len(FUNDS) :]
        until = self.last + 1 - len(self.sessions) + self._last_column(close)
        shares = who.cap / who.price
        for split in self.row_splits:
            row = split.row - len(FUNDS)
            if split.ordinal <= until[row]:
                shares[row] *= split.ratio
        return shares * self.last_close()

    @staticmethod
    def _last_column(close: Floats) -> Ints:
        """(N,) where the last close of each row is; the last column for a row without one."""
        last: Ints = close.shape[1] - 1 - np.argmax(~np.isnan(close)[:, ::-1], axis=1)
        return last

    def _table(self, columns: dict[str, Floats], chosen: Ints) -> BarTable:
        """The rows `chosen` that have a bar; `columns` are (len(chosen), W)."""
        traded = ~np.isnan(columns["close"])
        held = np.flatnonzero(traded.any(axis=1)).tolist()
        order = sorted(held, key=lambda i: self.symbols[chosen[i]])
        session, code = np.nonzero(traded[order].T)
        at = np.array(order, dtype=np.intp)[code]
        return BarTable(
            symbols=tuple(self.symbols[chosen[i]] for i in order),
            symbol=code.astype(np.int32),
            session=self.sessions[session],
            **{name: values[at, session] for name, values in columns.items()},
        )


def _rescaled(price: Floats, later: Floats) -> Floats:
    """Prices divided by the splits that came later, to four decimals where they changed."""
    return np.where(later == 1.0, price, np.round(price / later, 4))


def _calendar(last_session: date, sessions: Days) -> Days:
    """The market's sessions, ORIGIN to `last_session`."""
    days = np.asarray(sessions, dtype="datetime64[D]")
    if last_session <= ORIGIN:
        raise InputError(
            f"the synthetic market begins on {ORIGIN}, after {last_session}",
            "name a session at least two years later",
        )
    if not len(days) or days[0] > np.datetime64(ORIGIN):
        raise InputError(
            f"the calendar given does not reach back to {ORIGIN}",
            "pass all sessions since then",
        )
    calendar = days[(days >= np.datetime64(ORIGIN)) & (days <= np.datetime64(last_session))]
    if not len(calendar) or calendar[-1] != np.datetime64(last_session):
        raise InputError(f"{last_session} is not a session", "name a trading day")
    return calendar
