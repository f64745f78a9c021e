"""The demo's story: what happened in the session, one line an event, as the ledger tells it.

And the question it ends with: are the orders at the broker those of the ledger?
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from avwap_cli.market.sessions import EASTERN
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Denied, Facts, Verb
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.plans import Plan
from avwap_cli.verdicts import ExitReason

# What the two rules of an emergency exit look at.
EMERGENCIES: Mapping[str, str] = {
    ExitReason.EMERGENCY_IMMEDIATE: "one minute is enough",
    ExitReason.EMERGENCY_STOP: "the second such minute in a row",
}


class Event(StrEnum):
    """What kind of thing happened."""

    GAP = "gap"
    ENTRY = "entry"
    PARTIAL_ENTRY = "partial_entry"
    UNFILLED = "unfilled"
    LOST_ANSWER = "lost_answer"
    DENIED = "denied"
    TRIM = "trim"
    EXIT = "exit"
    STOP = "stop"
    PAGE = "page"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Line:
    """One event.

    Attributes:
        at: aware.
        symbol: empty where it is about the account.
    """

    at: datetime
    event: Event
    symbol: str
    text: str

    @property
    def time(self) -> str:
        """The time of day in New York."""
        return f"{self.at.astimezone(EASTERN):%H:%M}"

    def row(self) -> dict[str, str]:
        """As a document carries it."""
        at = self.at.astimezone(EASTERN).isoformat(timespec="seconds")
        return {"at": at, "event": self.event.value, "symbol": self.symbol, "text": self.text}


def story(
    facts: Facts, session: date, gaps: Mapping[str, Any], gaps_at: datetime
) -> tuple[Line, ...]:
    """The session's events in the order in which they happened.

    Args:
        gaps: the body of gapfilter.json, made at `gaps_at`.
    """
    book = fold(facts)
    made = [o for o in book.orders.values() if o.intent.role.session == session]
    lines = [_gap(row, gaps, gaps_at) for row in gaps["rejected"]]
    for order in made:
        lines += _lost(order, facts)
        lines += _entered(order, book) if order.leg is Leg.ENTRY else _left(order, book)
    lines += _denied(book, session)
    lines += [
        Line(n.at, Event.PAGE, "", n.text) for n in facts.notices if n.page and n.session == session
    ]
    lines += [
        Line(close.at, Event.CLOSE, "", _closing(book, close.equity_usd))
        for close in facts.closes
        if close.session == session
    ]
    return tuple(sorted(lines, key=lambda line: line.at))


def _gap(row: Mapping[str, Any], gaps: Mapping[str, Any], at: datetime) -> Line:
    text = "dropped by the gap filter"
    if row["gap_frac"] is not None:
        most = gaps["gap_threshold_frac"]
        text += f": {row['gap_frac']:+.1%} from the previous close, at most {most:.0%} is allowed"
    return Line(at, Event.GAP, row["symbol"], text)


def _lost(order: OrderRecord, facts: Facts) -> Iterator[Line]:
    """An order sent whose first report came only later, and no answer before."""
    sent = [a.at for a in facts.acts if a.client_id == order.id and a.verb is not Verb.CANCEL]
    heard = [r.at for r in facts.reports if r.order.client_id == order.id]
    if len(sent) != 1 or not heard or any(a.client_id == order.id for a in facts.answers):
        return
    later_s = (min(heard) - sent[0]).total_seconds()
    if later_s > 0:
        text = (
            f"the answer to its order was lost; asked for by its id {later_s:.0f} s later, the"
            " order was there: not sent again"
        )
        yield Line(sent[0], Event.LOST_ANSWER, order.symbol, text)


def _entered(order: OrderRecord, book: Book) -> Iterator[Line]:
    group = Plan.of_text(order.intent.plan).group
    wanted, filled = order.intent.shares, order.filled
    if not filled:
        yield Line(order.intent.made_at, Event.UNFILLED, order.symbol, f"no share filled ({group})")
        return
    verb = "bought" if order.intent.role.direction > 0 else "sold short"
    shares = f"{filled}" if filled == wanted else f"{filled} of {wanted}"
    text = f"{verb} {shares} shares{_at(order)} ({group}, {order.intent.role.strategy})"
    if filled < wanted:
        text += ", the rest was canceled"
    stops = book.orders_of(order.symbol, Leg.STOP)
    if stops and stops[0].intent.stop_price is not None:
        text += f"; stop at {_stop(stops[0], order)}"
    event = Event.ENTRY if filled == wanted else Event.PARTIAL_ENTRY
    yield Line(_first_fill(order, book), event, order.symbol, text)


def _left(order: OrderRecord, book: Book) -> Iterator[Line]:
    """What a trim, an exit or a stop took out of a position."""
    if not order.filled:
        return
    verb = "sold" if order.intent.role.direction > 0 else "bought back"
    event = {Leg.EXIT: Event.EXIT, Leg.STOP: Event.STOP}.get(order.leg, Event.TRIM)
    text = f"{_why(order, book)}: {verb} {order.filled} shares{_at(order)}"
    for position in book.closed:
        if position.executions[-1].client_id == order.id:
            text += f"; closed with {position.realized_usd:+,.2f} USD"
    yield Line(_first_fill(order, book), event, order.symbol, text)


def _stop(stop: OrderRecord, entry: OrderRecord) -> str:
    """Where the first stop stands; of the entry day's wide one how far that is."""
    price, paid = stop.intent.stop_price, entry.report and entry.report.filled_avg_price
    text = f"{price:.2f}"
    if stop.intent.reason == ExitReason.EMERGENCY_STOP and price and paid:
        text += f" (entry day: {abs(price / paid - 1):.0%})"
    return text


