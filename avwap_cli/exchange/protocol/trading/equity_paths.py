"""Equity paths: what the account was worth at past moments.

Cash follows the fills and transfers; each position follows its fills, and its splits at 04:00
of the ex-date; a share is worth its last print, before the day's first one the last close on
the day's basis.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from avwap_cli.exchange.broker.events import Event
from avwap_cli.exchange.instants import Instant, day_of, hours
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.tape.days import SCALE
from avwap_cli.market import sessions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Steps = list[tuple[Instant, float]]


def equities(context: RouteContext, at: Ints) -> Floats:
    """(n,) USD at each of these instants, which ascend and are not later than now."""
    fills = context.venue.fills()
    total = np.full(len(at), float(context.settings.cash)) + flows(context, at) + _spent(fills, at)
    for symbol in sorted({event.order.symbol for event in fills}):
        own = [event for event in fills if event.order.symbol == symbol]
        held = _valid_at(_holdings(context, symbol, own), at)
        if held.any():
            total += held * _valid_at(_prices(context, symbol, at), at)
    return total


def flows(context: RouteContext, at: Ints) -> Floats:
    """(n,) USD that came in (net) up to each moment."""
    return _summed([(move.at, float(move.amount)) for move in context.venue.transfers()], at)


def _spent(fills: Sequence[Event], at: Ints) -> Floats:
    """(n,) the change of cash by the fills up to each moment; negative = paid."""
    paid = [
        (event.at, -event.order.side.sign * float(event.qty * event.price))
        for event in fills
        if event.qty is not None and event.price is not None
    ]
    return _summed(paid, at)


def _holdings(context: RouteContext, symbol: str, own: Sequence[Event]) -> Steps:
    """Signed shares from each moment on, at which they changed."""
    changes: list[tuple[Instant, float, bool]] = [
        (event.at, float(event.position_qty or 0), False) for event in own
    ]
    changes += [
        (hours(split.ex_date).pre_open, split.ratio, True)
        for split in context.tape.splits
        if split.symbol == symbol
    ]
    steps: Steps = []
    shares = 0.0
    for moment, value, is_split in sorted(changes, key=lambda change: change[0]):
        shares = shares * value if is_split else value
        steps.append((moment, shares))
    return steps


def _prices(context: RouteContext, symbol: str, at: Ints) -> Steps:
    """USD a share from each moment on, over the days of `at`."""
    first = sessions.session_on_or_before(day_of(int(at[0])))
    last = day_of(int(at[-1]))
    steps: Steps = []
    for session in sessions.sessions_between(first, last):
        before = context.tape.close_before(symbol, session)
        if before is not None:
            ratio = np.prod(
                [s.ratio for s in context.tape.splits_on(session) if s.symbol == symbol]
            )
            steps.append((hours(session).pre_open, before / SCALE / float(ratio)))
        day = context.tape.day(symbol, session)
        if day is not None:
            prices = day.prints.price / SCALE
            steps.extend(zip(day.prints.at.tolist(), prices.tolist(), strict=True))
    return steps


def _valid_at(steps: Steps, at: Ints) -> Floats:
    """(n,) the value of the last step at or before each moment; 0 before the first."""
    times = np.array([0, *(moment for moment, _ in steps)], dtype=np.int64)
    values = np.array([0.0, *(value for _, value in steps)])
    return values[np.searchsorted(times, at, side="right") - 1]


def _summed(steps: Steps, at: Ints) -> Floats:
    """(n,) the sum of all steps at or before each moment."""
    ordered = sorted(steps)
    sums = np.concatenate([[0.0], np.cumsum([value for _, value in ordered])])
    times = np.array([moment for moment, _ in ordered], dtype=np.int64)
    return np.asarray(sums[np.searchsorted(times, at, side="right")], dtype=np.float64)
