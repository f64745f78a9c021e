"""Split days: what the program does about splits of what it holds.

Today's splits are asked for in the first pass of a run that holds a symbol; the next
session's an hour before the close, again when the stop would have to leave, and once more
after the close, for a split is often published late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from avwap_cli.errors import SourceError
from avwap_cli.market import sessions
from avwap_cli.market.splits import Split
from avwap_cli.stages.day.trading_ports import TradingPorts, TradingRequest
from avwap_cli.trading.books import Book
from avwap_cli.trading.facts import Acceptance, SplitTaken
from avwap_cli.trading.views import View
from avwap_cli.verdicts import ExitReason

STOP_LEAVES_BEFORE_CLOSE = timedelta(minutes=5)
ASKED_BEFORE_CLOSE = (timedelta(hours=1), STOP_LEAVES_BEFORE_CLOSE, timedelta(0))

Question = tuple[date, str, int]  # session, symbol, how often it was due before


@dataclass(slots=True)
class SplitWatch:
    """What one run has asked for.

    Attributes:
        asked: the questions that were answered.
        next_session: symbols that split at the next session's start.
    """

    asked: set[Question] = field(default_factory=set)
    next_session: frozenset[str] = frozenset()


def take_splits(
    ports: TradingPorts, request: TradingRequest, watch: SplitWatch, book: Book
) -> None:
    """Ask for what is due to be asked, and write down the splits in force; without an answer
    the next pass asks again, and exits go on meanwhile."""
    due = set(_due(ports.clock.now(), request.session, book))
    if due <= watch.asked:
        return
    held = sorted({p.symbol for p in book.open})
    first, last = min(p.entry_session for p in book.open), max(day for day, *_ in due)
    try:
        splits = ports.quotes.splits(held, first, last)
    except SourceError as problem:
        ports.progress.say(f"splits of held names could not be asked for: {problem}")
        return
    watch.asked |= due
    following = sessions.next_session(request.session)
    watch.next_session = frozenset(s.symbol for s in splits if s.first_session == following)
    ports.ledger.append(*(_taken(s, ports.clock.now()) for s in _new(splits, request, book)))


def _due(now: datetime, session: date, book: Book) -> Iterator[Question]:
    closes, following = sessions.closes_at(session), sessions.next_session(session)
    rounds = sum(now >= closes - before for before in ASKED_BEFORE_CLOSE)
    for symbol in {p.symbol for p in book.open}:
        yield session, symbol, 0
        if rounds:
            yield following, symbol, rounds


def _new(splits: Iterable[Split], request: TradingRequest, book: Book) -> list[Split]:
    """Those in force that the ledger has not taken, of positions held over that night."""
    due = [s for s in splits if s.first_session <= request.session]
    ordered = sorted(due, key=lambda s: (s.first_session, s.symbol))
    return [s for s in ordered if _concerns(book, s.symbol, s.first_session)]


def _taken(split: Split, at: datetime) -> SplitTaken:
    ratio = split.fraction
    return SplitTaken(at, split.symbol, split.first_session, ratio.numerator, ratio.denominator)


def _concerns(book: Book, symbol: str, first_session: date) -> bool:
    """Whether a position was held over that night, and the split is not taken yet."""
    taken = any((s.symbol, s.first_session) == (symbol, first_session) for s in book.splits)
    return not taken and any(p.entry_session < first_session for p in book.positions_of(symbol))


def take_residues(ports: TradingPorts, book: Book, view: View, now: datetime) -> None:
    """Where a split left a part of a share and the broker holds whole ones: it was paid out."""
    for position in book.open:
        part, there = position.shares % 1, view.positions.get(position.symbol)
        if not (part and position.splits and there is not None):
            continue
        if there.shares * position.direction != position.shares - part:
            continue
        ports.ledger.append(
            Acceptance(
                now,
                position.strategy,
                position.symbol,
                -part * position.direction,
                there.last_price or position.avg_price,
                "a part of a share, paid out in cash after a split",
                ExitReason.SPLIT_RESIDUE,
            )
        )