def _why(order: OrderRecord, book: Book) -> str:
    """Why it left; of an emergency exit what its rule measured."""
    reason, decided = order.intent.reason, order.intent.decision_price
    if decided is None:
        return reason
    if order.leg is Leg.EXIT and reason in EMERGENCIES:
        for position in (*book.closed, *book.open):
            if order.id in {fill.client_id for fill in position.executions}:
                loss = position.direction * (1 - decided / position.avg_price)
                return f"emergency exit at {decided:.2f}, {loss:.1%} lost, {EMERGENCIES[reason]}"
    return f"{reason} at {decided:.2f}"


def _denied(book: Book, session: date) -> Iterator[Line]:
    """The last no to each candidate that was never entered."""
    entered = {(o.symbol, o.intent.role.strategy) for o in book.entries_on(session)}
    last: dict[tuple[str, str], Denied] = {}
    for denial in book.denials:
        key = (denial.symbol, denial.strategy)
        if denial.session == session and key not in entered:
            last[key] = denial
    for denial in last.values():
        measured = "nothing" if denial.measured is None else denial.measured
        text = f"not entered ({denial.group}, {denial.gate}): {measured}; rule: {denial.threshold}"
        yield Line(denial.at, Event.DENIED, denial.symbol, text)


def _closing(book: Book, equity: Decimal) -> str:
    behind = sum(
        sum(o.left for o in book.orders_of(p.symbol, Leg.STOP) if _is_last(o, book)) == p.shares
        for p in book.open
    )
    return (
        f"the close: equity {equity:,.2f} USD, {len(book.open)} positions held,"
        f" {behind} of them behind a stop for every share"
    )


def _is_last(order: OrderRecord, book: Book) -> bool:
    """Whether it may trade and no other order replaces it."""
    replaced = {o.intent.replaces for o in book.orders.values() if o.may_trade}
    return order.may_trade and order.id not in replaced


def _at(order: OrderRecord) -> str:
    price = None if order.report is None else order.report.filled_avg_price
    return "" if price is None else f" at {price:.2f}"


def _first_fill(order: OrderRecord, book: Book) -> datetime:
    times = [fill.at for fill in book.fills.values() if fill.client_id == order.id]
    return min(times, default=order.intent.made_at)


@dataclass(frozen=True, slots=True)
class BothSides:
    """Orders and positions counted on both sides, and how they differ, one sentence each."""

    orders_at_broker: int
    orders_in_ledger: int
    positions_at_broker: int
    positions_in_ledger: int
    differences: tuple[str, ...]

    @property
    def text(self) -> str:
        """For a person: the numbers, and whether all is the same."""
        sign = "!=" if self.differences else "="
        return (
            f"orders at the broker {self.orders_at_broker} {sign} orders in the ledger"
            f" {self.orders_in_ledger}; positions {self.positions_at_broker} {sign}"
            f" {self.positions_in_ledger}"
        )


def both_sides(book: Book, books: Mapping[str, Any]) -> BothSides:
    """Hold the ledger against the exchange's own books, order by order.

    Args:
        books: a snapshot of the exchange.
    """
    there: Sequence[Mapping[str, Any]] = books["orders"]
    sent = [o for o in book.orders.values() if o.state not in (OrderState.MADE, OrderState.CLOSED)]
    theirs = Counter(
        (o["client_order_id"], o["status"], Decimal(o["filled_qty"]).normalize()) for o in there
    )
    ours = Counter((o.id, _status(o), o.filled.normalize()) for o in sent)
    held = {p["symbol"]: Decimal(p["qty"]) for p in books["positions"]}
    mine = {symbol: book.held(symbol) for symbol in sorted({p.symbol for p in book.open})}
    differences = [f"at the broker only: {' '.join(map(str, key))}" for key in theirs - ours]
    differences += [f"in the ledger only: {' '.join(map(str, key))}" for key in ours - theirs]
    differences += [
        f"{symbol}: {held.get(symbol, 0)} shares at the broker, {mine.get(symbol, 0)} in the ledger"
        for symbol in sorted(held.keys() | mine.keys())
        if held.get(symbol) != mine.get(symbol)
    ]
    return BothSides(len(there), len(sent), len(held), len(mine), tuple(differences))


def _status(order: OrderRecord) -> str:
    return "unknown" if order.report is None else order.report.status.value
