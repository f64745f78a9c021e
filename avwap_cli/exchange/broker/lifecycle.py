"""The life cycle: what a session does to the books at its own moments.

* 04:00: the day's splits, delistings and borrow; what rested overnight looks at the new day;
  then cancels that waited take effect, and orders queued for the session arrive.
* The close: day orders expire, and the equity is noted.
* The end of after-hours trading: day orders for extended hours expire.
* 16:15 of the 90th day: a GTC order is canceled.
"""

from __future__ import annotations

from datetime import date

from avwap_cli.exchange.broker import amendments, arrivals, corporate, executions, groups, halts
from avwap_cli.exchange.broker.books import Books
from avwap_cli.exchange.broker.orders import Status, Tif
from avwap_cli.exchange.broker.schedule import Due, Kind
from avwap_cli.exchange.instants import hours
from avwap_cli.market.sessions import next_session


def begin(books: Books) -> None:
    """Note the moments that are still to come of the session under way, and the next 04:00."""
    _note(books, books.session)
    _note_morning(books)


def fire(books: Books, due: Due) -> None:
    """Let happen what is due."""
    books.advance(due.at)
    if due.kind is Kind.SESSION_START:
        _morning(books)
    elif due.kind is Kind.CLOSE:
        _close(books)
    elif due.kind is Kind.SESSION_END:
        _expire(books, extended=True)
    elif due.kind is Kind.HALT:
        halts.begin_planned(books, due.rule)
    elif due.trigger is None or books.current(due):
        _of_order(books, due)


def _of_order(books: Books, due: Due) -> None:
    books.trail(due.order_id)
    order = books.orders[due.order_id]
    if due.trigger is not None:
        executions.triggered(books, order.id, due.trigger)
    elif due.kind is Kind.ARRIVAL:
        arrivals.arrive(books, order)
    elif due.kind is Kind.REPLACE:
        if order.replaces is not None:
            books.trail(order.replaces)
        amendments.take_over(books, order)
    else:  # a cancel, or the end of a GTC order's life
        amendments.take_cancel(books, order)


def _morning(books: Books) -> None:
    books.begin_session(next_session(books.session))
    corporate.carry_overnight(books)
    corporate.split_all(books)
    corporate.drop_delisted(books)
    corporate.recall_borrowed(books)
    for order_id in list(books.live):
        books.look(order_id, books.now - 1)
    _note(books, books.session)
    _note_morning(books)
    halts.plan(books)


def _close(books: Books) -> None:
    books.trail_all()
    _expire(books, extended=False)
    books.account.note_close(books.now, books.price)


def _expire(books: Books, *, extended: bool) -> None:
    """Expire the day orders of the session, those for extended hours or the others."""
    for order in books.open_orders():
        is_due = order.session <= books.session and order.extended_hours is extended
        if order.tif is not Tif.GTC and is_due and books.orders[order.id].open:
            groups.end(books, books.orders[order.id], Status.EXPIRED)


def _note(books: Books, session: date) -> None:
    times = hours(session)
    for at, kind in ((times.close, Kind.CLOSE), (times.after_close, Kind.SESSION_END)):
        if at > books.now:
            books.schedule.add(Due(at, kind))


def _note_morning(books: Books) -> None:
    books.schedule.add(Due(hours(next_session(books.session)).pre_open, Kind.SESSION_START))
