"""The life cycle: what a session does to the books at its own moments.

* 04:00: the day's splits, delistings and borrow; what rested overnight looks at the new day;
  then cancels that waited take effect, and orders queued for the session arrive.
* The close: day orders expire, and the equity is noted.
* The end of after-hours trading: day orders for extended hours expire.
* 16:15 of the 90th day: a GTC order is canceled.
"""

from __future__ import annotations

from datetime import date

from avwap_cli.exchange.book import amendments, arrivals, corporate, executions, groups
from avwap_cli.exchange.book.agenda import Due, Kind
from avwap_cli.exchange.book.orders import Status, Tif
from avwap_cli.exchange.book.pit import Pit
from avwap_cli.exchange.instants import hours
from avwap_cli.market.sessions import next_session


def begin(pit: Pit) -> None:
    """Note the moments that are still to come of the session under way, and the next 04:00."""
    _note(pit, pit.session)
    _note_morning(pit)


def fire(pit: Pit, due: Due) -> None:
    """Let happen what is due."""
    pit.now = due.at
    if due.kind is Kind.MORNING:
        _morning(pit)
    elif due.kind is Kind.CLOSE:
        _close(pit)
    elif due.kind is Kind.NIGHT:
        _expire(pit, extended=True)
    elif due.kind is not Kind.TOUCH or pit.current(due):
        _of_order(pit, due)


def _of_order(pit: Pit, due: Due) -> None:
    pit.trail(due.order_id)
    order = pit.orders[due.order_id]
    if due.touch is not None:
        executions.touched(pit, order.id, due.touch)
    elif due.kind is Kind.ARRIVAL:
        arrivals.arrive(pit, order)
    elif due.kind is Kind.REPLACE:
        if order.replaces is not None:
            pit.trail(order.replaces)
        amendments.take_over(pit, order)
    else:  # a cancel, or the end of a GTC order's life
        amendments.take_cancel(pit, order)


def _morning(pit: Pit) -> None:
    pit.session = next_session(pit.session)
    corporate.carry_overnight(pit)
    corporate.split_all(pit)
    corporate.drop_delisted(pit)
    corporate.recall_borrowed(pit)
    for order_id in list(pit.live):
        pit.look(order_id, pit.now - 1)
    _note(pit, pit.session)
    _note_morning(pit)


def _close(pit: Pit) -> None:
    pit.trail_all()
    _expire(pit, extended=False)
    pit.closes.append((pit.now, pit.equity()))


def _expire(pit: Pit, *, extended: bool) -> None:
    """Expire the day orders of the session, those for extended hours or the others."""
    for order in pit.open_orders():
        is_due = order.session <= pit.session and order.extended_hours is extended
        if order.tif is not Tif.GTC and is_due and pit.orders[order.id].open:
            groups.end(pit, pit.orders[order.id], Status.EXPIRED)


def _note(pit: Pit, session: date) -> None:
    times = hours(session)
    for at, kind in ((times.close, Kind.CLOSE), (times.after_close, Kind.NIGHT)):
        if at > pit.now:
            pit.agenda.add(Due(at, kind))


def _note_morning(pit: Pit) -> None:
    pit.agenda.add(Due(hours(next_session(pit.session)).pre_open, Kind.MORNING))
