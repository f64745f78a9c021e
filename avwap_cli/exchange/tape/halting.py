"""Halting: a day without what lies in its halts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avwap_cli.exchange.instants import Instant
from avwap_cli.exchange.tape.days import Ints, Prints, Quotes, SymbolDay
from avwap_cli.exchange.tape.folding import minutes_of

Spans = tuple[tuple[Instant, Instant], ...]


def quotes_without(quoted: Quotes, halts: Spans) -> Quotes:
    """The quotes outside of the halts, whose ends are exclusive."""
    kept = _outside(quoted.at, halts)
    return Quotes(
        quoted.at[kept],
        quoted.bid[kept],
        quoted.ask[kept],
        quoted.bid_size[kept],
        quoted.ask_size[kept],
    )


def day_without(day: SymbolDay, halts: Spans) -> SymbolDay:
    """The day with these halts beside its own: prints, minutes and quotes outside of them."""
    kept = _outside(day.prints.at, halts)
    prints = Prints(day.prints.at[kept], day.prints.price[kept], day.prints.size[kept])
    return SymbolDay(
        day.symbol,
        day.session,
        minutes_of(prints),
        prints,
        quotes_without(day.quotes, halts),
        tuple(sorted({*day.halts, *halts})),
    )


def _outside(at: Ints, halts: Spans) -> NDArray[np.bool_]:
    kept = np.ones(len(at), dtype=np.bool_)
    for start, end in halts:
        kept &= (at < start) | (at >= end)
    return kept
