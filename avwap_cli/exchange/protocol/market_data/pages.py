"""Pages: the points of many symbols, cut at the limit, and the token that leads on.

A token names the last point that was given: its symbol, its time, and how many points of
that very time were given.  The next page begins right behind it, without building again
what came before, and stays right when new points have been added meanwhile.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avwap_cli.exchange.instants import Instant
from avwap_cli.exchange.protocol.answers import Document
from avwap_cli.exchange.tape.days import Ints

_PLAIN = re.compile(r"([A-Z0-9.]+)\|(\w+)\|(\d{1,19})\|(\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last point given: `repeats` points at this time have been given, this one included."""

    symbol: str
    at: Instant
    repeats: int

    def token(self, kind: str) -> str:
        """As text; `kind` says what is paged: `trades`, `1D`..."""
        plain = f"{self.symbol}|{kind}|{self.at}|{self.repeats}"
        return base64.b64encode(plain.encode()).decode()


def cursor(token: str, kind: str) -> Cursor:
    """The cursor of a token.

    Raises:
        ValueError: it is no token, or one of another kind.
    """
    found = _PLAIN.fullmatch(base64.b64decode(token, validate=True).decode())
    if found is None or found[2] != kind or int(found[3]) >= 2**63:
        raise ValueError(f"{token} is no token of {kind}")
    return Cursor(found[1], int(found[3]), int(found[4]))


@dataclass(frozen=True, slots=True)
class Chunk:
    """Points of one symbol.

    Attributes:
        at: (n,) ascending; all points of an instant are in the same chunk.
        documents: the documents of some rows, in the order asked for.
    """

    symbol: str
    at: Ints
    documents: Callable[[NDArray[np.intp]], list[Document]]


@dataclass(frozen=True, slots=True)
class Page:
    """Documents by symbol, and the token of the next page, None at the end."""

    rows: dict[str, list[Document]]
    token: str | None


def page(
    chunks: Iterable[Chunk], limit: int, kind: str, after: Cursor | None, descending: bool
) -> Page:
    """The first `limit` points behind `after`.

    Args:
        chunks: by symbol, and of a symbol in the order of the answer; made as they are needed.
    """
    rows: dict[str, list[Document]] = {}
    room, last = limit, after
    for chunk in chunks:
        order = _behind(chunk, after, descending)
        if not len(order):
            continue
        taken = order[:room]
        if len(taken):
            rows.setdefault(chunk.symbol, []).extend(chunk.documents(taken))
            last = _cursor_at(chunk, int(taken[-1]), descending)
            room -= len(taken)
        if len(taken) < len(order) and last is not None:
            return Page(rows, last.token(kind))
    return Page(rows, None)


def _behind(chunk: Chunk, after: Cursor | None, descending: bool) -> NDArray[np.intp]:
    """The rows that come behind the cursor, in the order of the answer."""
    low, high = 0, len(chunk.at)
    if after is not None and after.symbol == chunk.symbol:
        left, right = _run(chunk.at, after.at)
        if descending:
            high = max(right - after.repeats, left)
        else:
            low = min(left + after.repeats, right)
    rows = np.arange(low, high)
    return rows[::-1] if descending else rows


def _cursor_at(chunk: Chunk, row: int, descending: bool) -> Cursor:
    at = int(chunk.at[row])
    left, right = _run(chunk.at, at)
    return Cursor(chunk.symbol, at, right - row if descending else row - left + 1)


def _run(at: Ints, moment: Instant) -> tuple[int, int]:
    """The rows of exactly that moment, as first and end."""
    return int(np.searchsorted(at, moment)), int(np.searchsorted(at, moment, side="right"))
