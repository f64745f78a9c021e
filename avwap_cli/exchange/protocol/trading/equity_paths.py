"""Equity paths: what the account was worth at past moments.

Cash follows the fills and transfers; each position follows its fills, and its splits at 04:00
of the first session on the new basis; a share is worth its last print, before the session's
first one the last close on the session's basis.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from avwap_cli.exchange.broker.events import Event
from avwap_cli.exchange.instants import Instant, day_of, hours
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.tape.days import SCALE, Ints
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market import sessions
from avwap_cli.market.bars import Floats
from avwap_cli.market.splits import Split

Steps = list[tuple[Instant, float]]
"""A value from each moment on, or what is added to it at each moment."""

Stretch = tuple[date, slice]
"""A session, and which of the moments lie from its 04:00 to the next one's."""


def equities(context: RouteContext, at: Ints) -> Floats:
    """(n,) USD at each of these instants, which ascend and are not later than now."""
    fills = context.venue.fills
    total = np.full(len(at), float(context.settings.cash)) + flows(context, at) + _spent(fills, at)
    stretches = _stretches(at)
    splits: dict[str, list[Split]] = {}
    for split in context.tape.splits:
        splits.setdefault(split.symbol, []).append(split)
    for symbol, own in sorted(_by_symbol(fills).items()):
        held = _valid_at(_holdings(own, splits.get(symbol, ())), at)
        total += _values(context.tape, symbol, held, at, stretches)
    return total


def flows(context: RouteContext, at: Ints) -> Floats:
    """(n,) USD that came in (net) up to each moment."""
    return _summed([(move.at, float(move.amount)) for move in context.venue.transfers], at)


def _spent(fills: Sequence[Event], at: Ints) -> Floats:
    """(n,) the change of cash by the fills up to each moment; negative = paid."""
    paid = [
        (event.at, -event.order.side.sign * float(event.qty * event.price))
        for event in fills
        if event.qty is not None and event.price is not None
    ]
    return _summed(paid, at)


def _by_symbol(fills: Sequence[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in fills:
        found.setdefault(event.order.symbol, []).append(event)
    return found


def _holdings(own: Sequence[Event], splits: Sequence[Split]) -> Steps:
    """Signed shares of one symbol from each moment on, at which they changed."""
    changes: list[tuple[Instant, float, bool]] = [
        (event.at, float(event.position_qty or 0), False) for event in own
    ]
    changes += [
        (hours(split.first_session).pre_open, float(split.fraction), True) for split in splits
    ]
    steps: Steps = []
    shares = 0.0
    for moment, value, is_split in sorted(changes, key=lambda change: change[0]):
        shares = shares * value if is_split else value
        steps.append((moment, shares))
    return steps


def _stretches(at: Ints) -> list[Stretch]:
    """The sessions that the moments belong to; each reaches over the night to the next one."""
    if not len(at):
        return []
    first = sessions.session_on_or_before(day_of(int(at[0])))
    if at[0] < hours(first).pre_open:
        first = sessions.previous_session(first)
    days = sessions.sessions_between(first, day_of(int(at[-1])))
    begins = np.searchsorted(at, [hours(day).pre_open for day in days]).tolist()
    rows = [slice(*pair) for pair in zip(begins, [*begins[1:], len(at)], strict=True)]
    return [(day, own) for day, own in zip(days, rows, strict=True) if own.start < own.stop]


def _values(
    tape: Tape, symbol: str, held: Floats, at: Ints, stretches: Sequence[Stretch]
) -> Floats:
    """(n,) USD that the shares of one symbol were worth."""
    values = np.zeros(len(at))
    for session, rows in stretches:
        if held[rows].any():
            values[rows] = held[rows] * _prices(tape, symbol, session, at[rows])
    return values


def _prices(tape: Tape, symbol: str, session: date, at: Ints) -> Floats:
    """(n,) USD a share at moments of one session."""
    before = tape.previous_close(symbol, session) or 0
    day = tape.day(symbol, session)
    if day is None:
        return np.full(len(at), before / SCALE)
    prices = np.concatenate([[before], day.prints.price])
    return np.asarray(prices[np.searchsorted(day.prints.at, at, side="right")] / SCALE)


def _valid_at(steps: Steps, at: Ints) -> Floats:
    """(n,) the value of the last step at or before each moment; 0 before the first."""
    times = np.array([0, *(moment for moment, _ in steps)], dtype=np.int64)
    values = np.array([0.0, *(value for _, value in steps)])
    return values[np.searchsorted(times, at, side="right") - 1]


def _summed(steps: Steps, at: Ints) -> Floats:
    """(n,) the sum of all steps at or before each moment; the steps ascend."""
    sums = np.concatenate([[0.0], np.cumsum([value for _, value in steps])])
    times = np.array([moment for moment, _ in steps], dtype=np.int64)
    return np.asarray(sums[np.searchsorted(times, at, side="right")], dtype=np.float64)
