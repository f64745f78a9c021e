"""Fill owners: whose each fill is that the broker tells.

Ours are those of our orders.  A person's own trade is taken into a position only where it
explains, to the share, why the broker holds something else than the ledger, and only down to
flat; what they trade beyond that, or in a symbol of which we hold nothing, is kept as theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from avwap_cli.trading.books import Book
from avwap_cli.trading.intents import Leg, role_of
from avwap_cli.trading.orders import ZERO, Fill
from avwap_cli.trading.position_folds import ACCEPTED
from avwap_cli.trading.positions import Execution, Position, by_hand
from avwap_cli.trading.views import View

FOREIGN = ""  # the client id under which a person's own trade is kept


def own_fills(book: Book, view: View) -> list[Fill]:
    """The fills of our orders that the ledger has not, with their client ids."""
    fresh = [fill for fill in view.fills if fill.id not in book.fills]
    if not fresh:  # as a rule
        return []
    ids = {o.report.id: o.id for o in book.orders.values() if o.report is not None}
    ids |= {o.id: o.client_id for o in view.orders.values() if o.client_id in book.orders}
    return [replace(fill, client_id=ids[fill.order_id]) for fill in fresh if fill.order_id in ids]


def fills_by_hand(book: Book, view: View) -> list[Fill]:
    """The fills that are not ours and explain to the share what the ledger holds differently.

    Each has one owner: the person, for what they hold already and for what goes beyond flat,
    else a strategy.  `book` must hold the view's own fills already.
    """
    taken: list[Fill] = []
    for symbol in sorted({p.symbol for p in book.open}):
        theirs, positions = foreign_shares(book, symbol), book.positions_of(symbol)
        gap = view.held(symbol) - book.held(symbol) - theirs
        strange = _strange_fills(book, view, symbol, min(p.entered_at for p in positions))
        if gap != ZERO and sum(map(_signed, strange), ZERO) == gap:
            taken += _shared_out(strange, positions, theirs)
    return taken


def _shared_out(
    fills: Iterable[Fill], positions: Iterable[Position], theirs: Decimal
) -> list[Fill]:
    """The fills with their owners; none at all where one would close more than one position."""
    left = {p.strategy: p.signed_shares for p in positions}
    shared: list[Fill] = []
    for fill in fills:
        signed = _signed(fill)
        held = {strategy: shares for strategy, shares in left.items() if shares}
        if (signed * theirs < 0 and abs(signed) <= abs(theirs)) or not held:
            theirs += signed
            shared.append(replace(fill, client_id=FOREIGN))
            continue
        fits = (s for s, n in held.items() if signed * n > 0 or abs(signed) <= abs(n))
        owner = next(fits, None if len(held) > 1 else next(iter(held)))
        if owner is None:
            return []
        after = held[owner] + signed
        beyond = after if after * held[owner] < 0 else ZERO
        left[owner], theirs = after - beyond, theirs + beyond
        shared.append(replace(fill, client_id=by_hand(owner)))
    return shared


def shared_gap(book: Book, symbol: str, gap: Decimal) -> list[tuple[str, Decimal]]:
    """Whose position changes by how much where a person takes the broker's quantity for right.

    Of several strategies that hold the symbol each gives up to all it has, and the last takes
    the rest; where none holds it, the one that traded it last does.
    """
    held = book.positions_of(symbol)
    shares: list[tuple[str, Decimal]] = []
    for position in held[:-1]:
        part = max(gap * position.direction, -position.shares) * position.direction
        if gap * position.direction < 0:
            shares.append((position.strategy, part))
            gap -= part
    last = held[-1].strategy if held else book.orders_of(symbol)[-1].intent.role.strategy
    return [*shares, (last, gap)] if gap else shares


def foreign_fills(book: Book, view: View) -> list[Fill]:
    """A person's own trades in symbols that we have traded and do not hold: kept, and theirs."""
    flat = book.symbols - {p.symbol for p in book.open}
    return [
        replace(fill, client_id=FOREIGN)
        for symbol in sorted({f.symbol for f in view.fills} & flat)
        for fill in _strange_fills(book, view, symbol, _ours_alone_at(book, symbol))
    ]


def foreign_shares(book: Book, symbol: str) -> Decimal:
    """What a person holds of the symbol by trades of their own, signed."""
    strange = [
        f for f in book.fills.values() if f.symbol == symbol and f.client_id not in book.orders
    ]
    if not strange:
        return ZERO
    since = _ours_alone_at(book, symbol)
    theirs = {f.id: _signed(f) for f in strange if f.at >= since}
    ours = sum((e.shares for e in _executions(book, symbol) if e.id in theirs), ZERO)
    return sum(theirs.values(), ZERO) - ours


def _ours_alone_at(book: Book, symbol: str) -> datetime:
    """When all that the broker held of the symbol was ours for the last time that we know of.

    No entry is made while a person holds any of it, and an acceptance takes all of it in.
    """
    entries = (o.intent.made_at for o in book.orders_of(symbol, Leg.ENTRY))
    accepted = (e.at for e in _executions(book, symbol) if e.id.startswith(ACCEPTED))
    return max((*entries, *accepted), default=datetime.min.replace(tzinfo=UTC))


def _executions(book: Book, symbol: str) -> Iterable[Execution]:
    positions = (p for p in (*book.open, *book.closed) if p.symbol == symbol)
    return (execution for position in positions for execution in position.executions)


def _signed(fill: Fill) -> Decimal:
    return fill.shares * fill.side.sign


def _strange_fills(book: Book, view: View, symbol: str, since: datetime) -> list[Fill]:
    known = _our_ids(book, view)
    return [
        fill
        for fill in view.fills
        if fill.symbol == symbol
        and fill.order_id not in known
        and fill.id not in book.fills
        and fill.at >= since
    ]


def _our_ids(book: Book, view: View) -> set[str]:
    """The broker's ids of our orders."""
    known = {o.report.id for o in book.orders.values() if o.report is not None}
    return known | {o.id for o in view.orders.values() if role_of(o.client_id) is not None}
