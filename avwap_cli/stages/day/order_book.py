"""orders: the ledger and the broker side by side; verify them, or accept what no fill explains.

Looking changes nothing.  `--verify` ends with the exit code of a disagreement when there is
one.  `--accept` writes one fact: that a person took the broker's quantity for right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from avwap_cli import playbook
from avwap_cli.errors import LedgerDiffers, UsageError
from avwap_cli.market import sessions
from avwap_cli.ports import Broker, Clock, Ledger, Notifier
from avwap_cli.review import figures
from avwap_cli.stages.day.broker_reading import read_view
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Acceptance, Notice
from avwap_cli.trading.fill_owners import shared_gap
from avwap_cli.trading.hearings import Hearing, heard
from avwap_cli.trading.intents import role_of
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.orders import BrokerOrder
from avwap_cli.trading.reconciliation import DifferenceKind
from avwap_cli.trading.views import View

OF_SHARES = (DifferenceKind.QUANTITY, DifferenceKind.SIDE)
NEVER_SENT = (OrderState.MADE, OrderState.CLOSED)


@dataclass(frozen=True, slots=True)
class BookPorts:
    """What looking at orders and positions asks for.

    Attributes:
        account_lock: held while ledger and broker are read, so that no pass is in between.
    """

    broker: Broker
    ledger: Ledger
    notifier: Notifier
    clock: Clock
    account_lock: Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Reading:
    """Both sides at one moment."""

    at: datetime
    session: date
    since: datetime
    view: View
    hearing: Hearing
    problems: tuple[str, ...]


def read_both(ports: BookPorts, session: date | None = None) -> Reading:
    """Read ledger and broker.

    Args:
        session: orders from the close before that session on (default: the current one).

    Raises:
        BrokerError: a question had no answer.
        LockBusy: a pass has held the account too long.
    """
    with ports.account_lock():
        now = ports.clock.now()
        day = session or playbook.current_session(now)
        since = sessions.closes_at(sessions.previous_session(day))
        facts = ports.ledger.facts()
        view = read_view(ports.broker, fold(facts), day, now, since)
        hearing = heard(facts, view, now)
        missing = tuple(_missing(ports.broker, hearing.book, view, since))
    told = (*(d.text for d in hearing.differences), *_unlike(hearing.book, view), *missing)
    return Reading(now, day, since, view, hearing, told)


def run_orders(ports: BookPorts, session: date | None = None, *, verify: bool = False) -> Outcome:
    """Every order since the close before the session, and every open one, on both sides.

    Raises:
        As `read_both`.
    """
    reading = read_both(ports, session)
    rows = [_row(line) for line in _lines(reading)]
    problems = reading.problems
    return Outcome(
        stage="orders",
        trade_session=reading.session,
        state=State.DONE,
        summary=_summary(reading),
        counts={"orders": len(rows), "differences": len(problems)},
        warnings=(*problems, *_news(reading.hearing)),
        body={"orders": rows, "differences": list(problems)},
        exit_code=LedgerDiffers.exit_code if verify and problems else 0,
    )


def run_accept(ports: BookPorts, symbol: str, why: str, *, dry_run: bool = False) -> Outcome:
    """Take the broker's quantity of a symbol for right, where no fill explains it.

    Raises:
        UsageError: nobody says why, there is nothing to accept, or no price to take it in at.
        As `read_both`.
    """
    if not why.strip():
        raise UsageError("an acceptance needs a reason", 'say it, as in `--why "spin-off"`')
    reading = read_both(ports)
    book = reading.hearing.book
    here, there = book.held(symbol), reading.view.held(symbol)
    _must_be_acceptable(reading, symbol)
    facts = [
        Acceptance(reading.at, owner, symbol, gap, _price(reading, symbol, owner, gap), why.strip())
        for owner, gap in shared_gap(book, symbol, there - here)
    ]
    text = f"{symbol}: {there} shares, as the broker says; the ledger held {here}"
    if not dry_run:
        key, words = f"acceptance.{symbol}", f"{text} ({why.strip()})"
        notice = Notice(reading.at, reading.session, "acceptance", key, words, begins=False)
        ports.ledger.append(*facts, notice)
        ports.notifier.tell(notice)
    return Outcome(
        stage="orders",
        trade_session=reading.session,
        state=State.DONE,
        summary=f"would accept {text}" if dry_run else f"accepted {text}",
        body={
            "symbol": symbol,
            "strategy": ", ".join(fact.strategy for fact in facts),
            "shares": figures.shares(there - here),
            "price": figures.price(facts[0].price),
        },
    )


def _must_be_acceptable(reading: Reading, symbol: str) -> None:
    book = reading.hearing.book
    if symbol not in book.symbols:
        raise UsageError(
            f"the ledger has never traded {symbol}: it is yours alone, and left alone",
            "see `avwap positions`",
        )
    if not any(d.symbol == symbol and d.kind in OF_SHARES for d in reading.hearing.differences):
        raise UsageError(
            f"{symbol}: ledger and broker agree on {book.held(symbol)} shares",
            "see `avwap orders --verify`",
        )
    working = [o.id for o in book.orders_of(symbol) if o.may_trade and not o.leg.reduces]
    working += [o.id for o in book.orders_of(symbol) if o.state is OrderState.UNKNOWN]
    if working or reading.hearing.fills:
        raise UsageError(
            f"{symbol} may still settle by itself: "
            + (f"{', '.join(working)} may trade" if working else "there are fills to be heard"),
            "run `avwap monitor --once`, and look again",
        )


def _price(reading: Reading, symbol: str, owner: str, gap: Decimal) -> Decimal:
    """Shares that went away go at what they cost, so that nobody counts a profit; others at
    the broker's average, or at its last price where they cost nothing.

    Raises:
        UsageError: the broker shows neither.
    """
    held = reading.hearing.book.positions_of(symbol)
    there = reading.view.positions.get(symbol)
    prices = [p.avg_price for p in held if p.strategy == owner and gap * p.direction < 0]
    if there is not None:
        prices += [p for p in (there.avg_price, there.last_price) if p is not None]
    for price in prices:
        if price.is_finite() and price > 0:
            return price
    raise UsageError(
        f"{symbol}: the broker shows neither an average price nor a last one to take it in at",
        "try again in the regular session",
    )


def _missing(broker: Broker, book: Book, view: View, since: datetime) -> Iterable[str]:
    """Orders that the ledger heard reports of, and the broker no longer knows."""
    seen = {o.client_id for o in view.orders.values()}
    for record in book.orders.values():
        report = record.report
        recent = report is not None and report.submitted_at >= since
        if recent and record.id not in seen and record.state is OrderState.FINAL:
            found = broker.order(record.id)
            if found is None:
                yield f"{record.symbol}: the broker no longer knows our order {record.id}"


def _unlike(book: Book, view: View) -> Iterable[str]:
    """Orders of which the ledger has other fills than the broker's order says."""
    for order in view.orders.values():
        record = book.orders.get(order.client_id)
        if record is not None and record.filled != order.filled_shares:
            yield (
                f"{order.symbol}: of {order.client_id} the ledger has {record.filled} shares"
                f" filled, the broker {order.filled_shares}"
            )


