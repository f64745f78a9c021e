"""Minute tapes: the session's minutes of what the report shows, asked for once and kept.

The file stands in for the provider ever after, so that the same page can be made again.  No
answer leaves no file, and the next run asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from avwap_cli import playbook
from avwap_cli.errors import AvwapError, DamagedInput, MissingInput
from avwap_cli.market import sessions
from avwap_cli.market.symbols import is_symbol
from avwap_cli.playbook import MINUTES_PARQUET
from avwap_cli.ports import ArtifactStore, Quotes
from avwap_cli.trading.quotes import PriceBar

MINUTE = timedelta(minutes=1)
BEFORE_OPEN = timedelta(hours=5, minutes=30)  # the gap filter judged by what traded then
PRICES = ("open", "high", "low", "close")
MEND = (
    "put a good copy of it back; if there is none, move it away, and the next report asks the "
    "provider, which may no longer have those minutes"
)
KINDS: Mapping[str, type] = {
    "symbol": str,
    "start": str,
    **dict.fromkeys(PRICES, float),
    "volume": int,
}


@dataclass(frozen=True, slots=True)
class MinuteTape:
    """The minutes of a session.

    Attributes:
        bars: symbol -> its bars, ascending.
        missing: why there are none, for the page; empty where there is nothing to say.
        warning: the same with what went wrong, for whoever runs the stage.
        damage: what is wrong with the kept file alone; empty where it can be read.
    """

    bars: Mapping[str, Sequence[PriceBar]] = field(default_factory=dict)
    missing: str = ""
    warning: str = ""
    damage: str = ""


def minute_tape(
    session: date, symbols: Iterable[str], store: ArtifactStore, quotes: Callable[[], Quotes]
) -> MinuteTape:
    """The minutes of these symbols from the open on: those kept, else asked for and kept.

    Args:
        session: one that is over.
        symbols: what the report shows.
        store: where they are kept.
        quotes: whom to ask; only called if there is nothing kept.
    """
    kept = kept_tape(store, session)
    wanted = sorted(set(symbols))
    if kept.bars or kept.missing or not wanted:
        return kept
    try:
        opens, closes = sessions.opens_at(session), sessions.closes_at(session)
        bars = quotes().minute_bars(wanted, opens - BEFORE_OPEN, closes - MINUTE)
    except AvwapError as problem:
        return MinuteTape({}, "the session's minute bars could not be had", str(problem))
    if not bars:
        return MinuteTape({}, "the provider has no minute bars of the session", "")
    _keep(store, session, bars)
    return MinuteTape(_in_hours(_by_symbol(bars), session))


def _in_hours(
    bars: Mapping[str, Sequence[PriceBar]], session: date
) -> dict[str, Sequence[PriceBar]]:
    opens = sessions.opens_at(session)
    mine = {symbol: [bar for bar in rows if bar.start >= opens] for symbol, rows in bars.items()}
    return {symbol: rows for symbol, rows in mine.items() if rows}


def kept_tape(store: ArtifactStore, session: date) -> MinuteTape:
    """The minutes that are kept of the session, from the open on; nobody is asked."""
    whole = whole_tape(store, session)
    return replace(whole, bars=_in_hours(whole.bars, session))


def whole_tape(store: ArtifactStore, session: date) -> MinuteTape:
    """The same with the minutes before the open."""
    try:
        return MinuteTape(_kept(store, session))
    except MissingInput:
        return MinuteTape()
    except AvwapError as problem:
        said = f"{MINUTES_PARQUET} cannot be read"
        return MinuteTape({}, said, f"{problem.message}; {MEND}", problem.message)


def _keep(store: ArtifactStore, session: date, bars: Sequence[PriceBar]) -> None:
    columns: dict[str, list[object]] = {
        "symbol": [bar.symbol for bar in bars],
        "start": [_written(bar.start) for bar in bars],
        **{name: [float(getattr(bar, name)) for bar in bars] for name in PRICES},
        "volume": [bar.volume for bar in bars],
    }
    schema = playbook.schema_of(MINUTES_PARQUET) or ""
    store.write_table(session, MINUTES_PARQUET, schema, columns, KINDS)


def _kept(store: ArtifactStore, session: date) -> dict[str, list[PriceBar]]:
    """The bars of the file.

    Raises:
        MissingInput, DamagedInput, SchemaMismatch.
    """
    columns = store.read_table(session, MINUTES_PARQUET, tuple(KINDS))
    rows = zip(*(columns[name] for name in KINDS), strict=True)
    try:
        return _by_symbol([_bar(row, session) for row in rows])
    except (ValueError, TypeError, InvalidOperation) as problem:
        raise DamagedInput(
            f"{MINUTES_PARQUET} for {session} holds what is no minute bar ({problem})"
        ) from problem


def _bar(row: Sequence[Any], session: date) -> PriceBar:
    symbol, start, *prices, volume = row
    moment = datetime.fromisoformat(start)
    open_, high, low, close = numbers = [Decimal(str(price)) for price in prices]
    if not is_symbol(symbol) or sessions.session_of(moment) != session:
        raise ValueError(f"{symbol} at {start}")
    if volume < 0 or not all(n.is_finite() and n > 0 for n in numbers):
        raise ValueError(f"{symbol} at {start} has no price")
    return PriceBar(symbol, moment, MINUTE, open_, high, low, close, int(volume))


def _by_symbol(bars: Iterable[PriceBar]) -> dict[str, list[PriceBar]]:
    found: dict[str, list[PriceBar]] = {}
    for bar in sorted(bars, key=lambda bar: (bar.symbol, bar.start)):
        found.setdefault(bar.symbol, []).append(bar)
    return found


def _written(moment: datetime) -> str:
    return moment.astimezone(sessions.EASTERN).isoformat(timespec="minutes")
