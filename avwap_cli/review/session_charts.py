"""Session charts: the minutes of what was traded, with every entry and exit where it filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from avwap_cli.market.sessions import EASTERN, session_of
from avwap_cli.review import figures
from avwap_cli.review.charts import Candle, Chart, Level, Mark, Tone
from avwap_cli.review.slippages import Tape
from avwap_cli.trading.books import Book
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.orders import ZERO, Fill, Side
from avwap_cli.trading.positions import Position
from avwap_cli.trading.quotes import PriceBar
from avwap_cli.trading.stop_levels import targets

WORDS = {Side.BUY: "bought", Side.SELL: "sold"}


def traded_on(book: Book, session: date) -> tuple[str, ...]:
    """Symbols with a fill of ours in that session, sorted."""
    return tuple(sorted({f.symbol for f in book.fills.values() if session_of(f.at) == session}))


def session_charts(book: Book, session: date, tape: Tape) -> tuple[Chart, ...]:
    """One chart per symbol that was traded in the session and has minute bars.

    Args:
        book: the folded ledger.
        session: the trade session.
        tape: symbol -> its minute bars of the session, ascending.
    """
    return tuple(
        _chart(book, session, symbol, tape[symbol])
        for symbol in traded_on(book, session)
        if tape.get(symbol)
    )


def _chart(book: Book, session: date, symbol: str, bars: Sequence[PriceBar]) -> Chart:
    return Chart(
        name=f"minutes-{symbol.replace('.', '-')}",
        title=f"{symbol}, minutes of {session}, New York",
        candles=tuple(_candle(bar) for bar in bars),
        levels=tuple(_levels(book, session, symbol)),
        marks=tuple(_marks(book, session, symbol, [bar.start for bar in bars])),
    )


def _candle(bar: PriceBar) -> Candle:
    open_, high, low, close = map(float, (bar.open, bar.high, bar.low, bar.close))
    return Candle(_wall(bar.start), open_, high, low, close, float(bar.volume))


def _wall(moment: datetime) -> str:
    return f"{moment.astimezone(EASTERN):%Y-%m-%dT%H:%M}"


def _marks(book: Book, session: date, symbol: str, starts: Sequence[datetime]) -> Iterator[Mark]:
    """One mark per order and minute: entries and exits, at the candle that holds the fill."""
    fills = sorted(
        (f for f in book.fills.values() if f.symbol == symbol and session_of(f.at) == session),
        key=lambda f: (f.at, f.id),
    )
    found: dict[tuple[str, str], list[Fill]] = {}
    for fill in fills:
        before = [start for start in starts if start <= fill.at]
        minute = before[-1] if before else starts[0]
        found.setdefault((_wall(minute), fill.client_id), []).append(fill)
    for (at, client_id), parts in found.items():
        order = book.orders.get(client_id)
        enters = order is not None and order.leg is Leg.ENTRY
        reason = "" if order is None else order.intent.reason
        text = f"{_said(parts)} ({reason})" if reason else _said(parts)
        tone = Tone.ENTRY if enters else Tone.EXIT
        yield Mark(at, text, tone, above=parts[0].side is Side.SELL)


def _said(fills: Sequence[Fill]) -> str:
    shares = sum((f.shares for f in fills), ZERO)
    average = sum((f.shares * f.price for f in fills), ZERO) / shares
    return f"{WORDS[fills[0].side]} {figures.shares(shares)} at {average:.2f}"


def _levels(book: Book, session: date, symbol: str) -> Iterator[Level]:
    """Entry, last stop and targets of each position of the symbol that lived in the session."""
    everything = (*book.closed, *book.open)
    lived = [p for p in everything if p.symbol == symbol and _lived(p, session)]
    for position in sorted(lived, key=lambda p: (p.entered_at, p.strategy)):
        yield from _of_position(book, session, position)


def _lived(position: Position, session: date) -> bool:
    over = position.closed_at is not None and session_of(position.closed_at) < session
    return position.entry_session <= session and not over


def _of_position(book: Book, session: date, position: Position) -> Iterator[Level]:
    yield Level("entry", Tone.ENTRY, float(round(position.avg_price, figures.PRICE_PLACES)))
    stops = [
        order.intent.stop_price
        for order in book.orders_of(position.symbol, Leg.STOP)
        if order.intent.role.strategy == position.strategy
        and order.intent.role.session <= session
        and order.intent.stop_price is not None
    ]
    if stops:
        yield Level("stop", Tone.STOP, float(stops[-1]))
    aims = targets(position)
    for name, price in (("R1", aims.r1), ("R2", aims.r2), ("target", aims.take_profit)):
        if price is not None:
            yield Level(name, Tone.TARGET, float(price))