@dataclass(frozen=True, slots=True)
class _Line:
    """Our order and the broker's; one side is None where the other stands alone."""

    at: datetime
    client_id: str
    record: OrderRecord | None
    order: BrokerOrder | None


def _lines(reading: Reading) -> list[_Line]:
    """Both sides' orders, by time."""
    book, orders = reading.hearing.book, reading.view.orders
    theirs = {o.client_id: o for o in orders.values()}
    mine = [
        record
        for record in book.orders.values()
        if record.id in theirs or record.may_trade or record.intent.made_at >= reading.since
    ]
    lines = [_Line(r.intent.made_at, r.id, r, theirs.get(r.id, r.report)) for r in mine]
    lines += [
        _Line(o.submitted_at, o.client_id, None, o)
        for o in orders.values()
        if o.client_id not in book.orders
    ]
    return sorted(lines, key=lambda line: (line.at, line.client_id))


def _row(line: _Line) -> dict[str, Any]:
    record, order = line.record, line.order
    owner = "ours" if record is not None or role_of(line.client_id) else "foreign"
    return {
        "id": line.client_id,
        "owner": owner,
        **_what(record, order),
        "ledger": None if record is None else str(record.state),
        "broker": None if order is None else str(order.status),
        "filled_ledger": None if record is None else figures.shares(record.filled),
        "filled_broker": None if order is None else figures.shares(order.filled_shares),
        "price": None if order is None else figures.price(order.stop_price or order.limit_price),
        "avg_price": None if order is None else figures.price(order.filled_avg_price),
        "why": None if record is None else _why(record),
    }


def _what(record: OrderRecord | None, order: BrokerOrder | None) -> dict[str, Any]:
    if record is not None:
        side, shares = record.intent.side, record.intent.shares
        return {"symbol": record.symbol, "side": str(side), "shares": figures.shares(shares)}
    if order is None:
        return {}
    return {"symbol": order.symbol, "side": str(order.side), "shares": figures.shares(order.shares)}


def _why(record: OrderRecord) -> str:
    if record.closure is not None and record.report is None:
        return record.closure.why
    if record.state in NEVER_SENT and record.answer is not None:
        return record.answer.text
    return record.intent.reason


def _summary(reading: Reading) -> str:
    problems = len(reading.problems)
    if not problems:
        return "orders and positions at the broker are those of the ledger"
    noun = "difference" if problems == 1 else "differences"
    return f"{problems} {noun} between ledger and broker"


def _news(hearing: Hearing) -> tuple[str, ...]:
    news = hearing.reports + hearing.fills + hearing.by_hand
    if not news:
        return ()
    return (f"the ledger has yet to hear {news} reports of the broker's; monitor will tell it",)
