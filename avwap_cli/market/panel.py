"""Panel: the bars of many symbols as matrices, sealed at the as-of session.

Every symbol counts its own bars: holes are not filled.  So the matrices are aligned
at the bottom: row -1 is each symbol's last bar, row -1-n is n of its own bars
earlier, and rows above its first bar are NaN.  One index then means the same thing
for all columns, and a rule over "the last 20 sessions" is a slice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avwap_cli.market.bars import VALUE_COLUMNS, BarTable, Days, Floats

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Panel:
    """T rows of bars by N symbols.

    Attributes:
        symbols: (N,) in sorted order.
        sessions: (T,) datetime64[D], the calendar window; its last is the as-of session.
        bars: (N,) number of bars of each symbol in the window.
        session: (T, N) int32, the index into `sessions` of each bar, -1 where there is none.
        open, high, low, close, volume, vwap: (T, N) float64, NaN where there is no bar.
        duplicated: (N,) whether a session came twice.
    """

    symbols: tuple[str, ...]
    sessions: Days
    bars: Ints
    session: NDArray[np.int32]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats
    duplicated: Bools

    @property
    def depth(self) -> int:
        """T, the number of rows."""
        return len(self.sessions)

    @property
    def width(self) -> int:
        """N, the number of symbols."""
        return len(self.symbols)

    @property
    def first(self) -> Ints:
        """(N,) the row of each symbol's first bar; T for a symbol without bars."""
        return self.depth - self.bars

    def column(self, symbol: str) -> int | None:
        """The column of a symbol, None when it has none."""
        at = int(np.searchsorted(np.asarray(self.symbols), symbol)) if self.symbols else 0
        return at if at < self.width and self.symbols[at] == symbol else None

    def rows_of(self, position: Ints) -> Ints:
        """(N,) the row of each symbol's bar on the session `position`, -1 if it has none.

        Args:
            position: (N,) indexes into `sessions`; negative ones give -1.
        """
        columns = np.arange(self.width)
        # Where no session is missing, a session's bar stands on the row of its position.
        row = np.clip(position, 0, self.depth - 1)
        lost = np.flatnonzero(self.session[row, columns] != position)
        later = (self.session[:, lost] > position[lost]).sum(axis=0)
        row[lost] = np.clip(self.depth - 1 - later, 0, self.depth - 1)
        found = self.session[row, columns] == position
        return np.where(found & (position >= 0), row, -1)


def build_panel(table: BarTable, sessions: Days, volume_scale: float = 1.0) -> Panel:
    """Arrange a table over the calendar window `sessions`.

    Rows on days outside the window (later ones too) are left out, so a cache that
    holds more than the window gives the same panel as one cut to it.

    Args:
        table: sorted by (session, symbol).
        sessions: (T,) ascending XNYS sessions.
        volume_scale: multiplies volumes, 1 for a consolidated feed.
    """
    table = _within(table, sessions)
    depth, width = len(sessions), len(table.symbols)
    row = np.searchsorted(sessions, table.session).astype(np.int64)
    cell = row * width + table.symbol
    duplicated = np.zeros(width, dtype=bool)
    duplicated[table.symbol[1:][cell[1:] == cell[:-1]]] = True
    session = np.full((depth, width), -1, dtype=np.int32)
    session.reshape(-1)[cell] = row
    bars = (session >= 0).sum(axis=0)
    order = _drop_order(session, bars)
    values = {
        name: _matrix(getattr(table, name), cell, order, session.shape) for name in VALUE_COLUMNS
    }
    if volume_scale != 1.0:
        values["volume"] *= volume_scale
    _settle(session, order)
    return Panel(table.symbols, sessions, bars, session, duplicated=duplicated, **values)


def _within(table: BarTable, sessions: Days) -> BarTable:
    """The rows of the window; days in the window that are no session are left out as well."""
    lo = int(np.searchsorted(table.session, sessions[0], side="left"))
    hi = int(np.searchsorted(table.session, sessions[-1], side="right"))
    part = table if (lo, hi) == (0, len(table)) else table.take(slice(lo, hi))
    days = np.unique(part.session)
    if np.isin(days, sessions).all():
        return part
    return part.take(np.isin(part.session, sessions))


_Order = tuple[NDArray[np.intp], NDArray[np.intp]] | None


def _drop_order(session: NDArray[np.int32], bars: Ints) -> _Order:
    """Where each cell of a column with holes must fall from: (columns, row order).

    A column whose bars already fill its bottom rows stays as it is, so the cost is
    that of the few columns with holes.
    """
    depth = len(session)
    top = np.argmax(session >= 0, axis=0)
    whole = (bars == 0) | (top == depth - bars)
    columns = np.flatnonzero(~whole)
    if not len(columns):
        return None
    present = session[:, columns] >= 0
    return columns, np.argsort(present, axis=0, kind="stable")


def _settle(matrix: NDArray[np.float64] | NDArray[np.int32], order: _Order) -> None:
    """Let the bars of the columns with holes fall to the bottom, in place."""
    if order is not None:
        columns, rows = order
        matrix[:, columns] = np.take_along_axis(matrix[:, columns], rows, axis=0)


def _matrix(values: Floats, cell: Ints, order: _Order, shape: tuple[int, ...]) -> Floats:
    matrix = np.full(shape, np.nan)
    matrix.reshape(-1)[cell] = values
    _settle(matrix, order)
    return matrix
